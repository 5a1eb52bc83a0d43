"""What a published model says of customers who may leave: probability, value at risk, reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dangol.insight.modelling.leaving import FEATURES, Seen
from dangol.insight.modelling.valuing import exact
from dangol.methods.calibration import Line, Steps
from dangol.methods.defection import Defection, Quality, Reason
from dangol.methods.histories import Floats, Whole
from dangol.methods.trees import Forest

if TYPE_CHECKING:
    import pyarrow as pa

NAMES: Final = ("defection.probability", "defection.value_at_risk", "defection.reasons")
MISSED: Final = ("defection.told", "defection.missed")
"""Of the customers foretold worst, written when a model is learnt."""
MONEY: Final = ("defection.value_at_risk",)
MOST_REASONED: Final = 10_000
"""Customers, those with most value at risk, whose reasons are told: each costs some 180 questions to the model."""
ORDERS: Final = 8
SHOWN_REASONS: Final = 3
LEAST_PART: Final = 0.05
"""Of the log-odds; a smaller part is no reason."""
TYPICAL: Final = 200
POINTS_TO_LEAVING: Final[Mapping[str, tuple[float, float]]] = {
    "late": (1.05, np.inf),
    "gap": (1.05, np.inf),
    "rarer": (-np.inf, 0.95),
    "spend": (-np.inf, 0.95),
    "basket": (-np.inf, 0.95),
    "back": (0.01, np.inf),
}
"""Between which a feature is a reason that makes sense to whoever reads it, and not "0 % less"; others always do."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A model as a version keeps it. Trees and curve are plain numbers, so what is used is the very model that was judged."""

    forest: Forest
    mending: Line | Steps
    gap: int

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Kept:
        """From a version's `parameters`.

        Raises:
            ValueError: it was learnt from other features than are computed now.
        """
        if tuple(parameters["features"]) != FEATURES:
            raise ValueError(f"learnt from {parameters['features']}, not from {FEATURES}")
        one = parameters["mending"]
        mending = (
            Line(one["slope"], one["intercept"])
            if "slope" in one
            else Steps(np.array(one["at"]), np.array(one["value"]))
        )
        return cls(Forest.from_json(parameters["forest"]), mending, int(parameters["gap"]))

    def probability(self, features: Floats) -> Floats:
        """The calibrated probability of each customer."""
        if not len(features):
            return np.zeros(0)
        return self.mending(self.forest.predict_proba(features)[:, 1])


def parameters(model: Defection, gap: int) -> dict[str, Any]:
    """A model as JSON."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    if not isinstance(model.boosted, HistGradientBoostingClassifier):
        raise TypeError(f"a model just learnt, not {type(model.boosted)}")
    mending = model.mending
    curve = (
        {"slope": mending.slope, "intercept": mending.intercept}
        if isinstance(mending, Line)
        else {"at": mending.at.tolist(), "value": mending.value.tolist()}
    )
    forest = Forest.of(model.boosted)
    return {"features": list(model.names), "gap": gap, "mending": curve, "forest": forest.to_json()}


def reasons(kept: Kept, seen: Seen, at: Whole) -> list[str]:
    """The reasons of the customers at these places: up to three `code:figure`, the strongest first, `,` between.

    They are told against customers drawn from those of today, so that a version need not keep anybody's figures.
    """
    rng = np.random.default_rng(0)
    typical = seen.features[rng.choice(len(seen.features), min(TYPICAL, len(seen.features)), replace=False)]
    asked = Defection(FEATURES, kept.forest, kept.mending, _NO_QUALITY, typical, 0)
    return [label(one) for one in asked.reasons(seen.features[at], orders=ORDERS)]


def label(found: list[Reason]) -> str:
    """Reasons as a score keeps them."""
    told = [
        f"{one.feature}:{_figure(one.value)}"
        for one in found
        if one.contribution >= LEAST_PART and _makes_sense(one)
    ]
    return ",".join(told[:SHOWN_REASONS])


def _makes_sense(one: Reason) -> bool:
    low, high = POINTS_TO_LEAVING.get(one.feature, (-np.inf, np.inf))
    return bool(low < one.value < high)


def _figure(value: float) -> str:
    """Three figures without an exponent: short, three of them fit into a label."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{float(f'{value:.3g}'):.4g}"


def table(
    kept: Kept, seen: Seen, *, worth: Mapping[str, Any], places: int
) -> tuple[pa.Table, dict[str, float]]:
    """The scores as a table: `record_id`, then a column per score of `NAMES`; and their sums.

    Args:
        worth: `customers` (ascending) and `values`: what each is expected to bring; nothing for whoever is not among them.
        places: decimal places of the currency.
    """
    import pyarrow as pa

    told = kept.probability(seen.features)
    at_risk = told * spread(seen.customers, worth["customers"], worth["values"])
    first = np.argsort(-at_risk, kind="stable")[:MOST_REASONED]
    why = np.full(len(told), None, object)
    if len(first):
        why[first] = [text or None for text in reasons(kept, seen, first)]
    there = np.zeros(len(told), bool)
    found = pa.table(
        {
            "record_id": pa.array(seen.customers, pa.int64()),
            "defection.probability": exact(told, 4, there),
            "defection.value_at_risk": exact(at_risk, places, there),
            "defection.reasons": pa.array(why, pa.string()),
        }
    )
    sums = {"customers": len(told), "leaving": float(f"{told.sum():.6g}"), "at_risk": round(at_risk.sum())}
    return found, sums


def spread(customers: Whole, known: Whole, values: Floats) -> Floats:
    """The values of `customers`, 0 for those not `known` (ascending) and for those who bring less than nothing."""
    if not len(known):
        return np.zeros(len(customers))
    at = np.minimum(np.searchsorted(known, customers), len(known) - 1)
    out: Floats = np.where(known[at] == customers, np.maximum(values[at], 0.0), 0.0)
    return out


def missed_table(customers: Whole, told: Floats, came: Floats) -> pa.Table:
    """The scores of `MISSED`: the probability told, and by how much what came was more or less."""
    import pyarrow as pa

    there = np.zeros(len(customers), bool)
    return pa.table(
        {
            "record_id": pa.array(customers, pa.int64()),
            "defection.told": exact(told, 4, there),
            "defection.missed": exact(came - told, 4, there),
        }
    )


_NO_QUALITY: Final = Quality(0, 0, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, ())
"""Of a model asked again; its proof stands with its version."""
