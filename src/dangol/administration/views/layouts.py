"""How a type's forms and pages are arranged, for all and for each role: with buttons, one step at a time."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dangol.administration.views.access import SignedInRequest, administrators_only
from dangol.identity.models import Role
from dangol.records import registry
from dangol.records.layouts import arranging, services
from dangol.records.types import RecordType

Arrangement = list[dict[str, Any]]


@require_safe
@administrators_only
def layout(request: SignedInRequest, record_type: str) -> HttpResponse:
    """The arrangement of everybody, or with `?role=` of the people of a role."""
    found = _type(record_type)
    role = _role(request.GET.get("role", ""))
    sections, hidden, own = services.current(found, role)
    needed = arranging.needed(found)
    shown = [
        {
            **section,
            "fields": [
                {
                    "field": found.fields[name],
                    "hidden": name in hidden,
                    "fixed": name in needed,
                    "editable": found.fields[name].editable,
                }
                for name in section["fields"]
            ],
        }
        for section in sections
    ]
    context = {
        "type": found,
        "role": role,
        "roles": Role.objects.order_by("pk"),
        "arranged": {item.role_id for item in arranging.kept(found)},
        "sections": shown,
        "own": own,
    }
    return render(request, "administration/layout.html", context)


@require_POST
@administrators_only
def layout_change(request: SignedInRequest, record_type: str) -> HttpResponse:
    """One step: a field or heading up or down, a field off the form or back, a heading named, made or taken away."""
    found = _type(record_type)
    role = _role(request.POST.get("role", ""))
    act = request.POST.get("act", "")
    try:
        if act == "forget":
            services.forget(actor=request.actor, record_type=record_type, role=role)
        else:
            sections, hidden, _own = services.current(found, role)
            sections, hidden = _changed(request, act, sections, hidden)
            services.arrange(
                actor=request.actor, record_type=record_type, role=role, sections=sections, hidden=hidden
            )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    address = reverse("administration:layout", args=[record_type])
    return redirect(f"{address}?role={role.pk}" if role else address)


def _changed(
    request: SignedInRequest, act: str, sections: Arrangement, hidden: list[str]
) -> tuple[Arrangement, list[str]]:
    name = request.POST.get("field", "")
    place = request.POST.get("section", "")
    at = int(place) if place.isascii() and place.isdecimal() and len(place) < 4 else -1
    match act:
        case "up" | "down" if name:
            _step(sections, name, -1 if act == "up" else 1)
        case "to" if name and 0 <= at < len(sections):
            for section in sections:
                section["fields"] = [other for other in section["fields"] if other != name]
            sections[at]["fields"].append(name)
        case "hide":
            hidden = [*hidden, name]
        case "show":
            hidden = [other for other in hidden if other != name]
        case "add":
            sections.append({**_named(request), "fields": []})
        case "rename" if 0 <= at < len(sections):
            sections[at].update(_named(request))
        case "up" | "down" if 0 <= at < len(sections):
            other = at + (-1 if act == "up" else 1)
            if 0 <= other < len(sections):
                sections[at], sections[other] = sections[other], sections[at]
        case "remove" if 0 <= at < len(sections) and len(sections) > 1:
            gone = sections.pop(at)
            sections[max(at - 1, 0)]["fields"] += gone["fields"]
        case _:
            raise ValidationError(_("This cannot be done. Reload the page and try again."))
    return sections, hidden


def _step(sections: Arrangement, name: str, step: int) -> None:
    """One place on; at the edge of a heading, into the next."""
    for at, section in enumerate(sections):
        names = section["fields"]
        if name not in names:
            continue
        place = names.index(name)
        if 0 <= place + step < len(names):
            names[place], names[place + step] = names[place + step], names[place]
        elif 0 <= at + step < len(sections):
            names.remove(name)
            following = sections[at + step]["fields"]
            following.insert(len(following) if step < 0 else 0, name)
        return


def _named(request: SignedInRequest) -> dict[str, str]:
    return {language: request.POST.get(language, "") for language in ("ko", "en")}


def _type(name: str) -> RecordType:
    found = registry.find(name)
    if found is None or found.scope.administered or not found.sections:
        raise Http404
    return found


def _role(text: str) -> Role | None:
    if not text:
        return None
    role = (
        Role.objects.filter(pk=int(text)).first()
        if text.isascii() and text.isdecimal() and len(text) < 19
        else None
    )
    if role is None:
        raise Http404
    return role
