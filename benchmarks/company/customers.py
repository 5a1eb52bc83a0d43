"""Customers with their contacts, one after the other: as rows for COPY, or as a CSV such as another program exports."""

from __future__ import annotations

import csv
import random
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from typing import TextIO

from benchmarks.company.names import business_number, firms
from benchmarks.company.plan import Plan, planned
from benchmarks.company.sizes import CUSTOMERS, SEED, Size

COMPANIES = 0.87
SECOND_CONTACT = 0.38
SELLERS_IN_TEAM = 7
NOTHING = r"\N"
TABLES = {
    "customers_customer": (
        "id, created_at, updated_at, owner_id, team_id, territory_id, kind, name, business_number, stage, grade, industry, "
        "phone, email, country, postcode, region, city, street, since, source, external_id"
    ),
    "customers_contact": (
        "id, created_at, updated_at, customer_id, name, job_title, department, phone, email, is_primary"
    ),
}
Put = Callable[[str], None]


@dataclass(frozen=True)
class Seller:
    """Who answers for a customer."""

    id: int
    email: str
    team: int
    territory: int


@dataclass(frozen=True)
class Organisation:
    """The sales teams with their sellers; the first teams are the large ones."""

    teams: tuple[tuple[Seller, ...], ...]

    @classmethod
    def numbered(cls, teams: int) -> Organisation:
        """The same organisation without a database: ids counted from 1."""
        return cls(
            tuple(
                tuple(
                    Seller((team - 1) * SELLERS_IN_TEAM + place + 1, seller_email(team, place), team, team)
                    for place in range(SELLERS_IN_TEAM)
                )
                for team in range(1, teams + 1)
            )
        )


def seller_email(team: int, place: int) -> str:
    """The address of a team's seller."""
    return f"s{team}-{place}@bench.example"


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at a customer."""

    name: str
    job_title: str
    department: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer with its contacts."""

    number: int
    made: datetime
    changed: datetime
    seller: Seller
    kind: str
    name: str
    business_number: str
    stage: str
    grade: str
    industry: str
    phone: str
    email: str
    postcode: str
    region: str
    city: str
    street: str
    source: str
    contacts: tuple[Contact, ...]

    @property
    def external_id(self) -> str:
        """The customer number."""
        return f"C-{self.number:07d}"


def customers(size: Size, organisation: Organisation, plan: Plan, seed: int = SEED) -> Iterator[Customer]:
    """All customers by number."""
    from dangol.config.demo import people, places
    from dangol.config.demo.customers import SOURCES

    chance = random.Random(f"{seed} customers")
    names = firms(random.Random(f"{seed} names"))
    shares = list(accumulate(1 / (place + 3) for place in range(len(organisation.teams))))
    end = datetime.combine(plan.last_day, time())
    first = plan.first_day
    for number in range(1, size.customers + 1):
        place = number - 1
        seller = chance.choice(chance.choices(organisation.teams, cum_weights=shares)[0])
        is_company = chance.random() < COMPANIES
        address = places.address(chance, home=not is_company)
        made = datetime.combine(
            first + timedelta(days=int(plan.joined[place])), time(chance.randrange(8, 19))
        )
        changed = made + (end - made) * chance.random()
        if is_company:
            firm = next(names)
            name, industry, tax = firm.name, firm.industry, business_number(number)
            # of several companies with one name each has its own domain
            domain = f"{people.romanised(firm.bare)}{number}.example"
            phone, email = places.landline(chance, address.region), f"info@{domain}"
        else:
            name, industry, tax, domain = people.person(chance).name, "", "", ""
            phone, email = places.mobile(chance), f"{people.romanised(name)}{number}@mail.example"
        contacts = []
        for _ in range(1 + (chance.random() < SECOND_CONTACT) if is_company else 0):
            person = people.person(chance, women=0.31)
            contacts.append(
                Contact(
                    person.name,
                    people.job_title(chance, person.born, plan.last_day.year),
                    people.DEPARTMENTS.draw(chance),
                    places.mobile(chance),
                    f"{people.romanised(person.name)}@{domain}",
                )
            )
        yield Customer(
            number, made, changed, seller, "company" if is_company else "person", name, tax, plan.stage(place),
            plan.grade(place), industry, phone, email, address.postcode, address.region.name, address.city,
            address.street, SOURCES.draw(chance), tuple(contacts),
        )  # fmt: skip


def put_customers(found: Iterator[Customer], put: Put, put_contact: Put) -> array[int]:
    """Rows for COPY. Returns the id of each customer's first contact, by customer number, and one past the last."""
    first_contact = array("l", [1, 1])
    contact = 1
    for one in found:
        made, changed, seller = f"{one.made}+09", f"{one.changed:%Y-%m-%d %H:%M:%S.%f}+09", one.seller
        put(
            f"{one.number}\t{made}\t{changed}\t{seller.id}\t{seller.team}\t{seller.territory}\t{one.kind}\t{one.name}\t"
            f"{one.business_number or NOTHING}\t{one.stage}\t{one.grade}\t{one.industry}\t{one.phone}\t{one.email}\t"
            f"대한민국\t{one.postcode}\t{one.region}\t{one.city}\t{one.street}\t{one.made.date()}\t{one.source}\t"
            f"{one.external_id}\n"
        )
        for place, person in enumerate(one.contacts):
            put_contact(
                f"{contact}\t{made}\t{changed}\t{one.number}\t{person.name}\t{person.job_title}\t{person.department}\t"
                f"{person.phone}\t{person.email}\t{'f' if place else 't'}\n"
            )
            contact += 1
        first_contact.append(contact)
    return first_contact


COLUMNS = (
    "고객번호", "상호", "구분", "등급", "단계", "사업자등록번호",
    "업종", "전화", "이메일", "우편번호", "시/도", "시/군/구", "도로명주소",
    "거래 시작일", "유입 경로", "담당자 이메일",
)  # fmt: skip
KINDS = {"company": "회사", "person": "개인"}
GRADES = {"vip": "VIP", "a": "A", "b": "B", "c": "C", "": ""}
STAGES = {"prospect": "잠재", "new": "신규", "active": "유지", "dormant": "휴면", "lost": "이탈"}


def national(phone: str) -> str:
    """A Korean number as people write it: 02-345-6789, 031-234-5678, 010-1234-5678."""
    digits = "0" + phone.removeprefix("+82")
    area = 2 if digits.startswith("02") else 3
    return f"{digits[:area]}-{digits[area:-4]}-{digits[-4:]}"


CUSTOMERS_CSV, CONTACTS = "customers", "contacts"
CONTACT_COLUMNS = ("담당자번호", "고객번호", "상호", "이름", "직함", "부서", "휴대폰", "이메일")


def write_csv(
    target: TextIO, rows: int, last_day: date, *, kind: str = CUSTOMERS_CSV, seed: int = SEED
) -> None:
    """The company's customers, or their contacts, as another program exports them.

    Labels instead of codes, hyphens in numbers, sellers by address. `rows` counts the customers in both cases.
    """
    size = Size.of(rows / CUSTOMERS)
    plan = planned(size.customers, last_day, seed)
    out = csv.writer(target, lineterminator="\r\n")
    out.writerow(CONTACT_COLUMNS if kind == CONTACTS else COLUMNS)
    place = 0
    for one in customers(size, Organisation.numbered(size.teams), plan, seed):
        if kind == CONTACTS:
            for person in one.contacts:
                place += 1
                out.writerow(
                    (
                        f"K-{place:07d}", one.external_id, one.name, person.name, person.job_title,
                        person.department, national(person.phone), person.email,
                    )
                )  # fmt: skip
            continue
        tax = one.business_number
        out.writerow(
            (
                one.external_id, one.name, KINDS[one.kind], GRADES[one.grade], STAGES[one.stage],
                f"{tax[:3]}-{tax[3:5]}-{tax[5:]}" if tax else "", one.industry, national(one.phone), one.email,
                one.postcode, one.region, one.city, one.street, one.made.date().isoformat(), one.source, one.seller.email,
            )
        )  # fmt: skip
