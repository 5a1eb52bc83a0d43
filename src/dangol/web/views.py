"""Language and theme, and the page that shows every component.

The `ui*` views keep nothing and need no database; they exist only where `DEBUG` or `DANGOL_UI_PAGE` is on.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dangol.web import samples
from dangol.web.preferences import ONE_YEAR, THEME_COOKIE, THEMES, keep

View = Callable[..., HttpResponse]


@login_not_required  # the sign-in page lets one choose, too
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Set `language` or `theme` (or both) by cookie, and on the user who is signed in.

    Back to `next` when it is an address of this host; 204 for a request by script, 400 for a value that is
    not offered.
    """
    changes: dict[str, str] = {}
    for name, offered in (("language", dict(settings.LANGUAGES)), ("theme", THEMES)):
        value = request.POST.get(name, "")
        if value and value not in offered:
            return HttpResponse(
                _("This choice is not offered."), status=400, content_type="text/plain; charset=utf-8"
            )
        if value:
            changes[name] = value
    if changes:
        keep(request, changes)
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponse(status=204) if "HX-Request" in request.headers else HttpResponseRedirect(back)
    cookie: dict[str, Any] = {"max_age": ONE_YEAR, "samesite": "Lax", "secure": request.is_secure()}
    if "language" in changes:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, changes["language"], **cookie)
    if "theme" in changes:
        response.set_cookie(THEME_COOKIE, changes["theme"], httponly=True, **cookie)
    return response


def only_where_shown(view: View) -> View:
    """404 unless DEBUG or DANGOL_UI_PAGE is on."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (settings.DEBUG or getattr(settings, "DANGOL_UI_PAGE", False)):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@require_GET
@only_where_shown
def ui(request: HttpRequest) -> HttpResponse:
    """All components with sample content."""
    return render(request, "web/ui.html", samples.page())


@require_GET
@only_where_shown
def ui_palette(request: HttpRequest) -> HttpResponse:
    """The palette's answer for the sample customers."""
    found = samples.customers_named(request.GET.get("q", ""))
    return render(
        request, "web/parts/palette_results.html", {"groups": [(_("Customers"), found)] if found else []}
    )


@require_GET
@only_where_shown
def ui_progress(request: HttpRequest) -> HttpResponse:
    """The next state of the sample import; each answer carries where it stands."""
    done = min(samples.IMPORT_ROWS, max(0, int(request.GET.get("done") or 0)) + samples.IMPORT_STEP)
    return render(request, "web/ui_progress.html", samples.progress(done))


@require_http_methods(["GET", "POST"])
@only_where_shown
def ui_cell(request: HttpRequest) -> HttpResponse:
    """In-place edit of the sample cell: the field, then the value (which nobody keeps)."""
    value = (request.POST if request.method == "POST" else request.GET).get("value", "")[:100]
    if request.method == "POST":
        response = HttpResponse(format_html("{}", value or "–"))
        response["HX-Trigger"] = json.dumps({"toast": {"text": _("Saved")}})
        return response
    return render(request, "web/ui_cell.html", {"value": value})
