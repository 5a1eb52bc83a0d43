"""The home page."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from dangol.identity.actors import Actor
from dangol.interactions.home import registry
from dangol.interactions.home.sources import total


@require_GET
def today(request: HttpRequest) -> HttpResponse:
    """What matters today, in one list and a few cards. About six queries of its own."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    now = timezone.now().astimezone(ZoneInfo(actor.time_zone))
    items = registry.items(actor, now)
    cards = []
    for card in registry.cards():
        context = card.build(actor, now)
        if context is not None:
            cards.append(
                render_to_string(
                    card.template, {"card": card, "actor": actor, "now": now, **context}, request
                )
            )
    return render(
        request,
        "interactions/home.html",
        {
            "greeting": greeting(actor, now),
            "now": now,
            "items": items,
            "at_stake": total(items),
            "cards": cards,
            "may_create": actor.may("customer", "create"),
        },
    )


def greeting(actor: Actor, now: datetime) -> str:
    """A greeting for the hour, by the name one is called by."""
    name = called(actor.name)
    if 5 <= now.hour < 12:
        return _("Good morning, %(name)s") % {"name": name}
    if 12 <= now.hour < 18:
        return _("Good afternoon, %(name)s") % {"name": name}
    return _("Good evening, %(name)s") % {"name": name}


def called(name: str) -> str:
    """The given name of a Korean name of three syllables, any other name as it is."""
    is_korean = len(name) == 3 and all("가" <= letter <= "힣" for letter in name)
    return name[1:] if is_korean else name
