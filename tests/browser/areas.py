"""A small company in which something stands on every page of duplicates, merges, quality, privacy, rules and doors."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from dangol.automation import approving
from dangol.automation.models import ApprovalRequest, Rule, RuleRun
from dangol.customers import standard
from dangol.customers.models import Consent
from dangol.identity import services as identity
from dangol.integrations import services as integrations
from dangol.integrations.models import Move, WebhookEndpoint
from dangol.integrations.moving import carrying, looking
from dangol.integrations.moving import services as moving
from dangol.measures.models import QualityDay
from dangol.measures.quality import services as quality
from dangol.outbound.services import call_noted
from dangol.records import favourites, merging, registry, saved_views, writing
from dangol.records.bulk.selection import Selection
from dangol.records.looks import reviewing
from dangol.records.models import Erasure
from dangol.records.persons import erasing
from tests.automation.work import make_rule, set_to, work
from tests.cast import SYSTEM, Person
from tests.integrations.conftest import deliver
from tests.integrations.moving.test_moving import CONTACTS, CUSTOMERS, ORDERS
from tests.records.bulk.conftest import change, done
from tests.records.matching.conftest import AGAIN, HANBIT, OTHERS, made, scanned


@dataclass
class Areas:
    """Addresses by name, of each area; and the ids that a test needs to go further."""

    places: dict[str, dict[str, str]] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    doubles: list[int] = field(default_factory=list)


def make(*, administrator: Person, manager: Person, insider: Person, folder: Path, receiver: str) -> Areas:
    """Make the content of all areas; `receiver` is where webhooks go."""
    areas = Areas(people={"administrator": administrator, "manager": manager, "insider": insider})
    standard.make()
    _duplicates(areas, insider, administrator)
    _merges(areas, insider, administrator)
    _quality(areas)
    _privacy(areas, insider, administrator)
    _rules(areas, manager, insider)
    _doors(areas, administrator, insider, receiver)
    _bulk(areas, insider, administrator)
    _moving(areas, folder)
    _favourites(administrator)
    return areas


def _customer(person: Person, **values: Any) -> int:
    return writing.create(registry.get("customer"), values, actor=person.actor)


def _duplicates(areas: Areas, insider: Person, administrator: Person) -> None:
    first, *_rest = made(insider.actor, HANBIT, *OTHERS)
    second, third = made(insider.actor, AGAIN, {**AGAIN, "name": "한빛전자", "city": "강남구"})
    minsu = {"kind": "person", "name": "김민수", "phone": "010-2345-6789", "email": "minsu77@naver.example"}
    one, other = made(insider.actor, minsu, {**minsu, "name": "Kim Min-soo", "email": "minsu77@daum.example"})
    scanned(registry.get("customer"))
    areas.doubles = [first, second, third, one, other]
    areas.places["duplicates"] = {
        "queue": "/customers/duplicates/",
        "different": "/customers/duplicates/?state=different",
        "rules": "/customers/duplicates/rules/",
        "never-searched": "/contacts/duplicates/",
        "not-compared": "/interactions/duplicates/",
        "rules-of-others": "/orders/duplicates/rules/",
        "all-types": "/duplicates/",
    }


def _merges(areas: Areas, insider: Person, administrator: Person) -> None:
    customers = registry.get("customer")
    stays = _customer(
        insider, name="㈜대원기공", phone="055-261-7788", city="창원시", industry="기계", tags=["VIP"]
    )
    goes = _customer(insider, name="대원기공 주식회사", phone="055-261-7789", city="김해시", tags=["박람회"])
    writing.create(registry.get("contact"), {"customer": goes, "name": "박지민"}, actor=insider.actor)
    merged = merging.merge(actor=insider.actor, record_type=customers, into=stays, others=[goes])
    writing.update(customers, stays, {"industry": "공작기계"}, actor=insider.actor)
    kept = _customer(insider, name="삼정금속공업", phone="055-777-1000")
    gone = _customer(insider, name="삼정금속공업(주)", phone="055-777-1000", city="부산시")
    back = merging.merge(actor=insider.actor, record_type=customers, into=kept, others=[gone])
    merging.undo(actor=insider.actor, merge=back)
    first, second, third, *_ = areas.doubles
    areas.places["merging"] = {
        "two": f"/customers/merge/?id={first}&id={second}",
        "three": f"/customers/merge/?id={first}&id={second}&id={third}",
        "one": f"/customers/merge/?id={first}",
        "list": "/merges/",
        "merged": f"/merges/{merged.key}/",
        "undone": f"/merges/{back.key}/",
    }


def _quality(areas: Areas) -> None:
    quality.compute_all()
    for day in list(QualityDay.objects.all()):
        for before, points in ((9, 12), (6, 9), (3, 4)):
            day.pk, day.day, day.points = None, day.day - timedelta(days=before), day.points - points
            day.save(force_insert=True)
            day.day += timedelta(days=before)
            day.points += points
    first = areas.doubles[0]
    areas.places["quality"] = {
        "overview": "/quality/",
        "type": "/quality/customer/",
        "mine": "/quality/mine/",
        "record": f"/customers/{first}/",
        "settings": "/settings/quality/",
        "settings-type": "/settings/quality/customer/",
    }


def _privacy(areas: Areas, insider: Person, administrator: Person) -> None:
    hong = _customer(insider, name="홍길동", kind="person", phone="010-1234-5678", email="hong@example.com")
    gone = _customer(insider, name="정하늘", kind="person", phone="010-9999-1111")
    writing.create(
        registry.get("order"),
        {"number": "SO-77", "customer": gone, "ordered_at": "2026-11-01T12:00:00+09:00"},
        actor=administrator.actor,
    )
    for place in (f"/customers/{hong}/", "/customers/", f"/customers/{gone}/"):
        insider.client.get(place)
    erasure = erasing.erasure_ask(
        actor=administrator.actor, record_type=registry.get("customer"), record_id=gone, reason="본인 요청"
    )
    erasing.erase(erasure.pk)
    waiting = Erasure.objects.get(pk=erasure.pk)
    month = date(2026, 10, 1)
    reviewing.review_sign(
        actor=administrator.actor, month=date(2026, 9, 1), note="내려받기 2건 확인, 이상 없음"
    )
    for channel, act in (("sms", "given"), ("email", "given"), ("email", "withdrawn"), ("kakao", "refused")):
        values = {"customer": hong, "purpose": {"code": "marketing"}, "channel": channel, "act": act}
        writing.create(registry.get("consent"), values, actor=insider.actor)
    request = writing.create(
        registry.get("person_request"),
        {"customer": hong, "kind": "erase", "subject": "탈퇴와 파기 요청"},
        actor=insider.actor,
    )
    rule = writing.create(
        registry.get("retention_rule"),
        {"name": "떠난 고객 5년", "record_type": "customer", "filter": "stage = lost", "months": 60},
        actor=SYSTEM,
    )
    consent = Consent.objects.order_by("pk").first()
    assert consent is not None
    areas.places["privacy"] = {
        "settings": "/settings/privacy/",
        "looks": "/settings/privacy/looks/",
        "looks-none": "/settings/privacy/looks/?since=2020-01-01&until=2020-01-02",
        "reviews": "/settings/privacy/reviews/",
        "review": f"/settings/privacy/reviews/{month:%Y%m}/",
        "review-done": "/settings/privacy/reviews/202609/",
        "erasures": "/settings/privacy/erasures/",
        "certificate": f"/settings/privacy/erasures/{waiting.key}/",
        "person": f"/customers/{hong}/person/",
        "record-looks": f"/customers/{hong}/looks/",
        "retention": "/retention-rules/",
        "retention-rule": f"/retention-rules/{rule}/",
        "consents": "/consents/",
        "consent": f"/consents/{consent.pk}/",
        "consent-add": f"/consents/add/?customer={hong}&purpose=marketing&channel=sms",
        "purposes": "/consent-purposes/",
        "requests": "/person-requests/",
        "request": f"/person-requests/{request}/",
        "request-new": "/person-requests/new/",
        "customer": f"/customers/{hong}/",
    }


def _rules(areas: Areas, manager: Person, insider: Person) -> None:
    customers = registry.get("customer")
    moved = make_rule(
        manager.actor,
        name="활성 고객은 부산으로",
        trigger={"kind": "changed", "fields": ["stage"]},
        steps=[set_to(city="부산시")],
    )
    make_rule(
        manager.actor,
        name="꼬리를 무는 규칙",
        trigger={"kind": "changed", "fields": ["city"]},
        steps=[set_to({"field": "city", "mode": "formula", "value": 'city & "1"'})],
    )
    make_rule(
        manager.actor,
        name="부산 이전",
        trigger={"kind": "button", "label": "부산 이전"},
        steps=[set_to(city="부산시")],
        active=False,
    )
    make_rule(
        manager.actor,
        name="새 고객 승인",
        trigger={"kind": "created"},
        steps=[
            {
                "kind": "approval",
                "settings": {"who1": "people", "people1": [insider.id, manager.id], "how1": "any"},
                "then": [set_to(stage="active")],
            }
        ],
    )
    record = _customer(manager, name="㈜태양설비", stage="new", city="서울시")
    other = _customer(manager, name="유신금형", city="대구시")
    work()
    writing.update(customers, record, {"stage": "prospect"}, actor=manager.actor)
    work()
    approving.decide(
        actor=insider.actor,
        request_id=ApprovalRequest.objects.get(record_id=other).pk,
        approve=False,
        comment="신용 한도를 먼저 확인해 주세요",
    )
    work()
    approving.delegation_save(
        actor=insider.actor,
        delegate_id=manager.id,
        first_day=date.today(),
        last_day=date.today() + timedelta(7),
    )
    done_run = RuleRun.objects.filter(rule=moved).order_by("pk")[0]
    stopped = RuleRun.objects.filter(state="stopped").order_by("pk")[0]
    asking = Rule.objects.get(name="새 고객 승인")
    areas.places["rules"] = {
        "list": "/automation/",
        "kinds": "/automation/new/",
        "log": "/automation/runs/",
        "log-none": "/automation/runs/?state=failed",
        "chain": f"/automation/runs/?chain={done_run.chain}",
        "run": f"/automation/runs/{done_run.pk}/",
        "run-stopped": f"/automation/runs/{stopped.pk}/",
        "rule": f"/automation/{moved.pk}/",
        "rule-asking": f"/automation/{asking.pk}/",
        "approvals": "/approvals/",
        "asked": f"/customers/{record}/",
    }


def _doors(areas: Areas, administrator: Person, insider: Person, receiver: str) -> None:
    working, _ = integrations.endpoint_save(
        actor=administrator.actor, name="ERP 주문 연동", url=f"{receiver}/hook", owner=administrator.user,
        events=["customer.created", "order.created"],
    )  # fmt: skip
    away, _ = integrations.endpoint_save(
        actor=administrator.actor, name="창고", url=f"{receiver}/away", owner=administrator.user, events=["customer.created"]
    )  # fmt: skip
    for name in ("동해정밀", "청우산업"):
        _customer(administrator, name=name)
    deliver(working)
    deliver(away)
    WebhookEndpoint.objects.filter(pk=away.pk).update(failing_since=timezone.now() - timedelta(hours=3))
    identity.token_create(
        user=administrator.user, name="ERP 주문 올리기", actor=administrator.actor,
        scopes=["customer:read", "order:read", "order:write"], networks=["203.0.113.0/24"], per_minute=600,
    )  # fmt: skip
    identity.token_create(user=insider.user, name="월간 보고서", actor=insider.actor, actions=["view"])
    app, _secret = identity.app_save(
        actor=administrator.actor, name="한빛 ERP 주문 연동", redirect_uris=["http://127.0.0.1/back"], is_public=True,
        scopes=["customer:read", "order:read", "order:write"],
    )  # fmt: skip
    identity.grant_make(app=app, user=insider.user, scopes=["order:read"], actor=insider.actor)
    with call_noted(
        purpose="import", method="GET", url="https://files.partner.example/orders/2026-11.csv?t=1"
    ) as noted:
        noted.status, noted.received = 200, 482_133
    asked = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": "http://127.0.0.1:9/back",
        "scope": "customer:read order:read order:write",
        "state": "s",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }
    areas.places["doors"] = {
        "webhooks": "/settings/webhooks/",
        "webhook-new": "/settings/webhooks/new/",
        "webhook": f"/settings/webhooks/{working.pk}/",
        "webhook-failing": f"/settings/webhooks/{away.pk}/",
        "keys": "/settings/keys/",
        "token-new": "/settings/profile/tokens/new/",
        "profile": "/settings/profile/",
        "apps": "/settings/apps/",
        "app": f"/settings/apps/{app.pk}/",
        "app-new": "/settings/apps/new/",
        "consent": f"/oauth/authorize?{urlencode(asked)}",
        "consent-refused": f"/oauth/authorize?{urlencode({**asked, 'client_id': 'nobody'})}",
        "calls": "/settings/calls/",
        "calls-failed": "/settings/calls/?show=failed",
    }


def _bulk(areas: Areas, insider: Person, administrator: Person) -> None:
    chosen = Selection(ids=tuple(areas.doubles))
    whole = done(administrator.actor, chosen, settings=change(city={"set": "인천시"}))
    part = done(insider.actor, Selection(), settings=change(city={"set": "서울시"}))
    areas.places["bulk"] = {
        "list": "/bulk/",
        "done": f"/bulk/{whole.key}/",
        "part": f"/bulk/{part.key}/",
    }


def _moving(areas: Areas, folder: Path) -> None:
    for name, text in (
        ("customers.csv", CUSTOMERS),
        ("people.csv", CONTACTS + "P-99,없는곳,C-99,x@old.example\n"),
        ("orders.csv", ORDERS),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    planned = moving.move_create(actor=SYSTEM, files=looking.files_in(folder))
    tried = moving.move_create(actor=SYSTEM, files=looking.files_in(folder))
    carrying.rehearse(tried, SYSTEM)
    gone = carrying.carry_out(moving.move_create(actor=SYSTEM, files=looking.files_in(folder)), SYSTEM)
    areas.places["moving"] = {
        "start": "/moving/",
        "plan": f"/moving/{planned.key}/",
        "tried": f"/moving/{tried.key}/",
        "report": f"/moving/{Move.objects.get(pk=gone.pk).key}/",
    }


def _favourites(administrator: Person) -> None:
    customers = registry.get("customer")
    for name, state in (
        ("강남 고객", {"filter": "city = 강남구"}),
        ("이탈 위험이 큰 VIP 고객과 그 담당자", {}),
    ):
        view = saved_views.view_save(
            actor=administrator.actor, record_type=customers, values={"name": name, "state": state}
        )
        favourites.favour(actor=administrator.actor, record_type=customers, view_id=view.id, on=True)


class Receiver(BaseHTTPRequestHandler):
    """A program that takes what webhooks send, and is not well at /away."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(503 if self.path == "/away" else 200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"thanks")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def receiving() -> ThreadingHTTPServer:
    """A server on loopback, not started yet."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads = True
    return server
