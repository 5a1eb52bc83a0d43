"""What people are told of – notices, mails, the stream, open pages – obeys field rules; tags are a field as any other."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core import mail as outgoing
from django.db import connection
from django.utils import timezone

from dangol.interactions import following
from dangol.interactions.models import Follow
from dangol.interactions.models.notifications import Notification, NotificationSetting
from dangol.interactions.notifications import mailing
from dangol.interactions.notifications.services import notify
from dangol.records import registry, writing
from tests.access.test_field_rules import body_of, visitor
from tests.cast import SYSTEM
from tests.interactions.notifications.test_telling import delivered
from tests.interactions.notifications.test_telling import told as notices_of

pytestmark = pytest.mark.django_db

NAME = "비밀정밀 주식회사"
RULES = {
    ("customer", "name"): "masked",
    ("customer", "description"): "hidden",
    ("customer", "street"): "masked",
    ("customer", "tags"): "hidden",
    ("interaction", "subject"): "masked",
}


@pytest.fixture
def told_one(company, secrets):
    """Somebody who sees customers without their names, and follows one."""
    who = visitor(company, RULES, "told")
    following.follow(actor=who.actor, record_type=registry.get("customer"), record_id=secrets.ids["customer"])
    Follow.objects.update(since=timezone.now() - timedelta(minutes=1))
    # The test is one transaction: what was written before is not what is told of.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_change SET changed_in = '1'")
    return who


def change(secrets, **values):
    writing.update(registry.get("customer"), secrets.ids["customer"], values, actor=SYSTEM)


def stream(who, scope="all"):
    return [
        item
        for item in who.api.get(f"/api/v1/activity?scope={scope}&type=customer&kind=change").json()["items"]
        if item["fields"]
    ]


def test_a_notice_names_a_record_as_the_reader_may_read_it(told_one, secrets, insider):
    for name, pk in secrets.ids.items():
        notify(kind="mentioned", users=[told_one.id, insider.id], target_type=name, target_id=pk)
    for path in ("/notifications/", "/notifications/panel/", "/activity/?scope=all", "/following/"):
        text = body_of(told_one.client.get(path))
        assert NAME not in text, path
        assert "zqinteractionqz" not in text, path
    assert NAME in body_of(insider.client.get("/notifications/")), "the page tells it to those who may"
    assert NAME not in body_of(told_one.api.get("/api/v1/notifications"))


@pytest.mark.parametrize("channel", ["now", "daily"])
def test_a_mail_names_a_record_as_the_reader_may_read_it(told_one, secrets, insider, channel):
    for who in (told_one, insider):
        NotificationSetting.objects.create(user=who.user, channels={"mentioned": channel})
        notify(kind="mentioned", users=[who.id], target_type="customer", target_id=secrets.ids["customer"])
    Notification.objects.update(at=timezone.now() - timedelta(hours=2))
    noon = timezone.now().replace(hour=3, minute=0) + timedelta(days=1)
    while noon.weekday() > 4:
        noon += timedelta(days=1)
    if channel == "now":
        mailing.mails_send(now=noon)
    else:
        mailing.mails_send(now=noon.replace(hour=9))  # 18:00 in Seoul
    texts = {
        sent.to[0]: sent.subject + sent.body + "".join(str(body) for body, _kind in sent.alternatives)
        for sent in outgoing.outbox
    }
    assert NAME in texts[insider.user.email]
    assert NAME not in texts[told_one.user.email]
    assert "•••" in texts[told_one.user.email], "it names the masked record"


def test_a_change_of_a_hidden_field_is_told_nowhere(told_one, secrets, insider):
    before = stream(told_one)
    version = registry.get("customer").model.objects.get(pk=secrets.ids["customer"]).version
    change(secrets, description="zqnewqz", tags="vip")
    delivered()
    assert notices_of(told_one) == []
    assert stream(told_one) == before
    assert {"description", "tags"} <= set(stream(insider)[0]["fields"])
    shown = f"customer:{secrets.ids['customer']}"
    for asked in (f"on={shown}@{version}", f"on={shown}@{version}&here={shown}"):
        assert body_of(told_one.client.get(f"/live/changed/?{asked}")).strip() == "", asked
        assert "note" in body_of(insider.client.get(f"/live/changed/?{asked}")), asked
    change(secrets, street="zqstreetqz 2")
    delivered()
    assert [kind for kind, _text, _title in notices_of(told_one)] == ["changed"]
    assert stream(told_one)[0]["fields"] == ["street"]
    text = json.dumps(stream(told_one), ensure_ascii=False)
    assert "zqstreetqz" not in text
    assert NAME not in text
    for asked in (f"on={shown}@{version}", f"on={shown}@{version}&here={shown}"):
        note = body_of(told_one.client.get(f"/live/changed/?{asked}"))
        assert "시스템" in note, asked
        assert "zq" not in note, asked


def test_hidden_tags_are_not_there(told_one, secrets, insider):
    change(secrets, tags="zqvipqz")
    customer = secrets.ids["customer"]
    for path in (
        "/customers/",
        f"/customers/{customer}/",
        f"/customers/{customer}/edit/",
        f"/customers/{customer}/history/",
    ):
        assert "zqvipqz" not in body_of(told_one.client.get(path)), path
    assert "tags" not in told_one.api.get(f"/api/v1/customers/{customer}").json()
    assert told_one.api.get("/api/v1/customers", {"filter": "tags = zqvipqz"}).status_code == 400
    assert told_one.client.get(f"/customers/{customer}/cell/tags/").status_code == 404
    tag = registry.get("tag").model.objects.get(name="zqvipqz")
    assert "/customers/?filter=tags" in body_of(insider.client.get(f"/tags/{tag.pk}/"))
    assert "/customers/?filter=tags" not in body_of(told_one.client.get(f"/tags/{tag.pk}/"))


def test_masked_tags_can_be_given_where_there_are_none_and_stay_where_there_are(company, secrets):
    who = visitor(company, {("customer", "tags"): "masked"}, "masked")
    customer, path = secrets.ids["customer"], f"/api/v1/customers/{secrets.ids['customer']}"

    def tag(*names):
        return who.api.patch(path, json.dumps({"tags": list(names)}), content_type="application/json")

    change(secrets, tags=None)
    assert who.api.get(path).json()["tags"] is None
    assert tag("zqvipqz").status_code == 200
    assert who.api.get(path).json()["tags"] == "•••"
    for names in (("zqvipqz",), ("other",), ()):
        answer = tag(*names)
        assert answer.status_code == 422, names
        assert answer.json()["errors"][0]["code"] == "masked"
    for page in ("/customers/?cols=name,tags", f"/customers/{customer}/", f"/customers/{customer}/history/"):
        text = body_of(who.client.get(page))
        assert "zqvipqz" not in text, page
        assert "•••" in text, page


def test_read_only_tags_have_no_way_in(company, secrets):
    change(secrets, tags="zqvipqz")
    who = visitor(company, {("customer", "tags"): "read_only"}, "reading")
    customer = secrets.ids["customer"]
    page = body_of(who.client.get(f"/customers/{customer}/"))
    assert "zqvipqz" in page
    assert "/cell/tags/" not in page
    answer = who.api.patch(
        f"/api/v1/customers/{customer}", json.dumps({"tags": []}), content_type="application/json"
    )
    assert answer.status_code == 422


def test_the_customer_of_a_note_is_not_told_where_it_is_hidden(company, secrets, insider):
    who = visitor(company, {("interaction", "customer"): "hidden"}, "unrelated")
    following.follow(actor=who.actor, record_type=registry.get("customer"), record_id=secrets.ids["customer"])
    path = "/api/v1/activity?kind=note&scope="
    assert who.api.get(f"{path}followed").json()["items"] == []
    notes = who.api.get(f"{path}all").json()["items"]
    assert notes
    assert all(item["customer"] is None for item in notes)
    assert any(item["customer"] for item in insider.api.get(f"{path}all").json()["items"])
    values = {"kind": "note", "subject": "통화", "customer": secrets.ids["customer"]}
    writing.create(registry.get("interaction"), values, actor=insider.actor)
    delivered()
    assert notices_of(who) == []
