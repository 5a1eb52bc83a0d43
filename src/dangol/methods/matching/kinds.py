"""Kinds of fields: the forms in which a value is compared, and the levels on which two values can agree.

Every kind can compare one pair (`level`, pure Python) and many (`levels`, with numpy); both say the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from dangol.methods.matching import forms
from dangol.methods.matching.distances import edits, jaro_winkler

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dangol.methods.matching.columns import Column

    Rows = NDArray[np.integer]

Forms = tuple[str, ...]

MISSING: Final = -1
PERSON: Final = "\x1f"
"""Stands behind a name that is somebody's, where names of people and of companies are in one field."""


class Kind:
    """One way to compare a field.

    `labels` name the levels, from disagreement up; `likely` and `chance` are how frequent each is among matches and among
    others where nothing was learnt yet. `leading` says that the value alone can lead to its matches. `shared` are the
    levels on which it matters how many have the value.
    """

    name = ""
    labels: tuple[str, ...] = ()
    likely: tuple[float, ...] = ()
    chance: tuple[float, ...] = ()
    leading = False
    shared: tuple[int, ...] = ()
    personal = False

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).items()))

    @property
    def top(self) -> int:
        return len(self.labels) - 1

    def forms(self, value: str) -> Forms | None:
        """What is compared; None for a value that says nothing."""
        raise NotImplementedError

    def level(self, left: Forms, right: Forms) -> int:
        """How far two values agree."""
        raise NotImplementedError

    def levels(self, column: Column, left: Rows, right: Rows) -> NDArray[np.int8]:
        """The same for the pairs of distinct values `left[i]`, `right[i]` of a column."""
        raise NotImplementedError

    def keys(self, found: Forms) -> Iterable[str]:
        """Forms that nearly all matches share, the most exact first; what shares none is not compared at all."""
        return found[:1]


class Name(Kind):
    """A name of a company or thing; of somebody with `person`, or where `PERSON` stands behind it."""

    name = "name"
    labels = ("different", "near", "sound", "typing", "same")
    likely = (0.08, 0.10, 0.07, 0.15, 0.60)
    chance = (0.978, 0.02, 0.0003, 0.0012, 0.0005)
    shared = (2, 3, 4)
    near = 0.88

    def __init__(self, *, person: bool = False) -> None:
        self.person = person

    def forms(self, value: str) -> Forms | None:
        person = self.person or value.endswith(PERSON)
        value = value.removesuffix(PERSON)
        bare = forms.bare(value)
        if not bare:
            return None
        parts = forms.words(value)
        ordered = forms.jamo("".join(sorted(parts))) if len(parts) > 1 else ""
        spelt = forms.jamo(bare)
        return spelt, forms.sound(value, person=person), ordered or spelt, forms.initials(bare)

    def level(self, left: Forms, right: Forms) -> int:
        if left[0] == right[0]:
            return 4
        shorter = min(len(left[0]), len(right[0]))
        far = edits(left[0], right[0])
        if (far == 1 and shorter >= 4) or (far == 2 and shorter >= 12):
            return 3
        if (left[1] == right[1] and len(left[1]) >= 4) or left[2] == right[2]:
            return 2
        return int(jaro_winkler(left[0], right[0]) >= self.near)

    def levels(self, column: Column, left: Rows, right: Rows) -> NDArray[np.int8]:
        import numpy as np

        spelt = column.form(0)
        far = spelt.edits(left, right)
        shorter = np.minimum(spelt.sizes[left], spelt.sizes[right])
        found: NDArray[np.int8] = (spelt.jaro_winkler(left, right) >= self.near).astype(np.int8)
        sound, ordered = column.form(1), column.form(2)
        found[(sound.same(left, right) & (sound.sizes[left] >= 4)) | ordered.same(left, right)] = 2
        found[((far == 1) & (shorter >= 4)) | ((far == 2) & (shorter >= 12))] = 3
        found[spelt.same(left, right)] = 4
        return found

    def keys(self, found: Forms) -> Iterable[str]:
        yield found[0]
        if found[1]:
            yield found[1]
        if found[2] != found[0]:
            yield found[2]


class Text(Kind):
    """A line of words, such as an address."""

    name = "text"
    labels = ("different", "near", "typing", "same")
    likely = (0.25, 0.15, 0.12, 0.48)
    chance = (0.975, 0.02, 0.002, 0.003)
    shared = (2, 3)
    near = 0.88

    def forms(self, value: str) -> Forms | None:
        bare = forms.bare(value)
        if not bare:
            return None
        return forms.jamo(bare), forms.jamo("".join(sorted(forms.words(value))))

    def level(self, left: Forms, right: Forms) -> int:
        if left[0] == right[0]:
            return 3
        far = edits(left[0], right[0])
        shorter = min(len(left[0]), len(right[0]))
        if (far == 1 and shorter >= 4) or (far == 2 and shorter >= 10) or left[1] == right[1]:
            return 2
        return int(jaro_winkler(left[0], right[0]) >= self.near)

    def levels(self, column: Column, left: Rows, right: Rows) -> NDArray[np.int8]:
        import numpy as np

        spelt = column.form(0)
        far = spelt.edits(left, right)
        shorter = np.minimum(spelt.sizes[left], spelt.sizes[right])
        found: NDArray[np.int8] = (spelt.jaro_winkler(left, right) >= self.near).astype(np.int8)
        typing = ((far == 1) & (shorter >= 4)) | ((far == 2) & (shorter >= 10))
        found[typing | column.form(1).same(left, right)] = 2
        found[spelt.same(left, right)] = 3
        return found


class Code(Kind):
    """Digits or letters in which each counts: a postcode, a house number, a number from elsewhere."""

    name = "code"
    labels = ("different", "typing", "same")
    likely = (0.20, 0.10, 0.70)
    chance = (0.989, 0.008, 0.003)
    shared = (2,)

    def forms(self, value: str) -> Forms | None:
        bare = forms.bare(value)
        return (bare,) if bare else None

    def level(self, left: Forms, right: Forms) -> int:
        if left[0] == right[0]:
            return 2
        return int(edits(left[0], right[0]) == 1 and min(len(left[0]), len(right[0])) >= 3)

    def levels(self, column: Column, left: Rows, right: Rows) -> NDArray[np.int8]:
        import numpy as np

        bare = column.form(0)
        shorter = np.minimum(bare.sizes[left], bare.sizes[right])
        found: NDArray[np.int8] = ((bare.edits(left, right) == 1) & (shorter >= 3)).astype(np.int8)
        found[bare.same(left, right)] = 2
        return found


class Number(Code):
    """A number that belongs to one only, like a business number: the same, or one digit off or swapped."""

    name = "number"
    likely = (0.04, 0.06, 0.90)
    chance = (0.999_989, 0.000_01, 0.000_001)
    leading = True

    def forms(self, value: str) -> Forms | None:
        bare = forms.digits(value)
        return (bare,) if len(bare) >= 4 else None


class Phone(Kind):
    """A phone number: the same, the same last eight digits, one digit off or two swapped."""

    name = "phone"
    labels = ("different", "typing", "ending", "same")
    likely = (0.30, 0.08, 0.02, 0.60)
    chance = (0.999_93, 0.000_05, 0.000_01, 0.000_01)
    shared = (2, 3)
    leading = True
    personal = True

    def forms(self, value: str) -> Forms | None:
        number = forms.national(value)
        return (number, number[-8:]) if len(number) >= 7 else None

    def level(self, left: Forms, right: Forms) -> int:
        if left[0] == right[0]:
            return 3
        if left[1] == right[1] and len(left[1]) == 8:
            return 2
        return int(edits(left[0], right[0]) == 1)

    def levels(self, column: Column, left: Rows, right: Rows) -> NDArray[np.int8]:
        import numpy as np

        number, ending = column.form(0), column.form(1)
        found: NDArray[np.int8] = (number.edits(left, right) == 1).astype(np.int8)
        found[ending.same(left, right) & (ending.sizes[left] == 8)] = 2
        found[number.same(left, right)] = 3
        return found

    def keys(self, found: Forms) -> Iterable[str]:
        return (found[1],)


class Mail(Kind):
    """A mail address: the same, the same name at another domain, or a typing error.

    Addresses that differ in a digit are two people's: minsu1 and minsu2 were made so that they are told apart. A mailbox
    without a digit is made of its owner's name, and every company has its minsu.kim: at another domain it says no more
    than the name does.
    """

    name = "mail"
    labels = ("different", "mailbox", "typing", "same")
    likely = (0.30, 0.07, 0.08, 0.55)
    chance = (0.998_87, 0.001, 0.0001, 0.000_03)
    shared = (1, 3)
    leading = True
    personal = True

    def forms(self, value: str) -> Forms | None:
        mailbox, at, domain = "".join(value.split()).partition("@")
        if not (mailbox and at and domain):
            return None
        told = mailbox if len(mailbox) >= 5 and forms.digits(mailbox) else ""
        return f"{mailbox}@{domain}", told, forms.digits(value)

    def level(self, left: Forms, right: Forms) -> int:
        if left[0] == right[0]:
            return 3
        if left[2] == right[2] and edits(left[0], right[0]) == 1:
            return 2
        return int(left[1] == right[1] != "")

    def levels(self, column: Column, left: Rows, right: Rows) -> NDArray[np.int8]:
        import numpy as np

        whole, mailbox = column.form(0), column.form(1)
        found: NDArray[np.int8] = (mailbox.same(left, right) & (mailbox.sizes[left] > 0)).astype(np.int8)
        found[column.form(2).same(left, right) & (whole.edits(left, right) == 1)] = 2
        found[whole.same(left, right)] = 3
        return found

    def keys(self, found: Forms) -> Iterable[str]:
        return found[:2] if found[1] else found[:1]


class Date(Kind):
    """A day as 2026-11-22 or 20261122: the same, one digit off or two swapped, or day and month exchanged."""

    name = "date"
    labels = ("different", "typing", "same")
    likely = (0.08, 0.10, 0.82)
    chance = (0.9989, 0.001, 0.0001)
    shared = (2,)

    def forms(self, value: str) -> Forms | None:
        day = forms.digits(value)[:8]
        return (day, day[:4] + day[6:] + day[4:6]) if len(day) == 8 else None

    def level(self, left: Forms, right: Forms) -> int:
        if left[0] == right[0]:
            return 2
        return int(left[0] == right[1] or edits(left[0], right[0]) == 1)

    def levels(self, column: Column, left: Rows, right: Rows) -> NDArray[np.int8]:
        import numpy as np

        day = column.form(0)
        exchanged = np.array(
            [a == b for a, b in zip(day.taken(left), column.form(1).taken(right), strict=True)]
        )
        found: NDArray[np.int8] = ((day.edits(left, right) == 1) | exchanged.astype(bool)).astype(np.int8)
        found[day.same(left, right)] = 2
        return found


class Value(Kind):
    """One of a few values: the same or not."""

    name = "value"
    labels = ("different", "same")
    likely = (0.15, 0.85)
    chance = (0.8, 0.2)
    shared = (1,)

    def forms(self, value: str) -> Forms | None:
        return (value,) if value else None

    def level(self, left: Forms, right: Forms) -> int:
        return int(left[0] == right[0])

    def levels(self, column: Column, left: Rows, right: Rows) -> NDArray[np.int8]:
        import numpy as np

        found: NDArray[np.int8] = column.form(0).same(left, right).astype(np.int8)
        return found

    def keys(self, found: Forms) -> Iterable[str]:
        return ()


class Reference(Value):
    """What a record belongs to, as the id of that: people of one company, where companies are many."""

    name = "reference"
    likely = (0.30, 0.70)
    chance = (0.999, 0.001)

    def keys(self, found: Forms) -> Iterable[str]:
        return found
