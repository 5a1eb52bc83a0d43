"""Favourites: saved views that a person has put into the left menu, each with how many records it shows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records import filters, permissions, registry, saved_views
from dangol.records.lists import Count, record_count
from dangol.records.models import Favourite
from dangol.records.saved_views import View, ViewError
from dangol.records.types import RecordType

MOST = 12


@dataclass(frozen=True, slots=True)
class Favoured:
    """A favourite as it stands in the menu; `count` is None where its filter cannot be read any more."""

    record_type: RecordType
    view: View
    count: Count | None


def favour(*, actor: Actor, record_type: RecordType, view_id: int, on: bool) -> None:
    """Put a view into the actor's left menu, or take it out; doing so twice changes nothing.

    Raises:
        ViewMissing: the actor finds no such view.
        ViewError: there is no room for another one, or the actor is nobody with a menu.
    """
    view = saved_views.view_get(actor, record_type, view_id)
    if actor.user_id is None:
        raise ViewError("view", _("Only people have favourites."), "forbidden")
    mine = Favourite.objects.filter(user_id=actor.user_id)
    if not on:
        mine.filter(view_id=view.id).delete()
    elif not view.favourite:
        if mine.count() >= MOST:
            message = _("The menu holds at most %(most)s favourites. Take one out first.")
            raise ViewError("view", message % {"most": MOST}, "too_many")
        Favourite.objects.get_or_create(user_id=actor.user_id, view_id=view.id)


def favourites_of(actor: Actor) -> list[Favoured]:
    """What stands in the actor's menu, in the order in which it came there.

    Two queries, one for each type of records among them, and one for each favourite to count, which never takes longer than
    the count of a list.
    """
    if actor.user_id is None:
        return []
    chosen = list(
        Favourite.objects.filter(user_id=actor.user_id, view__deleted_at=None)
        .order_by("pk")
        .values_list("view__record_type", "view_id")[:MOST]
    )
    by_type: dict[str, set[int]] = defaultdict(set)
    for name, view_id in chosen:
        by_type[name].add(view_id)
    found: dict[int, Favoured] = {}
    for name, ids in by_type.items():
        record_type = registry.find(name)
        if record_type is None or not permissions.allowed(actor, record_type, "view"):
            continue
        for view in saved_views.views_for(actor, record_type):
            if view.id in ids:
                found[view.id] = Favoured(record_type, view, _count(actor, record_type, view))
    return [found[view_id] for _name, view_id in chosen if view_id in found]


def _count(actor: Actor, record_type: RecordType, view: View) -> Count | None:
    try:
        tree = filters.parse(view.state.get("filter", ""), record_type, actor=actor)
    except filters.FilterError:
        return None
    return record_count(actor=actor, record_type=record_type, tree=tree)
