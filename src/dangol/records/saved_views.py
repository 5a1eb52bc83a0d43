"""Saved views of lists: who finds which, which one a list opens with, and how they are kept.

A view is a name for what stands in a list's address. It grants nothing: every page that opens it asks for the
permissions of whoever opens it, and what it says of fields that are kept from that person is not told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor, may_administer
from dangol.identity.models import Role
from dangol.records import fieldrules, permissions, sharing
from dangol.records.models import Audience, SavedView, ViewDefault
from dangol.records.types import RecordType
from dangol.records.view_states import readable_state
from dangol.records.writing.context import sign

KEYS = ("filter", "cols", "widths", "sort", "as", "by", "group", "total", "density")
"""What of a list's address belongs to a view; pages, days and the record looked at do not."""
KINDS = ("table", "board", "calendar", "split")
MAX_STATE = 20_000
MAX_VIEWS = 200
DEFAULT_FOR = ("me", "everyone", "")


class ViewError(sharing.Unfit):
    """A view that cannot be kept so; `field` says what of it is wrong, the message what would be right."""


class ViewMissing(sharing.Missing):
    """There is no such view for this actor."""


@dataclass(frozen=True, slots=True)
class View:
    """A saved view as an actor sees it. `mine` says that the actor may change it."""

    id: int
    version: int
    name: str
    name_en: str
    audience: str
    pinned: bool
    owner: str
    mine: bool
    state: Mapping[str, str] = field(default_factory=dict)
    favourite: bool = False
    """Whether it stands in this actor's left menu."""
    default: str = ""
    """For whom the list opens with it, as it concerns this actor: "me", "role", "everyone" or nothing."""
    left_out: tuple[str, ...] = ()
    """Parts of the state that somebody else made of fields which are not there for this actor."""

    def label(self, language: str) -> str:
        return self.name if language.startswith("ko") or not self.name_en else self.name_en


_VISIBLE = """
SELECT v.id, v.version, v.name, v.name_en, v.audience, v.pinned, COALESCE(u.name, ''), v.owner_id, v.state,
       COALESCE((
           SELECT CASE WHEN d.user_id IS NOT NULL THEN 'me' WHEN d.role_id IS NOT NULL THEN 'role' ELSE 'everyone' END
           FROM records_viewdefault d
           WHERE d.view_id = v.id AND (d.user_id = %(user)s OR (d.user_id IS NULL AND (d.role_id IS NULL
                 OR d.role_id IN (SELECT role_id FROM identity_user_roles WHERE user_id = %(user)s))))
           ORDER BY d.user_id NULLS LAST, d.role_id NULLS LAST LIMIT 1
       ), ''),
       EXISTS (SELECT FROM records_favourite f WHERE f.view_id = v.id AND f.user_id = %(user)s)
FROM records_savedview v LEFT JOIN identity_user u ON u.id = v.owner_id
WHERE v.record_type = %(type)s AND v.deleted_at IS NULL
  AND (v.audience = 'everyone' OR v.owner_id = %(user)s OR (v.audience = 'team' AND v.team_id = ANY(%(teams)s)))
ORDER BY v.pinned DESC, v.name, v.id LIMIT %(limit)s
"""


def views_for(actor: Actor, record_type: RecordType) -> list[View]:
    """The views of the type's list that the actor finds: one's own, the team's, everybody's. One query.

    A team's view is found by everybody whose own team it is, and by those who lead teams above it. Of views that others
    made, an actor with field rules is told no part that names what is hidden from that person.
    """
    may_all = may_administer(actor)
    teams = sorted(sharing.teams_of(actor))
    given = {"type": record_type.name, "user": actor.user_id, "teams": teams, "limit": MAX_VIEWS}
    with connection.cursor() as cursor:
        cursor.execute(_VISIBLE, given)
        rows = cursor.fetchall()
    is_ruled = fieldrules.seen_by(actor, record_type) is not fieldrules.whole(record_type)
    known = permissions.fields_for(actor, record_type) if is_ruled else {}
    views = []
    for row in rows:
        state = _state_of(row[8])
        left_out: tuple[str, ...] = ()
        if is_ruled and row[7] != actor.user_id:
            state, left_out = readable_state(actor, record_type, known, state)
        views.append(
            View(
                id=row[0], version=row[1], name=row[2], name_en=row[3], audience=row[4], pinned=row[5], owner=row[6],
                mine=row[7] == actor.user_id or (may_all and row[4] == Audience.EVERYONE),
                state=state, default=row[9], favourite=row[10], left_out=left_out,
            )
        )  # fmt: skip
    return views


def opening_view(views: Sequence[View]) -> View | None:
    """The view that a list opens with, of those an actor finds: one's own choice, the role's, everybody's."""
    for whose in ("me", "role", "everyone"):
        for view in views:
            if view.default == whose:
                return view
    return None


def view_get(actor: Actor, record_type: RecordType, view_id: int) -> View:
    """One view. Raises ViewMissing. One query."""
    for view in views_for(actor, record_type):
        if view.id == view_id:
            return view
    raise ViewMissing(view_id)


def view_save(
    *,
    actor: Actor,
    record_type: RecordType,
    values: Mapping[str, Any],
    view_id: int | None = None,
    version: int | None = None,
    origin: str = "page",
) -> View:
    """Keep a new view, or change one: only what `values` names.

    Args:
        actor: whose it is. A view for everyone is kept only by those who administer the company.
        record_type: of the list.
        values: `name`, `name_en`, `audience`, `pinned`, `state`.
        view_id: the view to change; it must be the actor's own, or everybody's for an administrator.
        version: the version the change is based on.
        origin: the way in, as history shows it.

    Raises:
        ViewError: something is wrong, or somebody changed it in the meantime (code "conflict").
        ViewMissing: there is no such view for this actor to change.
    """
    with transaction.atomic():
        sign(actor, origin)
        row = SavedView(record_type=record_type.name, owner_id=actor.user_id, created_by_id=actor.user_id)
        if view_id is not None:
            row = _own(actor, record_type, view_id, version)
        _take(row, values, actor)
        row.updated_by_id = actor.user_id
        if view_id is None:
            others = SavedView.objects.filter(
                record_type=record_type.name, owner_id=actor.user_id, deleted_at=None
            )
            if others.count() >= MAX_VIEWS:
                message = _("One person keeps at most %(most)s views of a list. Delete one first.")
                raise ViewError("name", message % {"most": MAX_VIEWS}, "too_many")
            row.save(force_insert=True)
        else:
            row.save(update_fields=["name", "name_en", "audience", "team", "pinned", "state", "updated_by"])
    return view_get(actor, record_type, row.pk)


def view_delete(*, actor: Actor, record_type: RecordType, view_id: int, origin: str = "page") -> None:
    """Take a view away, also where a list opens with it. Raises ViewMissing."""
    with transaction.atomic():
        sign(actor, origin)
        row = _own(actor, record_type, view_id, None)
        row.deleted_at = timezone.now()
        row.save(update_fields=["deleted_at"])
        row.defaults.all().delete()
        row.favourites.all().delete()


def default_set(
    *,
    actor: Actor,
    record_type: RecordType,
    view_id: int | None,
    whose: str = "me",
    role_id: int | None = None,
) -> None:
    """Say which view a list opens with; None for the plain list.

    Args:
        actor: for `me` anybody; for a role or everyone, those who administer the company.
        record_type: of the list.
        view_id: a view that the actor finds; for others only one that everybody finds.
        whose: "me", "role" or "everyone".
        role_id: the role, where `whose` is "role".

    Raises:
        ViewError: not allowed, or not a view that the others would find.
        ViewMissing: there is no such view.
    """
    if whose not in ("me", "role", "everyone") or (whose == "me" and actor.user_id is None):
        raise ViewError("whose", _("Choose one of: %(choices)s.") % {"choices": "me, role, everyone"})
    if whose != "me" and not may_administer(actor):
        raise ViewError(
            "whose", _("Only those who administer the company may set this for others."), "forbidden"
        )
    if whose == "role" and not Role.objects.filter(pk=role_id or 0).exists():
        raise ViewError("role", _("There is no such role."))
    view = None if view_id is None else view_get(actor, record_type, view_id)
    if view is not None and whose != "me" and view.audience != Audience.EVERYONE:
        raise ViewError("view", _("Others would not find this view. Give it to everyone first."))
    keys = {
        "record_type": record_type.name,
        "user_id": actor.user_id if whose == "me" else None,
        "role_id": role_id if whose == "role" else None,
    }
    with transaction.atomic():
        ViewDefault.objects.filter(**keys).delete()
        if view is not None:
            ViewDefault.objects.create(**keys, view_id=view.id)


def _own(actor: Actor, record_type: RecordType, view_id: int, version: int | None) -> SavedView:
    rows = SavedView.objects.filter(record_type=record_type.name)
    return sharing.held(actor, rows, view_id, ViewMissing, version, ViewError)


def _take(row: SavedView, values: Mapping[str, Any], actor: Actor) -> None:
    for key in values:
        if key not in ("name", "name_en", "audience", "pinned", "state"):
            raise ViewError(key, _("There is no such field."), "unknown")
    for name in ("name", "name_en"):
        if name in values:
            setattr(row, name, sharing.text(name, values[name], 80, ViewError))
    if not row.name:
        raise ViewError("name", _("Give the view a name."), "required")
    if "audience" in values:
        sharing.give(row, values["audience"], actor, ViewError)
    if "pinned" in values:
        if not isinstance(values["pinned"], bool):
            raise ViewError("pinned", _("Enter yes or no."))
        row.pinned = values["pinned"]
    if "state" in values:
        row.state = clean_state(values["state"])


def clean_state(given: Any) -> dict[str, str]:
    """What is kept of an address: known parts that say something. Raises ViewError."""
    if not isinstance(given, Mapping):
        raise ViewError("state", _("Give the parts of the list's address as an object of texts."))
    state: dict[str, str] = {}
    for key, value in given.items():
        if key not in KEYS:
            message = _("There is no part “%(name)s”. Possible: %(known)s.")
            raise ViewError("state", message % {"name": str(key)[:40], "known": ", ".join(KEYS)})
        if not isinstance(value, str) or "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise ViewError("state", _("Give the parts of the list's address as an object of texts."))
        if value.strip():
            state[key] = value.strip()
    if state.get("as", "table") not in KINDS:
        raise ViewError("state", _("Choose one of: %(choices)s.") % {"choices": ", ".join(KINDS)})
    if sum(map(len, state.values())) > MAX_STATE:
        raise ViewError("state", _("The view is too long to be kept. Shorten its filter."), "too_long")
    return state


def _state_of(stored: Any) -> dict[str, str]:
    import orjson

    return orjson.loads(stored) if isinstance(stored, str) else dict(stored or {})
