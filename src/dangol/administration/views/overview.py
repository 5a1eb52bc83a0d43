"""The settings' first page, and the log of changes of access."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dangol.administration.labels import act_label, change_lines, target_label
from dangol.administration.views.access import SignedInRequest, administrators_only, signed_in
from dangol.events import selectors as work
from dangol.identity import selectors
from dangol.identity.actors import may_administer
from dangol.identity.models import Team, Territory
from dangol.records.models import ObjectState, OwnField, OwnObject, OwnState

PER_PAGE = 50


@require_safe
@signed_in
def overview(request: SignedInRequest) -> HttpResponse:
    """What can be set, as cards; administrators see numbers and what needs them."""
    cards: list[dict[str, Any]] = [
        {
            "title": _("My profile"),
            "text": _("Name, language, time zone, password, second factor, devices, API tokens."),
            "icon": "user",
            "url": reverse("administration:profile"),
        }
    ]
    if may_administer(request.actor):
        state = work.outbox_state()
        trouble = state.dead + state.jobs_failed
        cards += [
            {
                "title": _("Users"),
                "text": _("Who signs in, with which roles, in which team."),
                "icon": "users",
                "url": reverse("administration:users"),
                "count": selectors.users().count(),
            },
            {
                "title": _("Teams"),
                "text": _("Who works with whom; leaders see the teams below theirs."),
                "icon": "users-group",
                "url": reverse("administration:trees", args=["teams"]),
                "count": Team.objects.count(),
            },
            {
                "title": _("Territories"),
                "text": _("The parts of the market that customers belong to."),
                "icon": "map-pin",
                "url": reverse("administration:trees", args=["territories"]),
                "count": Territory.objects.count(),
            },
            {
                "title": _("Roles"),
                "text": _("What people may see and do, and how far that reaches."),
                "icon": "shield-check",
                "url": reverse("administration:roles"),
                "count": selectors.roles().count(),
            },
            *_signing_in(request),
            {
                "title": _("Fields"),
                "text": _("What your company wants to know beside the built-in fields."),
                "icon": "forms",
                "url": reverse("administration:field-types"),
                "count": OwnField.objects.filter(state=OwnState.ACTIVE).count(),
            },
            {
                "title": _("Own objects"),
                "text": _("Types of records of your own: equipment, projects, rooms …"),
                "icon": "cube",
                "url": reverse("administration:objects"),
                "count": OwnObject.objects.filter(state=ObjectState.ACTIVE).count(),
            },
            {
                "title": _("Data quality"),
                "text": _("What is expected of the data of each type, and how much it weighs."),
                "icon": "checklist",
                "url": reverse("administration:quality"),
            },
            {
                "title": _("Background work"),
                "text": _("Jobs, deliveries that failed, when the worker was last seen."),
                "icon": "refresh",
                "url": reverse("administration:work"),
                "count": trouble or None,
                "tone": "r" if trouble or not state.worker_alive else "p",
                "chip": _("Needs a look")
                if trouble
                else (_("Working") if state.worker_alive else _("Standing still")),
            },
            {
                "title": _("Storage and backups"),
                "text": _("What database and files take up; a backup at a press."),
                "icon": "archive",
                "url": reverse("administration:storage"),
            },
            {
                "title": _("Tokens of integrations"),
                "text": _("Which programs sign in, with what rights, and when they last did."),
                "icon": "key",
                "url": reverse("administration:keys"),
            },
            {
                "title": _("Apps"),
                "text": _("Which programs of others may act for people who let them."),
                "icon": "apps",
                "url": reverse("administration:apps"),
            },
            {
                "title": _("Webhooks"),
                "text": _("Which other systems are told at once of what happens here."),
                "icon": "webhook",
                "url": reverse("administration:webhooks"),
            },
            {
                "title": _("Outgoing calls"),
                "text": _("What this installation asked of other servers, and what failed."),
                "icon": "world",
                "url": reverse("administration:calls"),
            },
            {
                "title": _("Personal data"),
                "text": _(
                    "Who looked at whose data, the monthly review, masked values, how long it is kept."
                ),
                "icon": "eye",
                "url": reverse("administration:looks"),
            },
            {
                "title": _("Access log"),
                "text": _("Who changed whose rights, and when."),
                "icon": "lock",
                "url": reverse("administration:access-log"),
            },
        ]
    return render(request, "administration/overview.html", {"cards": cards})


def _signing_in(request: SignedInRequest) -> list[dict[str, Any]]:
    if not request.actor.is_administrator:
        return []
    return [
        {
            "title": _("Signing in"),
            "text": _("Second factor, session length, company accounts."),
            "icon": "key",
            "url": reverse("administration:sign-in"),
        }
    ]


@require_safe
@administrators_only
def access_log(request: SignedInRequest) -> HttpResponse:
    """Changes of users, roles, teams and tokens, newest first."""
    page = Paginator(selectors.access_changes(), PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "change": change,
            "act": act_label(change.act),
            "target": target_label(change.target_type),
            "lines": change_lines(change.changes),
        }
        for change in page.object_list
    ]
    return render(request, "administration/access_log.html", {"page": page, "rows": rows})
