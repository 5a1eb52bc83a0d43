"""The head of a list's page: saved views, kinds of presentation, grouping, density."""

from __future__ import annotations

from typing import Any

from dangol.identity.actors import may_administer
from dangol.identity.models import Role
from dangol.records.saved_views import KEYS, View
from dangol.records.views import presenting
from dangol.records.views.presenting import Asked
from dangol.records.views.state import Shown, url


def heads(asked: Asked, shown: Shown, grouping: str) -> dict[str, Any]:
    """What the head of the list needs. One query for administrators (the roles), none for others."""
    actor, base = asked.actor, asked.base
    administers = may_administer(actor)
    names = [(view, view.label(actor.language)) for view in shown.views]
    dense = base.get("density") == "compact"
    view = shown.view
    return {
        "view": view,
        "view_name": view.label(actor.language) if view else "",
        "view_changed": shown.changed,
        "view_lost": ", ".join(shown.lost),
        "views_of_others": [_link(one, name, view) for one, name in names if not one.mine],
        "views_of_mine": [_link(one, name, view) for one, name in names if one.mine],
        "views_pinned": [_link(one, name, view) for one, name in names if one.pinned][:8],
        "plain_url": "?view=0",
        "view_state": [(key, base.get(key, "")) for key in KEYS if base.get(key)],
        "may_keep": actor.user_id is not None,
        "may_share": administers,
        "may_team": actor.team_id is not None,
        "roles": list(Role.objects.values_list("pk", "name")) if administers and view else [],
        "kinds": presenting.kinds(asked.record_type, asked.known, base, shown.kind),
        "kind": shown.kind,
        "group_choices": presenting.group_choices(asked.known, base, grouping)
        if shown.kind == "table"
        else [],
        "grouped": bool(grouping),
        "dense": dense,
        "density_url": url(base, density=None if dense else "compact"),
    }


def _link(view: View, name: str, current: View | None) -> dict[str, Any]:
    return {
        "view": view,
        "name": name,
        "url": f"?view={view.id}",
        "on": current is not None and current.id == view.id,
    }
