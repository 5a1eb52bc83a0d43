"""The demo company comes through the services and goes without a trace; real data hold it back."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from pytest_django import Settings

from dangol.commerce.models import Order, OrderLine, OrderTotal
from dangol.config import demo
from dangol.config.demo.clearing import RealDataError
from dangol.config.demo.loading import AlreadyLoadedError
from dangol.customers.models import Contact, Customer
from dangol.identity.actors import actor_for
from dangol.identity.models import Team, User
from dangol.insight.dashboards import keeping
from dangol.insight.dashboards.answering import Lens, show
from dangol.insight.dashboards.tiles import read
from dangol.insight.models import Dashboard
from dangol.interactions.models import Interaction, TimelineEntry
from dangol.records import registry, writing
from dangol.records.models import Change

NOW = datetime(2026, 11, 18, 14, 30, tzinfo=ZoneInfo("Asia/Seoul"))
SMALL = {"customer_count": 60, "order_count": 150, "interaction_count": 400, "now": NOW}
TYPES = ("customer", "contact", "contact_point", "category", "product", "order", "order_line", "interaction")


def counts() -> dict[str, int]:
    return {name: registry.get(name).model._default_manager.count() for name in TYPES}


@pytest.mark.django_db
def test_loading_makes_customers_orders_and_conversations_with_totals_and_timelines() -> None:
    lines: list[str] = []
    demo.load(lines.append, **SMALL)
    assert lines
    assert Customer.objects.count() == 60
    assert all(counts().values())
    assert OrderTotal.objects.count() == Order.objects.count()
    assert TimelineEntry.objects.filter(source_type="order").count() == Order.objects.count()
    entries = TimelineEntry.objects.filter(source_type="interaction", subject_type="customer")
    assert entries.count() == Interaction.objects.count()
    seoyun = User.objects.get(email="seoyun@dangol.example")
    assert seoyun.name == "이서윤"
    assert seoyun.team is not None
    assert seoyun.team.name == "영남2팀"
    with pytest.raises(AlreadyLoadedError):
        demo.load(**SMALL)


@pytest.mark.django_db
def test_clearing_removes_what_was_loaded_and_what_demo_users_did() -> None:
    before, changes = counts(), Change.objects.count()
    demo.load(**SMALL)
    seoyun = actor_for(User.objects.get(email="seoyun@dangol.example"))
    mine = Customer.objects.filter(owner_id=seoyun.user_id).first()
    assert mine is not None
    writing.update(registry.get("customer"), mine.pk, {"description": "방문자가 바꿨어요."}, actor=seoyun)
    shared = keeping.found_by(seoyun).get()
    assert shared.name == "경영 현황"
    assert not [
        one.problem
        for tile in read(shared.tiles)
        if (one := show(seoyun, tile, Lens(), day=NOW.date())).problem
    ]
    demo.clear()
    assert not Dashboard.objects.exists()
    assert counts() == before
    assert Change.objects.count() == changes
    assert not TimelineEntry.objects.exists()
    assert not OrderTotal.objects.exists()
    assert not User.objects.filter(is_active=True, email__endswith="@dangol.example").exists()
    assert not Team.objects.filter(name="영남2팀").exists()
    assert demo.clear() == {}


@pytest.mark.django_db
def test_clearing_refuses_while_real_data_stand_on_the_demo(administrator: object) -> None:
    demo.load(**SMALL)
    actor = administrator.actor  # type: ignore[attr-defined]
    customer = Customer.objects.first()
    assert customer is not None
    writing.create(registry.get("contact"), {"customer": customer.pk, "name": "진짜 담당자"}, actor=actor)
    loaded = counts()
    with pytest.raises(RealDataError) as refused:
        demo.clear()
    assert refused.value.found == {"contact": 1}
    assert counts() == loaded
    assert Contact.objects.filter(name="진짜 담당자").exists()


@pytest.mark.django_db
def test_real_customers_stay_when_the_demo_goes(administrator: object) -> None:
    actor = administrator.actor  # type: ignore[attr-defined]
    real = writing.create(registry.get("customer"), {"name": "진짜 고객"}, actor=actor)
    demo.load(**SMALL)
    demo.clear()
    assert list(Customer.objects.values_list("pk", flat=True)) == [real]
    assert not OrderLine.objects.exists()


@pytest.mark.django_db
class TestWelcome:
    def test_outside_the_demo_there_is_no_welcome_page(self, settings: Settings) -> None:
        settings.DEMO = False
        assert Client().get("/welcome/").status_code == 404

    @pytest.fixture
    def demo_urls(self, settings: Settings) -> None:
        settings.DEMO = True
        settings.ROOT_URLCONF = "tests.demo.urls"
        settings.ALLOWED_HOSTS = ["*"]

    def test_one_click_signs_the_visitor_in(self, demo_urls: None) -> None:
        demo.load(**SMALL)
        client = Client(headers={"host": "localhost"})
        page = client.get("/welcome/", HTTP_HOST="localhost")
        assert page.status_code == 200
        assert "이서윤" in page.content.decode()
        answer = client.post("/welcome/", {"as": "seoyun", "next": "/customers/"}, HTTP_HOST="localhost")
        assert (answer.status_code, answer["Location"]) == (302, "/customers/")
        assert client.get("/customers/", HTTP_HOST="localhost").status_code == 200

    def test_it_never_leads_to_another_site(self, demo_urls: None) -> None:
        demo.load(**SMALL)
        answer = Client().post(
            "/welcome/", {"as": "admin", "next": "https://evil.example/"}, HTTP_HOST="localhost"
        )
        assert answer["Location"] == "/"

    @pytest.mark.parametrize(
        "request_facts",
        [
            {"REMOTE_ADDR": "192.0.2.7", "HTTP_HOST": "localhost"},
            {"HTTP_HOST": "crm.example.com"},
            {"HTTP_HOST": "localhost", "HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        ],
    )
    def test_from_elsewhere_it_is_not_there(self, demo_urls: None, request_facts: dict[str, str]) -> None:
        demo.load(**SMALL)
        client = Client()
        assert client.get("/welcome/", **request_facts).status_code == 404
        assert client.post("/welcome/", {"as": "seoyun"}, **request_facts).status_code == 404
        assert not client.session.keys()
