"""Values as they are shown to those who may know that there is one, but not which."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.customers.models import Customer
from dangol.records import fields
from dangol.records.fieldrules import masked_expression
from dangol.records.fields import Locale
from dangol.records.fields.masks import Mask, Masked

KOREAN = Locale()


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (fields.Text, "홍길동", "홍*동"),
        (fields.Text, "김수", "김*"),
        (fields.Text, "한", "한*"),
        (fields.Text, "남궁민수", "남**수"),
        (fields.Text, "㈜한빛정밀", "㈜***밀"),
        (fields.Text, "C-1001", "C*****"),
        (fields.Text, "900101-1234567", "900101-*"),
        (fields.Text, "9001011234567", "900101-*"),
        (fields.Text, "point@example.com", "po***@example.com"),
        (fields.Text, "+821012345678", "+********5678"),
        (fields.Text, "서울시 강남구 테헤란로 123번길 45", "•••"),
        (fields.LongText, "비밀", "•••"),
        (fields.Phone, "+821012345678", "010-****-5678"),
        (fields.Phone, "+82212345678", "02-****-5678"),
        (fields.Phone, "+8215881234", "****-1234"),
        (fields.Email, "a@b.com", "a***@b.com"),
        (fields.Email, "gildong@naver.com", "gi***@naver.com"),
        (fields.BusinessNumber, "1248100998", "124-81-*****"),
        (fields.Url, "https://secret.example.com", "•••"),
    ],
)
def test_a_mask_is_the_customary_one(kind, value, shown):
    masked = Masked(kind("x"))
    assert masked.value_of([value]) == shown
    assert masked.text(value, KOREAN) == masked.to_json(value) == shown


@pytest.mark.parametrize(
    "kind", [fields.Money, fields.Number, fields.Integer, fields.Date, fields.DateTime, fields.Boolean]
)
def test_of_what_is_no_text_nothing_is_shown(kind):
    value = Mask(Masked(kind("x")).value_of([Decimal(7)]))
    assert value == "•••"
    assert value.is_opaque


def test_a_missing_value_has_no_mask_and_the_input_never_holds_one():
    masked = Masked(fields.Phone("x"))
    assert masked.value_of([None]) is masked.value_of([""]) is None
    assert masked.input("+821012345678", KOREAN) == ""
    assert "1234" not in masked.html("+821012345678", KOREAN)


def test_a_masked_field_is_written_like_the_one_behind():
    masked = Masked(fields.Phone("x", label="전화"))
    assert masked.clean("010-1234-5678", KOREAN) == "+821012345678"
    with pytest.raises(ValueError, match="masked"):
        masked.q("=", "+821012345678")


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")),
        min_size=3,
        max_size=60,
    )
)
def test_a_mask_never_holds_the_middle_of_a_name(value):
    shown = fields.Text("x").mask(value)
    if "@" not in value and not value.isascii():
        assert shown == "•••" or set(shown[1:-1]) <= {"*"} or shown[1:-1] == "*"
    assert not any(char.isdigit() and char.isascii() for char in shown) or "@" in value or value.isascii()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    ["홍길동", "김수", "한", "남궁민수", "㈜한빛정밀 2공장", "이름이 아주 길어서 스무 글자를 훌쩍 넘는 회사"],
)
def test_the_database_masks_titles_as_python_does(name, administrator):
    made = Customer.objects.create(name=name)
    row = Customer.objects.filter(pk=made.pk).annotate(shown=masked_expression("name")).get()
    assert row.shown == fields.Text("x").mask(name)
