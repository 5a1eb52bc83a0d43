"""Whether spend goes with frequency, which the model of spend takes for granted, judged on what was learnt from and on all.

The value of a customer is expected purchases times expected spend. That holds where spend does not go with frequency
(P. S. Fader, B. G. S. Hardie, K. L. Lee, *Journal of Marketing Research* 42, 2005, look at this correlation for CDNOW before
they multiply). Where it does, the value of who buys often is wrong to one side, and no interval of the two models holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dangol.methods.gamma_gamma import TOO_MUCH, Spending


@dataclass(frozen=True, slots=True)
class Together:
    """Whether spend goes with frequency: so that the model is refused, or so that its intervals are not to be believed whole."""

    refuses: bool
    doubtful: bool


def judge(learnt_from: Spending, used: Spending) -> Together:
    """Refused where what is used goes too far (|r| > 0.3), or what was learnt from surely did; doubtful where either may.

    What is used counts by its figure: there is no other time to judge it on. What was learnt from has fewer customers, so it
    refuses only where its whole 95 % interval lies beyond; else a chance of a few months would refuse what all months deny.
    """
    refuses = not used.is_independent or _surely(learnt_from)
    return Together(refuses, not refuses and (_maybe(learnt_from) or _maybe(used)))


def kept(spending: Spending) -> dict[str, Any]:
    """What a version keeps of a fit of spend that was judged: parameters, correlation with its interval, customers."""
    return {
        "parameters": {name: float(f"{value:.6g}") for name, value in spending.fit.parameters().items()},
        "log_likelihood": float(f"{spending.fit.log_likelihood:.6g}"),
        "correlation": spending.correlation,
        "interval": list(spending.correlation_interval),
        "customers": spending.customers,
    }


def _maybe(spending: Spending) -> bool:
    low, high = spending.correlation_interval
    return max(-low, high) > TOO_MUCH


def _surely(spending: Spending) -> bool:
    low, high = spending.correlation_interval
    return low > TOO_MUCH or high < -TOO_MUCH
