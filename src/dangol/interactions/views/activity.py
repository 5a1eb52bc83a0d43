"""The page of the activity stream."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dangol.identity.actors import Actor
from dangol.interactions.activity import Item, Scope, What, activity_page
from dangol.records import permissions, registry


@require_GET
def activity(request: HttpRequest) -> HttpResponse:
    """What happened: to what one follows, or (`scope=all`) to all that one may see; by kind and type of record."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    scope = Scope.ALL if request.GET.get("scope") == Scope.ALL else Scope.FOLLOWED
    what = request.GET.get("what", "")
    types = [one for one in registry.all_types() if permissions.allowed(actor, one, "view")]
    record_type = request.GET.get("type", "")
    try:
        page = activity_page(
            actor=actor,
            scope=scope,
            what=What(what) if what in list(What) else None,
            record_type=record_type if record_type in {one.name for one in types} else "",
            after=request.GET.get("after", ""),
        )
    except (ValueError, OverflowError):
        return HttpResponseBadRequest(_("The cursor is not valid. Start from the first page."))
    query = request.GET.copy()
    query.pop("after", None)
    context = {
        "page": page,
        "scope": scope.value,
        "what": what,
        "whats": [
            (What.CHANGE, _("Changes")),
            (What.COMMENT, _("Comments")),
            (What.NOTE, _("Notes and contacts")),
        ],
        "record_type": record_type,
        "types": types,
        "query": query.urlencode(),
        "is_first": "after" not in request.GET,
        "live": _shown(page.items),
        "menu_key": "activity",
    }
    return render(request, "interactions/activity.html", context)


def _shown(items: Sequence[Item]) -> list[str]:
    """What the page shows, as open pages are told of it: `customer:12@3,13@7`."""
    shown: dict[str, dict[int, int]] = {}
    for item in items:
        shown.setdefault(item.record_type.name, {})[item.record.id] = item.record.version
    return [
        f"{name}:{','.join(f'{pk}@{version}' for pk, version in ids.items())}" for name, ids in shown.items()
    ]
