"""The consent ledger: only added to, apart by purpose, channel and night, and usable in every list."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from dangol.customers import consents, jobs, standard
from dangol.customers.models import Consent, ConsentDuty, ConsentPurpose
from dangol.events.models import Event
from dangol.records import registry, writing
from dangol.records.lists import record_get, record_list

pytestmark = pytest.mark.django_db
SEOUL = ZoneInfo("Asia/Seoul")
NOON, NIGHT = datetime(2026, 11, 20, 12, tzinfo=SEOUL), datetime(2026, 11, 20, 22, tzinfo=SEOUL)


@pytest.fixture
def customer(insider):
    standard.make()
    return writing.create(registry.get("customer"), {"name": "김하나", "kind": "person"}, actor=insider.actor)


def say(person, customer, act, channel="sms", purpose="marketing", **more):
    values = {"customer": customer, "purpose": {"code": purpose}, "channel": channel, "act": act, **more}
    return writing.create(registry.get("consent"), values, actor=person.actor)


def test_a_consent_keeps_wording_moment_proof_and_how_long_it_holds(insider, customer):
    number = say(
        insider, customer, "given", at="2026-11-20T12:00:00+09:00", proof="paper", proof_note="철 2026-113"
    )
    consent = Consent.objects.get(pk=number)
    assert (consent.proof, consent.proof_note, consent.valid_until) == (
        "paper",
        "철 2026-113",
        date(2028, 11, 20),
    )
    late = say(insider, customer, "given", channel="email")
    assert Consent.objects.get(pk=late).wording.number == 1
    assert Consent.objects.get(pk=late).created_by_id == insider.id


def test_the_ledger_is_only_added_to(insider, administrator, customer):
    number = say(insider, customer, "given")
    ledger = registry.get("consent")
    for act in (
        lambda: writing.update(ledger, number, {"act": "refused"}, actor=administrator.actor),
        lambda: writing.delete(ledger, [number], actor=administrator.actor),
    ):
        with pytest.raises(writing.Missing):
            act()
    page = administrator.client.get(f"/consents/{number}/").content.decode()
    assert f"/consents/{number}/edit/" not in page
    assert administrator.api.patch(
        f"/api/v1/consents/{number}", {"act": "refused"}, content_type="application/json"
    ).status_code in (403, 404)
    for change in (lambda: Consent.objects.update(act="refused"), lambda: Consent.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert Consent.objects.get().act == "given"


def test_what_holds_now_is_a_field_of_lists_and_filters(insider, customer):
    from dangol.records import filters

    other = writing.create(registry.get("customer"), {"name": "박두리"}, actor=insider.actor)
    say(insider, customer, "given")
    say(insider, other, "refused")

    def found(text):
        record_type = registry.get("customer")
        tree = filters.parse(text, record_type, actor=insider.actor)
        page = record_list(
            actor=insider.actor, record_type=record_type, tree=tree, columns=["name", "consent.sms"]
        )
        return {row["id"]: row["consent.sms"] for row in page.rows}

    assert found("consent.sms = given") == {customer: "given"}
    assert found("consent.sms != given") == {other: "refused"}
    say(insider, customer, "withdrawn")
    assert found("consent.sms = withdrawn") == {customer: "withdrawn"}
    assert found("consent.email is empty").keys() == {customer, other}
    assert insider.client.get("/customers/?filter=consent.sms+%3D+given").status_code == 200


def test_the_later_word_wins_and_of_two_at_one_moment_the_refusal(insider, customer):
    at = (timezone.now() - timedelta(days=3)).isoformat()
    say(insider, customer, "given", at=at)
    say(insider, customer, "withdrawn", at=at)
    assert consents.may_address(customer, "sms", at=NOON) == "withdrawn"
    say(insider, customer, "given")
    say(insider, customer, "withdrawn", at=(timezone.now() - timedelta(days=9)).isoformat())  # told late
    assert consents.may_address(customer, "sms", at=NOON) == ""


def test_channels_purposes_and_the_night_are_apart(insider, customer):
    say(insider, customer, "given", purpose="collection", channel="")
    assert consents.may_address(customer, "sms", at=NOON) == "none"
    say(insider, customer, "given")
    assert consents.may_address(customer, "sms", at=NOON) == ""
    assert consents.may_address(customer, "email", at=NOON) == "none"
    assert consents.may_address(customer, "sms", at=NIGHT) == "night"
    say(insider, customer, "given", purpose="night")
    assert consents.may_address(customer, "sms", at=NIGHT) == ""
    say(insider, customer, "given", channel="email")
    assert consents.may_address(customer, "email", at=NIGHT) == ""


def test_a_contact_answers_for_itself(insider, customer):
    contact = writing.create(
        registry.get("contact"), {"name": "이두리", "customer": customer}, actor=insider.actor
    )
    say(insider, customer, "given")
    assert consents.may_address(customer, "sms", contact_id=contact, at=NOON) == "none"
    say(insider, customer, "given", contact=contact)
    assert consents.may_address(customer, "sms", contact_id=contact, at=NOON) == ""
    row = record_get(
        actor=insider.actor, record_type=registry.get("contact"), record_id=contact, columns=["consent.sms"]
    )
    assert row["consent.sms"] == "given"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"channel": ""}, "channel"),
        ({"purpose": "collection"}, "channel"),
        ({"purpose": "night", "channel": "email"}, "channel"),
        ({"at": "2099-01-01T00:00:00+09:00"}, "at"),
    ],
)
def test_a_line_that_cannot_be_says_which_field_is_wrong(insider, customer, values, field):
    with pytest.raises(writing.WriteError) as refused:
        say(insider, customer, "given", **values)
    assert [error.field for error in refused.value.errors] == [field]
    assert not Consent.objects.exists()


def test_withdrawing_is_one_click_on_the_customers_page(insider, outsider, customer):
    say(insider, customer, "given")
    page = insider.client.get(f"/customers/{customer}/").content.decode()
    assert 'name="act" value="withdrawn"' in page
    click = {"customer": customer, "purpose": "marketing", "channel": "sms", "act": "withdrawn"}
    assert outsider.client.post("/consents/add/", click).status_code == 404
    assert insider.client.post("/consents/add/", click).url == f"/customers/{customer}/"
    assert consents.may_address(customer, "sms", at=NOON) == "withdrawn"
    timeline = insider.api.get(f"/api/v1/customers/{customer}/timeline").json()["items"]
    assert [entry["kind"] for entry in timeline].count("consent") == 2


def test_the_form_shows_the_wording_and_asks_for_the_proof(insider, customer):
    address = f"/consents/add/?customer={customer}&purpose=marketing&channel=sms"
    page = insider.client.get(address).content.decode()
    assert "언제든지 철회할 수 있어요" in page
    values = {"customer": customer, "purpose": "marketing", "channel": "sms", "act": "given", "proof": "call"}
    assert insider.client.post("/consents/add/", {**values, "act": "x"}).status_code == 422
    insider.client.post("/consents/add/", {**values, "proof_note": "11월 20일 14:03 통화"})
    assert Consent.objects.get().proof_note == "11월 20일 14:03 통화"


def test_the_result_is_owed_within_fourteen_days(insider, customer):
    say(insider, customer, "given", at=(timezone.now() - timedelta(days=1)).isoformat())
    duty = ConsentDuty.objects.get()
    assert (duty.kind, duty.due_on) == ("tell", timezone.localdate() + timedelta(days=13))
    say(insider, customer, "given", channel="email", at="2024-01-05T00:00:00+09:00")  # told long ago
    say(insider, customer, "given", purpose="collection", channel="")
    assert ConsentDuty.objects.count() == 1


def test_after_two_years_consent_is_asked_for_again_and_else_runs_out(insider, customer):
    say(insider, customer, "given", at="2024-11-25T12:00:00+09:00")
    day = date(2026, 11, 1)
    assert consents.reconfirm(today=day)[0] == 1
    assert consents.reconfirm(today=day)[0] == 0  # once
    assert ConsentDuty.objects.get(kind="reconfirm").due_on == date(2026, 11, 25)
    assert consents.reconfirm(today=date(2026, 11, 26))[1] == 1
    row = record_get(
        actor=insider.actor, record_type=registry.get("customer"), record_id=customer, columns=["consent.sms"]
    )
    assert row["consent.sms"] == "expired"
    say(insider, customer, "given")
    assert ConsentDuty.objects.get(kind="reconfirm").how == "answered"


def test_owners_are_told_of_what_is_due(insider, customer):
    say(insider, customer, "given", at=(timezone.now() - timedelta(days=13)).isoformat())
    assert jobs.remind() == 1
    event = Event.objects.get(name="records.privacy_duty_due")
    assert event.payload["users"] == [insider.id]


def test_purposes_and_wordings_are_set_up_by_administrators_only(insider, administrator, customer):
    purposes = registry.get("consent_purpose")
    values = {"code": "event", "name": "행사 안내", "kind": "marketing"}
    with pytest.raises(writing.WriteError):
        writing.create(purposes, values, actor=insider.actor)
    number = writing.create(purposes, values, actor=administrator.actor)
    with pytest.raises(writing.WriteError):
        writing.update(purposes, number, {"code": "other"}, actor=administrator.actor)
    assert ConsentPurpose.objects.filter(code="event").exists()
    assert standard.make() == 0
