"""Who looked at whose data: every look leaves a line, nobody can change it, and a chain of seals shows if somebody did."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dangol.events.models import Event
from dangol.records import registry, writing
from dangol.records.looks import reading, reviewing, sealing, settings, taking
from dangol.records.models import Look, LookReview, LookSeal

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(insider):
    return writing.create(
        registry.get("customer"), {"name": "김하나", "phone": "010-1234-5678"}, actor=insider.actor
    )


@pytest.fixture
def contact(insider, customer):
    return writing.create(
        registry.get("contact"), {"name": "이두리", "customer": customer}, actor=insider.actor
    )


def acts(**which):
    rows = Look.objects.filter(**which).order_by("id")
    return [(row.act, row.via, row.record_type, row.ids, row.through) for row in rows]


def test_a_page_leaves_who_when_from_where_whose_and_what(insider, customer):
    insider.client.get(f"/customers/{customer}/", REMOTE_ADDR="203.0.113.7")
    (look,) = Look.objects.all()
    assert (look.user_id, look.ip, look.act, look.via) == (insider.id, "203.0.113.7", "view", "page")
    assert (look.record_type, look.ids, look.count) == ("customer", [customer], 1)
    assert look.at is not None
    assert look.request_id


def test_of_a_contact_its_customer_is_named_too(insider, customer, contact):
    insider.api.get(f"/api/v1/contacts/{contact}")
    assert acts() == [("view", "api", "contact", [contact], [customer])]


def test_a_list_is_one_line_with_all_that_were_seen(insider, customer):
    second = writing.create(registry.get("customer"), {"name": "박세나"}, actor=insider.actor)
    insider.client.get("/customers/")
    (row,) = Look.objects.all()
    assert (row.act, set(row.ids), row.count) == ("list", {customer, second}, 2)


def test_search_change_and_refusal_are_logged(insider, outsider, customer):
    insider.client.get("/search/?q=김하나")
    insider.api.patch(f"/api/v1/customers/{customer}", {"city": "서울시"}, content_type="application/json")
    assert outsider.client.get(f"/customers/{customer}/").status_code == 404
    assert [row[0] for row in acts()] == ["search", "change", "refused"]
    assert acts(act="refused") == [("refused", "page", "customer", [customer], [])]


def test_an_export_names_everybody_who_went_out_and_the_reason(manager, customer):
    answer = manager.client.post(
        "/customers/export/", {"kind": "csv", "columns": "shown", "reason": "연말 안부 인사"}
    )
    assert "김하나" in b"".join(answer.streaming_content).decode()
    (row,) = Look.objects.filter(act="download")
    assert (row.ids, row.about, row.via, row.user_id) == ([customer], "연말 안부 인사", "page", manager.id)


def test_a_line_cannot_be_changed_or_taken_away(insider, customer):
    insider.client.get(f"/customers/{customer}/")
    for change in ("UPDATE records_look SET user_id = 1", "DELETE FROM records_look"):
        with (
            pytest.raises(DatabaseError, match="cannot be changed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)
    assert Look.objects.count() == 1


def test_the_log_costs_one_statement_a_page(insider, customer):
    insider.client.get(f"/customers/{customer}/")
    with CaptureQueriesContext(connection) as queries:
        insider.client.get(f"/customers/{customer}/")
    assert [query["sql"] for query in queries if "records_look" in query["sql"]].__len__() == 1


def tampered(sql, *parameters):
    """As somebody would who rules the database: the trigger off, a line changed, the trigger on again."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE records_look DISABLE TRIGGER append_only")
        cursor.execute(sql, parameters)
        cursor.execute("ALTER TABLE records_look ENABLE TRIGGER append_only")


@pytest.fixture
def sealed(insider, customer):
    for _ in range(3):
        insider.client.get(f"/customers/{customer}/")
        assert sealing.seal() is not None
    return Look.objects.order_by("id").first()


def test_the_chain_of_an_untouched_log_is_whole(sealed):
    verdict = sealing.verify()
    assert verdict.is_whole
    assert (verdict.seals, verdict.rows, verdict.unsealed) == (3, 3, 0)
    assert sealing.seal() is None


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE records_look SET user_id = 4711 WHERE id = %s",
        "UPDATE records_look SET ids = '{9}' WHERE id = %s",
        "UPDATE records_look SET at = at + interval '1 microsecond' WHERE id = %s",
        "DELETE FROM records_look WHERE id = %s",
    ],
)
def test_a_line_changed_behind_the_trigger_breaks_its_seal(sealed, sql):
    tampered(sql, sealed.pk)
    assert sealing.verify().broken == [(LookSeal.objects.order_by("id").first().pk, "rows")]


def test_a_block_taken_out_breaks_the_chain(sealed):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE records_lookseal DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM records_lookseal WHERE id = (SELECT min(id) + 1 FROM records_lookseal)")
        cursor.execute("ALTER TABLE records_lookseal ENABLE TRIGGER USER")
    assert [what for _number, what in sealing.verify().broken] == ["chain"]


def test_what_was_kept_long_enough_goes_by_the_month_and_the_log_says_so(insider, customer, sealed):
    with connection.cursor() as cursor:
        cursor.execute("SELECT records_look_month('2024-03-01')")
        cursor.execute(
            "INSERT INTO records_look (at, user_id, act, via, record_type, ids, through, count)"
            " VALUES ('2024-03-05T03:00Z', %s, 'view', 'page', 'customer', '{1}', '{}', 1)",
            [insider.id],
        )
    assert sealing.forget() == []  # not sealed yet: nothing goes unseen
    sealing.seal()
    assert sealing.forget() == ["2024_03"]
    assert not Look.objects.filter(at__year=2024).exists()
    assert Look.objects.get(act="expired").about == "2024_03"
    sealing.seal()
    assert sealing.verify().is_whole


def test_whose_data_finds_looks_at_what_belongs_to_the_person(administrator, insider, customer, contact):
    insider.client.get(f"/contacts/{contact}/")
    insider.client.get("/contacts/")
    found = reading.looks(administrator.actor, reading.Asked(person=("customer", customer)))
    assert {row.act for row in found} == {"view", "list"}
    assert not reading.looks(administrator.actor, reading.Asked(person=("customer", customer + 1))).exists()
    with pytest.raises(PermissionDenied):
        reading.looks(insider.actor, reading.Asked())


def test_through_anothers_eyes_the_log_names_both(administrator, insider, customer):
    administrator.client.post(f"/settings/users/{insider.id}/see-as/", {"reason": "문의 확인 중"})
    administrator.client.get(f"/customers/{customer}/")
    look = Look.objects.get(act="view")
    assert (look.user_id, look.seen_by) == (insider.id, administrator.id)


def test_an_own_field_about_people_has_its_type_logged(administrator):
    product = writing.create(
        registry.get("product"), {"code": "P1", "name": "제품"}, actor=administrator.actor
    )
    administrator.client.get(f"/products/{product}/")
    assert not Look.objects.exists()
    settings.save(actor=administrator.actor, values={"personal_fields": ["product.x_inventor"]})
    administrator.client.get(f"/products/{product}/")
    assert acts() == [("view", "page", "product", [product], [])]
    settings.save(actor=administrator.actor, values={"personal_fields": []})


# the monthly review


@pytest.fixture
def october(insider, customer):
    with connection.cursor() as cursor:
        cursor.execute("SELECT records_look_month('2026-10-01')")
        for at, act, count in (
            ("2026-10-05T05:00Z", "view", 1),
            ("2026-10-05T15:30Z", "list", 50),  # half past midnight in Seoul
            ("2026-10-10T03:00Z", "download", 900),  # a Saturday
            ("2026-10-12T03:00Z", "refused", 1),
            ("2026-10-31T15:00Z", "view", 7),  # November in Seoul
        ):
            cursor.execute(
                "INSERT INTO records_look (at, user_id, act, via, record_type, ids, through, count)"
                " VALUES (%s, %s, %s, 'page', 'customer', '{}', '{}', %s)",
                [at, insider.id, act, count],
            )
    return date(2026, 10, 1)


def test_a_months_figures_show_what_stands_out(administrator, insider, october):
    found = reviewing.figures(administrator.actor, october)
    assert (found["looks"], found["records"]) == (4, 952)
    numbers = {
        key: [(one["user"], one["count"]) for one in people] for key, people in found["people"].items()
    }
    assert numbers == {
        "most": [(insider.id, 952)],
        "night": [(insider.id, 1)],
        "weekend": [(insider.id, 1)],
        "downloads": [(insider.id, 900)],
        "refused": [(insider.id, 1)],
    }


def test_a_month_is_signed_off_once_and_for_good(administrator, insider, october):
    review = reviewing.review_sign(
        actor=administrator.actor, month=october, note="야간 조회 1건 확인, 이상 없음"
    )
    assert review.figures["records"] == 952
    with pytest.raises(Exception, match=r"이미|already"):
        reviewing.review_sign(actor=administrator.actor, month=october, note="다시 한 번 확인했습니다")
    with pytest.raises(DatabaseError), transaction.atomic():
        LookReview.objects.update(note="x")
    with pytest.raises(PermissionDenied):
        reviewing.review_sign(actor=insider.actor, month=october, note="다시 한 번 확인했습니다")


def test_a_month_that_is_not_over_cannot_be_signed(administrator):
    with pytest.raises(Exception, match=r"끝나지|not over"):
        reviewing.review_sign(
            actor=administrator.actor, month=timezone.localdate(), note="미리 확인했습니다 이상 없음"
        )


def test_a_review_that_is_due_reminds_the_administrators_until_it_is_done(administrator, october):
    now = timezone.make_aware(timezone.datetime(2026, 11, 3))
    assert reviewing.remind(now=now) == 2  # the first start made one, too
    assert Event.objects.filter(name="records.privacy_duty_due").count() == 1
    reviewing.review_sign(actor=administrator.actor, month=october, note="모두 확인했고 이상 없음")
    assert reviewing.remind(now=now) == 0
    assert reviewing.remind(now=now + timedelta(days=70)) == 0  # nothing was looked at in December


def test_nothing_is_collected_outside_of_requests(customer):
    taking.note("view", registry.get("customer"), [customer])
    assert not Look.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/customers/{}/timeline",
        "/api/v1/customers/{}/history",
        "/api/v1/customers/{}/attachments",
        "/timeline/customer/{}/",
        "/together/customer/{}/",
        "/customers/{}/history/",
        "/customers/{}/files/",
        "/customers/{}/edit/",
    ],
)
def test_no_side_door_shows_a_customer_unseen_by_the_log(insider, customer, path):
    client = insider.api if path.startswith("/api") else insider.client
    assert client.get(path.format(customer)).status_code == 200
    assert [(row[0], row[2], row[3]) for row in acts()] == [("view", "customer", [customer])]
