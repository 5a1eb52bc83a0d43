"""Names of companies and their business numbers: any number of them, none remembered.

Of 105,378 names in the register of DART, 5,271 belong to several of its 112,846 companies; the shares of those that belong
to two, three, four … are taken from there. Every other name is counted off a space of several million, so that two
companies do not share one by chance, and nothing has to be kept to know that.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate

from dangol.config.demo import companies
from dangol.config.demo.companies import Company, check_digit

SHARED = 5_271 / 105_378
"""Share of names that several companies bear."""
HOLDERS = ((2, 3_955), (3, 832), (4, 265), (5, 125), (6, 49), (7, 23), (9, 22))
"""By how many companies such a name is borne, and how often that is so."""
WAITING = 3_000
"""About so many names wait for their next bearer; a name's bearers stand that far apart."""

_LETTERS = tuple(first + second for first in companies.LETTERS for second in companies.LETTERS)
# Spaces of roots, the natural ones first: 태겸, 태가람, 가람누리, 에이치디솔, 가람태겸, 태겸가람.
_ROOTS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (tuple(companies.FIRST), tuple(companies.SECOND)),
    (tuple(companies.FIRST), tuple(companies.WORDS)),
    (tuple(companies.WORDS), tuple(companies.WORDS)),
    (_LETTERS, tuple(companies.SECOND)),
    (tuple(companies.WORDS), tuple(companies.FIRST), tuple(companies.SECOND)),
    (tuple(companies.FIRST), tuple(companies.SECOND), tuple(companies.WORDS)),
)
_ROOT_SHARES = tuple(accumulate((35, 28, 12, 20, 3, 2)))
_PLACES = range(len(_ROOTS))


def scattered(number: int, size: int) -> int:
    """The number's place in a shuffled 0 … size − 1; different numbers have different places."""
    step = 15_485_863 if size % 15_485_863 else 32_452_843  # primes, so coprime to any other size
    return (number * step + size // 3) % size


def roots(chance: random.Random) -> Iterator[str]:
    """Roots of names for one suffix: each once, from a space drawn by share until that one is used up."""
    sizes = []
    for parts in _ROOTS:
        size = 1
        for part in parts:
            size *= len(part)
        sizes.append(size)
    used = [0] * len(_ROOTS)
    starts = [chance.randrange(size) for size in sizes]
    while True:
        space = chance.choices(_PLACES, cum_weights=_ROOT_SHARES)[0]
        while used[space] >= sizes[space]:
            space = (space + 1) % len(_ROOTS)
        place = scattered((used[space] + starts[space]) % sizes[space], sizes[space])
        used[space] += 1
        root = ""
        for part in _ROOTS[space]:
            place, index = divmod(place, len(part))
            root += part[index]
        if root not in companies.AVOIDED:
            yield root


def firms(chance: random.Random) -> Iterator[Company]:
    """Companies without end, some of them under a name that another bears too.

    A further bearer writes its legal form as it likes, and has its own trade: `㈜태겸정밀` and `태겸정밀 주식회사`.
    """
    suffixes = [suffix for suffix, _share in companies.SUFFIXES]
    shares = list(accumulate(share for _suffix, share in companies.SUFFIXES))
    forms = [form for form, _share in companies.FORMS]
    form_shares = list(accumulate(share for _form, share in companies.FORMS))
    holders = [count for count, _names in HOLDERS]
    holder_shares = list(accumulate(names for _count, names in HOLDERS))
    root_of = {suffix: roots(random.Random(f"{chance.random()}{suffix}")) for suffix in suffixes}
    waiting: list[tuple[str, str]] = []
    while True:
        if waiting and chance.random() * WAITING < len(waiting):
            place = chance.randrange(len(waiting))
            waiting[place], waiting[-1] = waiting[-1], waiting[place]
            bare, suffix = waiting.pop()
        else:
            suffix = chance.choices(suffixes, cum_weights=shares)[0]
            bare = next(root_of[suffix]) + suffix
            if chance.random() < SHARED:
                further = chance.choices(holders, cum_weights=holder_shares)[0] - 1
                waiting.extend([(bare, suffix)] * further)
        form = chance.choices(forms, cum_weights=form_shares)[0]
        industry = companies.INDUSTRIES.get(suffix) or companies.OTHER_INDUSTRIES.draw(chance)
        yield Company(form.format(bare), bare, industry, is_incorporated=form != "{}")


_OFFICES = range(101, 700)
_TYPES = ("81", "86", "87", "88")
_SERIALS = 9_999


def business_number(place: int) -> str:
    """The business number (사업자등록번호) of the company at that place, with its check digit; 23,958,000 differ."""
    place = scattered(place, len(_OFFICES) * len(_TYPES) * _SERIALS)
    place, serial = divmod(place, _SERIALS)
    office, kind = divmod(place, len(_TYPES))
    nine = f"{_OFFICES[office]}{_TYPES[kind]}{serial + 1:04d}"
    return nine + check_digit(nine)
