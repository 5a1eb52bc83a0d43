"""Whether what an administrator asks for makes a field, and says what would be right where it does not."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from dangol.records import registry
from dangol.records.fields import FieldError, Locale
from dangol.records.fields.own import Own
from dangol.records.filters import FilterError
from dangol.records.models import OwnField, OwnKind
from dangol.records.own import conditions, definitions

CODE = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?")
TONES = ("", "p", "o", "g", "r", "b")
MOST_CHOICES = 500
WITH_CHOICES = (OwnKind.CHOICE, OwnKind.MULTI_CHOICE)
NEVER_UNIQUE = (OwnKind.BOOLEAN, OwnKind.LONG_TEXT, OwnKind.MULTI_CHOICE, OwnKind.CHOICE)
_TAKEN_BY_KIND: dict[str, tuple[str, ...]] = {
    OwnKind.TEXT: ("max_length",),
    OwnKind.LONG_TEXT: ("max_length",),
    OwnKind.EMAIL: ("max_length",),
    OwnKind.URL: ("max_length",),
    OwnKind.INTEGER: ("low", "high", "unit"),
    OwnKind.NUMBER: ("digits", "places", "unit"),
    OwnKind.PERCENT: ("digits", "places"),
    OwnKind.MONEY: ("digits", "places", "currency"),
    OwnKind.CHOICE: ("choices",),
    OwnKind.MULTI_CHOICE: ("choices",),
    OwnKind.REFERENCE: ("target",),
}
_RANGES = {
    "max_length": (1, 10_000),
    "digits": (1, 28),
    "places": (0, 10),
    "low": (-(2**53), 2**53),
    "high": (-(2**53), 2**53),
}


def check(definition: OwnField, default: Any, before: OwnField | None) -> None:
    """Refuse a definition that makes no sense, and put its settings and default into the form they are kept in.

    Args:
        default: as typed; understood as the field itself understands values.
        before: the definition as it is stored, for one that changes.

    Raises:
        ValidationError: by field.
    """
    errors: dict[str, list[str]] = defaultdict(list)
    if registry.find(definition.record_type) is None:
        raise ValidationError({"record_type": _("There is no such type of records.")})
    if definition.kind not in OwnKind.values:
        raise ValidationError({"kind": _("There is no such kind of field.")})
    definition.label_ko, definition.label_en = definition.label_ko.strip(), definition.label_en.strip()
    if not definition.label_ko:
        errors["label_ko"].append(_("Enter a name."))
    if definition.unique and definition.kind in NEVER_UNIQUE:
        errors["unique"].append(_("Values of this kind cannot be unique."))
    if definition.required and definition.kind == OwnKind.BOOLEAN:
        definition.required = False  # no is an answer
    definition.settings = _settings(definition, before, errors)
    if errors:
        raise ValidationError(dict(errors))
    try:
        field = definitions.field_of(definition)
    except (KeyError, TypeError, ValueError) as problem:
        raise ValidationError(_("This makes no field: %(why)s.") % {"why": problem}) from None
    try:
        value = field.parse(default, Locale())
        definition.default = None if value is None else field.raw(value)
    except FieldError as problem:
        errors["default"].append(str(problem.message))
    _check_condition(definition, field, errors)
    if errors:
        raise ValidationError(dict(errors))


def _check_condition(definition: OwnField, field: Own, errors: dict[str, list[str]]) -> None:
    definition.condition = definition.condition.strip()
    if not definition.condition:
        return
    try:
        names = conditions.fields_of(
            conditions.read(definition.condition, registry.get(definition.record_type))
        )
    except FilterError as problem:
        errors["condition"].append(str(problem))
        return
    if field.name in names:
        errors["condition"].append(_("A field cannot depend on itself."))


def _settings(definition: OwnField, before: OwnField | None, errors: dict[str, list[str]]) -> dict[str, Any]:
    given: Mapping[str, Any] = definition.settings
    kept: dict[str, Any] = {}
    for key in _TAKEN_BY_KIND.get(definition.kind, ()):
        value = given.get(key)
        if value is None or value == "":
            continue
        if key in _RANGES:
            low, high = _RANGES[key]
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                errors[key].append(
                    _("The number must lie between %(low)s and %(high)s.") % {"low": low, "high": high}
                )
                continue
        kept[key] = value
    if definition.kind in WITH_CHOICES:
        kept["choices"] = _choices(given.get("choices") or [], before, errors)
    if definition.kind == OwnKind.REFERENCE:
        target = kept.get("target")
        if not isinstance(target, str) or (
            registry.find(target) is None and target not in definitions.PEOPLE
        ):
            errors["target"].append(_("Choose what the field refers to."))
        elif before is not None and before.settings.get("target") != target:
            errors["target"].append(_("What a field refers to cannot change any more."))
    if kept.get("places", 0) >= kept.get("digits", 18):
        errors["places"].append(_("There must be fewer decimal places than digits."))
    if kept.get("low") is not None and kept.get("high") is not None and kept["low"] > kept["high"]:
        errors["high"].append(_("The largest value is smaller than the smallest."))
    return kept


def _choices(given: Any, before: OwnField | None, errors: dict[str, list[str]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    labels: set[str] = set()
    for item in given:
        code = str(item.get("code", "")).strip()
        ko, en = str(item.get("ko", "")).strip()[:80], str(item.get("en", "")).strip()[:80]
        problem = _problem_of_choice(code, ko or en, found, labels)
        if problem:
            errors["choices"].append(problem)
            continue
        labels.add((ko or en).casefold())
        found[code] = {"code": code, "ko": ko, "en": en}
        if item.get("tone") in TONES[1:]:
            found[code]["tone"] = item["tone"]
        if item.get("retired"):
            found[code]["retired"] = True
    if not found and not errors["choices"]:
        errors["choices"].append(_("Enter at least one choice."))
    if len(found) > MOST_CHOICES:
        errors["choices"].append(_("At most %(limit)s choices are possible.") % {"limit": MOST_CHOICES})
    if before is not None:
        for item in before.settings.get("choices", ()):
            # Records may have it: it is taken off the menu, not out of the world.
            found.setdefault(item["code"], {**item, "retired": True})
    if not errors["choices"]:
        del errors["choices"]
    return list(found.values())


def _problem_of_choice(code: str, label: str, codes: Collection[str], labels: Collection[str]) -> str:
    if not CODE.fullmatch(code):
        return _("“%(code)s” is no code: small letters, digits, - and _ only, at most 40.") % {
            "code": code[:60]
        }
    if code in codes:
        return _("The code “%(code)s” stands there twice.") % {"code": code}
    if not label:
        return _("The choice “%(code)s” has no name.") % {"code": code}
    return _("Two choices are called “%(name)s”.") % {"name": label} if label.casefold() in labels else ""
