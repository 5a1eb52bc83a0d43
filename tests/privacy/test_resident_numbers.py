"""Resident registration numbers are refused everywhere text comes in (개인정보 보호법 제24조의2)."""

from datetime import date

import pytest

from dangol.interactions import comments
from dangol.interactions.comments import CommentError
from dangol.records import registry, writing
from dangol.records.attachments import services as attachments
from dangol.records.attachments.errors import AttachmentProblem
from dangol.records.fields.resident import blacked_out, has_resident_number
from dangol.records.importing.errors import Problem
from dangol.records.importing.rejects import make_reject, reject_cells
from dangol.records.models import ImportRun
from dangol.records.own import services as own_fields
from tests.cast import SYSTEM

TODAY = date(2026, 11, 22)
NUMBER = "900101-1234568"
"""Its check digit is right: 2·9+3·0+4·0+5·1+6·0+7·1+8·1+9·2+2·3+3·4+4·5+5·6 = 124, (11 − 124 mod 11) mod 10 = 8."""


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        "900101-1234567",  # with a hyphen the form alone is enough
        "주민번호 900101-1234567 입니다",
        "9001011234568",
        "900101 1234568",
        "９００１０１－１２３４５６８",
        "900101－1234567",
        "900101 - 1234567",
        "850505-5123456",  # a foreigner born in 1985
        "211231-3123456",  # born after October 2020: no check digit
        "211231-7123456",
    ],
)
def test_a_resident_number_is_found_however_it_is_written(text):
    assert has_resident_number(text, today=TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "010-1234-5678",
        "+82 10 1234 5678",
        "124-81-00998",  # business number
        "110111-1234567x",
        "SO-240115-1234567",  # an order number with letters in front
        "ORD900101-1234567",
        "9001011234567",  # on end, and the check digit is wrong
        "900101 1234567",
        "901301-1234567",  # no thirteenth month
        "900231-1234567",  # no such day
        "991231-3123456",  # not born yet
        "900101-1******",
        "900101",
        "8801111000079",  # a Korean bar code, right by both rules
        "3f900101-1234-4567-8901-123456789012",
        "2026-11-22 1234567",
        "서울시 강남구 테헤란로 123",
    ],
)
def test_other_numbers_are_not_taken_for_one(text):
    assert not has_resident_number(text, today=TODAY)


def test_what_comes_in_by_itself_is_blacked_out():
    assert blacked_out(f"제 번호는 {NUMBER}이고 전화는 010-1234-5678") == (
        "제 번호는 900101-●●●●●●●이고 전화는 010-1234-5678"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["name", "description", "external_id", "street", "source"])
def test_no_field_of_a_customer_takes_one_and_the_error_says_which_and_why(insider, field):
    with pytest.raises(writing.WriteError) as refused:
        writing.create(
            registry.get("customer"), {"name": "김하나", field: f"x {NUMBER}"}, actor=insider.actor
        )
    (error,) = refused.value.errors
    assert (error.field, error.code) == (field, "resident_number")
    assert "24조의2" in str(error.message)
    assert "1234568" not in str(error.value)


@pytest.mark.django_db
def test_an_own_field_takes_none(insider):
    own_fields.create(actor=SYSTEM, record_type="customer", name="x_memo", kind="text", label_ko="비고")
    with pytest.raises(writing.WriteError, match="24조의2"):
        writing.create(registry.get("customer"), {"name": "김하나", "x_memo": NUMBER}, actor=insider.actor)


@pytest.mark.django_db
def test_the_form_and_the_api_refuse_it_and_keep_nothing(insider):
    customers = registry.get("customer").model.objects
    page = insider.client.post("/customers/new/", {"name": f"김하나 {NUMBER}", "kind": "person"})
    assert page.status_code == 422
    assert "24조의2" in page.content.decode()
    answer = insider.api.post(
        "/api/v1/customers", {"name": f"김하나 {NUMBER}"}, content_type="application/json"
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "resident_number"
    assert not customers.exists()


@pytest.mark.django_db
def test_comments_and_the_names_of_files_take_none(insider, settings, tmp_path):
    settings.DATA = tmp_path
    record_type = registry.get("customer")
    customer = writing.create(record_type, {"name": "김하나"}, actor=insider.actor)
    with pytest.raises(CommentError, match="24조의2"):
        comments.comment_add(
            actor=insider.actor, record_type=record_type, record_id=customer, text=f"번호 {NUMBER}"
        )
    with pytest.raises(AttachmentProblem, match="24조의2"):
        attachments.attach(
            actor=insider.actor,
            record_type=record_type,
            record_id=customer,
            name=f"등본 {NUMBER}.txt",
            chunks=[b"x"],
        )


def test_a_rejected_row_of_an_import_keeps_none():
    reject = make_reject(
        ImportRun(), 3, ["김하나", NUMBER, "서울"], Problem("resident_number", "…", value=NUMBER)
    )
    assert reject_cells(reject)[0] == ["김하나", "900101-●●●●●●●", "서울"]
    assert reject.value == "900101-●●●●●●●"
