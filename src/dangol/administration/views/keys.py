"""The keys of all integrations, for administrators."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dangol.administration.scope_words import permissions
from dangol.administration.views.access import SignedInRequest, administrators_only
from dangol.identity import selectors, services

PER_PAGE = 50


@require_safe
@administrators_only
def key_list(request: SignedInRequest) -> HttpResponse:
    """Every key that was not revoked: whose it is, what it may do, when it was used last. Two queries."""
    page = Paginator(selectors.live_tokens(), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(token, permissions(token.scopes or ())) for token in page.object_list]
    return render(request, "administration/keys.html", {"page": page, "rows": rows})


@require_POST
@administrators_only
def key_revoke(request: SignedInRequest, token_id: int) -> HttpResponse:
    """End a key at once."""
    token = selectors.live_tokens().filter(pk=token_id).first() if token_id < 2**63 else None
    if token is None:
        raise Http404
    services.token_revoke(token=token, actor=request.actor)
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})
    return redirect("administration:keys")
