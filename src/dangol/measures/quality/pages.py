"""What the pages of data quality show: figures, charts and tables in which each number opens its records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor, may_administer
from dangol.identity.models import Team, User
from dangol.measures.quality import expecting, selectors
from dangol.measures.quality.fields import ISSUES, NAME, SOURCE
from dangol.measures.quality.rules import DIMENSIONS
from dangol.measures.quality.selectors import Total
from dangol.records import filters, lists, permissions
from dangol.records.fields import Locale
from dangol.records.models import ImportRun, ImportSchedule
from dangol.records.types import RecordType
from dangol.web import formats

WORST: Final = 10
SHOWN_GROUPS: Final = 20
SHOWN_CHANGES: Final = 20
GOOD, FAIR = 80, 60


def tone(score: int | None) -> str:
    """The colour of a score."""
    return "" if score is None else "p" if score >= GOOD else "g" if score >= FAIR else "o"


def records_url(record_type: RecordType, condition: str) -> str:
    """The list of the records that meet a filter, the worst first."""
    return f"/{record_type.path}/?{urlencode({'filter': condition, 'sort': NAME})}"


def overview(actor: Actor) -> dict[str, Any]:
    """All types: a line each, and the whole by day. Three queries for each type, and one or two."""
    types = selectors.types_for(actor)
    sums = {record_type.name: selectors.sums_of(actor, record_type) for record_type in types}
    whole = Total()
    rows, days, shown = [], [], []
    for record_type in types:
        found = sums[record_type.name]
        if found.day is None or not found.total.records:
            continue
        days.append(found.day)
        shown.append(record_type)
        total = found.total
        whole.records += total.records
        whole.flawed += total.flawed
        whole.points += total.points
        rows.append(
            {
                "type": record_type,
                "url": f"/quality/{record_type.name}/",
                "records": total.records,
                "records_url": records_url(record_type, f"{NAME} is not empty"),
                "flawed": total.flawed,
                "flawed_url": records_url(record_type, f"{NAME} < 100"),
                "score": total.score,
                "tone": tone(total.score),
                "parts": [_cell(actor, record_type, total, at) for at in range(len(DIMENSIONS))],
            }
        )
    context: dict[str, Any] = {"rows": rows, "dimensions": [one.label for one in DIMENSIONS]}
    if rows:
        context |= {
            "day": max(days),
            "kpis": _kpis(actor, whole),
            "trend": _trend(selectors.trend(actor, shown, until=max(days))),
            "changes": changes(actor, shown),
        }
    return context


def of_type(actor: Actor, record_type: RecordType) -> dict[str, Any]:
    """One type: dimensions, findings, sources, owners and teams, and the whole by day. Eight queries at most."""
    sums = selectors.sums_of(actor, record_type)
    if sums.day is None or not sums.total.records:
        return {"record_type": record_type, "day": None}
    language = actor.language
    rules = selectors.rules_for(actor, record_type)
    fields = permissions.fields_for(actor, record_type)
    findings = [
        {
            "label": rules[code].label,
            "dimension": rules[code].dimension.label,
            "count": count,
            "share": formats.percent(count / sums.total.records, language, 0),
            "url": records_url(record_type, f"{ISSUES} contains {code}"),
        }
        for code, count in sums.total.findings.most_common()
        if code in rules
    ]
    context: dict[str, Any] = {
        "record_type": record_type,
        "day": sums.day,
        "limited": permissions.revealed(actor, record_type.name) is not True,
        "kpis": _kpis(
            actor,
            sums.total,
            records_url(record_type, f"{NAME} is not empty"),
            records_url(record_type, f"{NAME} < 100"),
        ),
        "parts": _parts(actor, record_type, sums.total),
        "findings": findings,
        "trend": _trend(selectors.trend(actor, [record_type], until=sums.day)),
        "changes": changes(actor, [record_type]),
        "groups": [_group(_("By source"), _sources(actor, record_type, sums.sources))],
    }
    if "owner" in fields:
        names = _names(User, sums.owners)
        context["groups"].append(
            _group(_("By owner"), _people(record_type, sums.owners, names, "owner", _("Nobody's")))
        )
    if "team" in fields:
        names = _names(Team, sums.teams)
        context["groups"].append(
            _group(_("By team"), _people(record_type, sums.teams, names, "team", _("No team")))
        )
    return context


def worst_of(actor: Actor) -> list[dict[str, Any]]:
    """The actor's own records with the poorest data, of all types. A query for each type that has owners."""
    found = []
    locale = Locale(actor.language)
    for record_type in selectors.types_for(actor):
        fields = permissions.fields_for(actor, record_type)
        if "owner" not in fields or not fields[NAME].sortable or record_type.scope.through:
            continue
        tree = filters.parse(f"owner = me and {NAME} < 100", record_type, actor=actor)
        title = record_type.title
        page = lists.record_list(
            actor=actor,
            record_type=record_type,
            tree=tree,
            sort=(NAME,),
            limit=WORST,
            columns=(title, NAME, ISSUES),
        )
        for row in page.rows:
            issues = row.get(ISSUES)
            found.append(
                {
                    "type": record_type,
                    "title": fields[title].text(row[title], locale),
                    "url": f"/{record_type.path}/{row['id']}/",
                    "score": row[NAME],
                    "tone": tone(row[NAME]),
                    "findings": fields[ISSUES].text(issues, locale) if ISSUES in fields else "",
                }
            )
    return sorted(found, key=lambda row: row["score"])[:WORST]


def _kpis(actor: Actor, total: Total, records: str = "", flawed: str = "") -> list[dict[str, Any]]:
    language = actor.language
    share = formats.percent(total.flawed / total.records, language, 0) if total.records else None
    return [
        {
            "label": _("Data quality"),
            "value": total.score,
            "detail": _("of 100"),
            "info": _(
                "The mean of the records' scores. A score is the weight of what is met, of all that is expected."
            ),
        },
        {"label": _("Records looked at"), "value": formats.number(total.records, language), "url": records},
        {
            "label": _("Records with findings"),
            "value": formats.number(total.flawed, language),
            "detail": share,
            "url": flawed,
        },
    ]


def _cell(actor: Actor, record_type: RecordType, total: Total, at: int) -> dict[str, Any]:
    """The score of a dimension; it opens the records with findings in it."""
    rules = selectors.rules_for(actor, record_type)
    codes = [code for code in total.findings if code in rules and rules[code].dimension == DIMENSIONS[at]]
    score = total.part(at)
    url = records_url(record_type, f"{ISSUES} in ({', '.join(sorted(codes))})") if codes else ""
    return {"score": score, "tone": tone(score), "url": url}


def _parts(actor: Actor, record_type: RecordType, total: Total) -> dict[str, Any]:
    shown = [(at, total.part(at)) for at in range(len(DIMENSIONS)) if total.part(at) is not None]
    return {
        "type": "bar",
        "label_name": _("Dimension"),
        "labels": [str(DIMENSIONS[at].label) for at, _score in shown],
        "series": [{"name": _("Data quality"), "values": [score for _at, score in shown], "tone": "p"}],
        "urls": [_cell(actor, record_type, total, at)["url"] for at, _score in shown],
        "unit": "number",
    }


def _trend(days: Mapping[date, int]) -> dict[str, Any]:
    return {
        "type": "line",
        "label_name": _("Day"),
        "labels": [day.isoformat() for day in days],
        "series": [{"name": _("Data quality"), "values": list(days.values()), "tone": "p"}],
        "unit": "number",
    }


def changes(actor: Actor, types: Sequence[RecordType]) -> list[dict[str, Any]]:
    """When something else began to be expected, newest first: a step in the trend may come from that. One query.

    Of rules whose findings the actor may not know, nothing is told.
    """
    by_name = {record_type.name: record_type for record_type in types}
    since = timezone.now() - timedelta(days=selectors.TREND_DAYS)
    known = {name: selectors.rules_for(actor, record_type) for name, record_type in by_name.items()}
    full = may_administer(actor)
    found = []
    for row in expecting.changes_of(list(by_name), most=SHOWN_CHANGES):
        rule = known[row.record_type].get(row.rule)
        if row.at < since or (rule is None and not full):
            continue
        found.append(
            {
                "type": by_name[row.record_type],
                "at": row.at,
                "code": row.rule,
                "act": row.act,
                "label": rule.label if rule else own_label(row.changes, actor.language) or row.rule,
                "what": what_changed(row.act, row.changes),
                "who": row.actor_name,
            }
        )
    return found


def own_label(changed: Mapping[str, Any], language: str) -> str:
    """What a rule that is gone was called."""
    names = [next((one for one in changed.get(key, ()) if one), "") for key in ("name_ko", "name_en")]
    return str((names[0] if language == "ko" else names[1]) or names[0] or names[1])


def what_changed(act: str, changed: Mapping[str, Any]) -> str:
    """A change of what is expected, in words."""
    if act == expecting.MADE:
        return _("Added")
    if act == expecting.DELETED:
        return _("Taken away")
    if "weight" in changed:
        before, after = changed["weight"]
        return _("Weight %(before)s → %(after)s") % {"before": before, "after": after}
    return _("Rewritten")


def _group(title: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A table of groups, the poorest first."""
    rows.sort(key=lambda row: (row["score"], -row["records"]))
    return {"title": title, "rows": rows[:SHOWN_GROUPS], "more": max(0, len(rows) - SHOWN_GROUPS)}


def _line(label: Any, total: Total, record_type: RecordType, condition: str) -> dict[str, Any]:
    return {
        "label": label,
        "records": total.records,
        "records_url": records_url(record_type, f"{condition} and {NAME} is not empty"),
        "flawed": total.flawed,
        "flawed_url": records_url(record_type, f"{condition} and {NAME} < 100"),
        "score": total.score,
        "tone": tone(total.score),
    }


def _sources(actor: Actor, record_type: RecordType, sources: Mapping[str, Total]) -> list[dict[str, Any]]:
    labels = source_labels(actor, sources)
    return [
        _line(
            labels[source],
            total,
            record_type,
            f'{SOURCE} = "{source}"' if source else f"{SOURCE} is empty",
        )
        for source, total in sources.items()
    ]


def source_labels(actor: Actor, sources: Mapping[str, Any] | Sequence[str]) -> dict[str, str]:
    """What sources are called; files and schedules by name for those who may see them. Two queries at most."""
    ids: dict[str, list[int]] = {"import": [], "schedule": []}
    for source in sources:
        kind, _colon, identity = source.partition(":")
        if kind in ids and identity.isdigit():
            ids[kind].append(int(identity))
    names: dict[str, str] = {}
    if ids["import"]:
        runs = ImportRun.objects.filter(pk__in=ids["import"])
        if not may_administer(actor):
            runs = runs.filter(owner_id=actor.user_id)
        names |= {f"import:{pk}": name for pk, name in runs.values_list("pk", "file_name")}
    if ids["schedule"] and may_administer(actor):
        schedules = ImportSchedule.objects.filter(pk__in=ids["schedule"])
        names |= {f"schedule:{pk}": name for pk, name in schedules.values_list("pk", "name")}
    words = {
        "": _("Not known"), "page": _("By hand"), "api": _("API"), "bulk": _("Bulk change"), "demo": _("Example data"),
        "automation": _("Automation"), "portal": _("Portal"),
    }  # fmt: skip
    found = {}
    for source in sources:
        kind, _colon, identity = source.partition(":")
        texts = {"import": _("Import %(name)s"), "schedule": _("Scheduled import %(name)s")}
        if kind in texts:
            found[source] = texts[kind] % {"name": names.get(source, identity)}
        else:
            found[source] = words.get(source, source)
    return found


def _people(
    record_type: RecordType,
    totals: Mapping[int | None, Total],
    names: Mapping[int, str],
    field: str,
    nobody: str,
) -> list[dict[str, Any]]:
    return [
        _line(
            names.get(identity, str(identity)) if identity is not None else nobody,
            total,
            record_type,
            f"{field} = {identity}" if identity is not None else f"{field} is empty",
        )
        for identity, total in totals.items()
    ]


def _names(model: type[User | Team], ids: Mapping[int | None, Any]) -> dict[int, str]:
    wanted = [one for one in ids if one is not None]
    return dict(model._default_manager.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}
