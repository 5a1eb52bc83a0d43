"""The people we talk to at the customers, and further ways to reach them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dangol.config.demo import people, places
from dangol.config.demo.chance import stream
from dangol.config.demo.customers import CustomerPlan

POINT_SHARE = 0.3
WOMEN = 0.31


@dataclass(frozen=True)
class ContactPlan:
    """A contact to be loaded."""

    number: str
    customer: str
    name: str
    job_title: str
    department: str
    phone: str
    email: str
    is_primary: bool


@dataclass(frozen=True)
class PointPlan:
    """A further phone number or address of a customer or contact."""

    customer: str
    contact: str | None
    kind: str
    value: str
    label: str


def contacts(seed: str, customers: Sequence[CustomerPlan], today: date) -> list[ContactPlan]:
    """One to six contacts per company, more where it buys more; the first one is the main contact."""
    rng = stream(seed, "contacts")
    plans: list[ContactPlan] = []
    for customer in customers:
        if customer.kind != "company":
            continue
        more = min(5, int(customer.size / 48e6 + rng.random() * 1.46))
        used: set[str] = set()
        for position in range(1 + more):
            person = people.person(rng, women=WOMEN)
            local = people.romanised(person.name)
            while local in used:
                local += str(rng.randint(2, 9))
            used.add(local)
            department = people.DEPARTMENTS.draw(rng)
            title = people.job_title(rng, person.born, today.year)
            plans.append(
                ContactPlan(
                    number=f"P-{len(plans) + 1:05d}",
                    customer=customer.number,
                    name=person.name,
                    job_title=title,
                    department="" if title == "대표이사" else department,
                    phone=places.mobile(rng) if rng.random() < 0.92 else "",
                    email=f"{local}@{customer.domain}" if rng.random() < 0.86 else "",
                    is_primary=position == 0,
                )
            )
    return plans


def points(seed: str, customers: Sequence[CustomerPlan], contacts: Sequence[ContactPlan]) -> list[PointPlan]:
    """Factory phones, fax numbers, invoice addresses; office numbers of contacts."""
    rng = stream(seed, "points")
    plans: list[PointPlan] = []
    for customer in customers:
        if customer.kind != "company" or rng.random() > POINT_SHARE:
            continue
        region = customer.address.region
        plans.append(PointPlan(customer.number, None, "fax", places.landline(rng, region), "팩스"))
        if rng.random() < 0.5:
            plans.append(PointPlan(customer.number, None, "email", f"tax@{customer.domain}", "세금계산서"))
        if rng.random() < 0.35:
            plans.append(PointPlan(customer.number, None, "phone", places.landline(rng, region), "공장"))
    regions = {customer.number: customer.address.region for customer in customers}
    for contact in contacts:
        if rng.random() < 0.08:
            number = places.landline(rng, regions[contact.customer])
            plans.append(PointPlan(contact.customer, contact.number, "phone", number, "직통"))
    return plans
