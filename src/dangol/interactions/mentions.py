"""People named in a text: `@김민수` is kept as a reference, so that it leads to the person whoever else has the name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from dangol.identity.actors import actor_for
from dangol.records import permissions
from dangol.records.search.text import fold, initials, is_initial
from dangol.records.types import RecordType

MOST = 20
"""People named in one text."""
OFFERED = 8
_TOKEN = re.compile(r"@\[(\d{1,18})\]")
_LINK = re.compile(r"https?://[^\s<>\"'（）]+[^\s<>\"'（）.,;:!?)\]]")


@dataclass(frozen=True, slots=True)
class Person:
    """A colleague; `sees` says whether the record that is written about is there for that person."""

    id: int
    name: str
    team: str = ""
    sees: bool = True


def _active() -> QuerySet[Any]:
    return get_user_model()._default_manager.filter(is_active=True)


def people_offered(
    text: str, *, record_type: RecordType | None, record_id: int, besides: int | None = None
) -> list[Person]:
    """Colleagues whose name, initials (ㄱㅁㅅ) or address begin with or hold the text, best first.

    Names of colleagues are no secret; who of them may see the record costs two queries each, for eight at most.
    """
    wanted = text.strip().casefold()
    rows = _active().select_related("team").order_by("name", "pk")
    by_initials = bool(wanted) and all(is_initial(char) for char in wanted)
    if wanted and not by_initials:
        rows = rows.filter(Q(name__icontains=wanted) | Q(email__istartswith=wanted))
    found = []
    for user in rows.iterator(chunk_size=500):
        if user.pk == besides or (by_initials and wanted not in initials(fold(user.name))):
            continue
        found.append(user)
        if not wanted and len(found) >= OFFERED:
            break
    found.sort(key=lambda user: (not user.name.casefold().startswith(wanted), user.name, user.pk))
    return [
        Person(
            user.pk,
            user.name,
            user.team.name if user.team else "",
            record_type is None or may_see(user, record_type, record_id),
        )
        for user in found[:OFFERED]
    ]


def may_see(user: Any, record_type: RecordType, record_id: int) -> bool:
    """Whether the record is there for that person. Two queries at most."""
    return permissions.may(actor_for(user), record_type, "view", record_id)


def resolved(text: str, chosen: Iterable[int]) -> tuple[str, dict[int, str]]:
    """The text as it is read, and whom it names.

    Args:
        text: with `@name` of people that were chosen from the list, or `@[12]` as programs write it.
        chosen: ids of the people chosen; one whose name does not stand in the text is not named.

    Returns:
        The text with names in the place of ids, and id → name of those who are there. One query, none without `@`.
    """
    if "@" not in text:
        return text, {}
    written = [int(number) for number in _TOKEN.findall(text)]
    asked = dict.fromkeys([*written, *chosen])
    ids = [number for number in asked if 0 < number < 2**63][:MOST]
    names = dict(_active().filter(pk__in=ids).values_list("pk", "name")) if ids else {}

    def name(found: re.Match[str]) -> str:
        known = names.get(int(found[1]))
        return f"@{known}" if known else found[0]

    text = _TOKEN.sub(name, text)
    return text, {number: names[number] for number in ids if number in names and f"@{names[number]}" in text}


def blind(named: Mapping[int, str], record_type: RecordType, record_id: int) -> dict[int, str]:
    """Those of the named people who may not see the record: naming gives no permission. Two queries each."""
    people = _active().filter(pk__in=list(named))
    return {user.pk: named[user.pk] for user in people if not may_see(user, record_type, record_id)}


def shown(text: str, named: Mapping[int, str], *, links: bool = True) -> SafeString:
    """The text as markup: people and web addresses as links (people marked only, without `links`), all else escaped."""
    if not named and (not links or "http" not in text):
        return format_html("{}", text)
    by_name = {name: number for number, name in named.items()}
    names = sorted(by_name, key=len, reverse=True)
    patterns = [*(re.escape(f"@{name}") for name in names), *([_LINK.pattern] if links else [])]
    pattern = re.compile("|".join(patterns))
    parts: list[SafeString] = []
    at = 0
    for found in pattern.finditer(text):
        parts.append(format_html("{}", text[at : found.start()]))
        word = found[0]
        if word[:1] == "@" and not links:
            parts.append(format_html('<span class="mention">{}</span>', word))
        elif word[:1] == "@":
            parts.append(format_html('<a class="mention" href="/people/{}/">{}</a>', by_name[word[1:]], word))
        elif _is_address(word):
            parts.append(
                format_html(
                    '<a href="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a>', word, word
                )
            )
        else:
            parts.append(format_html("{}", word))
        at = found.end()
    parts.append(format_html("{}", text[at:]))
    return mark_safe(format_html_join("", "{}", ((part,) for part in parts)))  # noqa: S308 - parts are escaped


def _is_address(word: str) -> bool:
    try:
        return bool(urlsplit(word).hostname)
    except ValueError:
        return False


def ids_in(values: Collection[str]) -> list[int]:
    """Ids of chosen people as a form sends them; what is none is left out."""
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19]
