"""What the model room says: purposes, methods, states, reasons, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PURPOSES: Final[Mapping[str, str | Promise]] = {
    "lifetime_value": _("Lifetime value"),
    "defection": _("Defection"),
}
ABOUT: Final[Mapping[str, str | Promise]] = {
    "lifetime_value": _("Who is still a customer, how often will each buy, and what is that worth?"),
    "defection": _(
        "Which customers will stop buying, how probable is that, and why does the model think so?"
    ),
}
METHODS: Final[Mapping[str, str | Promise]] = {
    "bg_nbd": "BG/NBD",
    "mbg_nbd": "MBG/NBD",
    "pareto_nbd": "Pareto/NBD",
    "boosting": _("Gradient boosting"),
}
STATES: Final[Mapping[str, tuple[str | Promise, str]]] = {
    "fitted": (_("waits to be published"), "g"),
    "refused": (_("refused"), "r"),
    "published": (_("in use"), "p"),
    "retired": (_("retired"), ""),
}
REASONS: Final[Mapping[str, str | Promise]] = {
    "flat": _("The data do not tell the parameters apart, so nobody knows how sure the model is."),
    "total": _(
        "Worse than the baseline: the total is further from what came than “everybody goes on as so far”."
    ),
    "each": _(
        "Worse than the baseline: customer by customer it is further off than “everybody goes on as so far”."
    ),
    "order": _("Worse than the baseline: last year's revenue puts customers in a better order."),
    "spend": _("Spend goes with how often customers buy, so frequency and spend must not be multiplied."),
    "refit": _("On all of the time the search did not end on a peak."),
    "apart": _(
        "Not surely better than the baseline: days since the last purchase alone tell apart as well who leaves and who stays."
    ),
    "top": _(
        "Worse than the baseline: of the tenth it holds most probable surely fewer left than of those silent for longest."
    ),
    "share": _("Its probabilities are no nearer to what came than telling everybody the same."),
    "calibration": _(
        "Its probabilities are off by more than a tenth, so no value at risk follows from them."
    ),
}
LACKS: Final[Mapping[str, tuple[str | Promise, int]]] = {
    "repeaters": (_("customers who bought twice or more"), 50),
    "days": (_("days from the first order to the last"), 168),
    "held": (_("purchases in the time held out"), 30),
    "span": (_("days from the first order to the last, four times the gap"), 0),
    "gone": (_("customers who left, in each time looked at"), 50),
    "stayed": (_("customers who stayed, in each time looked at"), 50),
}
"""What a model needs, and how much of it; a `…_needed` beside the figure says otherwise."""
