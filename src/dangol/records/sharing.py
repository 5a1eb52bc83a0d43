"""What people keep by name and give to others – views of lists, dashboards, reports: who finds it, who may change it.

Such a thing holds a question and no answer, so that giving it away grants nothing. Its row is a `Record` with `owner`, `team`
and `audience`.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor, may_administer
from dangol.records.models import Audience


class Unfit(ValueError):
    """Something that cannot be kept so; `field` says what of it is wrong, the message what would be right, `code` is for
    programs."""

    def __init__(self, field: str, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.field = field
        self.message = message
        self.code = code


class Missing(LookupError):
    """There is no such thing for this actor, or none that he or she may change."""


class Shared(Protocol):
    """The part of a row that says whose it is."""

    pk: Any
    version: int
    owner_id: int | None
    team_id: int | None
    audience: str


Row = TypeVar("Row", bound=Model)


def teams_of(actor: Actor) -> set[int]:
    """Teams whose things the actor finds: the own one, and those that he or she leads. No query."""
    return {*actor.team_ids, *((actor.team_id,) if actor.team_id else ())}


def found_by(actor: Actor, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Of these rows those that the actor finds: one's own, the team's, everybody's. Lazy."""
    mine = Q(owner_id=actor.user_id) if actor.user_id is not None else Q(pk=None)
    shared = Q(audience=Audience.EVERYONE) | Q(audience=Audience.TEAM, team_id__in=teams_of(actor))
    return rows.filter(mine | shared, deleted_at=None)


def can_change(actor: Actor, row: Shared) -> bool:
    """Its owner may; what everybody finds may be changed by those who administer, too. No query."""
    if actor.seen_by is not None or actor.user_id is None:
        return False
    return row.owner_id == actor.user_id or (row.audience == Audience.EVERYONE and may_administer(actor))


def held(
    actor: Actor,
    rows: QuerySet[Row],
    row_id: int,
    missing: type[Missing],
    version: int | None,
    unfit: type[Unfit],
) -> Row:
    """The actor's row to change, locked until the transaction ends. One query.

    Args:
        actor: who changes it.
        rows: among which it is.
        row_id: its id.
        missing: raised where it is not there, or not the actor's.
        version: what the change is based on; None for whatever stands there.
        unfit: raised with code "conflict" where somebody has changed it in the meantime.
    """
    row: Any = rows.select_for_update(of=("self",)).filter(pk=row_id, deleted_at=None).first()
    if row is None or not can_change(actor, row):
        raise missing(row_id)
    if version is not None and row.version != version:
        message = _("Somebody has changed this in the meantime. Look at it as it is now.")
        raise unfit("version", message, "conflict")
    return row  # type: ignore[no-any-return]


def audiences_for(actor: Actor, now: str) -> list[tuple[str, Any]]:
    """To whom the actor may give what is `now` somebody's: codes with their words. No query."""
    return [
        (value, label)
        for value, label in Audience.choices
        if value == now
        or (
            (value != Audience.EVERYONE or may_administer(actor))
            and (value != Audience.TEAM or actor.team_id is not None)
        )
    ]


def give(row: Shared, audience: Any, actor: Actor, unfit: type[Unfit]) -> None:
    """Set who finds the row. Raises `unfit` where the actor may not give it so. No query."""
    if audience not in Audience.values:
        choices = ", ".join(Audience.values)
        raise unfit("audience", _("Choose one of: %(choices)s.") % {"choices": choices})
    if audience == row.audience and row.pk is not None:
        return
    if audience == Audience.EVERYONE and not may_administer(actor):
        message = _("Only those who administer the company may give this to everyone.")
        raise unfit("audience", message, "forbidden")
    if audience == Audience.TEAM and actor.team_id is None:
        raise unfit("audience", _("You belong to no team."))
    row.audience = audience
    row.team_id = actor.team_id if audience == Audience.TEAM else None


def text(name: str, value: Any, most: int, unfit: type[Unfit], *, lines: bool = False) -> str:
    """A text as it is kept: without space around it, in one line unless it may have several.

    Raises:
        unfit: it is no text that can be stored, or longer than `most` characters.
    """
    if not isinstance(value, str) or "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise unfit(name, _("Enter a text."))
    kept = value.strip() if lines else " ".join(value.split())
    if len(kept) > most:
        raise unfit(name, _("At most %(most)s characters fit.") % {"most": most}, "too_long")
    return kept
