"""Looking through a user's eyes."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dangol.administration.views.access import SignedInRequest, administrators_only
from dangol.identity import services
from dangol.identity.actors import actor_for, may_administer
from dangol.identity.middleware import SEEING
from dangol.identity.models import User


@require_POST
@administrators_only
def see_as(request: SignedInRequest, pk: int) -> HttpResponse:
    """Begin; the reason goes into the access log."""
    user = get_object_or_404(User, pk=pk)
    try:
        kept = services.seeing_start(actor=request.actor, user=user, reason=request.POST.get("reason", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("administration:user", pk=pk)
    request.session[SEEING] = kept
    return redirect("/")


@require_POST
def see_as_end(request: SignedInRequest) -> HttpResponse:
    """Be oneself again."""
    actor = request.actor
    kept = request.session.pop(SEEING, None)
    if kept is None or actor.seen_by is None:
        if not may_administer(actor):
            raise PermissionDenied
        return redirect("/")  # its hour was over
    user = get_object_or_404(User, pk=actor.user_id)
    services.seeing_end(administrator=actor_for(request.user, request_id=actor.request_id), user=user)
    messages.success(request, _("You see with your own eyes again."))
    return redirect("administration:user", pk=user.pk)


see_as_end.ends_seeing = True  # type: ignore[attr-defined]
