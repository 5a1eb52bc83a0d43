"""What the page benchmark asks: the requests, and the hand-written statement that is the floor of each."""

from __future__ import annotations

import itertools
import json
import random
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass

Headers = dict[str, str]


@dataclass(frozen=True)
class Case:
    """One kind of request. `ask` gives method, path and body of the next one; `floor` names the statement beside it.

    `p95` in milliseconds, `per_second` and `ratio` to the floor are what is asked for; `peer` is the row of `peers.ROWS`.
    """

    name: str
    ask: Callable[[], tuple[str, str, bytes | None]]
    headers: Headers
    status: int = 200
    floor: str = ""
    p95: float = 0
    per_second: float = 0
    ratio: float = 0
    peer: str = ""


def get(path: str, **query: str) -> Callable[[], tuple[str, str, bytes | None]]:
    """The same address every time."""
    address = path + ("?" + urllib.parse.urlencode(query) if query else "")
    return lambda: ("GET", address, None)


def each(paths: list[str]) -> Callable[[], tuple[str, str, bytes | None]]:
    """One address after the other."""
    turn = itertools.cycle(paths)
    return lambda: ("GET", next(turn), None)


COLUMNS = """
SELECT c.id, c.name, seg.label AS segment, c.stage, c.grade, u.name AS owner, y.value AS revenue_12m, m.value AS monetary,
       r.value AS recency, c.phone, c.city
FROM {rows}
LEFT JOIN identity_user u ON u.id = c.owner_id
LEFT JOIN measures_score seg ON seg.record_type = 'customer' AND seg.name = 'rfm.segment' AND seg.record_id = c.id
LEFT JOIN measures_score y ON y.record_type = 'customer' AND y.name = 'value.revenue_12m' AND y.record_id = c.id
LEFT JOIN measures_score m ON m.record_type = 'customer' AND m.name = 'rfm.monetary' AND m.record_id = c.id
LEFT JOIN measures_score r ON r.record_type = 'customer' AND r.name = 'rfm.recency' AND r.record_id = c.id
{order}
"""
RECENT = "c.updated_at DESC, c.id DESC"


def floor_of(condition: str, order: str = RECENT, source: str = "customers_customer c") -> str:
    """The fifty rows first, then what stands beside them."""
    rows = (
        f"(SELECT c.* FROM {source} WHERE c.deleted_at IS NULL AND {condition} ORDER BY {order} LIMIT 50) c"  # noqa: S608
    )
    return COLUMNS.format(rows=rows, order="" if "s." in order else f"ORDER BY {order}")


LISTS = {
    "common filter": ({"filter": "stage = active"}, "c.stage = 'active'", RECENT),
    "rare filter, another sort": (
        {"filter": 'grade = vip and city = "영암군"', "sort": "-since"},
        "c.grade = 'vip' AND c.city = '영암군'",
        "c.since DESC NULLS LAST, c.id DESC",
    ),
    "to-many condition": (
        {"filter": "orders.any(status = placed)"},
        "EXISTS (SELECT 1 FROM commerce_order o WHERE o.customer_id = c.id AND o.status = 'placed' AND o.deleted_at IS NULL)",
        RECENT,
    ),
    "filter by a score": (
        {"filter": "rfm.segment = champions"},
        """EXISTS (SELECT 1 FROM measures_score s WHERE s.record_type = 'customer' AND s.name = 'rfm.segment'
           AND s.label = 'champions' AND s.record_id = c.id)""",
        RECENT,
    ),
}
BY_SCORE = floor_of(
    "s.record_type = 'customer' AND s.name = 'rfm.monetary' AND SCOPE", "s.value DESC, s.record_id DESC",
    "measures_score s JOIN customers_customer c ON c.id = s.record_id",
)  # fmt: skip


def cases() -> tuple[list[Case], dict[str, str]]:
    """All kinds of requests, and the statements of the floor."""
    from django.db import connection
    from django.test import Client as Browser

    from dangol.identity.actors import Actor
    from dangol.identity.models import Team, User
    from dangol.identity.services import token_create, user_create

    chance = random.Random(5)
    system = Actor.system("benchmark")

    def user(email: str, team: Team | None = None) -> User:
        from dangol.identity.models import Role

        found = User.objects.filter(email=email).first()
        roles = [Role.objects.get(code="sales-manager")] if team else []
        return found or user_create(
            actor=system,
            email=email,
            name=email.partition("@")[0],
            team=team,
            roles=roles,
            is_administrator=team is None,
        )

    def session(of: User) -> Headers:
        browser = Browser()
        browser.force_login(of)
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
        return {"Cookie": cookies, "Host": "localhost"}

    boss = user("bench-admin@bench.example")
    leaf = (
        Team.objects.filter(parent__parent__parent=None).exclude(parent__parent=None).order_by("pk").first()
    )
    region = Team.objects.filter(parent__parent=None).exclude(parent=None).order_by("pk").first()
    assert leaf is not None
    assert region is not None
    below = [*Team.objects.filter(parent=region).values_list("pk", flat=True), region.pk]
    team_head, region_head = (
        user("bench-team@bench.example", leaf),
        user("bench-region@bench.example", region),
    )
    signed = session(boss)
    _token, text = token_create(user=boss, name="benchmark", actor=system)
    program = {"Authorization": f"Bearer {text}", "Host": "localhost", "Content-Type": "application/json"}

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id FROM commerce_order GROUP BY 1 ORDER BY count(*) DESC, customer_id LIMIT 20"
        )
        busy = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT max(id) FROM customers_customer")
        (last,) = cursor.fetchone()
        numbers = [chance.randrange(1, last + 1) for _ in range(200)]
        cursor.execute("SELECT name, phone FROM customers_contact WHERE id = ANY(%s)", [numbers])
        people = cursor.fetchall()

    found: list[Case] = []
    statements = {}
    for name, (query, condition, order) in LISTS.items():
        statements[name] = floor_of(condition, order)
        address = get("/customers/", **{"sort": "-updated_at", **query})
        found.append(Case(f"list: {name}", address, signed, 200, name, 100, 100, 2.5, "list-page"))
    scopes = {
        "everything": (signed, "true"),
        "scope of one team": (session(team_head), f"c.team_id = {leaf.pk}"),
        f"scope of {len(below)} teams": (
            session(region_head),
            f"c.team_id IN ({', '.join(map(str, below))})",
        ),
    }
    for name, (who, condition) in scopes.items():
        for sort, by, statement in (
            ("-updated_at", "by change", floor_of(condition)),
            ("-rfm.monetary", "by a score", BY_SCORE.replace("SCOPE", condition)),
        ):
            case = f"{name}, {by}"
            statements[case] = statement
            found.append(
                Case(
                    f"list: {case}", get("/customers/", sort=sort), who, 200, case, 100, 100, 2.5, "list-page"
                )
            )
    found += [
        Case("list of orders", get("/orders/"), signed, 200, "", 100, 100),
        Case("list of contacts", get("/contacts/"), signed, 200, "", 100, 100),
        Case("list of interactions", get("/interactions/"), signed, 200, "", 100, 100),
        Case("board: customers by stage",
             get("/customers/", **{"as": "board", "by": "stage"}), signed, 200, "", 150, 40, 0, "board"),
        Case("board: of one team",
             get("/customers/", **{"as": "board", "by": "grade"}), session(team_head), 200, "", 150, 40, 0, "board"),
        Case("board: totals", get("/customers/board/totals/", by="stage"), signed, 200, "", 0),
        Case("calendar: interactions of a month",
             get("/interactions/", **{"as": "calendar", "by": "occurred_at"}), signed, 200, "", 150),
        Case("calendar: customers by a date without index",
             get("/customers/", **{"as": "calendar", "by": "since"}), signed, 200, "", 150),
        Case("list in groups", get("/customers/", group="stage"), signed, 200, "", 150),
        Case("list beside record", get("/customers/", **{"as": "split"}), signed, 200, "", 100),
        Case("count: no filter", get("/customers/count/"), signed, 200, "", 100),
        Case("count: common filter", get("/customers/count/", filter="stage = active"), signed, 200, "", 100),
        Case("count: rare filter", get("/customers/count/", **LISTS["rare filter, another sort"][0]), signed, 200, "", 100),
        Case("count: to-many condition", get("/customers/count/", **LISTS["to-many condition"][0]), signed, 200, "", 200),
        Case("360 of a busy customer", each([f"/customers/{number}/" for number in busy]), signed, 200, "", 150, 60, 0, "360"),
        Case("360 of any customer", each([f"/customers/{number}/" for number in numbers]), signed, 200, "", 150, 60, 0, "360"),
        Case("360 by a team member", each(own_customers(leaf.pk)), session(team_head), 200, "", 150, 60, 0, "360"),
    ]  # fmt: skip
    typed = {
        "one syllable": [name[0] for name, _phone in people],
        "part of a name": [name[1:] for name, _phone in people],
        "initials": [_initials(name) for name, _phone in people],
        "typing error": [name[:-1] + chr(ord(name[-1]) + 28) for name, _phone in people],
        "phone digits": [phone[-4:] for _name, phone in people],
    }
    for name, words in typed.items():
        paths = ["/search/?" + urllib.parse.urlencode({"q": word}) for word in words]
        found.append(Case(f"search: {name}", each(paths), signed, 200, "", 60))
        if name == "part of a name":
            found.append(Case(f"search: {name}, team", each(paths), session(team_head), 200, "", 60))
    names = ["/api/v1/search?" + urllib.parse.urlencode({"q": name}) for name, _phone in people]
    columns = "id, name, stage, grade, owner_id, phone, city"
    statements["API"] = f"SELECT {columns} FROM customers_customer c ORDER BY {RECENT} LIMIT 50"  # noqa: S608
    texts = (f"bench {number:x}" for number in itertools.count(time.time_ns()))

    def contact() -> bytes:
        number = chance.randrange(10**8)
        return json.dumps(
            {"name": chance.choice(people)[0], "phone": f"010-{number:08d}"[:8] + f"-{number % 10_000:04d}",
             "email": f"k{number}@bench.example", "customer": chance.randrange(1, last + 1)}
        ).encode()  # fmt: skip

    found += [
        Case("API: search by name", each(names), program, 200, "", 60, 250, 0, "search-api"),
        Case("API: list of 50", get("/api/v1/customers"), program, 200, "API", 100, 250, 0, "list-api"),
        Case("API: read", each([f"/api/v1/customers/{number}" for number in numbers]), program, 200, "", 60, 300, 0, "read-api"),
        Case(
            "API: create a contact", lambda: ("POST", "/api/v1/contacts", contact()), program, 201, "", 60, 180, 0, "create-api"
        ),
        Case(
            "API: change a contact",
            lambda: (
                "PATCH", f"/api/v1/contacts/{chance.randrange(1, last + 1)}",
                json.dumps({"job_title": next(texts)}).encode(),
            ),
            program, 200, "", 60,
        ),
    ]  # fmt: skip
    return found, statements


def own_customers(team: int) -> list[str]:
    """Addresses of some customers of a team."""
    from dangol.customers.models import Customer

    return [
        f"/customers/{pk}/" for pk in Customer.objects.filter(team=team).values_list("pk", flat=True)[:100]
    ]


def _initials(name: str) -> str:
    return "".join("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"[(ord(char) - 0xAC00) // 588] for char in name)
