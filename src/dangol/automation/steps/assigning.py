"""The step "assign": to people by turns, to whoever has least, or to those of the record's territory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.automation import matching
from dangol.automation.definitions import condition_of
from dangol.automation.models import Turn
from dangol.automation.ports import Batch, Outcome, Outcomes, Parameter, StepKind, StepProblem
from dangol.automation.steps import values
from dangol.identity.actors import Actor
from dangol.identity.models import Team, Territory, User
from dangol.records import filters, permissions
from dangol.records.fields import Ref
from dangol.records.fields.base import Label
from dangol.records.filters import FilterError
from dangol.records.types import RecordType

TURN, LOAD, TERRITORY = "turn", "load", "territory"
MODES = {
    TURN: gettext_lazy("by turns"),
    LOAD: gettext_lazy("to whoever has the fewest"),
    TERRITORY: gettext_lazy("to those of the record's territory, by turns"),
}
MOST_PEOPLE = 200


def _parameters(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> Sequence[Parameter]:
    mode = settings.get("mode") or TURN
    found = [Parameter("mode", gettext_lazy("How"), "choice", list(MODES.items()), redraws=True)]
    if mode != TERRITORY:
        teams: list[tuple[str, Label]] = [("", gettext_lazy("– only those chosen below –"))]
        teams += [(str(pk), name) for pk, name in Team.objects.order_by("name").values_list("pk", "name")]
        people = User.objects.filter(is_active=True).order_by("name", "pk").values_list("pk", "name")
        found += [
            Parameter("team", gettext_lazy("Everybody of the team, and of those below it"), "choice", teams),
            Parameter(
                "people",
                gettext_lazy("These people"),
                "choices",
                [(str(pk), name) for pk, name in people[:MOST_PEOPLE]],
            ),
        ]
    if mode == LOAD:
        found.append(
            Parameter(
                "open",
                gettext_lazy("Which records count"),
                "filter",
                help=gettext_lazy(
                    "A filter, such as those that are still open. Left empty, all of them count."
                ),
                suggest=record_type.name,
            )
        )
    return found


def _check(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    mode = str(settings.get("mode") or TURN)
    if mode not in MODES:
        raise StepProblem(_("Choose how it is assigned."), "mode")
    if mode == TERRITORY:
        return {"mode": mode}
    people = _ids(settings.get("people"), "people")
    team = str(settings.get("team") or "")
    kept: dict[str, Any] = {"mode": mode, "people": people}
    if team:
        if (
            not (team.isascii() and team.isdigit())
            or len(team) > 18
            or not Team.objects.filter(pk=int(team)).exists()
        ):
            raise StepProblem(_("There is no such team."), "team")
        kept["team"] = int(team)
    if people and set(people) - set(User.objects.filter(pk__in=people).values_list("pk", flat=True)):
        raise StepProblem(_("There is no such person."), "people")
    if not people and not team:
        raise StepProblem(_("Choose a team, or people."), "people")
    if mode == LOAD and settings.get("open"):
        given = settings["open"]
        try:
            tree = condition_of(given, record_type, actor)
        except FilterError as error:
            raise StepProblem(error.message, "open") from error
        kept["open"] = filters.to_json(tree)
    return kept


def _ids(raw: Any, parameter: str) -> list[int]:
    given = raw if isinstance(raw, Sequence) and not isinstance(raw, str) else []
    texts = [str(one) for one in given if one not in (None, "")]
    if len(texts) > MOST_PEOPLE or any(
        not (text.isascii() and text.isdigit()) or len(text) > 18 for text in texts
    ):
        raise StepProblem(_("There is no such person."), parameter)
    return [int(text) for text in texts]


def _says(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> str:
    how = str(MODES[settings["mode"]])
    if settings["mode"] == TERRITORY:
        return how
    names = list(
        User.objects.filter(pk__in=settings.get("people", ())).order_by("name").values_list("name", flat=True)
    )
    if settings.get("team"):
        names += Team.objects.filter(pk=settings["team"]).values_list("name", flat=True)
    return f"{how}: {', '.join(names)}"


def _candidates(settings: Mapping[str, Any]) -> list[tuple[int, int | None, int | None, str]]:
    """Active people with team and territory, always in the same order. Two queries at most."""
    ids = set(settings.get("people", ()))
    active = User.objects.filter(is_active=True)
    if settings.get("team"):
        nodes = Team.objects.subtree_ids(settings["team"])
        ids |= set(active.filter(team_id__in=nodes).values_list("pk", flat=True))
    return list(active.filter(pk__in=ids).order_by("pk").values_list("pk", "team_id", "territory_id", "name"))


Person = tuple[int, int | None, int | None, str]


def _chosen(batch: Batch, *, take: bool) -> dict[int, Person]:
    """Who gets each record. With `take` the turns are taken; else it is only looked whose they would be."""
    match batch.settings["mode"]:
        case "load":
            return _by_load(batch)
        case "territory":
            return _by_territory(batch, take=take)
    people = _candidates(batch.settings)
    if not people:
        return {}
    first = _turns(batch, batch.step, len(batch.ids), take=take)
    return {number: people[(first + place) % len(people)] for place, number in enumerate(batch.ids)}


def _turns(batch: Batch, step: str, count: int, *, take: bool) -> int:
    """The first of so many turns. Two queries, one where they are only looked at."""
    if not take:
        return Turn.objects.filter(rule=batch.rule_id, step=step).values_list("taken", flat=True).first() or 0
    with transaction.atomic():
        turn, _made = Turn.objects.select_for_update().get_or_create(rule_id=batch.rule_id, step=step)
        first = turn.taken
        turn.taken += count
        turn.save(update_fields=["taken"])
    return first


def _by_load(batch: Batch) -> dict[int, Person]:
    """One after the other to whoever has the fewest at that moment. One query beside those for the people."""
    people = _candidates(batch.settings)
    if not people:
        return {}
    record_type = batch.record_type
    rows = permissions.visible_to(batch.actor, record_type).filter(owner_id__in=[one[0] for one in people])
    rows = rows.exclude(pk__in=list(batch.ids))
    if batch.settings.get("open"):
        tree = filters.from_json(batch.settings["open"], record_type)
        rows = rows.filter(matching.condition_q(batch.actor, record_type, tree))
    load = dict(rows.order_by().values_list("owner_id").annotate(number=Count("pk")))
    found = {}
    for number in batch.ids:
        person = min(people, key=lambda one: (load.get(one[0], 0), one[0]))
        load[person[0]] = load.get(person[0], 0) + 1
        found[number] = person
    return found


def _by_territory(batch: Batch, *, take: bool) -> dict[int, Person]:
    """To the people of the record's territory, or of the nearest one above it that has any. Three queries and the turns."""
    rows = permissions.visible_to(batch.actor, batch.record_type).filter(pk__in=list(batch.ids))
    places = dict(rows.values_list("pk", "territory_id"))
    above = dict(Territory.objects.values_list("pk", "parent_id"))
    people: dict[int, list[Person]] = {}
    active = User.objects.filter(is_active=True, territory_id__isnull=False).order_by("pk")
    for person in active.values_list("pk", "team_id", "territory_id", "name"):
        people.setdefault(person[2] or 0, []).append(person)
    groups: dict[int, list[int]] = {}
    for number in batch.ids:
        node = places.get(number)
        while node is not None and node not in people:
            node = above.get(node)
        if node is not None:
            groups.setdefault(node, []).append(number)
    found: dict[int, Person] = {}
    for node, numbers in groups.items():
        first = _turns(batch, f"{batch.step}:{node}"[:40], len(numbers), take=take)
        there = people[node]
        found.update({number: there[(first + place) % len(there)] for place, number in enumerate(numbers)})
    return found


def _preview(batch: Batch) -> dict[int, str]:
    chosen = _chosen(batch, take=False)
    nobody = _("Nobody is there whom it could be assigned to.")
    return {
        number: _("Owner → %(name)s") % {"name": chosen[number][3]} if number in chosen else nobody
        for number in batch.ids
    }


def _execute(batch: Batch) -> Outcomes:
    chosen = _chosen(batch, take=True)
    nobody = Outcome("nobody", ok=False, detail=_("Nobody is there whom it could be assigned to."))
    outcomes: Outcomes = {number: nobody for number in batch.ids if number not in chosen}
    keeps_territory = batch.settings["mode"] == TERRITORY
    changes: dict[int, dict[str, Any]] = {}
    for number, (user, team, territory, _name) in chosen.items():
        given: dict[str, Any] = {"owner": Ref(id=user)}
        if team is not None:
            given["team"] = Ref(id=team)
        if territory is not None and not keeps_territory:
            given["territory"] = Ref(id=territory)
        changes[number] = given
    if changes:
        done = values.written(batch, batch.record_type, changes, new=False)
        for number, outcome in done.items():
            outcomes[number] = Outcome("assigned", {"user": chosen[number][0]}) if outcome.ok else outcome
    return outcomes


STEP = StepKind(
    "assign",
    gettext_lazy("Assign"),
    "user-share",
    _parameters,
    _check,
    _says,
    _preview,
    _execute,
    order=30,
    offered=lambda record_type, actor: (
        record_type.table.has_scope and permissions.allowed(actor, record_type, "edit")
    ),
)
