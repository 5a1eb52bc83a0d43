"""What left this installation: the log of calls to other servers."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from dangol.administration.views.access import SignedInRequest, administrators_only
from dangol.outbound.selectors import calls
from dangol.outbound.services import KEPT_DAYS

PER_PAGE = 50
PURPOSES = {"import": _("Scheduled import"), "sign_in": _("Signing in"), "webhook": _("Webhook")}


@require_safe
@administrators_only
def call_list(request: SignedInRequest) -> HttpResponse:
    """The calls of the last 90 days, newest first; only those that failed where asked so. Two queries."""
    failed_only = request.GET.get("show") == "failed"
    page = Paginator(calls(failed_only=failed_only), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(call, PURPOSES.get(call.purpose, call.purpose)) for call in page.object_list]
    return render(
        request,
        "administration/calls.html",
        {
            "page": page,
            "rows": rows,
            "failed_only": failed_only,
            "days": KEPT_DAYS,
            "tabs": [
                {"label": _("All"), "url": "?", "on": not failed_only},
                {"label": _("Failed"), "url": "?show=failed", "on": failed_only},
            ],
        },
    )
