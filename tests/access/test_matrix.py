"""Nobody in: every address of the project, walked by everyone who must not see a certain customer.

The addresses come from the URL configuration itself, so a new one is in the walk by itself; one with a part that
`values` does not know fails until somebody says what to put in.
"""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from dangol.identity.actors import Actor
from dangol.records import registry, writing
from dangol.records.models import Change as Recorded
from tests.access.places import filled, patterns

pytestmark = pytest.mark.django_db

SECRET = "비밀정밀"
QUESTIONS = ("", "?q=ㅂㅁㅈㅁ", "?q=5678")
LOCKED_OUT = ["outsider", "nobody", "anonymous"]


class Secrets:
    """One record of every type that belongs to the insider's customer; all carry the secret in their texts."""

    def __init__(self, insider) -> None:
        self.ids: dict[str, int] = {}
        actor = insider.actor
        everything = Actor.system("test")

        def make(name: str, values: dict[str, object], by: Actor = actor) -> int:
            self.ids[name] = writing.create(registry.get(name), values, actor=by)
            return self.ids[name]

        customer = make(
            "customer",
            {"name": f"{SECRET} 주식회사", "phone": "010-7777-5678", "email": "secret@bimil.example", "external_id": SECRET,
             "business_number": "124-81-00998"},
        )  # fmt: skip
        make(
            "contact", {"name": f"{SECRET} 부장", "customer": customer, "phone": "010-7777-5679"}, everything
        )
        make(
            "contact_point",
            {"customer": customer, "kind": "email", "value": "other@bimil.example"},
            everything,
        )
        order = make(
            "order",
            {"number": f"{SECRET}-1", "customer": customer, "ordered_at": "2026-11-01 10:00", "memo": SECRET},
            everything,
        )
        make(
            "order_line",
            {"order": order, "ordinal": 1, "description": SECRET, "quantity": "2", "unit_price": "1000"},
            everything,
        )
        make(
            "interaction", {"kind": "note", "subject": f"{SECRET} 메모", "body": SECRET, "customer": customer}
        )
        make("machine", {"code": SECRET, "name": SECRET})
        make("repair", {"machine": self.ids["machine"], "title": SECRET}, everything)
        writing.update(registry.get("customer"), customer, {"city": SECRET}, actor=actor)

    def state(self) -> list[object]:
        """Everything that must not change."""
        rows: list[object] = []
        with connection.cursor() as cursor:
            for name, record_id in self.ids.items():
                table = registry.get(name).table.name
                cursor.execute(f'SELECT to_jsonb(t) FROM "{table}" t WHERE id = %s', [record_id])
                rows.append(cursor.fetchone())
        return [*rows, Recorded.objects.count()]


@pytest.fixture
def secrets(insider):
    return Secrets(insider)


@pytest.fixture
def places(secrets, insider):
    shared = {
        "field": ["name", "created_at"],
        "target": [*(record_type.name for record_type in registry.all_types()), "user", "team"],
        "records": [record_type.path for record_type in registry.all_types()],
        "name": ["revenue", "orders"],
        "key": ["secret"],
        "uidb36": ["1"],
        "token_id": ["1"],
        "user_id": [str(insider.id)],
        "team_id": [str(insider.user.team_id)],
        "territory_id": ["1"],
        "role_id": ["1"],
        "delivery_id": ["1"],
        "run_id": ["1"],
        "pk": ["1"],
        "kind": ["note", "task"],
        "tab": ["all"],
    }
    found = []
    for route, _converters in patterns():
        if "<" not in route:
            found.append((route, route))
            continue
        for record_type in registry.all_types():
            values = {
                **shared,
                "record_type": [record_type.path],
                "path": [record_type.path],
                "record_id": [str(secrets.ids.get(record_type.name, 1))],
                "id": [str(secrets.ids.get(record_type.name, 1))],
                "customer_id": [str(secrets.ids["customer"])],
                "interaction_id": [str(secrets.ids["interaction"])],
                "order_id": [str(secrets.ids["order"])],
            }
            found.extend((place.pattern, place.path) for place in filled(route, values))
    return sorted(set(found))


def _visitors(name, request):
    if name == "anonymous":
        return [Client()]
    person = request.getfixturevalue(name)
    return [person.client, person.api]


@pytest.mark.parametrize("visitor", LOCKED_OUT)
def test_no_address_shows_or_changes_what_belongs_to_another_team(visitor, secrets, places, request):
    before = secrets.state()
    for client in _visitors(visitor, request):
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
            for method in ("post", "patch", "delete"):
                answer = getattr(client, method)(
                    path,
                    {} if method == "post" else "{}",
                    **({} if method == "post" else {"content_type": "application/json"}),
                )
                assert answer.status_code < 500 or path == "/readyz", f"{method} {path}: {answer.status_code}"
                assert SECRET not in _text(answer), f"{method} {path} shows the secret"
    assert secrets.state() == before


def _text(answer) -> str:
    if getattr(answer, "streaming", False):
        return ""
    return answer.content.decode(errors="replace")


def test_the_secret_is_there_for_those_who_may_see_it(secrets, insider, teammate):
    """The walk above proves nothing unless the same addresses show the secret to others."""
    customer = secrets.ids["customer"]
    for person in (insider, teammate):
        for path in (
            "/customers/",
            f"/customers/{customer}/",
            "/search/?q=ㅂㅁㅈㅁ",
            "/search/?q=5678",
            "/lookup/customer/",
        ):
            assert SECRET in _text(person.client.get(path)), path
        for path in (
            "/api/v1/customers",
            f"/api/v1/customers/{customer}",
            "/api/v1/search?q=ㅂㅁㅈㅁ",
            f"/api/v1/customers/{customer}/timeline",
        ):
            assert SECRET in _text(person.api.get(path)), path
        history = person.api.get(f"/api/v1/customers/{customer}/history")
        assert SECRET in _text(history)


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
        "/api/v1/openapi.json",
    )
    for _pattern, path in places:
        if path.startswith(open_to_all) or path == "/sign-out/":
            continue
        answer = client.get(path)
        assert answer.status_code in (302, 401, 404, 405), f"{path}: {answer.status_code}"
        if answer.status_code == 302:
            assert answer.url.startswith("/sign-in/"), path
    assert not Session.objects.exists()
