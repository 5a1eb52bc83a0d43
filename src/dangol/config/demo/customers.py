"""The invented customers: companies, groups with subsidiaries, people, households – and how each will buy."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dangol.config.demo import companies, people, places
from dangol.config.demo.chance import Weighted, stream
from dangol.config.demo.organisation import TEAM_OF_TERRITORY, sellers_of

GROUPS = 14
GROUP_SIZES = (2, 5)
HOUSEHOLDS = 40
SOURCES = Weighted(
    [("전시회", 22), ("소개", 26), ("홈페이지", 18), ("대리점", 16), ("전화 영업", 12), ("기존 거래", 6)]
)
PEOPLE_INDUSTRIES = ("개인 공방", "기술사무소", "대학 연구실", "")

# How a customer's buying runs over the two years: share of customers and what `orders.py` makes of it.
COURSES = Weighted(
    [
        ("steady", 30),
        ("growing", 10),
        ("fading", 10),
        ("gone", 18),
        ("new", 10),
        ("project", 7),
        ("prospect", 15),
    ]
)


@dataclass(frozen=True)
class CustomerPlan:
    """A customer to be loaded. `course` and `size` (won a year, before seasons) drive its orders."""

    number: str
    kind: str
    name: str
    bare: str
    business_number: str | None
    stage: str
    grade: str
    industry: str
    phone: str
    email: str
    website: str
    address: places.Address
    birth_date: date | None
    since: date | None
    parent: str | None
    source: str
    owner: str
    team: str
    territory: str
    description: str
    course: str
    size: float
    domain: str


def customers(seed: str, today: date, count: int = 3000) -> list[CustomerPlan]:
    """All customers, parents before children.

    Args:
        seed: the same seed gives the same customers.
        today: dates (customer since) run up to this day.
        count: how many, about 85 % of them companies.
    """
    rng = stream(seed, "customers")
    firms = companies.companies(stream(seed, "company names"))
    numbers = companies.business_numbers(stream(seed, "business numbers"))
    plans: list[CustomerPlan] = []
    persons = round(count * 0.13)
    groups = max(2, GROUPS * count // 3000)
    households = max(2, HOUSEHOLDS * count // 3000)
    names = iter(range(1, count + 1))

    def number() -> str:
        return f"C-{next(names):05d}"

    members: list[tuple[str, CustomerPlan]] = []
    roots = companies.group_roots(stream(seed, "group names"))
    for _ in range(groups):
        firm = next(firms)
        root = next(roots)
        head = _company(
            rng,
            today,
            number(),
            companies.Company(f"{root}그룹", f"{root}그룹", firm.industry, True),
            next(numbers),
            None,
        )
        plans.append(head)
        suffixes = rng.sample([suffix for suffix, _share in companies.SUFFIXES], k=rng.randint(*GROUP_SIZES))
        members += [(root + suffix, head) for suffix in suffixes]
    homes: list[CustomerPlan] = []
    for _ in range(households):
        family = people.person(rng)
        home = _person(rng, today, number(), family, kind="household", parent=None)
        plans.append(home)
        homes.append(home)
    for bare, head in members:
        named = companies.Company(f"{bare}㈜", bare, next(firms).industry, True)
        plans.append(_company(rng, today, number(), named, next(numbers), head))
    for index in range(persons):
        family_home = homes[index // 2] if index < 2 * len(homes) else None
        plans.append(_person(rng, today, number(), people.person(rng), kind="person", parent=family_home))
    while len(plans) < count:
        plans.append(_company(rng, today, number(), next(firms), next(numbers), None))
    return plans


def _owner(rng: random.Random, territory: str) -> str:
    sellers = sellers_of(territory)
    return rng.choices([key for key, _share in sellers], [share for _key, share in sellers])[0]


def _since(rng: random.Random, today: date, course: str) -> date | None:
    if course == "prospect":
        return None
    if course == "new":
        return today - timedelta(days=rng.randint(5, 170))
    return today - timedelta(days=int(730 + 3600 * rng.random() ** 1.4))


def _standing(rng: random.Random, course: str, size: float) -> tuple[str, str]:
    """Stage and grade as the sales force would have put them: mostly right."""
    stage = {
        "prospect": "prospect", "new": "new", "gone": "lost" if rng.random() < 0.6 else "dormant",
        "fading": "dormant" if rng.random() < 0.3 else "active",
    }.get(course, "active")  # fmt: skip
    if course == "prospect":
        return stage, ""
    for bound, grade in ((90e6, "vip"), (36e6, "a"), (12e6, "b"), (0, "c")):
        if size >= bound:
            return stage, grade
    return stage, ""


def _company(
    rng: random.Random,
    today: date,
    number: str,
    firm: companies.Company,
    tax: str,
    parent: CustomerPlan | None,
) -> CustomerPlan:
    address = places.address(rng)
    course = COURSES.draw(rng)
    size = min(7.5e6 * rng.paretovariate(0.92) / 1.4, 1.1e9)
    stage, grade = _standing(rng, course, size)
    domain = f"{people.romanised(firm.bare)}.example"
    territory = address.region.territory
    return CustomerPlan(
        number=number,
        kind="company",
        name=firm.name,
        bare=firm.bare,
        business_number=tax if rng.random() < 0.96 else None,
        stage=stage,
        grade=grade,
        industry=firm.industry,
        phone=places.landline(rng, address.region),
        email=f"{rng.choice(('info', 'buy', 'sales', 'office'))}@{domain}" if rng.random() < 0.8 else "",
        website=f"https://www.{domain}" if rng.random() < 0.55 else "",
        address=address,
        birth_date=None,
        since=_since(rng, today, course),
        parent=parent.number if parent else None,
        source=SOURCES.draw(rng),
        owner=_owner(rng, territory),
        team=TEAM_OF_TERRITORY[territory],
        territory=territory,
        description=_description(rng, firm.industry),
        course=course,
        size=size,
        domain=domain,
    )


def _person(
    rng: random.Random,
    today: date,
    number: str,
    person: people.Person,
    *,
    kind: str,
    parent: CustomerPlan | None,
) -> CustomerPlan:
    address = parent.address if parent else places.address(rng, home=True)
    course = COURSES.draw(rng)
    size = 1.6e6 * rng.lognormvariate(0, 0.8)
    stage, grade = _standing(rng, course, size)
    is_home = kind == "household"
    name = f"{person.name} 님 댁" if is_home else person.name
    territory = address.region.territory
    mail = f"{people.romanised(person.name)}{rng.randint(1, 99)}@mail.example"
    return CustomerPlan(
        number=number,
        kind=kind,
        name=name,
        bare=name,
        business_number=None,
        stage=stage,
        grade=grade,
        industry="" if is_home else rng.choice(PEOPLE_INDUSTRIES),
        phone=places.mobile(rng),
        email="" if is_home or rng.random() < 0.25 else mail,
        website="",
        address=address,
        birth_date=None if is_home else date(person.born, rng.randint(1, 12), rng.randint(1, 28)),
        since=_since(rng, today, course),
        parent=parent.number if parent else None,
        source=SOURCES.draw(rng),
        owner=_owner(rng, territory),
        team=TEAM_OF_TERRITORY[territory],
        territory=territory,
        description="",
        course=course,
        size=size,
        domain="",
    )


_ABOUT = (
    "{industry} 업체. 머시닝센터 {n}대 보유, 2교대 가동.",
    "{industry}. 월말 마감, 30일 결제. 세금계산서는 구매팀 메일로 발행.",
    "{industry}, 직원 {m}명. 설비보전팀이 부품을 직접 고릅니다.",
    "주력은 {industry}. 하반기에 라인 {k}개 증설 검토 중.",
    "5축 가공기 {k}대, 일반 MC {n}대. 스핀들 수리를 외주로 맡겨 왔습니다.",
)


def _description(rng: random.Random, industry: str) -> str:
    if rng.random() < 0.45:
        return ""
    return rng.choice(_ABOUT).format(
        industry=industry, n=rng.randint(4, 40), m=rng.randint(8, 320), k=rng.randint(1, 4)
    )


def by_number(plans: Sequence[CustomerPlan]) -> dict[str, CustomerPlan]:
    """The plans by customer number."""
    return {plan.number: plan for plan in plans}
