"""Short ways for usual mail addresses and business numbers say what the libraries say."""

import pytest
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from hypothesis import given
from hypothesis import strategies as st
from stdnum.exceptions import ValidationError as NumberError
from stdnum.kr import brn

from dangol.records.fields import BusinessNumber, Email, FieldError, Locale
from dangol.records.fields.reach import _USUAL_BUSINESS, _USUAL_MAIL, _check_digit

HERE = Locale()


@given(st.from_regex(_USUAL_MAIL, fullmatch=True).filter(lambda text: len(text) <= 254))
def test_every_usual_address_is_valid(address: str) -> None:
    validate_email(address)
    local, _, domain = address.rpartition("@")
    assert Email("email").convert(address, HERE) == f"{local}@{domain.lower()}"


@given(st.text("ab1.-_+@ ", max_size=30))
def test_an_address_is_taken_only_where_the_validator_takes_it(address: str) -> None:
    text = " ".join(address.split())
    try:
        validate_email(text)
    except ValidationError:
        taken = False
    else:
        taken = True
    if not text:
        assert Email("email").convert(text, HERE) is None
    elif taken:
        assert Email("email").convert(address, HERE) == text
    else:
        with pytest.raises(FieldError):
            Email("email").convert(address, HERE)


@given(st.from_regex(_USUAL_BUSINESS, fullmatch=True))
def test_every_usual_business_number_is_one(number: str) -> None:
    assert brn.validate(number) == number.replace("-", "")


@given(st.text("0123456789- ", min_size=8, max_size=13))
def test_a_business_number_is_taken_only_where_the_library_and_its_check_digit_allow(text: str) -> None:
    try:
        number = brn.validate(text)
    except NumberError:
        number = ""
    if number and _check_digit(number) == number[-1]:
        assert BusinessNumber("number").convert(text, HERE) == number
    elif text.strip():
        with pytest.raises(FieldError):
            BusinessNumber("number").convert(text, HERE)


@pytest.mark.parametrize("number", ["1248100998", "1208147521", "2208162517"])
def test_known_numbers_have_their_check_digit(number: str) -> None:
    assert _check_digit(number) == number[-1]
