"""Five customers of the insider's with all that can hang on a customer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from dangol.customers.models import Contact, ContactPoint, Customer
from dangol.identity import revisions
from dangol.identity.actors import Actor
from dangol.interactions import comments, following
from dangol.interactions.models import Notification
from dangol.interactions.services import interaction_log
from dangol.measures.models import Score, Series
from dangol.records import registry, writing
from dangol.records.attachments import services as attachments
from dangol.records.models import SavedView
from dangol.records.objects import services as objects
from dangol.records.own import rolling
from dangol.records.own import services as own_fields
from dangol.records.types import RecordType
from tests.cast import Person

SYSTEM = Actor.system("test")


@pytest.fixture
def customer() -> RecordType:
    return registry.get("customer")


@pytest.fixture(autouse=True)
def _own_things(request: Any, db: Any) -> Iterator[None]:
    """What one test defines is gone in the next, also from this process."""
    revisions.forget()
    revisions.look()
    yield
    registry.set_own(())
    revisions.forget()


class Family:
    """`ids` are the five customers: the one that stays first. All else is made for each of them, some of it for several."""

    def __init__(self, insider: Person, teammate: Person) -> None:
        self.insider, self.teammate = insider, teammate
        self._define()
        actor = insider.actor
        self.ids: list[int] = []
        for number in range(5):
            values = {
                "name": f"한빛상사 {number}", "external_id": f"C-{number}", "stage": "active",
                "x_code": f"K-{number}" if number else None, "x_likes": ["tea"] if number % 2 else ["wine"],
                "tags": ["공통", f"표시 {number}"],
            }  # fmt: skip
            if number:
                values |= {
                    "phone": f"02-555-000{number}",
                    "city": f"도시 {number}",
                    "street": f"한길 {number}",
                }
            self.ids.append(self.make("customer", **values))
        self.into, *self.others = self.ids
        self.above = self.make("customer", name="한빛그룹")
        writing.update(registry.get("customer"), self.others[1], {"parent": self.above}, actor=actor)
        # The survivor belongs to one of those that become part of it, and another customer to another.
        writing.update(registry.get("customer"), self.into, {"parent": self.others[0]}, actor=actor)
        self.below = self.make("customer", name="한빛 지사", parent=self.others[2])
        self.machine = self.make("x_equipment", name="설비 1", x_site=self.others[3])
        self.orders = [self._all_of(number, pk) for number, pk in enumerate(self.ids)]
        self.view = SavedView.objects.create(
            record_type="order",
            name="보기",
            owner=insider.user,
            state={"filter": f"customer = {self.others[0]}"},
        )

    def _define(self) -> None:
        objects.create(actor=SYSTEM, label_ko="설비", label_en="Equipment", timeline=True)
        choices = [{"code": code, "ko": code, "en": code} for code in ("tea", "wine")]
        for of, name, kind, settings, unique in (
            ("customer", "x_code", "text", {}, True),
            ("customer", "x_likes", "multi_choice", {"choices": choices}, False),
            ("order", "x_payer", "reference", {"target": "customer"}, False),
            ("x_equipment", "x_site", "reference", {"target": "customer"}, False),
        ):
            own_fields.create(
                actor=SYSTEM,
                record_type=of,
                name=name,
                kind=kind,
                label_ko=name,
                settings=settings,
                unique=unique,
            )
        total = own_fields.create(
            actor=SYSTEM, record_type="customer", name="x_orders", kind="roll_up", label_ko="주문 수",
            settings={"child": "order", "through": "customer", "function": "count"},
        )  # fmt: skip
        rolling.settle(total.pk)
        total.refresh_from_db()
        revisions.forget()
        revisions.look()

    def make(self, of: str, **values: Any) -> int:
        return writing.create(registry.get(of), values, actor=self.insider.actor)

    def _all_of(self, number: int, pk: int) -> int:
        actor, record_type = self.insider.actor, registry.get("customer")
        contact = self.make("contact", customer=pk, name=f"담당 {number}", email=f"d{number}@example.com")
        # The same number of all, and one of its own.
        self.make("contact_point", customer=pk, kind="phone", value="02-777-7777", label=f"대표 {number}")
        self.make("contact_point", customer=pk, kind="phone", value=f"02-888-000{number}")
        self.make("contact_point", customer=pk, contact=contact, kind="email", value=f"e{number}@example.com")
        order = self.make(
            "order", number=f"O-{number}", customer=pk, ordered_at="2026-11-01T09:00:00+09:00", x_payer=pk
        )
        self.make(
            "order_line", order=order, ordinal=1, quantity=2, unit_price=1000 + number, description="품목"
        )
        self.make(
            "invoice", number=f"I-{number}", customer=pk, contact=contact, issued_on="2026-11-02", total=5000
        )
        for kind in ("note", "task"):
            interaction_log(
                actor=actor, kind=kind, subject=f"{kind} {number}", customer_id=pk, contact_id=contact,
                about={"x_equipment": self.machine} if self._is_attached() else None,
            )  # fmt: skip
        attachments.attach(
            actor=actor,
            record_type=record_type,
            record_id=pk,
            name=f"계약 {number}.txt",
            chunks=[b"text %d" % number],
        )
        named = f"@[{self.teammate.id}]" if number else ""  # who is named follows
        comments.comment_add(
            actor=actor, record_type=record_type, record_id=pk, text=f"확인 {number} {named}",
            chosen=[self.teammate.id], despite_unseen=True,
        )  # fmt: skip
        following.follow(actor=actor, record_type=record_type, record_id=pk)
        if number:
            Notification.objects.create(
                user=self.teammate.user, kind="changed", target_type="customer", target_id=pk
            )
        names = ("rfm.recency", f"only.{number}")
        Score.objects.bulk_create(
            Score(
                record_type="customer",
                record_id=pk,
                name=name,
                value=number,
                as_of=date(2026, 11, 1),
                model="t",
            )
            for name in names
        )
        Series.objects.create(
            record_type="customer", record_id=pk, name="revenue", grain="month", period=date(2026, 10 - number, 1),
            value=number, as_of=date(2026, 11, 1),
        )  # fmt: skip
        return order

    def _is_attached(self) -> bool:
        return "x_equipment" in registry.get("interaction").own_fields

    def counts(self) -> tuple[int, int]:
        """Contacts and contact points of the survivor."""
        return (
            Contact.objects.filter(customer=self.into, deleted_at=None).count(),
            ContactPoint.objects.filter(customer=self.into, deleted_at=None).count(),
        )


@pytest.fixture
def family(insider: Person, teammate: Person, settings: Any, tmp_path: Any) -> Family:
    settings.DATA = tmp_path
    return Family(insider, teammate)


@pytest.fixture
def pair(insider: Person) -> tuple[int, int]:
    """Two plain customers of the insider's."""
    one = writing.create(
        registry.get("customer"), {"name": "가온", "external_id": "G-1", "city": "서울"}, actor=insider.actor
    )
    other = writing.create(
        registry.get("customer"),
        {"name": "가온상사", "external_id": "G-2", "phone": "02-123-4567"},
        actor=insider.actor,
    )
    return one, other


def stored(pk: int) -> Customer:
    return Customer.objects.get(pk=pk)
