"""MBG/NBD: like BG/NBD, but a customer may leave at once after the first purchase.

Assumptions as in `bgnbd`, except that the first purchase, too, is followed by leaving with probability p. Who never
bought again may so be gone, which BG/NBD rules out; with many customers who buy once this is the truer picture.

Source: E. P. Batislam, M. Denizel, A. Filiztekin, "Empirical validation and comparison of models for customer base
analysis", *International Journal of Research in Marketing* 24(3), 2007 (there MBG/NBD), and D. Hoppe, U. Wagner,
"Customer base analysis: the case for a central variant of the betageometric/NBD model", *Marketing – Journal of Research
and Management* 3(2), 2007 (there CBG/NBD):

    L = Γ(r+x) α^r / Γ(r) · [ B(a,b+x+1)/B(a,b) (α+T)^-(r+x)  +  B(a+1,b+x)/B(a,b) (α+t_x)^-(r+x) ]

Cost as `bgnbd`, whose functions it shares: there is one chance more to leave, nothing else differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from dangol.methods.bgnbd import BgNbd, fit_as, purchases
from dangol.methods.histories import Floats, Histories
from dangol.methods.likelihood import Fit


@dataclass(frozen=True, slots=True)
class MbgNbd(BgNbd):
    """The four parameters; r and α of buying, a and b of leaving."""

    chances_before: ClassVar[int] = 1

    def cumulative(self, ages: ArrayLike) -> Floats:
        """E[X(t)] for each t in `ages`: b/(a+b) stay after the first purchase, and they buy as in BG/NBD with b + 1."""
        t = np.asarray(ages, np.float64)
        staying = self.b / (self.a + self.b)
        out: Floats = staying * purchases(
            np.float64(self.r), np.float64(self.alpha), self.a, np.float64(self.b + 1), t
        )
        return out


def fit(histories: Histories) -> Fit[BgNbd]:
    """The parameters by maximum likelihood; the model of the result is an `MbgNbd`.

    Raises:
        ValueError: nobody bought again.
    """
    return fit_as(MbgNbd(1.0, 1.0, 1.0, 1.0), histories)
