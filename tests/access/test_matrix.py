"""Nobody in: every address of the project, walked by everyone who must not see a certain customer.

The addresses come from the URL configuration itself, so a new one is in the walk by itself; one with a part that
`values` does not know fails until somebody says what to put in.
"""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from dangol.identity.services import token_create, user_deactivate, user_update
from tests.access.conftest import SECRET
from tests.cast import SYSTEM, person

pytestmark = pytest.mark.django_db

QUESTIONS = ("", "?q=ㅂㅁㅈㅁ", "?q=5678")
LOCKED_OUT = ["outsider", "nobody", "anonymous", "deactivated", "moved"]


@pytest.fixture
def deactivated(company):
    """A teammate who has left; the browser is still open and the token still in a script."""
    left = person(
        "left@example.com", "오지호", roles=("sales",), team=company.seoul, territory=company.capital
    )
    assert left.client.get("/customers/").status_code == left.api.get("/api/v1/customers").status_code == 200
    user_deactivate(user=left.user, actor=SYSTEM)
    return left


@pytest.fixture
def moved(company):
    """A teammate who works in the other team since a moment ago; nobody signed that person out."""
    gone = person(
        "moved@example.com", "윤서아", roles=("sales",), team=company.seoul, territory=company.capital
    )
    assert gone.client.get("/customers/").status_code == gone.api.get("/api/v1/customers").status_code == 200
    user_update(user=gone.user, actor=SYSTEM, team=company.busan, territory=company.south)
    return gone


@pytest.fixture
def looker(insider):
    """The insider's own program, with a token that may only look."""
    _token, text = token_create(user=insider.user, name="looks", actions=["view"], actor=SYSTEM)
    return Client(headers={"authorization": f"Bearer {text}"})


def _visitors(name, request):
    if name == "anonymous":
        return [Client()]
    person = request.getfixturevalue(name)
    return [person.client, person.api]


@pytest.mark.parametrize("visitor", LOCKED_OUT)
def test_no_address_shows_or_changes_what_belongs_to_another_team(visitor, secrets, places, request):
    visitors = _visitors(visitor, request)
    before = secrets.state()
    for client in visitors:
        # Methods that the view of a page does not know, whatever else stands in its address. Doors for programs are asked
        # everything: what one view of theirs knows depends on the type of record.
        unknown = set()
        for pattern, path in places:
            if "logout" in pattern or "sign-out" in pattern:
                continue
            # What stands in the address itself would come back in links; the words asked for are others.
            for question in QUESTIONS if "<int" not in pattern else QUESTIONS[:1]:
                answer = client.get(path + question)
                assert answer.status_code < 500 or path == "/readyz", (
                    f"GET {path}{question}: {answer.status_code}"
                )
                text = _text(answer)
                assert SECRET not in text, f"GET {path}{question} shows the secret"
                assert "bimil.example" not in text, f"GET {path}{question} shows the secret's address"
                if answer.status_code in (302, 401, 403, 404, 405):
                    break  # shut, whatever is asked
            for method in ("post", "patch", "delete"):
                if (pattern, method) in unknown:
                    continue
                answer = getattr(client, method)(
                    path,
                    {} if method == "post" else "{}",
                    **({} if method == "post" else {"content_type": "application/json"}),
                )
                assert answer.status_code < 500 or path == "/readyz", f"{method} {path}: {answer.status_code}"
                assert SECRET not in _text(answer), f"{method} {path} shows the secret"
                if answer.status_code == 405 and not path.startswith("/api/"):
                    unknown.add((pattern, method))
    assert secrets.state() == before


def _text(answer) -> str:
    if getattr(answer, "streaming", False):
        return b"".join(answer.streaming_content).decode(errors="replace")
    return answer.content.decode(errors="replace")


def test_the_secret_is_there_for_those_who_may_see_it(secrets, insider, teammate):
    """The walk above proves nothing unless the same addresses show the secret to others."""
    customer = secrets.ids["customer"]
    for colleague in (insider, teammate):
        for path in (
            "/customers/",
            f"/customers/{customer}/",
            "/search/?q=ㅂㅁㅈㅁ",
            "/search/?q=5678",
            "/lookup/customer/",
        ):
            assert SECRET in _text(colleague.client.get(path)), path
        for path in (
            "/api/v1/customers",
            f"/api/v1/customers/{customer}",
            "/api/v1/search?q=ㅂㅁㅈㅁ",
            f"/api/v1/customers/{customer}/timeline",
        ):
            assert SECRET in _text(colleague.api.get(path)), path
        history = colleague.api.get(f"/api/v1/customers/{customer}/history")
        assert SECRET in _text(history)


def test_who_has_left_or_moved_is_out_at_once(secrets, deactivated, moved):
    customer = f"/customers/{secrets.ids['customer']}"
    assert deactivated.api.get("/api/v1/customers").status_code == 401
    assert deactivated.client.get("/customers/").url.startswith("/sign-in/")
    assert moved.api.get("/api/v1/customers").json()["items"] == []
    assert (
        moved.api.get(f"/api/v1{customer}").status_code == moved.client.get(f"{customer}/").status_code == 404
    )


def test_the_catalogue_is_nobodys_own(secrets, outsider, manager):
    """Who may change only what is his own sees the products of all, and changes none; a manager of a team does."""
    product = f"/api/v1/products/{secrets.ids['product']}"
    assert outsider.api.get(product).status_code == 200
    before = secrets.state()
    assert outsider.api.patch(product, b'{"name": "x"}', content_type="application/json").status_code == 403
    assert outsider.api.delete(product).status_code == 403
    page = f"/products/{secrets.ids['product']}/"
    assert outsider.client.post(f"{page}delete/").status_code == 404
    assert "delete/" not in _text(outsider.client.get(page))
    assert outsider.client.get("/products/bin/").status_code == 404
    assert secrets.state() == before
    assert manager.api.patch(product, b'{"unit": "EA"}', content_type="application/json").status_code == 200


def test_a_token_that_may_only_look_changes_nothing(secrets, places, looker, insider):
    """Every address of the API with every method, with bodies that the owner of the token could send."""
    before = secrets.state()
    customer = secrets.ids["customer"]
    assert looker.get(f"/api/v1/customers/{customer}").status_code == 200
    bodies = [b"{}", b'{"name": "x", "city": "x", "memo": "x", "subject": "x", "kind": "note"}']
    for _pattern, path in places:
        for method in (
            ("POST", "PUT", "PATCH", "DELETE") if path.startswith("/api/") and path != "/api/v1/docs" else ()
        ):
            for body in bodies:
                answer = looker.generic(method, path, body, content_type="application/json")
                assert answer.status_code in (400, 403, 404, 405), f"{method} {path}: {answer.status_code}"
    refused = looker.generic(
        "PATCH", f"/api/v1/customers/{customer}", bodies[1], content_type="application/json"
    )
    assert refused.status_code == 403
    assert secrets.state() == before
    # Pages know no tokens at all.
    assert looker.get(f"/customers/{customer}/").url.startswith("/sign-in/")


def test_hidden_and_absent_records_answer_alike(secrets, outsider):
    customer = secrets.ids["customer"]
    for template in (
        "/customers/{}/",
        "/customers/{}/edit/",
        "/customers/{}/history/",
        "/customers/{}/cell/name/",
    ):
        hidden, absent = (outsider.client.get(template.format(number)) for number in (customer, 999_999))
        assert hidden.status_code == absent.status_code == 404
    for template in ("/api/v1/customers/{}", "/api/v1/customers/{}/timeline", "/api/v1/customers/{}/history"):
        hidden, absent = (outsider.api.get(template.format(number)) for number in (customer, 999_999))
        assert hidden.status_code == absent.status_code == 404, template


def test_everything_but_the_door_is_closed_to_strangers(places):
    """Without signing in nothing answers but sign-in itself, health and static files."""
    client = Client()
    open_to_all = (
        "/sign-in/",
        "/healthz",
        "/readyz",
        "/static/",
        "/preferences/",
        "/welcome/",
        "/notifications/unsubscribe/",  # whoever holds the mail may stop it
        "/live/stream/",  # answered before Django; here it says that there are no streams
        "/api/v1/openapi.json",
        "/.well-known/oauth-",  # what apps may ask of this server, the same for everybody
    )
    for _pattern, path in places:
        if path.startswith(open_to_all) or path == "/sign-out/":
            continue
        answer = client.get(path)
        assert answer.status_code in (302, 401, 404, 405), f"{path}: {answer.status_code}"
        if answer.status_code == 302:
            assert answer.url.startswith("/sign-in/"), path
    assert not Session.objects.exists()
