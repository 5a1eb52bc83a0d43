"""Customers of whom some stand there twice, with the truth known: 20,000 Korean companies and people, and what clerks make
of them when they enter them again.

Slips are those of the two-set keyboard and of the ear (ㅐ for ㅔ, a letter left out or doubled, neighbours swapped), new
numbers of people who moved, other legal forms, names in Latin letters, fields left empty. Names shared by several companies
come from `benchmarks.company.names`, so that a name alone proves nothing here either.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, replace

from benchmarks.company.names import business_number, firms

RECORDS = 20_000
DOUBLED = 0.15
"""Share of the records that are a second or third entry of another one."""

_FORMS = ("(주) {}", "㈜{}", "주식회사 {}", "{} 주식회사", "{}(주)", "{}", "{} Co., Ltd.", "유한회사 {}")
_SPELLINGS = {
    "김": ("Kim", "Gim"), "이": ("Lee", "Yi", "Rhee"), "박": ("Park", "Pak", "Bak"), "최": ("Choi", "Choe"),
    "정": ("Jung", "Jeong", "Chung"), "강": ("Kang", "Gang"), "조": ("Cho", "Jo"), "윤": ("Yoon", "Yun"),
    "장": ("Jang", "Chang"), "임": ("Lim", "Im"), "오": ("Oh", "O"), "신": ("Shin", "Sin"), "권": ("Kwon", "Gwon"),
    "유": ("Yoo", "Yu", "Ryu"), "안": ("Ahn", "An"), "서": ("Seo", "Suh"), "노": ("Noh", "Roh"), "백": ("Baek", "Paik"),
}  # fmt: skip
_WRITTEN = (("eo", "u"), ("eu", "u"), ("u", "oo"), ("g", "k"), ("j", "ch"), ("i", "ee"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One record; `who` is whom it is about, which no program is told."""

    who: int
    kind: str
    name: str
    business_number: str
    phone: str
    email: str
    city: str
    street: str
    birth_date: str


def entries(records: int = RECORDS, *, seed: int = 7) -> list[Entry]:
    """The records, shuffled."""
    chance = random.Random(f"{seed} doubles")
    doubled = round(records * DOUBLED)
    first = _first(records - doubled, chance)
    again = [_again(chance.choice(first), chance) for _ in range(doubled)]
    every = first + again
    chance.shuffle(every)
    return every


def _first(count: int, chance: random.Random) -> list[Entry]:
    from dangol.config.demo import people, places

    names = firms(random.Random(f"{chance.random()} names"))
    found = []
    for number in range(1, count + 1):
        is_company = chance.random() < 0.6
        address = places.address(chance, home=not is_company)
        if is_company:
            firm = next(names)
            found.append(
                Entry(
                    number, "company", firm.name, business_number(number) if chance.random() < 0.8 else "",
                    places.landline(chance, address.region), f"info@{people.romanised(firm.bare)}{chance.randrange(90)}.kr",
                    address.city, address.street, "",
                )
            )  # fmt: skip
        else:
            person = people.person(chance)
            mail = (
                f"{people.romanised(person.name)}{chance.randrange(1000)}@mail.example"
                if chance.random() < 0.7
                else ""
            )
            found.append(
                Entry(
                    number, "person", person.name, "", places.mobile(chance), mail, address.city, address.street,
                    f"{person.born}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}" if chance.random() < 0.6 else "",
                )
            )  # fmt: skip
    return found


def _again(entry: Entry, chance: random.Random) -> Entry:
    """The same one, as somebody else entered it: from one to four things are otherwise."""
    changes = [_renamed, _new_phone, _slipped_phone, _other_mail, _moved, _emptied, _slipped_number]
    weights = [5, 2, 2, 2, 2, 3, 1]
    for _ in range(chance.choice((1, 1, 2, 2, 3, 4))):
        entry = chance.choices(changes, weights)[0](entry, chance)
    return entry


def _renamed(entry: Entry, chance: random.Random) -> Entry:
    if entry.kind == "company":
        bare = entry.name
        for form in ("주식회사", "유한회사", "㈜", "(주)"):
            bare = bare.replace(form, "")
        bare = bare.strip()
        if chance.random() < 0.45:
            bare = _slip(bare, chance)
        return replace(entry, name=chance.choice(_FORMS).format(bare))
    if chance.random() < 0.35 and not entry.name.isascii():
        return replace(entry, name=_in_latin(entry.name, chance))
    return replace(entry, name=_slip(entry.name, chance))


def _slip(name: str, chance: random.Random) -> str:
    """One letter wrong: another like it, one left out, doubled, or two swapped; a syllable always remains one."""
    letters = list(unicodedata.normalize("NFD", name))
    kind = chance.random()
    if kind < 0.5:
        places = [at for at, letter in enumerate(letters) if letter in _JAMO]
        if places:
            at = chance.choice(places)
            letters[at] = _JAMO[letters[at]]
            return unicodedata.normalize("NFC", "".join(letters))
    syllables = list(name)
    at = chance.randrange(len(syllables))
    if kind < 0.7 and len(syllables) > 3:
        del syllables[at]
    elif kind < 0.85 and len(syllables) > 3:
        at = min(at, len(syllables) - 2)
        syllables[at], syllables[at + 1] = syllables[at + 1], syllables[at]
    else:
        tails = [at for at, letter in enumerate(letters) if "\u11a8" <= letter <= "\u11c2"]
        if tails:
            del letters[chance.choice(tails)]
        return unicodedata.normalize("NFC", "".join(letters))
    return "".join(syllables)


_VOWELS = {
    "ㅐ": "ㅔ",
    "ㅔ": "ㅐ",
    "ㅗ": "ㅜ",
    "ㅜ": "ㅗ",
    "ㅓ": "ㅗ",
    "ㅕ": "ㅓ",
    "ㅏ": "ㅑ",
    "ㅡ": "ㅜ",
    "ㅣ": "ㅢ",
}
_LEADS = {
    "ㄱ": "ㅋ",
    "ㄷ": "ㅌ",
    "ㅂ": "ㅍ",
    "ㅅ": "ㅆ",
    "ㅈ": "ㅊ",
    "ㅁ": "ㄴ",
    "ㄴ": "ㅁ",
    "ㅇ": "ㅎ",
    "ㄹ": "ㄴ",
}
_ORDER = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_MEDIAL = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_JAMO = {chr(0x1100 + _ORDER.index(a)): chr(0x1100 + _ORDER.index(b)) for a, b in _LEADS.items()} | {
    chr(0x1161 + _MEDIAL.index(a)): chr(0x1161 + _MEDIAL.index(b)) for a, b in _VOWELS.items()
}


def _in_latin(name: str, chance: random.Random) -> str:
    from dangol.config.demo import people

    surname = chance.choice(_SPELLINGS.get(name[0], (people.romanised(name[0]).capitalize(),)))
    parts = [people.romanised(syllable) for syllable in name[1:]]
    joined = chance.choice(("", "-", " ")).join(parts)
    if chance.random() < 0.4:
        usual, other = chance.choice(_WRITTEN)
        joined = joined.replace(usual, other, 1)
    return f"{surname} {joined}" if chance.random() < 0.6 else f"{joined} {surname}"


def _new_phone(entry: Entry, chance: random.Random) -> Entry:
    from dangol.config.demo import places

    return replace(entry, phone=places.mobile(chance))


def _slipped_digits(number: str, chance: random.Random, keep: int) -> str:
    if len(number) < keep + 3:
        return number
    digits = list(number)
    at = chance.randrange(keep, len(digits) - 1)
    if chance.random() < 0.4 and digits[at] != digits[at + 1]:
        digits[at], digits[at + 1] = digits[at + 1], digits[at]
    else:
        digits[at] = str((int(digits[at]) + chance.randrange(1, 9)) % 10)
    return "".join(digits)


def _slipped_phone(entry: Entry, chance: random.Random) -> Entry:
    return replace(entry, phone=_slipped_digits(entry.phone, chance, 6))


def _slipped_number(entry: Entry, chance: random.Random) -> Entry:
    return replace(entry, business_number=_slipped_digits(entry.business_number, chance, 3))


def _other_mail(entry: Entry, chance: random.Random) -> Entry:
    mailbox, _at, domain = entry.email.partition("@")
    if not mailbox:
        return entry
    kind = chance.random()
    if kind < 0.4:
        return replace(entry, email=f"{mailbox}@naver.example")
    if kind < 0.7:
        return replace(entry, email=f"{mailbox[:-1]}@{domain}")
    return replace(entry, email=f"hello{chance.randrange(10_000)}@{domain}")


def _moved(entry: Entry, chance: random.Random) -> Entry:
    from dangol.config.demo import places

    address = places.address(chance, home=entry.kind == "person")
    return replace(entry, city=address.city, street=address.street)


def _emptied(entry: Entry, chance: random.Random) -> Entry:
    name = chance.choice(("business_number", "phone", "email", "street", "birth_date"))
    return replace(entry, **{name: ""})
