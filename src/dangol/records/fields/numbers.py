"""Fields that hold numbers."""

from decimal import Decimal
from typing import Any, ClassVar, Self

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from dangol.records.fields.base import EMPTY_MARK, Field, FieldError, Locale
from dangol.records.fields.quantities import read_number
from dangol.web import formats

_NUMBER_OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "between", "in", "not in", "is empty", "is not empty")


def _decimal(raw: Any, *, percent: bool = True) -> Decimal:
    """Read a number exactly, also with full-width digits, thousands separators, signs of money; not exponents."""
    if isinstance(raw, Decimal):
        value = raw
    elif isinstance(raw, bool):
        raise FieldError("number", _("Enter a number."))
    elif isinstance(raw, int):
        value = Decimal(raw)
    elif isinstance(raw, float):
        value = Decimal(repr(raw))
    elif isinstance(raw, str):
        number = read_number(raw, percent=percent)
        if number is None:
            raise FieldError("number", _("Enter a number, such as 1250 or 1,250.5."))
        value = number
    else:
        raise FieldError("number", _("Enter a number."))
    if not value.is_finite():
        raise FieldError("number", _("Enter a number."))
    return value


class Integer(Field):
    """A whole number."""

    kind = "integer"
    operators = _NUMBER_OPERATORS
    widget = "number"
    numeric = True

    def __init__(self, name: str = "", *, low: int = -(2**31), high: int = 2**31 - 1, **options: Any) -> None:
        super().__init__(name, **options)
        self.low = low
        self.high = high

    def convert(self, raw: Any, locale: Locale) -> int:
        value = _decimal(raw)
        if abs(value) >= 10**19 or value != value.to_integral_value():
            raise FieldError("integer", _("Enter a whole number."))
        number = int(value)
        if not self.low <= number <= self.high:
            raise FieldError(
                "range",
                _("The number must lie between %(low)s and %(high)s.") % {"low": self.low, "high": self.high},
            )
        return number

    def text(self, value: Any, locale: Locale) -> str:
        return "" if value is None else formats.number(value, locale.language)

    def input(self, value: Any, locale: Locale) -> str:
        return "" if value is None else str(value)


class Number(Field):
    """A decimal number, kept exactly."""

    kind = "number"
    operators = _NUMBER_OPERATORS
    widget = "number"
    numeric = True
    percentages: ClassVar[bool] = True
    """Whether `12.5%` is understood, as 12.5."""

    def __init__(self, name: str = "", *, digits: int = 18, places: int = 4, **options: Any) -> None:
        super().__init__(name, **options)
        self.digits = digits
        self.places = places

    def convert(self, raw: Any, locale: Locale) -> Decimal:
        value = _decimal(raw, percent=self.percentages)
        exponent = value.as_tuple().exponent
        places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        if places > self.places:
            value = value.normalize()
            exponent = value.as_tuple().exponent
            places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
            if places > self.places:
                raise FieldError(
                    "places", _("At most %(places)s decimal places fit.") % {"places": self.places}
                )
        if abs(value) >= Decimal(10) ** (self.digits - self.places):
            raise FieldError(
                "digits",
                _("The number is too large; at most %(digits)s digits fit before the point.")
                % {"digits": self.digits - self.places},
            )
        return value

    def to_json(self, value: Any) -> Any:
        """A string, since JSON numbers are read as floats and would lose digits."""
        return None if value is None else format(value, "f")

    def text(self, value: Any, locale: Locale) -> str:
        return "" if value is None else formats.number(value, locale.language)

    def input(self, value: Any, locale: Locale) -> str:
        if value is None:
            return ""
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text


class Money(Number):
    """An amount of money in the currency of `currency_column`, or in `currency` where all rows share one."""

    kind = "money"
    percentages = False

    def __init__(
        self,
        name: str = "",
        *,
        currency: str = "KRW",
        currency_column: str = "",
        short: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(name, **options)
        self.currency = currency
        self.currency_column = currency_column
        self.short = short

    def select(self, path: str = "") -> tuple[Any, ...]:
        from django.db.models import F

        if self.currency_column:
            return (self.expression(path), F(path + self.currency_column))
        return (self.expression(path),)

    def value_of(self, columns: Any) -> Any:
        if self.currency_column and columns[0] is not None:
            return Amount(columns[0], columns[1])
        return columns[0]

    def text(self, value: Any, locale: Locale) -> str:
        if value is None:
            return ""
        currency = value.currency if isinstance(value, Amount) else self.currency
        if self.short:
            return formats.money_short(value, currency, locale.language)
        return formats.money(value, currency, locale.language)

    def html(self, value: Any, locale: Locale) -> SafeString:
        if value is None:
            return EMPTY_MARK
        # Escaped: the currency is a text that somebody entered.
        return SafeString(f'<span class="nowrap">{escape(self.text(value, locale))}</span>')


class Amount(Decimal):
    """A decimal that remembers its currency on the way to the reader."""

    currency: str

    def __new__(cls, value: Decimal, currency: str) -> Self:
        amount = super().__new__(cls, value)
        amount.currency = currency
        return amount
