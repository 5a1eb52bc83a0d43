"""The head of a list's page: saved views, kinds of presentation, grouping, density."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import may_administer
from dangol.identity.models import Role
from dangol.records.saved_views import KEYS, View
from dangol.records.views import presenting
from dangol.records.views.presenting import Asked
from dangol.records.views.state import Shown, url

PARTS = {
    "filter": _("Filter"),
    "cols": _("Columns"),
    "widths": _("Columns"),
    "sort": _("Sorting"),
    "as": _("Presentation"),
    "by": _("Presentation"),
    "group": _("Group"),
    "total": _("Sum"),
}
"""How the parts of a view are called that can be left out."""


def heads(asked: Asked, shown: Shown, grouping: str) -> dict[str, Any]:
    """What the head of the list needs. One query for administrators (the roles), none for others."""
    actor, base = asked.actor, asked.base
    administers = may_administer(actor)
    names = [(view, view.label(actor.language)) for view in shown.views]
    dense = base.get("density") == "compact"
    view = shown.view
    grouped_by, group_links = "", SafeString("")
    if shown.kind == "table":
        grouped_by, group_links = presenting.group_menu(
            asked.record_type, asked.known, base, grouping, actor.language
        )
    return {
        "view": view,
        "view_name": view.label(actor.language) if view else "",
        "view_changed": shown.changed,
        "view_lost": ", ".join(shown.lost),
        "view_left_out": ", ".join(dict.fromkeys(str(PARTS[part]) for part in view.left_out)) if view else "",
        "view_unfiltered": view is not None and "filter" in view.left_out,
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
        "group_links": group_links,
        "grouped_by": grouped_by,
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
