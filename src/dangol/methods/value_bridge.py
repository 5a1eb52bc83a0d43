"""From the value of all customers at one date to that at another: won, lost, grew, shrank, and what the model changed.

Accounting, not estimation: each customer's change belongs to exactly one step, and the steps add up to the difference to
the last minor unit. The steps are the usual ones of customer equity (R. C. Blattberg, J. Deighton, *Harvard Business
Review* 74(4), 1996: acquisition, retention, growth), with a step of its own for what is no change of customers at all: new
parameters of a model. Linear in the customers.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

Amount = TypeVar("Amount", int, Decimal)
Customer = TypeVar("Customer", bound=Hashable)


class Step(StrEnum):
    """Why value changed."""

    WON = "won"
    LOST = "lost"
    GREW = "grew"
    SHRANK = "shrank"
    MODEL_CHANGED = "model_changed"


@dataclass(frozen=True, slots=True)
class Change(Generic[Amount]):
    """One step: of how many customers, and how much in all (LOST and SHRANK are below 0)."""

    step: Step
    customers: int
    amount: Amount


@dataclass(frozen=True, slots=True)
class Bridge(Generic[Amount]):
    """Value at both dates and all five steps in between: `before` + Σ amounts = `after`, exactly."""

    before: Amount
    after: Amount
    steps: tuple[Change[Amount], ...]


def bridge(
    before: Mapping[Customer, Amount],
    after: Mapping[Customer, Amount],
    *,
    by_old_model: Mapping[Customer, Amount] | None = None,
) -> Bridge[Amount]:
    """The steps between two dates.

    Args:
        before, after: value of each customer, in whole minor units or decimals. A customer who is missing or has 0 is not
            there: with value after but not before *won*, the other way round *lost*.
        by_old_model: the customers of `after` valued at the later date by the parameters of the earlier one. Won, lost,
            grew and shrank are then measured by that, and the rest is the model's. Without it no step is the model's.

    Raises:
        TypeError: amounts that are neither whole numbers nor decimals (floats do not add up exactly), or both.
        ValueError: customers of `after` without value by the old model or the other way round, or decimals that are not finite.
    """
    kinds = {type(amount) for values in (before, after, by_old_model or {}) for amount in values.values()}
    if not kinds <= {int} and not kinds <= {Decimal}:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise TypeError(f"amounts are all whole minor units or all decimals, not {names}")
    zero: Amount = Decimal(0) if Decimal in kinds else 0  # type: ignore[assignment]
    for values in (before, after, by_old_model or {}):
        for customer, amount in values.items():
            if isinstance(amount, Decimal) and not amount.is_finite():
                raise ValueError(f"customer {customer!r}: {amount} is not an amount")
    reached = after if by_old_model is None else by_old_model
    if reached.keys() != after.keys():
        odd = next(iter(reached.keys() ^ after.keys()))
        raise ValueError(f"customer {odd!r} is valued by one of the two models only")
    counts = dict.fromkeys(Step, 0)
    amounts: dict[Step, Amount] = dict.fromkeys(Step, zero)
    for customer in before.keys() | after.keys():
        was, became = before.get(customer, zero), reached.get(customer, zero)
        changes = [
            (_step(was, became), became - was),
            (Step.MODEL_CHANGED, after.get(customer, zero) - became),
        ]
        for step, change in changes:
            if change:
                counts[step] += 1
                amounts[step] += change
    return Bridge(
        sum(before.values(), zero),
        sum(after.values(), zero),
        tuple(Change(step, counts[step], amounts[step]) for step in Step),
    )


def _step(was: int | Decimal, became: int | Decimal) -> Step:
    if not was:
        # who comes with less than nothing is no win, though new: the change says so by its sign
        return Step.WON if became > 0 else Step.SHRANK
    if not became:
        return Step.LOST if was > 0 else Step.GREW
    return Step.GREW if became > was else Step.SHRANK
