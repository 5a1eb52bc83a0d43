"""The bell's number and panel, the page with filters, and what one wants to be told."""

from __future__ import annotations

from datetime import time

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dangol.identity.actors import Actor, may_administer
from dangol.interactions.models.notifications import Channel, Kind
from dangol.interactions.notifications import mailing, services
from dangol.interactions.notifications.selectors import notification_page, setting_of, unread_count

IN_PANEL = 8
MOST_IDS = 200


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _kinds(actor: Actor) -> list[tuple[str, str]]:
    return [
        (value, str(label)) for value, label in Kind.choices if value != Kind.FAILED or may_administer(actor)
    ]


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """All notifications, filtered by kind and by unread."""
    actor = _actor(request)
    kind = request.GET.get("kind", "")
    unread = request.GET.get("unread") == "1"
    try:
        page = notification_page(
            actor=actor,
            kind=kind if kind in Kind.values else "",
            unread=unread,
            after=request.GET.get("after", ""),
        )
    except (ValueError, OverflowError):
        return HttpResponseBadRequest(_("The cursor is not valid. Start from the first page."))
    query = request.GET.copy()
    query.pop("after", None)
    context = {
        "page": page,
        "kinds": _kinds(actor),
        "kind": kind,
        "unread": unread,
        "query": query.urlencode(),
        "here": request.get_full_path(),
    }
    return render(request, "interactions/notifications/list.html", context)


@require_GET
@never_cache
def panel(request: HttpRequest) -> HttpResponse:
    """The newest, for the panel under the bell."""
    page = notification_page(actor=_actor(request), limit=IN_PANEL)
    return render(request, "interactions/notifications/panel.html", {"page": page})


@require_GET
@never_cache
def count(request: HttpRequest) -> JsonResponse:
    """How many are unread. One query."""
    return JsonResponse({"unread": unread_count(_actor(request).user_id or 0)})


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark as read: `ids`, or `all`; with `unread` mark as unread again. Answers with the bell's number for scripts."""
    actor = _actor(request)
    ids: list[int] | None = None
    if "all" not in request.POST:
        given = request.POST.getlist("ids")
        if len(given) > MOST_IDS or not all(
            one.isascii() and one.isdigit() and len(one) < 19 for one in given
        ):
            return HttpResponseBadRequest()
        ids = [int(one) for one in given]
    services.mark_read(actor=actor, ids=ids, is_read="unread" not in request.POST)
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"unread": unread_count(actor.user_id or 0)})
    return redirect("notifications:list")


@require_http_methods(["GET", "HEAD", "POST"])
def setting(request: HttpRequest) -> HttpResponse:
    """What to be told, how, and when not."""
    actor = _actor(request)
    errors: dict[str, str] = {}
    found = setting_of(actor)
    if request.method == "POST":
        try:
            times = {name: _time(request, name) for name in ("quiet_from", "quiet_until", "digest_at")}
            services.setting_save(
                actor=actor,
                channels={
                    kind: request.POST.get(f"channel_{kind}", found.channel(kind))
                    for kind, _l in _kinds(actor)
                },
                quiet_from=times["quiet_from"],
                quiet_until=times["quiet_until"],
                quiet_weekends=request.POST.get("quiet_weekends") == "1",
                digest_at=times["digest_at"] or found.digest_at,
            )
        except ValidationError as problem:
            errors = {name: texts[0] for name, texts in problem.message_dict.items()}
        else:
            messages.success(request, _("Saved"))
            return redirect("notifications:settings")
    context = {
        "setting": found,
        "kinds": [(kind, label, found.channel(kind)) for kind, label in _kinds(actor)],
        "channels": Channel.choices,
        "errors": list(errors.values()),
    }
    return render(request, "interactions/notifications/settings.html", context, status=422 if errors else 200)


def _time(request: HttpRequest, name: str) -> time | None:
    text = request.POST.get(name, "").strip()
    if not text:
        return None
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise ValidationError({name: _("Write the time as 08:30.")}) from None


@login_not_required  # whoever holds the mail may stop it
@csrf_exempt  # mail programs post here by themselves (RFC 8058); the token says for whom
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def unsubscribe(request: HttpRequest, mail_token: str) -> HttpResponse:
    """GET asks, POST stops the mails about notifications of the person whose mail had this link."""
    user_id = mailing.unsubscribing(mail_token)
    if user_id is None:
        raise Http404
    done = request.method == "POST"
    if done:
        services.mails_stop(user_id=user_id)
    return render(request, "interactions/notifications/unsubscribe.html", {"done": done})
