"""What was found of a programme in words: "Revenue rose by 12.3 % (4 – 20 %)", or why it cannot be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from dangol.insight.effects.windows import State
from dangol.web import formats

UNLIKE: Final = 0.1
SHARES: Final = frozenset({"repeat", "retention"})
MONEY: Final = "revenue"
POINTS: Final = "%p"
"""The mark of percentage points."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """How numbers of a programme are written."""

    currency: str
    language: str

    def value(self, name: str, number: float, *, sign: bool = False) -> str:
        """A mean of a measure, or with `sign` a difference of two."""
        exact = Decimal(str(round(number, 6)))
        plus = "+" if sign and exact > 0 else ""
        if name in SHARES:
            if sign:
                return f"{plus}{formats.number(exact * 100, self.language, 1)}{POINTS}"
            return formats.percent(exact, self.language)
        if name == MONEY:
            return plus + formats.money(round(exact), self.currency, self.language)
        return plus + formats.number(exact, self.language, 2)

    def share(self, number: float, *, sign: bool = False) -> str:
        return formats.percent(Decimal(str(round(number, 6))), self.language, sign=sign)

    def money(self, number: float) -> str:
        return formats.money_short(round(Decimal(str(number))), self.currency, self.language)


def labels() -> dict[str, str]:
    """What the measures are called."""
    return {
        "revenue": _("Revenue per month"),
        "purchases": _("Purchases per month"),
        "visits": _("Visits per month"),
        "repeat": _("Bought more than once"),
        "retention": _("Bought at all"),
    }


def subject(name: str) -> str:
    """A measure as the subject of a sentence."""
    return {
        "revenue": pgettext("subject", "Revenue"),
        "purchases": pgettext("subject", "Purchases"),
        "visits": pgettext("subject", "Visits"),
        "repeat": pgettext("subject", "The share of those who bought more than once"),
        "retention": pgettext("subject", "The share of those who bought at all"),
    }[name]


def sentence(one: Mapping[str, Any], tongue: Tongue) -> str:
    """What is found of one measure."""
    name, verdict = one["name"], one["verdict"]
    if verdict == "cannot_tell":
        if one["reason"] == "too_few":
            return _("Cannot tell: one of the groups has fewer than 30 customers.")
        ends = {
            "low": tongue.value(name, one["low"], sign=True),
            "high": tongue.value(name, one["high"], sign=True),
        }
        return _("Cannot tell: the interval from %(low)s to %(high)s holds 0.") % ends
    rising = verdict == "more"
    size, least, most = _size(one, tongue, rising=rising)
    said = {"what": subject(name), "size": size, "low": least, "high": most}
    if rising:
        return _("%(what)s rose by %(size)s (%(low)s – %(high)s).") % said
    return _("%(what)s fell by %(size)s (%(low)s – %(high)s).") % said


def _size(one: Mapping[str, Any], tongue: Tongue, *, rising: bool) -> tuple[str, str, str]:
    """The effect and the ends of its interval, smaller first, all without a sign; of a share in points, else in percent."""
    name = one["name"]
    if one["relative"] is not None and name not in SHARES:
        numbers = [tongue.share(abs(number)) for number in one["relative"]]
    else:
        ends = (one["difference"], one["low"], one["high"])
        numbers = [tongue.value(name, abs(number), sign=True).lstrip("+") for number in ends]
    size, low, high = numbers
    return (size, low, high) if rising else (size, high, low)


def detectable(one: Mapping[str, Any], tongue: Tongue) -> str:
    """The smallest effect that could be told."""
    absolute = tongue.value(one["name"], one["detectable"], sign=True).lstrip("+")
    without = one["after"][0] - one["difference"]
    share = (
        f" ({tongue.share(one['detectable'] / without)})" if without > 0 and one["name"] not in SHARES else ""
    )
    return _("So many customers would show an effect of %(size)s in four of five cases.") % {
        "size": f"{absolute}{share}"
    }


def verdict_chip(found: Mapping[str, Any] | None, tongue: Tongue) -> tuple[str, str]:
    """The verdict on revenue for lists: text and tone."""
    if found is None:
        return _("Waits for a refresh"), ""
    if found["state"] != State.MEASURED:
        return state_words(found["state"])[0], "g" if found["state"] == State.NO_GROUPS else ""
    one = next(one for one in found["measures"] if one["name"] == MONEY)
    if one["verdict"] == "cannot_tell":
        return _("Cannot tell"), "g"
    size = (
        tongue.share(one["relative"][0], sign=True)
        if one["relative"]
        else tongue.value(MONEY, one["difference"], sign=True)
    )
    return _("Revenue %(size)s") % {"size": size}, "p" if one["verdict"] == "more" else "r"


def state_words(state: str) -> tuple[str, str]:
    """Why there is nothing to compare: title and sentence."""
    return {
        State.NO_DATA: (
            _("No orders yet"),
            _("Once orders came in and were computed, the effect stands here."),
        ),
        State.NOT_BEGUN: (_("Not begun"), _("The data do not reach to the start yet.")),
        State.EARLY: (_("Too early"), _("From two weeks after the start on, the groups are compared.")),
        State.NO_BEFORE: (
            _("Nothing from before"),
            _(
                "The orders reach back less than two weeks before the start, so there is nothing to compare with."
            ),
        ),
        State.NO_GROUPS: (
            _("A group is gone"),
            _("A list in which the programme keeps its customers was deleted, or holds fewer than two."),
        ),
    }[State(state)]


def warnings(found: Mapping[str, Any], shown: Sequence[str]) -> list[str]:
    """What speaks against believing it."""
    said = []
    names = labels()
    apart = [
        f"{names[one['name']]} {one['apart']:+.2f}"
        for one in found["measures"]
        if one["name"] in shown and abs(one["apart"]) > UNLIKE
    ]
    if not found["by_chance"]:
        said.append(
            _("The control group was not drawn at random: the groups may differ in more than the programme.")
        )
    if apart:
        said.append(
            _(
                "The groups differed before the start, in standard deviations: %(list)s. More than 0.1 is a lot."
            )
            % {"list": ", ".join(apart)}
        )
    return said


def assumptions(found: Mapping[str, Any]) -> list[str]:
    """What must hold for the numbers to be right."""
    said = [
        _("Who is in which group was decided by chance before the start.")
        if found["by_chance"]
        else _("Without the programme, both groups would have changed alike."),
        _("What was done for some customers did not change what the others did."),
        _("Everybody in the group counts, also whom the programme did not reach in fact."),
        _("Purchases are orders that stand; revenue is less returns; visits are meetings that were entered."),
        _("Five measures are looked at: of twenty without any effect, one would seem to have one."),
    ]
    if found["by_chance"]:
        said.insert(
            1, _("The groups are compared after the start, freed of what was known from before (CUPED).")
        )
    else:
        said.insert(1, _("The difference from before the start is taken off (difference in differences)."))
    return said
