"""The favourites in the left menu: a fragment that every page asks for, which the browser keeps for a minute."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET

from dangol.records.favourites import favourites_of
from dangol.records.views.access import actor_of
from dangol.web import formats
from dangol.web.menu import FAVOURITES_TURN

KEPT = 60
"""Seconds for which a browser shows the counts that it has."""


@require_GET
def section(request: HttpRequest) -> HttpResponse:
    """The favourites with their counts; empty where there are none. Costs what `favourites_of` costs."""
    actor = actor_of(request)
    shown = [
        {
            "name": one.view.label(actor.language),
            "url": f"{reverse('records:list', args=[one.record_type])}?view={one.view.id}",
            "count": ""
            if one.count is None
            else formats.number(one.count.value, actor.language) + ("" if one.count.exact else "+"),
        }
        for one in favourites_of(actor)
    ]
    answer = render(request, "records/parts/favourites.html", {"favourites": shown})
    patch_cache_control(answer, private=True, max_age=KEPT)
    answer["Vary"] = "Cookie"
    return answer


def turn(request: HttpRequest) -> None:
    """What the browser keeps is no longer true."""
    request.session[FAVOURITES_TURN] = request.session.get(FAVOURITES_TURN, 0) + 1
