"""Whether what an administrator asks for makes an own object, and says what would be right where it does not."""

from __future__ import annotations

import re
from collections import defaultdict

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from dangol.records import registry
from dangol.records.fields.own import PREFIX
from dangol.records.models import OwnObject
from dangol.records.own import naming
from dangol.records.search.tables import type_code

TONES = ("", "p", "o", "g", "r", "b")
ICONS = (
    "cube", "tool", "building", "building-factory", "building-store", "truck-delivery", "device-desktop", "printer",
    "phone", "package", "box", "puzzle", "archive", "key", "bolt", "home", "map-pin", "world", "globe", "file", "file-invoice",
    "folder", "note", "receipt", "ticket", "tag", "bookmark", "flag", "star", "heart", "medal", "trophy", "crown", "gift",
    "photo", "school", "rocket", "compass", "target-arrow", "shield-check", "lock", "database", "chart-bar", "coin", "wallet",
    "shopping-cart", "calendar", "calendar-event", "clock", "checklist", "list", "mail", "message", "headset", "bell", "user",
    "users", "users-group", "id", "briefcase", "link", "search", "sparkles",
)  # fmt: skip
_LONGEST = {"label_ko": 60, "label_en": 60, "plural_en": 60, "title_ko": 60, "title_en": 60, "prefix": 12}
LONGEST = 32
"""Of a name, so that the names of its table, sequence, indexes and constraints keep well below PostgreSQL's 63 letters."""
NAME = re.compile(r"x_[a-z](?:[a-z0-9_]*[a-z0-9])?")
NUMBER_PREFIX = re.compile(r"[^\s\d\"'<>](?:[^\"'<>\x00-\x1f]*[^\s\d\"'<>])?")


def name_for(label_en: str, label_ko: str) -> str:
    """A free name for a new object, made of what people call it."""
    found = naming.name_for(label_en, label_ko, ())[:LONGEST].rstrip("_")
    if not NAME.fullmatch(found):  # it begins with a digit
        found = f"{PREFIX}o_{found.removeprefix(PREFIX)}"[:LONGEST].rstrip("_")
    base, count = found, 2
    while taken(found):
        tail = f"_{count}"
        found, count = base[: LONGEST - len(tail)].rstrip("_") + tail, count + 1
    return found


def taken(name: str) -> bool:
    """Whether another object has or had this name, or one that search could not tell from it. One query."""
    names = [*OwnObject.objects.values_list("name", flat=True), *(item.name for item in registry.all_types())]
    return name in names or type_code(name) in map(type_code, names)


def check_name(name: str) -> None:
    """Refuse a name that makes none. Raises ValidationError."""
    if not NAME.fullmatch(name) or len(name) > LONGEST or "__" in name:
        raise ValidationError(
            {
                "name": _(
                    "A name is x_ with a small letter behind it, then small letters, digits and _, at most %(most)s."
                )
                % {"most": LONGEST}
            }
        )
    if taken(name):
        raise ValidationError({"name": _("Another object has or had this name.")})


def check(definition: OwnObject, before: OwnObject | None) -> None:
    """Refuse a definition that makes no sense, and put its texts into the form they are kept in.

    Raises:
        ValidationError: by field.
    """
    errors: dict[str, list[str]] = defaultdict(list)
    for key, most in _LONGEST.items():
        setattr(definition, key, " ".join(str(getattr(definition, key)).split()))
        if len(getattr(definition, key)) > most:
            errors[key].append(_("At most %(most)s letters.") % {"most": most})
    if not definition.label_ko:
        errors["label_ko"].append(_("Enter a name."))
    elif _called_so(definition):
        errors["label_ko"].append(_("Another own object is called so already."))
    if definition.icon not in ICONS:
        errors["icon"].append(_("There is no such icon."))
    if definition.tone not in TONES:
        errors["tone"].append(_("There is no such colour."))
    if definition.prefix and not NUMBER_PREFIX.fullmatch(definition.prefix):
        errors["prefix"].append(
            _(
                "Neither begin nor end with a digit or a blank, so that it stays clear where the number begins."
            )
        )
    if before is not None and before.prefix and not definition.prefix:
        errors["prefix"].append(_("Records have numbers already: the prefix can change, but not go."))
    if errors:
        raise ValidationError(dict(errors))


def _called_so(definition: OwnObject) -> bool:
    return any(
        str(item.label) == definition.label_ko
        for item in registry.own_types()
        if item.name != definition.name
    )
