"""Who a request comes from, and what it may expect."""

from __future__ import annotations

import json
import uuid

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import include, path
from django.utils import timezone, translation

from dangol.identity import services
from dangol.identity.actors import Actor
from dangol.identity.models import Token, User

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("test")
PASSWORD = "seoul-spring-rain-42"


def who(request: HttpRequest) -> JsonResponse:
    actor = request.actor  # type: ignore[attr-defined]
    return JsonResponse(
        {
            "actor": actor and actor.user_id,
            "request_id": request.request_id,  # type: ignore[attr-defined]
            "language": translation.get_language(),
            "zone": timezone.get_current_timezone_name(),
        }
    )


who.csrf_exempt = True  # type: ignore[attr-defined]


@login_not_required
def open_to_all(request: HttpRequest) -> HttpResponse:
    return HttpResponse("welcome")


urlpatterns = [
    path("who", who),
    path("open", open_to_all),
    path("api/v1/who", who),
    path("", include("dangol.administration.urls")),
    path("", include("dangol.web.urls")),
]


@pytest.fixture(autouse=True)
def routes(settings):
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if name != "dangol.identity.middleware.SignInRequiredMiddleware"
    ]
    cache.clear()


@pytest.fixture
def user() -> User:
    return services.user_create(
        actor=SYSTEM,
        email="sora@example.com",
        name="윤소라",
        password=PASSWORD,
        language="en",
        time_zone="Asia/Tokyo",
    )


@pytest.fixture
def text(user: User) -> str:
    return services.token_create(user=user, name="ERP", actor=SYSTEM)[1]


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def test_a_stranger_is_nobody_and_is_answered_in_the_browsers_language(
    client: Client, django_assert_num_queries
) -> None:
    with django_assert_num_queries(0):
        response = client.get("/who", headers={"accept-language": "en-US,en;q=0.9"})
    assert response.json()["actor"] is None
    assert response.json()["language"] == "en"
    assert response.json()["zone"] == "Asia/Seoul"
    assert "Accept-Language" in response["Vary"]
    assert client.get("/who", headers={"accept-language": "fr"}).json()["language"] == "ko"


def test_a_session_brings_actor_language_and_zone_in_three_queries(
    client: Client, user: User, django_assert_num_queries
) -> None:
    client.force_login(user)
    with django_assert_num_queries(3):
        answer = client.get("/who", headers={"accept-language": "ko"}).json()
    assert answer["actor"] == user.pk
    assert (answer["language"], answer["zone"]) == ("en", "Asia/Tokyo")
    assert translation.get_language() == "ko"


def test_a_token_costs_two_queries_once_its_use_is_noted(
    client: Client, user: User, text: str, django_assert_num_queries
) -> None:
    client.get("/api/v1/who", headers=bearer(text))
    with django_assert_num_queries(2):
        answer = client.get("/api/v1/who", headers=bearer(text))
    assert answer.json()["actor"] == user.pk
    assert "Authorization" in answer["Vary"]
    assert not answer.cookies


@pytest.mark.parametrize("wrong", ["dgl_00000000_" + "0" * 64, "x", "", "dgl_\x7f_ü"])
def test_a_wrong_token_gets_401_even_with_a_session(client: Client, user: User, wrong: str) -> None:
    client.force_login(user)
    response = client.get("/api/v1/who", headers=bearer(wrong))
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"] == 'Bearer realm="dangol", error="invalid_token"'
    assert json.loads(response.content)["status"] == 401
    assert response["X-Request-ID"]


def test_an_expired_token_gets_401(client: Client, text: str) -> None:
    Token.objects.update(expires_at=timezone.now())
    assert client.get("/api/v1/who", headers=bearer(text)).status_code == 401


def test_a_token_opens_no_page(client: Client, text: str) -> None:
    assert client.get("/who", headers=bearer(text)).json()["actor"] is None


def test_a_sane_request_id_is_kept_and_another_is_replaced(client: Client) -> None:
    assert client.get("/who", headers={"x-request-id": "trace-0001"}).json()["request_id"] == "trace-0001"
    for wild in ("short", "a b c d e f g", "x" * 65, "<script>alert(1)</script>", "line\nbreak"):
        answer = client.get("/who", headers={"x-request-id": wild})
        assert uuid.UUID(answer["X-Request-ID"])


def test_a_deactivated_user_is_signed_out(client: Client, user: User) -> None:
    client.force_login(user)
    User.objects.update(is_active=False)
    assert client.get("/who").json()["actor"] is None
    assert "_auth_user_id" not in client.session


def test_a_cookie_borne_write_to_the_api_needs_the_csrf_token(user: User, text: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    refused = browser.post("/api/v1/who")
    assert refused.status_code == 403
    assert json.loads(refused.content)["code"] == "csrf"
    assert browser.get("/api/v1/who").status_code == 200
    browser.get("/sign-in/")
    browser.get("/settings/profile/")
    csrf = browser.cookies["dangol_csrf"].value
    assert browser.post("/api/v1/who", headers={"x-csrftoken": csrf}).status_code == 200
    assert Client(enforce_csrf_checks=True).post("/api/v1/who", headers=bearer(text)).status_code == 200


def test_pages_ask_for_sign_in_unless_they_say_they_are_open(client: Client, settings) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "dangol.identity.middleware.SignInRequiredMiddleware"]
    closed = client.get("/who?a=1")
    assert closed.status_code == 302
    assert closed["Location"] == "/sign-in/?next=%2Fwho%3Fa%3D1"
    fragment = client.get("/who", headers={"hx-request": "true"})
    assert (fragment.status_code, fragment["HX-Redirect"]) == (204, "/sign-in/")
    assert client.get("/open").content == b"welcome"
    assert client.get("/sign-in/").status_code == 200
    api = client.get("/api/v1/who")
    assert api.status_code == 401
    assert api["WWW-Authenticate"] == 'Bearer realm="dangol"'


def test_signing_in_and_out(client: Client, user: User) -> None:
    page = client.get("/sign-in/", headers={"accept-language": "ko"})
    assert page.status_code == 200
    assert page["Content-Language"] == "ko"
    answer = client.post(
        "/sign-in/?next=/who", {"login": "SORA@Example.com", "password": PASSWORD, "next": "/who"}
    )
    assert answer["Location"] == "/who"
    assert client.get("/who").json()["actor"] == user.pk
    client.post("/sign-out/")
    assert client.get("/who").json()["actor"] is None


def test_after_signing_in_nobody_is_sent_to_another_site(client: Client, user: User) -> None:
    answer = client.post(
        "/sign-in/", {"login": user.email, "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert answer["Location"] == "/"


@pytest.mark.parametrize(
    ("email", "password"), [("sora@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("sora", "\x00")]
)
def test_a_wrong_attempt_says_the_same_whoever_it_is(
    client: Client, user: User, email: str, password: str
) -> None:
    answer = client.post(
        "/sign-in/", {"login": email, "password": password}, headers={"accept-language": "ko"}
    )
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_guessing_is_throttled(client: Client, user: User) -> None:
    for _n in range(5):
        client.post("/sign-in/", {"login": user.email, "password": "wrong"})
    answer = client.post("/sign-in/", {"login": user.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    assert answer.status_code in (200, 429)


def test_nobody_adds_themselves(client: Client) -> None:
    assert client.get("/sign-up/").status_code == 404
    assert client.get("/accounts/signup/").status_code == 404


def test_an_old_address_opens_nothing(client: Client, user: User) -> None:
    client.post("/sign-in/", {"login": user.email, "password": PASSWORD})
    client.post("/sign-out/")
    services.user_update(user=user, actor=SYSTEM, email="new@example.com")
    client.post("/sign-in/", {"login": "sora@example.com", "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    client.post("/sign-in/", {"login": "new@example.com", "password": PASSWORD})
    assert "_auth_user_id" in client.session


def test_a_deactivated_user_is_told_so_only_with_the_right_password(client: Client, user: User) -> None:
    User.objects.update(is_active=False)
    answer = client.post("/sign-in/", {"login": user.email, "password": PASSWORD})
    assert answer["Location"] == "/sign-in/deactivated/"
    assert client.get("/sign-in/deactivated/").status_code == 200


@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"])
def test_passwords_are_kept_with_argon2(user: User) -> None:
    services.user_set_password(user=user, password="another long one", actor=SYSTEM)
    assert User.objects.get().password.startswith("argon2$argon2id$")


def test_the_factory_request_without_middleware_is_nobody() -> None:
    assert getattr(RequestFactory().get("/"), "actor", None) is None
