"""What a change is made of: the parts that contributed to it, which sum exactly to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.measures.metrics.answer import Answer
from dangol.measures.metrics.answers import ask
from dangol.measures.metrics.declaration import Metric, get
from dangol.measures.metrics.dimensions import dimensions_for, labels
from dangol.measures.metrics.errors import QuestionError
from dangol.measures.metrics.evaluation import ALL, BEFORE, NOW, PART, YEAR, Figures, Member
from dangol.measures.metrics.questions import metric_for

PLACES: Final = Decimal("1E-10")
AGAINST: Final = {"before": BEFORE, "year": YEAR}


@dataclass(frozen=True, slots=True)
class Contribution:
    """One part's share in the change: its number now and before, what it contributes, and where it stands.

    For a ratio, `mix` is what follows from the part being a larger or smaller piece of the whole, `rate` what follows from
    its own ratio having changed; they sum to `amount`.
    """

    member: Any
    label: str
    now: Decimal | None
    then: Decimal | None
    amount: Decimal
    mix: Decimal | None
    rate: Decimal | None


@dataclass(frozen=True, slots=True)
class Change:
    """A change and its parts, the largest first. The amounts sum exactly to `change`; so do `mix` and `rate` of a ratio."""

    answer: Answer
    against: str
    now: Decimal | None
    then: Decimal | None
    change: Decimal | None
    contributions: tuple[Contribution, ...]

    @property
    def mix(self) -> Decimal | None:
        """The whole effect of the mixture, of a ratio."""
        parts = [one.mix for one in self.contributions if one.mix is not None]
        return sum(parts, Decimal(0)) if parts else None

    @property
    def rate(self) -> Decimal | None:
        """The whole effect of the parts' own ratios, of a ratio."""
        parts = [one.rate for one in self.contributions if one.rate is not None]
        return sum(parts, Decimal(0)) if parts else None


def explained_by(actor: Actor, metric: Metric) -> list[str]:
    """The dimensions by which a change of the metric can be explained: those whose parts add up."""
    parts = [metric] if metric.ratio is None else [get(name) for name in metric.ratio]
    return [name for name in dimensions_for(actor, metric) if all(part.adds_up(name) for part in parts)]


def explain(
    actor: Actor,
    name: str,
    *,
    by: str,
    against: str = "before",
    filter: str = "",  # noqa: A002 - the parameter's name everywhere
    since: date | None = None,
    until: date | None = None,
    grain: str | None = None,
) -> Change:
    """A change explained by the parts of one dimension.

    Args:
        actor: who asks.
        name: of the metric.
        by: the dimension, one of `explained_by`.
        against: `before` (as many periods earlier) or `year`.
        filter, since, until, grain: as in `ask`.

    Raises:
        QuestionError: as `ask`; and when parts by this dimension do not add up.
    """
    metric = metric_for(actor, name)
    if against not in AGAINST:
        raise QuestionError(
            "against",
            "unknown_comparison",
            _("“against” must be one of %(names)s.") % {"names": ", ".join(AGAINST)},
        )
    known = explained_by(actor, metric)
    if by not in known:
        raise QuestionError(
            "by",
            "parts_do_not_add_up" if by in dimensions_for(actor, metric) else "unknown_dimension",
            _("A change of “%(metric)s” can be explained by: %(names)s.")
            % {"metric": metric.label, "names": ", ".join(known) or "–"},
        )
    answer = ask(actor, name, by=by, filter=filter, since=since, until=until, grain=grain)
    compared = {one.kind: one for one in answer.compared}.get(against)
    if compared is None or compared.change is None or answer.by is None:
        return Change(answer, against, answer.total, compared.value if compared else None, None, ())
    then = AGAINST[against]
    amounts = (
        _additive(answer.figures[name], then)
        if metric.ratio is None
        else _ratio(answer.figures[metric.ratio[0]], answer.figures[metric.ratio[1]], then, compared.change)
    )
    refers = answer.by.field is not None and answer.by.field.kind == "reference"
    values = {member: int(member) if refers and member is not None else member for member in amounts}
    named = labels(actor, answer.by, list(values.values()))
    contributions = [
        Contribution(values[member], str(named[values[member]]), *numbers)
        for member, numbers in amounts.items()
    ]
    contributions.sort(key=lambda one: (-abs(one.amount), str(one.member)))
    return Change(answer, against, answer.total, compared.value, compared.change, tuple(contributions))


_Numbers = tuple[Decimal | None, Decimal | None, Decimal, Decimal | None, Decimal | None]


def _parts(figures: Figures, window: str) -> dict[Member, Decimal]:
    return {
        member: value
        for (name, kind, member), value in figures.windows.items()
        if name == window and kind == PART and value is not None
    }


def _whole(figures: Figures, window: str) -> Decimal:
    return figures.windows.get((window, ALL, None)) or Decimal(0)


def _additive(figures: Figures, window: str) -> Mapping[Member, _Numbers]:
    """Parts of a sum: each contributes its own difference."""
    now, then = _parts(figures, NOW), _parts(figures, window)
    zero = Decimal(0)
    return {
        member: (
            now.get(member, zero),
            then.get(member, zero),
            now.get(member, zero) - then.get(member, zero),
            None,
            None,
        )
        for member in sorted({*now, *then}, key=str)
    }


def _ratio(above: Figures, below: Figures, window: str, change: Decimal) -> Mapping[Member, _Numbers]:
    """Parts of a ratio: with weights w (pieces of what is divided by) and rates r, the ratio is the sum of w·r.

    A part contributes w₁r₁ − w₀r₀ less its move in weight at the mean ratio R̄, which sums to nothing over all parts:
    mix = (w₁ − w₀)·(r̄ − R̄) and rate = w̄·(r₁ − r₀), both at the means of the two times, so that neither time is
    preferred (Marshall and Edgeworth). A part that is there at one time only has the rate of that time at both. Computed in
    fractions; what rounding leaves over goes to the largest part.
    """
    n1, n0 = _parts(above, NOW), _parts(above, window)
    d1, d0 = _parts(below, NOW), _parts(below, window)
    whole1, whole0 = Fraction(_whole(below, NOW)), Fraction(_whole(below, window))
    mean = (Fraction(_whole(above, NOW)) / whole1 + Fraction(_whole(above, window)) / whole0) / 2
    found: dict[Member, tuple[Decimal | None, Decimal | None, Fraction, Fraction]] = {}
    for member in sorted({*n1, *n0, *d1, *d0}, key=str):
        top1, top0 = Fraction(n1.get(member, 0)), Fraction(n0.get(member, 0))
        part1, part0 = Fraction(d1.get(member, 0)), Fraction(d0.get(member, 0))
        w1, w0 = part1 / whole1, part0 / whole0
        r1 = top1 / part1 if part1 else None
        r0 = top0 / part0 if part0 else None
        amount = top1 / whole1 - top0 / whole0 - (w1 - w0) * mean
        either = r1 if r1 is not None else r0
        if either is None:  # what is divided, without anything to divide it by: all of it is rate
            mix = Fraction(0)
        else:
            both = ((r1 if r1 is not None else either) + (r0 if r0 is not None else either)) / 2
            mix = (w1 - w0) * (both - mean)
        found[member] = (_decimal(r1), _decimal(r0), mix, amount - mix)
    rounded = {
        member: (now, then, _rounded(mix), _rounded(rate)) for member, (now, then, mix, rate) in found.items()
    }
    left = change - sum((mix + rate for _now, _then, mix, rate in rounded.values()), Decimal(0))
    largest = max(rounded, key=lambda member: abs(rounded[member][2] + rounded[member][3]), default=None)
    return {
        member: (
            now,
            then,
            mix + rate + (left if member == largest else 0),
            mix,
            rate + (left if member == largest else 0),
        )
        for member, (now, then, mix, rate) in rounded.items()
    }


def _decimal(value: Fraction | None) -> Decimal | None:
    return None if value is None else Decimal(value.numerator) / Decimal(value.denominator)


def _rounded(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(PLACES)
