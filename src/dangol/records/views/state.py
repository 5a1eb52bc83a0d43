"""What a list's page shows: what stands in its address, over what the view it opens says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from dangol.identity.actors import Actor
from dangol.records import saved_views
from dangol.records.fields import Field
from dangol.records.saved_views import KEYS, View
from dangol.records.types import RecordType
from dangol.records.view_states import NAMING, stands, usable_part

PASSING = ("after", "before", "_", "at")
"""Parts of the address that say where one is, not what is shown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The view of a page. `view` is None for the plain list; `changed` says that the address differs from the view."""

    views: Sequence[View]
    view: View | None
    changed: bool
    lost: tuple[str, ...]
    kind: str


def settle(request: HttpRequest, actor: Actor, record_type: RecordType, known: dict[str, Field]) -> Shown:
    """Put what the view says into `request.GET`, where the address itself says nothing else. One query.

    From here on the whole state stands in the address of every link of the page. Fields that the view names and that
    do not exist (any more, or for this actor) or can be no part of it are left out, and named in `lost`; those of other
    people's views are not told to whom they are hidden from (`View.left_out`).
    """
    views = saved_views.views_for(actor, record_type)
    asked = request.GET.get("view")
    view = None
    if asked is not None:
        view = next((one for one in views if str(one.id) == asked), None)
    elif not any(key in request.GET for key in (*KEYS, "add_field", *PASSING)):
        view = saved_views.opening_view(views)
    merged = request.GET.copy()
    if "cols" in merged:
        merged["cols"] = ",".join(merged.getlist("cols"))
    lost: tuple[str, ...] = ()
    if view is not None:
        for key, value in view.state.items():
            if key not in merged:
                merged[key] = value
        lost = _without_lost(merged, known)
        merged["view"] = str(view.id)
        if not stands(merged.get("as", ""), record_type, known):
            merged["as"] = ""
    elif asked not in (None, "0"):
        merged.pop("view", None)
    changed = view is not None and any(
        merged.get(key, "").strip() != view.state.get(key, "") for key in KEYS if not (lost and key in NAMING)
    )
    request.GET = merged  # type: ignore[assignment]
    kind = merged.get("as", "table")
    return Shown(views, view, changed, lost, kind if kind in saved_views.KINDS else "table")


def _without_lost(merged: QueryDict, known: Mapping[str, Field]) -> tuple[str, ...]:
    """Take out names of fields that cannot be used so. Returns them."""
    lost: list[str] = []
    for part in NAMING:
        asked = str(merged.get(part) or "")
        kept, names = usable_part(part, asked, known)
        lost += names
        if kept != asked:
            merged[part] = kept
    return tuple(dict.fromkeys(lost))


def state_in(data: Mapping[str, str]) -> dict[str, str]:
    """What of a form or address is a view's state."""
    return {key: data[key] for key in KEYS if data.get(key)}


def query(base: QueryDict, **changes: str | None) -> str:
    """The address's query with parts changed; None takes one out – from a view, by saying it is empty."""
    found = base.copy()
    for key, value in changes.items():
        name = key.rstrip("_")
        if value is None and "view" in found and name in KEYS:
            found[name] = ""
        elif value is None:
            found.pop(name, None)
        else:
            found[name] = value
    return found.urlencode()


def url(base: QueryDict, **changes: str | None) -> str:
    """The same list with parts of its address changed."""
    text = query(base, **changes)
    return f"?{text}" if text else "?"
