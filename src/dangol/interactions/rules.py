"""What interactions add to rules: the steps "tell" and "comment", facts to begin with, and news of rules that stopped."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.automation import ports, selectors
from dangol.automation.ports import Batch, Outcome, Outcomes, Parameter, StepKind, StepProblem
from dangol.identity.actors import Actor
from dangol.identity.models import Team, User
from dangol.interactions import comments
from dangol.interactions.events import TaskCompleted, TaskReopened
from dangol.interactions.models.notifications import Kind
from dangol.interactions.notifications import targets
from dangol.interactions.notifications.services import notify
from dangol.records import permissions
from dangol.records.bulk.acts import locale_of
from dangol.records.lists import records_at
from dangol.records.types import RecordType
from dangol.records.writing import Missing

RULE = "rule"
MOST_PEOPLE = 200
MOST_LETTERS = 2_000


def register() -> None:
    """Called once, while the project starts."""
    ports.register_step(TELL)
    ports.register_step(COMMENT)
    ports.add_teller(_tell_stopped)
    ports.add_pointer(_point_out)
    targets.register(RULE, _rules)
    facts = (
        (TaskCompleted, gettext_lazy("A task is done")),
        (TaskReopened, gettext_lazy("A task is open again")),
    )
    for event, label in facts:
        ports.register_signal(
            ports.Signal(event.name, label, "interaction", event, lambda fact: [fact.interaction_id])
        )


def _tell_stopped(user_id: int, reason: str, rule_id: int) -> None:
    notify(kind=Kind.RULE_OFF, users=[user_id], target_type=RULE, target_id=rule_id)


def _point_out(users: set[int], kind: str, record_type: str, record_id: int) -> None:
    notify(kind=kind, users=users, target_type=record_type, target_id=record_id)


def _rules(actor: Actor, ids: Collection[int]) -> Mapping[int, targets.Target]:
    rows = selectors.rules_visible_to(actor).filter(pk__in=ids)
    return {
        rule.pk: targets.Target(rule.name, reverse("automation:rule", args=[rule.pk]), _("Rule"), "robot")
        for rule in rows
    }


# tell


def _parameters(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> Sequence[Parameter]:
    teams = [
        ("", "–"),
        *((str(pk), name) for pk, name in Team.objects.order_by("name").values_list("pk", "name")),
    ]
    people = (
        User.objects.filter(is_active=True).order_by("name", "pk").values_list("pk", "name")[:MOST_PEOPLE]
    )
    found = [
        Parameter(
            "people", gettext_lazy("These people"), "choices", [(str(pk), name) for pk, name in people]
        ),
        Parameter("team", gettext_lazy("Everybody of the team"), "choice", teams),
    ]
    if record_type.table.has_scope:
        owner = [("owner", gettext_lazy("Whoever the record belongs to"))]
        found.insert(0, Parameter("roles", gettext_lazy("Whom"), "choices", owner))
    return found


def _check(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    people = [str(one) for one in settings.get("people") or []]
    team = str(settings.get("team") or "")
    roles = [one for one in settings.get("roles") or [] if one == "owner" and record_type.table.has_scope]
    if (
        any(not (one.isascii() and one.isdigit()) or len(one) > 18 for one in people)
        or len(people) > MOST_PEOPLE
    ):
        raise StepProblem(_("There is no such person."), "people")
    if team and (
        not (team.isascii() and team.isdigit())
        or len(team) > 18
        or not Team.objects.filter(pk=int(team)).exists()
    ):
        raise StepProblem(_("There is no such team."), "team")
    if not people and not team and not roles:
        raise StepProblem(_("Choose whom to tell."), "people")
    kept: dict[str, Any] = {"people": [int(one) for one in people], "roles": roles}
    return {**kept, "team": int(team)} if team else kept


def _says(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> str:
    names = [str(_("whoever the record belongs to"))] if settings.get("roles") else []
    names += User.objects.filter(pk__in=settings["people"]).order_by("name").values_list("name", flat=True)
    if settings.get("team"):
        names += Team.objects.filter(pk=settings["team"]).values_list("name", flat=True)
    return ", ".join(names)


def _told(batch: Batch) -> dict[int, set[int]]:
    """Whom to tell of each record. Three queries at most."""
    users = set(batch.settings["people"])
    if batch.settings.get("team"):
        users |= set(
            User.objects.filter(team_id=batch.settings["team"], is_active=True).values_list("pk", flat=True)
        )
    found = {number: set(users) for number in batch.ids}
    if batch.settings.get("roles"):
        rows = permissions.visible_to(batch.actor, batch.record_type).filter(pk__in=list(batch.ids))
        for number, owner in rows.exclude(owner_id=None).values_list("pk", "owner_id"):
            found[number].add(owner)
    return found


def _preview(batch: Batch) -> dict[int, str]:
    told = _told(batch)
    names = dict(User.objects.filter(pk__in=set().union(*told.values())).values_list("pk", "name"))
    return {number: ", ".join(sorted(names.get(one, "") for one in told[number])) for number in batch.ids}


def _execute(batch: Batch) -> Outcomes:
    """Told by the kind and the record alone; who may not see the record is shown nothing of it. Three statements each."""
    outcomes: Outcomes = {}
    for number, users in _told(batch).items():
        told = notify(kind=Kind.RULE, users=users, target_type=batch.record_type.name, target_id=number)
        outcomes[number] = Outcome("told", {"users": len(told)})
    return outcomes


TELL = StepKind(
    "notify", gettext_lazy("Tell people"), "bell", _parameters, _check, _says, _preview, _execute, order=35
)


# comment


def _comment_parameters(
    record_type: RecordType, settings: Mapping[str, Any], actor: Actor
) -> Sequence[Parameter]:
    text = gettext_lazy("{name} stands for the record's name.")
    return [Parameter("text", gettext_lazy("Text of the comment"), "long_text", help=text)]


def _comment_check(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    text = str(settings.get("text") or "").strip()
    if not text or len(text) > MOST_LETTERS or "\0" in text:
        raise StepProblem(
            _("Write a text of at most %(limit)s characters.") % {"limit": MOST_LETTERS}, "text"
        )
    return {"text": text}


def _texts(batch: Batch) -> dict[int, str]:
    """The text for each record. One query."""
    record_type = batch.record_type
    rows = records_at(actor=batch.actor, record_type=record_type, ids=batch.ids, columns=[record_type.title])
    locale = locale_of(batch.actor)
    return {
        number: batch.settings["text"].replace(
            "{name}", record_type.title_field.text(rows.get(number, {}).get(record_type.title), locale)
        )
        for number in batch.ids
    }


def _comment(batch: Batch) -> Outcomes:
    outcomes: Outcomes = {}
    for number, text in _texts(batch).items():
        try:
            comments.comment_add(
                actor=batch.actor,
                record_type=batch.record_type,
                record_id=number,
                text=text,
                despite_unseen=True,
            )
        except (Missing, comments.CommentError) as problem:
            outcomes[number] = Outcome("refused", ok=False, detail=str(problem))
    return outcomes


COMMENT = StepKind(
    "comment",
    gettext_lazy("Add a comment"),
    "message",
    _comment_parameters,
    _comment_check,
    lambda record_type, settings, actor: str(settings["text"]),
    _texts,
    _comment,
    order=40,
)
