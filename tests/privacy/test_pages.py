"""The pages about personal data: for administrators, in both languages, and nobody else."""

from __future__ import annotations

import pytest
from django.db import connection

from dangol.records import registry, writing
from dangol.records.looks import sealing, settings
from dangol.records.models import Look, LookReview

pytestmark = pytest.mark.django_db

PAGES = (
    "/settings/privacy/",
    "/settings/privacy/looks/",
    "/settings/privacy/reviews/",
    "/settings/privacy/reviews/202610/",
)


@pytest.fixture
def customer(insider):
    return writing.create(registry.get("customer"), {"name": "김하나"}, actor=insider.actor)


@pytest.mark.parametrize("path", PAGES)
def test_only_administrators_get_in(path, administrator, manager, nobody):
    assert administrator.client.get(path).status_code == 200
    assert manager.client.get(path).status_code == nobody.client.get(path).status_code == 403


def test_the_log_is_filtered_by_whose_data_and_exported_with_a_reason(administrator, insider, customer):
    insider.client.get(f"/customers/{customer}/")
    other = writing.create(registry.get("customer"), {"name": "박두리"}, actor=insider.actor)
    insider.client.get(f"/customers/{other}/")
    page = administrator.client.get(f"/settings/privacy/looks/?person=customer:{customer}").content.decode()
    assert f"#{customer}" in page
    assert f"#{other}" not in page
    assert "김지우" in page
    assert administrator.client.get("/settings/privacy/looks/?person=x").status_code == 422
    refused = administrator.client.post("/settings/privacy/looks/export/", {"reason": "x"})
    assert refused.status_code == 302
    answer = administrator.client.post(
        f"/settings/privacy/looks/export/?person=customer:{customer}", {"reason": "10월 점검 자료"}
    )
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0].startswith("id,at,user_id")
    assert len(text.splitlines()) == 2
    assert Look.objects.get(act="download", record_type="access_log").about == "10월 점검 자료"


def test_the_seals_are_checked_on_a_page(administrator, insider, customer):
    insider.client.get(f"/customers/{customer}/")
    sealing.seal()
    assert "온전해요" in administrator.client.post("/settings/privacy/verify/").content.decode()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE records_look DISABLE TRIGGER append_only")
        cursor.execute("UPDATE records_look SET user_id = 0")
        cursor.execute("ALTER TABLE records_look ENABLE TRIGGER append_only")
    assert "변조" in administrator.client.post("/settings/privacy/verify/").content.decode()


def test_a_month_is_reviewed_and_signed_on_its_page(administrator):
    page = "/settings/privacy/reviews/202610/"
    assert administrator.client.post(page, {"note": "짧음"}).status_code == 422
    assert administrator.client.post(page, {"note": "전체 조회 기록 확인, 이상 없음"}).status_code == 302
    assert LookReview.objects.get().reviewer_name == "관리자"
    text = administrator.client.get(page).content.decode()
    assert "전체 조회 기록 확인" in text
    assert "<textarea" not in text
    assert administrator.client.get("/settings/privacy/reviews/202613/").status_code == 404


def test_settings_are_saved_and_hold_at_once(administrator):
    values = {"kept_years": "2", "reveals_per_hour": "5", "reveal_roles": []}
    assert administrator.client.post("/settings/privacy/", values).status_code == 302
    assert (settings.current().kept_years, settings.current().reveals_per_hour) == (2, 5)
    assert administrator.client.post("/settings/privacy/", {**values, "kept_years": "0"}).status_code == 422
    settings.save(actor=administrator.actor, values={"kept_years": 1, "reveals_per_hour": 20})


def test_who_looked_at_a_customer_stands_on_a_page_of_its_own(administrator, insider, customer):
    insider.client.get(f"/customers/{customer}/")
    page = administrator.client.get(f"/customers/{customer}/looks/").content.decode()
    assert "김지우" in page
    assert (
        f"/customers/{customer}/looks/"
        in administrator.client.get(f"/customers/{customer}/").content.decode()
    )
    assert insider.client.get(f"/customers/{customer}/looks/").status_code == 404
    assert (
        f"/customers/{customer}/looks/" not in insider.client.get(f"/customers/{customer}/").content.decode()
    )
