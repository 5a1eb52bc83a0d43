"""The steps a cell's text may go through. Each maker takes the step's settings and returns the function."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext_lazy as _

from dangol.records.fields.days import ORDERS, read_moment
from dangol.records.fields.quantities import read_number
from dangol.records.importing.errors import CellProblem
from dangol.records.importing.mapping.spec import Transform

_SAMPLES = {"ymd": "%Y-%m-%d", "dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y"}
_WHOLE = re.compile(r"([+-]?\d+)(?:\.0*)?", re.ASCII)


class SettingProblem(ValueError):
    """A transform's settings are wrong; `where` is the key inside them."""

    def __init__(self, message: Any, where: str = "") -> None:
        super().__init__(str(message))
        self.where = where


def _strip(text: str) -> str:
    return text.strip()


def _integer_text(text: str) -> str:
    """`17850.0`, as spreadsheets write a number without decimals, is the text `17850`."""
    found = _WHOLE.fullmatch(text.strip())
    if found is None:
        raise CellProblem("integer_text", _("Enter a whole number, such as 17850."), value=text)
    return found[1]


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", text))


PLAIN: dict[str, Transform] = {
    "strip": _strip,
    "upper": str.upper,
    "lower": str.lower,
    "collapse": lambda text: " ".join(text.split()),
    "nfc": lambda text: unicodedata.normalize("NFC", text),
    "integer_text": _integer_text,
    "digits": _digits,
}


def _text_setting(settings: Mapping[str, Any], key: str, default: str) -> str:
    value = settings.get(key, default)
    if not isinstance(value, str):
        raise SettingProblem(_("Text is needed here."), key)
    return value


def _known(settings: Mapping[str, Any], *names: str) -> None:
    for name in settings:
        if name not in names:
            raise SettingProblem(
                _("Unknown setting. Possible are: %(names)s.") % {"names": ", ".join(names)}, name
            )


def make_decimal(settings: Any) -> Transform:
    """Read a number exactly: `mark` is the decimal mark, `group` what separates thousands, `strip` what to leave out."""
    if not isinstance(settings, Mapping):
        raise SettingProblem(_("An object is needed here."))
    _known(settings, "mark", "group", "strip")
    mark = _text_setting(settings, "mark", ".")
    group = _text_setting(settings, "group", ",")
    drop = _text_setting(settings, "strip", "")
    if len(mark) != 1 or mark.isdigit():
        raise SettingProblem(_("One character is needed here, such as , or ;."), "mark")
    if mark == group:
        raise SettingProblem(_("Decimal mark and thousands separator must differ."), "group")

    def read(text: str) -> Decimal:
        plain = text
        if drop:
            plain = unicodedata.normalize("NFKC", plain)
            for character in drop:
                plain = plain.replace(character, "")
        number = read_number(plain, mark=mark, group=group)
        if number is None:
            raise CellProblem("number", _("Enter a number, such as 1250 or 1,250.5."), value=text)
        return number

    return read


def _zone(settings: Mapping[str, Any], default_zone: str | None) -> ZoneInfo | None:
    name = _text_setting(settings, "time_zone", default_zone or "")
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingProblem(_("There is no such time zone. Write it as Asia/Seoul."), "time_zone") from None


def _reader_of(settings: Any, code: str, default_format: str) -> Callable[[str], datetime]:
    if not isinstance(settings, Mapping):
        raise SettingProblem(_("An object is needed here."))
    _known(settings, "format", "order", "time_zone")
    if "order" in settings:
        return _ordered(settings, code)
    pattern = _text_setting(settings, "format", default_format)
    # Without zone on purpose: what is written in a file is local time until `make_datetime` says where.
    sample = datetime(2026, 11, 21, 14, 30).strftime(pattern)  # noqa: DTZ001
    try:
        datetime.strptime(sample, pattern)  # noqa: DTZ007
    except (ValueError, re.error):
        raise SettingProblem(
            _("This date format cannot be read. Write it as %(sample)s.") % {"sample": "%Y-%m-%d"}, "format"
        ) from None
    iso = pattern in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")
    length = len(sample)

    def read(text: str) -> datetime:
        stripped = text.strip()
        try:
            if iso and len(stripped) == length:
                # The same format, read six times as fast.
                return datetime.fromisoformat(stripped)
            return datetime.strptime(stripped, pattern)  # noqa: DTZ007
        except ValueError:
            raise CellProblem(
                code, _("Enter the date as %(sample)s.") % {"sample": sample}, value=text
            ) from None

    return read


def _ordered(settings: Mapping[str, Any], code: str) -> Callable[[str], datetime]:
    """Read whatever people write, with day, month and year in this order where the text leaves it open."""
    order = settings["order"]
    if order not in ORDERS:
        raise SettingProblem(_("Choose one of: %(choices)s.") % {"choices": ", ".join(ORDERS)}, "order")
    if "format" in settings:
        raise SettingProblem(_("Give either a format or an order."), "order")
    sample = datetime(2026, 11, 21, 14, 30).strftime(_SAMPLES[order])  # noqa: DTZ001

    def read(text: str) -> datetime:
        try:
            value = read_moment(text, order)
        except ValueError:
            value = None
        if value is None:
            raise CellProblem(code, _("Enter the date as %(sample)s.") % {"sample": sample}, value=text)
        return value if isinstance(value, datetime) else datetime.combine(value, time())

    return read


def make_datetime(settings: Any, default_zone: str | None) -> Transform:
    """Read a moment: `format` as strptime has it, or the `order` of day, month and year.

    `time_zone` is where it was written down.

    A moment that the clock change skips is refused; of one that happens twice the first is taken.
    """
    read = _reader_of(settings, "datetime", "%Y-%m-%d %H:%M:%S")
    zone = _zone(settings, default_zone)

    def moment(text: str) -> datetime:
        value = read(text)
        if value.tzinfo is not None or zone is None:
            return value
        local = value.replace(tzinfo=zone)
        exact = local.astimezone(UTC)
        if exact.astimezone(zone).replace(tzinfo=None) != value:
            raise CellProblem(
                "no_such_time", _("This moment does not exist: the clock was put forward then."), value=text
            )
        return exact

    return moment


def make_date(settings: Any) -> Transform:
    """Read a day: `format` as strptime has it, or the `order` of day, month and year. A time behind it is left out."""
    read = _reader_of(settings, "date", "%Y-%m-%d")
    return lambda text: read(text).date()


def _pairs(settings: Any) -> dict[str, Any]:
    if not isinstance(settings, Mapping) or not settings:
        raise SettingProblem(_("An object with at least one pair is needed here."))
    for key, value in settings.items():
        if not isinstance(value, str | int | float | bool | None):
            raise SettingProblem(_("Text or a number is needed here."), key)
    return dict(settings)


def make_choices(settings: Any) -> Transform:
    """Replace known values; `*` stands for all others. Without it, an unknown value rejects the row."""
    pairs = _pairs(settings)
    has_rest, rest = "*" in pairs, pairs.pop("*", None)
    table = {key.casefold(): value for key, value in pairs.items()}
    listed = ", ".join(pairs)

    def choose(text: str) -> Any:
        key = text.strip().casefold()
        if key in table:
            return table[key]
        if has_rest:
            return rest
        raise CellProblem("choice", _("Choose one of: %(choices)s.") % {"choices": listed}, value=text)

    return choose


def make_prefixes(settings: Any) -> Transform:
    """The value of the longest prefix that the text starts with; the empty prefix fits all."""
    pairs = sorted(_pairs(settings).items(), key=lambda pair: -len(pair[0]))
    listed = ", ".join(key for key, _value in pairs)

    def choose(text: str) -> Any:
        for prefix, value in pairs:
            if text.startswith(prefix):
                return value
        raise CellProblem(
            "prefix", _("The value must start with one of: %(choices)s.") % {"choices": listed}, value=text
        )

    return choose


def make_empty_if(settings: Any) -> Transform:
    """Values that mean "nothing here", such as `-` or `NULL`."""
    if not isinstance(settings, list) or not all(isinstance(item, str) for item in settings):
        raise SettingProblem(_("A list of texts is needed here."))
    nothing = {item.casefold() for item in settings}
    return lambda text: None if text.strip().casefold() in nothing else text


def make_transform(step: Any, default_zone: str | None) -> Transform:
    """The function for one step of a transform chain. Raises SettingProblem."""
    if isinstance(step, str):
        if step in PLAIN:
            return PLAIN[step]
        step = {step: {}}
    if not isinstance(step, Mapping) or len(step) != 1:
        raise SettingProblem(_("A step is a name, or an object with one name and its settings."))
    ((name, settings),) = step.items()
    makers: dict[str, Callable[[Any], Transform]] = {
        "decimal": make_decimal,
        "datetime": lambda given: make_datetime(given, default_zone),
        "date": make_date,
        "choices": make_choices,
        "prefixes": make_prefixes,
        "empty_if": make_empty_if,
    }
    if name not in makers:
        raise SettingProblem(
            _("There is no step “%(name)s”. Possible are: %(names)s.")
            % {"name": name, "names": ", ".join([*PLAIN, *makers])}
        )
    try:
        return makers[name](settings)
    except SettingProblem as problem:
        raise SettingProblem(problem, f"{name}.{problem.where}" if problem.where else name) from None
