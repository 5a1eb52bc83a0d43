"""The welcome page of the demo: signs the visitor in by one click, on the visitor's own machine only."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dangol.config.demo.organisation import ADMINISTRATOR, BY_KEY, COMPANY, DEMO_USER
from dangol.customers.models import Customer
from dangol.identity.models import User

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


def is_from_this_machine(request: HttpRequest) -> bool:
    """The visitor sits at the machine that serves: a loopback address, asked for by a local name, through no proxy."""
    try:
        is_loopback = ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    is_local = host in LOCAL_NAMES or host.endswith(".localhost")
    return is_loopback and is_local and not any(header in request.headers for header in FORWARDED)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """What there is to see, and a button for each of the two people to see it as. 404 outside the demo."""
    if not settings.DEMO or not is_from_this_machine(request):
        raise Http404
    users = {user.email: user for user in User.objects.filter(is_active=True, email__in=_EMAILS.values())}
    if request.method == "POST":
        user = users.get(_EMAILS.get(request.POST.get("as", ""), ""))
        if user is None:
            raise Http404
        login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
        wanted = request.POST.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(
            wanted, {request.get_host()}, require_https=request.is_secure()
        )
        return redirect(wanted if is_ours else settings.LOGIN_REDIRECT_URL)
    owner = users.get(_EMAILS[DEMO_USER])
    best = (
        Customer.objects.filter(owner=owner, kind="company", deleted_at=None, grade="vip")
        .order_by("since", "pk")
        .first()
    )
    return render(
        request,
        "demo/welcome.html",
        {
            "company": COMPANY,
            "people": [(key, users[email].name) for key, email in _EMAILS.items() if email in users],
            "seller": DEMO_USER,
            "next": request.GET.get("next", ""),
            "sights": _sights(best if owner else None),
        },
    )


def _sights(customer: Customer | None) -> list[tuple[str, str, str, str]]:
    """Address, icon, name and a word on what is worth a look; pressed, they sign in as the seller and go there."""
    return [
        ("/", "home", _("Today"), _("what to do, ordered by the value at stake")),
        (
            f"/customers/{customer.pk}/" if customer else "/customers/",
            "id",
            customer.name if customer else _("A customer"),
            _("who it is, what it is worth, what happened, what was promised"),
        ),
        ("/customers/", "users", _("Customers"), _("filters as chips or as text, sorting, change in place")),
        ("/orders/", "truck-delivery", _("Orders"), _("two years with returns and seasons")),
        (
            "/value/",
            "chart-dots-3",
            _("Customer value"),
            _("segments, Pareto, months; every mark opens its customers"),
        ),
    ]


_EMAILS = {key: BY_KEY[key].email for key in (DEMO_USER, ADMINISTRATOR)}
