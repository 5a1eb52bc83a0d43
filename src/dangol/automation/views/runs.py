"""The log: what rules did, and why something happened."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from dangol.automation import ports, selectors, triggers
from dangol.automation.models import RuleRun, RunReason, RunState
from dangol.automation.policies import can_automate, can_automate_any
from dangol.automation.views.access import MENU_KEY
from dangol.identity.actors import Actor
from dangol.identity.models import User
from dangol.records import fieldrules, lists, registry
from dangol.records.fields import id_in
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, locale_of, title_of
from dangol.web import formats

PER_PAGE = 50
TONES = {
    RunState.QUEUED: "b",
    RunState.WAITING: "b",
    RunState.DONE: "p",
    RunState.STOPPED: "n",
    RunState.FAILED: "r",
}


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """Runs, newest first: of a rule, a record, a chain, a state. Of records that this person may see."""
    actor = actor_of(request)
    rows: QuerySet[RuleRun] = selectors.runs_visible_to(actor)
    kept: dict[str, str] = {}
    for name, column in (("rule", "rule_id"), ("record", "record_id")):
        if number := id_in(request.GET.get(name, "")):
            rows = rows.filter(**{column: number})
            kept[name] = str(number)
    if (type_name := request.GET.get("type", "")) and registry.find(type_name):
        rows = rows.filter(record_type=type_name)
        kept["type"] = type_name
    if (state := request.GET.get("state", "")) in RunState.values:
        rows = rows.filter(state=state)
        kept["state"] = state
    if chain := _chain(request.GET.get("chain", "")):
        rows = rows.filter(chain=chain)
        kept["chain"] = chain.hex
    before = id_in(request.GET.get("before", ""))
    page = rows.filter(pk__lt=before) if before else rows
    found = list(page.order_by("-id")[: PER_PAGE + 1])
    following = ""
    if len(found) > PER_PAGE:
        following = "?" + "&".join(
            [*(f"{key}={value}" for key, value in kept.items()), f"before={found[PER_PAGE - 1].pk}"]
        )
    return render(
        request,
        "automation/runs.html",
        {
            "runs": shown_runs(found[:PER_PAGE], actor),
            "states": RunState.choices,
            "state": kept.get("state", ""),
            "kept": [(key, value) for key, value in kept.items() if key != "state"],
            "is_chain": "chain" in kept,
            "may_automate": can_automate_any(actor),
            "next": following,
            "menu_key": MENU_KEY,
        },
    )


def _chain(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


def shown_runs(runs: list[RuleRun], actor: Actor) -> list[dict[str, Any]]:
    """Runs in words, with the titles of their records. A query for each type among them."""
    titles: dict[tuple[str, int], str] = {}
    for name in {run.record_type for run in runs}:
        record_type = registry.find(name)
        if record_type is not None and actor.may(name, "view"):
            ids = [run.record_id for run in runs if run.record_type == name]
            rows = lists.records_at(
                actor=actor, record_type=record_type, ids=ids, columns=[record_type.title]
            )
            locale = locale_of(actor)
            titles.update(
                ((name, number), title_of(record_type, row, locale))
                for number, row in rows.items()
                if record_type.title in row
            )
    return [_shown(run, actor, titles) for run in runs]


def _shown(run: RuleRun, actor: Actor, titles: dict[tuple[str, int], str]) -> dict[str, Any]:
    """A run in words. No query."""
    record_type = registry.find(run.record_type)
    title = titles.get((run.record_type, run.record_id))
    return {
        "run": run,
        "title": title or f"#{run.record_id}",
        "url": reverse("records:detail", args=[record_type, run.record_id]) if record_type and title else "",
        "type": record_type,
        "word": RunState(run.state).label,
        "tone": TONES[RunState(run.state)],
        "why": RunReason(run.reason).label if run.reason else "",
        "trigger": triggers.LABELS.get(run.trigger, run.trigger),
        "may_automate": record_type is not None and can_automate(actor, record_type),
    }


@require_safe
def run_detail(request: HttpRequest, run_id: int) -> HttpResponse:
    """One run: what set it off, what each step did, and what else belongs to the same chain."""
    actor = actor_of(request)
    seen = selectors.runs_visible_to(actor)
    run = seen.filter(pk=run_id).first()
    record_type = registry.find(run.record_type) if run else None
    if run is None or record_type is None:
        raise Http404
    others = list(seen.filter(chain=run.chain).exclude(pk=run.pk).order_by("id")[:20])
    person = User.objects.filter(pk=run.caused_by).first() if run.caused_by else None
    return render(
        request,
        "automation/run.html",
        {
            **shown_runs([run], actor)[0],
            "steps": [_step(entry, record_type, actor) for entry in run.results],
            "calls": run.calls.all(),
            "others": shown_runs(others, actor),
            "person": person,
            "menu_key": MENU_KEY,
        },
    )


def _step(entry: dict[str, Any], record_type: RecordType, actor: Actor) -> dict[str, Any]:
    """What a step did, in words."""
    kind = ports.step_kind(str(entry.get("kind", "")))
    data, code = entry.get("data") or {}, str(entry.get("code", ""))
    return {
        "icon": kind.icon if kind else "point",
        "label": kind.label if kind else entry.get("kind", ""),
        "said": str(DECISIONS[code])
        if kind and kind.decided and code in DECISIONS
        else _said(code, data, record_type, actor),
        "at": entry.get("at", ""),
        "bad": entry.get("code") in ("refused", "nobody"),
    }


DECISIONS = {"yes": gettext_lazy("Approved"), "no": gettext_lazy("Rejected, or not decided in time")}
WORDS = {
    "unchanged": gettext_lazy("It was so already."),
    "past": gettext_lazy("Its time was over already: it went on at once."),
    "yes": gettext_lazy("Holds"),
    "no": gettext_lazy("Does not hold"),
    "stop": gettext_lazy("The rule stopped here."),
    "sent": gettext_lazy("Handed over for sending."),
    "refused": gettext_lazy("Could not be done."),
    "nobody": gettext_lazy("Could not be done."),
}


def _said(code: str, data: dict[str, Any], record_type: RecordType, actor: Actor) -> str:
    """What came of a step. One query for who was assigned."""
    match code:
        case "set":
            known = fieldrules.seen_by(actor, record_type).fields
            labels = [str(known[name].label) for name in data.get("fields", ()) if name in known]
            return _("Set: %(fields)s") % {"fields": ", ".join(labels)}
        case "assigned":
            name = User.objects.filter(pk=data.get("user", 0)).values_list("name", flat=True).first()
            return _("Owner → %(name)s") % {"name": name or "–"}
        case "made":
            made = registry.find(str(data.get("record_type", "")))
            return _("Made: %(record)s") % {"record": f"{made.label if made else ''} #{data.get('id')}"}
        case "waits":
            until = datetime.fromisoformat(str(data.get("until")))
            locale = locale_of(actor)
            return _("Waits until %(moment)s") % {
                "moment": formats.moment(until, locale.language, locale.zone)
            }
        case "escalated":
            asked = User.objects.filter(pk__in=data.get("users", ())).order_by("name")
            return _("Not decided in time; asked now: %(names)s") % {
                "names": ", ".join(asked.values_list("name", flat=True)) or "–"
            }
        case "told":
            return _("Told: %(number)s") % {"number": data.get("users", 0)}
    return str(WORDS.get(code, _("Done")))
