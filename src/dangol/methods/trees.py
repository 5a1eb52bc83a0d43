"""Boosted trees as plain numbers: kept as JSON, and asked again without the library or the version that grew them.

The trees are in the form of C. Lucchese et al., *QuickScorer*, SIGIR 2015: leaves are numbered from the left, every split
knows which leaves its left side holds, and a customer who goes right at it cannot end in one of them. The leaf is the
leftmost that is left. No path is followed, so numpy does a column at a time: 1,000,000 customers × 150 trees of 15 leaves
take seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dangol.methods.histories import Floats

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

MOST_LEAVES: Final = 16
AT_ONCE: Final = 65_536
"""Customers whose columns stay in the processor's cache."""
_FIRST: Final = np.array([(bits & -bits).bit_length() - 1 if bits else 0 for bits in range(1 << MOST_LEAVES)])
"""The lowest bit that is set, by number."""


@dataclass(frozen=True, slots=True)
class Split:
    """Goes right above the threshold; who has no value goes left where `missing_left`. `hides`: leaves not reached then."""

    feature: int
    threshold: float
    missing_left: bool
    hides: int


@dataclass(frozen=True, slots=True)
class Tree:
    """Splits in any order, and what each leaf adds to the log-odds, from the left."""

    splits: tuple[Split, ...]
    leaves: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees that add up to log-odds, from `start`."""

    start: float
    trees: tuple[Tree, ...]

    @classmethod
    def of(cls, boosted: HistGradientBoostingClassifier) -> Forest:
        """The trees of a classifier of two kinds, without categories.

        Raises:
            ValueError: trees with more leaves than `MOST_LEAVES`.
        """
        trees = tuple(_tree(one[0].nodes) for one in boosted._predictors)
        return cls(float(np.ravel(boosted._baseline_prediction)[0]), trees)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Forest:
        """As `to_json` wrote it."""
        return cls(
            kept["start"],
            tuple(
                Tree(
                    tuple(Split(f, np.inf if t is None else t, bool(m), h) for f, t, m, h in tree["splits"]),
                    tuple(tree["leaves"]),
                )
                for tree in kept["trees"]
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain lists; an endless threshold (only who has no value goes right) is null."""
        return {
            "start": self.start,
            "trees": [
                {
                    "splits": [
                        [
                            one.feature,
                            one.threshold if np.isfinite(one.threshold) else None,
                            int(one.missing_left),
                            one.hides,
                        ]
                        for one in tree.splits
                    ],
                    "leaves": [float(f"{one:.9g}") for one in tree.leaves],
                }
                for tree in self.trees
            ],
        }

    def log_odds(self, features: Floats) -> Floats:
        """Of each customer. Linear in customers × splits."""
        out = np.full(len(features), self.start)
        for begin in range(0, len(features), AT_ONCE):
            columns = np.asfortranarray(features[begin : begin + AT_ONCE])
            part = out[begin : begin + AT_ONCE]
            for tree in self.trees:
                part += _answers(tree, columns)
        return out

    def predict_proba(self, features: Floats) -> Floats:
        """Probabilities of no and yes, as classifiers of scikit-learn tell them."""
        from scipy.special import expit

        yes = expit(self.log_odds(features))
        return np.column_stack([1 - yes, yes])


def _answers(tree: Tree, columns: Floats) -> Floats:
    left = np.full(len(columns), (1 << MOST_LEAVES) - 1, np.uint16)
    for split in tree.splits:
        column = columns[:, split.feature]
        right = column > split.threshold if split.missing_left else ~(column <= split.threshold)
        masks = np.array([(1 << MOST_LEAVES) - 1, ((1 << MOST_LEAVES) - 1) & ~split.hides], np.uint16)
        left &= masks.take(right.view(np.uint8))
    out: Floats = np.array(tree.leaves).take(_FIRST.take(left))
    return out


def _tree(nodes: Any) -> Tree:
    splits: list[Split] = []
    leaves: list[float] = []

    def walk(at: int) -> int:
        """The leaves below a node, as bits."""
        node = nodes[at]
        if node["is_leaf"]:
            leaves.append(float(node["value"]))
            return 1 << (len(leaves) - 1)
        left = walk(int(node["left"]))
        right = walk(int(node["right"]))
        splits.append(
            Split(
                int(node["feature_idx"]), float(node["num_threshold"]), bool(node["missing_go_to_left"]), left
            )
        )
        return left | right

    walk(0)
    if len(leaves) > MOST_LEAVES:
        raise ValueError(f"a tree of {len(leaves)} leaves; at most {MOST_LEAVES} can be kept")
    return Tree(tuple(splits), tuple(leaves))
