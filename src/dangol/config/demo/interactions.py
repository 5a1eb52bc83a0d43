"""Calls, meetings, mails, notes and tasks of two years, and what waits for today."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dangol.config.demo import seasons, talk
from dangol.config.demo.chance import Weighted, stream
from dangol.config.demo.contacts import ContactPlan
from dangol.config.demo.customers import CustomerPlan
from dangol.config.demo.orders import DAYS, OrderPlan
from dangol.config.demo.organisation import DEMO_USER
from dangol.web import formats

KINDS = Weighted([("call", 41), ("note", 15), ("meeting", 12), ("mail", 21), ("task", 11)])
OPEN_TASKS_PER_SELLER = 22


@dataclass(frozen=True)
class InteractionPlan:
    """An interaction to be loaded; `contact` is the number of a contact of the customer."""

    kind: str
    customer: str
    contact: str | None
    owner: str
    subject: str
    body: str
    occurred_at: datetime
    due_at: datetime | None = None
    done_at: datetime | None = None
    duration_minutes: int | None = None
    direction: str = ""
    outcome: str = ""


class Talk:
    """Everything a customer can be talked to about, so that what was said fits what was bought."""

    def __init__(
        self, customers: Sequence[CustomerPlan], contacts: Sequence[ContactPlan], orders: Sequence[OrderPlan]
    ) -> None:
        self.customers = {plan.number: plan for plan in customers}
        self.contacts: dict[str, list[ContactPlan]] = {}
        for contact in contacts:
            self.contacts.setdefault(contact.customer, []).append(contact)
        self.orders: dict[str, list[OrderPlan]] = {}
        for order in orders:
            self.orders.setdefault(order.customer, []).append(order)

    def person(self, rng: random.Random, customer: str) -> ContactPlan | None:
        """Mostly the main contact."""
        known = self.contacts.get(customer)
        if not known:
            return None
        return known[0] if rng.random() < 0.6 else rng.choice(known)

    def slots(
        self, rng: random.Random, plan: CustomerPlan, contact: ContactPlan | None, at: datetime
    ) -> dict[str, str]:
        """Values for the slots of a template, as they stood at that moment."""
        orders = self.orders.get(plan.number, [])
        before = [order for order in orders if order.ordered_at <= at][-6:] or orders[:1]
        order = rng.choice(before) if before else None
        product = rng.choice(order.lines).product.name if order else rng.choice(_INTERESTS)
        who = f"{contact.name} {contact.job_title}".strip() if contact else plan.name
        return {
            "product": product,
            "order": order.number if order else "첫 주문",
            "contact": who,
            "price": formats.money_short(round(max(plan.size, 2e6) * rng.uniform(0.1, 0.6), -5)),
            "days": str(rng.choice((3, 5, 7, 10, 14, 20, 30))),
            "pct": str(rng.randint(3, 9)),
            "pct2": str(rng.randint(91, 99)),
            "month": str(rng.randint(1, 12)),
            "rival": rng.choice(talk.RIVALS),
            "n": str(rng.randint(2, 8)),
            "line": rng.choice(talk.LINES),
        }


_INTERESTS = ("HX-500 스핀들", "무선 진동 센서", "예방정비 계약", "스핀들 베어링 세트")


def interactions(
    seed: str,
    customers: Sequence[CustomerPlan],
    contacts: Sequence[ContactPlan],
    orders: Sequence[OrderPlan],
    now: datetime,
    target: int = 20_000,
) -> list[InteractionPlan]:
    """All interactions, oldest first; open tasks and today's meetings among them.

    Args:
        seed, customers, contacts, orders: the same ones give the same interactions.
        now: the past ends here (aware); tasks and meetings may lie after it.
        target: about how many.
    """
    rng = stream(seed, "interactions")
    facts = Talk(customers, contacts, orders)
    people = [plan for plan in customers if not plan.name.endswith("그룹")]
    lively = Weighted([(plan, _attention(plan, len(facts.orders.get(plan.number, ())))) for plan in people])
    plans = [_past(rng, facts, lively.draw(rng), now) for _ in range(target - 13 * OPEN_TASKS_PER_SELLER)]
    by_owner: dict[str, list[CustomerPlan]] = {}
    for plan in people:
        if plan.course not in ("gone", "prospect") or rng.random() < 0.2:
            by_owner.setdefault(plan.owner, []).append(plan)
    for owner, own in sorted(by_owner.items()):
        plans += _agenda(rng, facts, own, now, busy=owner == DEMO_USER)
    plans.sort(key=lambda plan: (plan.occurred_at, plan.customer))
    return plans


def _attention(plan: CustomerPlan, orders: int) -> float:
    return (
        0.8
        + float(orders**0.75)
        + (1.2 if plan.course == "prospect" else 0)
        + {"vip": 22, "a": 8}.get(plan.grade, 0)
    )


def _day(rng: random.Random, plan: CustomerPlan, today: date) -> date:
    """Customers who left were spoken to less and less, new ones not before they came."""
    share = rng.random() ** 0.7
    if plan.course == "gone":
        share *= 0.85
    elif plan.course == "new" and plan.since:
        share = 1 - rng.random() * min(1.0, ((today - plan.since).days + 40) / DAYS)
    day = today - timedelta(days=round(DAYS * (1 - share)))
    return seasons.working_day_near(day, latest=today)


def _time(rng: random.Random) -> time:
    return time(
        rng.choice((9, 9, 10, 10, 11, 13, 14, 14, 15, 16, 17)), rng.choice((0, 5, 10, 15, 20, 30, 40, 45, 50))
    )


def _fill(
    rng: random.Random, facts: Talk, plan: CustomerPlan, templates: Sequence[talk.Template], at: datetime
) -> tuple[talk.Template, ContactPlan | None, dict[str, str]]:
    worse = plan.course in ("fading", "gone")
    fitting = [item for item in templates if item.mood != ("good" if worse else "bad") or rng.random() < 0.3]
    template = rng.choice(fitting or templates)
    contact = facts.person(rng, plan.number)
    return template, contact, facts.slots(rng, plan, contact, at)


def _past(rng: random.Random, facts: Talk, plan: CustomerPlan, now: datetime) -> InteractionPlan:
    kind = KINDS.draw(rng)
    at = datetime.combine(_day(rng, plan, now.date()), _time(rng), now.tzinfo)
    at = min(at, now - timedelta(minutes=rng.randint(10, 400)))
    is_incoming = rng.random() < 0.35
    templates = {
        "call": talk.CALLS, "note": talk.NOTES, "meeting": talk.MEETINGS, "task": talk.TASKS,
        "mail": talk.MAILS_IN if is_incoming else talk.MAILS_OUT,
    }[kind]  # fmt: skip
    template, contact, slots = _fill(rng, facts, plan, templates, at)
    done = None
    due = None
    if kind == "task":
        due = at + timedelta(days=rng.randint(1, 8))
        done = min(due + timedelta(hours=rng.randint(-30, 30)), now - timedelta(minutes=5))
        done = max(done, at)
    return InteractionPlan(
        kind=kind,
        customer=plan.number,
        contact=contact.number if contact else None,
        owner=plan.owner,
        subject=template.subject.format(**slots),
        body=template.body.format(**slots),
        occurred_at=at,
        due_at=due,
        done_at=done,
        duration_minutes={"call": rng.randint(2, 25), "meeting": rng.choice((30, 40, 60, 60, 90, 120))}.get(
            kind
        ),
        direction=("in" if is_incoming else "out") if kind in ("call", "mail") else "",
        outcome=template.outcome.format(**slots),
    )


def _agenda(
    rng: random.Random, facts: Talk, own: Sequence[CustomerPlan], now: datetime, *, busy: bool
) -> list[InteractionPlan]:
    """A seller's open tasks (overdue, today, in the weeks to come) and meetings (today, this week)."""
    today = now.date()
    chosen = Weighted([(plan, plan.size**0.5) for plan in own])
    offsets = [0, 0, 0, 0, 0, -1, -2, -4] if busy else [0, 0, -1, -3]
    offsets += [rng.randint(1, 21) for _ in range(OPEN_TASKS_PER_SELLER - len(offsets) - 5)]
    plans = []
    for offset in offsets:
        plan = chosen.draw(rng)
        due = datetime.combine(
            today + timedelta(days=offset), time(rng.choice((11, 14, 16, 17, 18))), now.tzinfo
        )
        noted = seasons.working_day_near(
            today - timedelta(days=rng.randint(1, 12) - min(offset, 0)), latest=today
        )
        at = min(datetime.combine(noted, _time(rng), now.tzinfo), now - timedelta(hours=1))
        template, contact, slots = _fill(rng, facts, plan, talk.TASKS, at)
        plans.append(
            InteractionPlan(
                "task", plan.number, contact.number if contact else None, plan.owner,
                template.subject.format(**slots), template.body.format(**slots), at, due_at=due,
            )
        )  # fmt: skip
    hours = (time(10, 30), time(14, 0), time(16, 30)) if busy else (time(14, 0),)
    meetings = [datetime.combine(today, hour, now.tzinfo) for hour in hours]
    for _ in range(5 - len(meetings)):
        day = seasons.working_day_near(
            today + timedelta(days=rng.randint(1, 9)), latest=today + timedelta(days=14)
        )
        meetings.append(datetime.combine(day, rng.choice((time(10), time(14), time(15, 30))), now.tzinfo))
    for at in meetings:
        plan = chosen.draw(rng)
        template, contact, slots = _fill(rng, facts, plan, _PLANNED, now)
        plans.append(
            InteractionPlan(
                "meeting", plan.number, contact.number if contact else None, plan.owner,
                template.subject.format(**slots), template.body.format(**slots), at, duration_minutes=60,
            )
        )  # fmt: skip
    return plans


_PLANNED = (
    talk.Template("분기 성과 미팅", "안건: 납기 준수율, 불량 {n}건, 정비 계약 갱신"),
    talk.Template("{product} 데모", "{line}에서 시연, 기술팀 동행"),
    talk.Template("신규 라인 협의", "{line} 증설 일정과 스핀들 {n}대 견적 범위"),
    talk.Template("방문 점검", "{product} 진동 측정과 윤활 상태 확인"),
)
