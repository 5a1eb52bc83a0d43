"""What the models of insight say of all customers together: figures over scores, as of the day of the data.

Scores are kept for the present only, so these are states of the day: one number, no periods.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.measures import metrics
from dangol.measures.fields import ScoreField
from dangol.measures.lake.scores import scores_of
from dangol.measures.metrics import EVERY, Link, Metric
from dangol.records import fieldrules, permissions, registry

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from dangol.measures.lake import Lake

CUSTOMER: Final = "customer"
ORDER: Final = "order"
LEAVING: Final = "0.5"
"""From which probability of leaving on a customer counts as one who leaves."""


def may_see(*scores: str) -> Callable[[Actor], bool]:
    """Whether somebody may read these scores of every customer he sees: they follow from orders and their amounts."""

    def may(actor: Actor) -> bool:
        customers = registry.get(CUSTOMER)
        shown = permissions.fields_for(actor, customers)
        return permissions.follows(actor, registry.get(ORDER), customers) and all(
            field.name in shown and fieldrules.is_clear(actor, CUSTOMER, field.name)
            for field in customers.fields.values()
            if isinstance(field, ScoreField) and (field.score_name or field.name) in scores
        )

    return may


def _scored(lake: Lake, name: str) -> ir.Table:
    customers = lake.table("customers")
    scores = scores_of(lake, CUSTOMER, name)
    scores = scores.select(scored=scores.record_id, score=scores.value)
    return customers.inner_join(scores, customers.id == scores.scored)


def by_lifetime_value(lake: Lake) -> ir.Table:
    """One row per customer with a lifetime value."""
    return _scored(lake, "clv.3y")


def by_value_at_risk(lake: Lake) -> ir.Table:
    """One row per customer of whom it is known what his leaving would cost."""
    return _scored(lake, "defection.value_at_risk")


def by_defection(lake: Lake) -> ir.Table:
    """One row per customer of whom it is known how probably he leaves."""
    return _scored(lake, "defection.probability")


def by_segment(lake: Lake) -> ir.Table:
    """One row per customer who stands in a segment."""
    return _scored(lake, "rfm.segment")


def _sum(rows: ir.Table) -> ir.Scalar:
    return rows.score.sum()


def _leaving(rows: ir.Table) -> ir.Scalar:
    """Missing, not 0, where nothing is known of anybody."""
    import ibis

    found = rows.count(where=rows.score >= ibis.literal(0.5, type="decimal(2, 1)"))
    return (rows.count() > 0).ifelse(found, ibis.null("int64"))


def _count(rows: ir.Table) -> ir.Scalar:
    return rows.count()


def _of_scores(name: str, score: str, **more: object) -> Metric:
    about = {
        "name": name,
        "owner": _("Customers"),
        "dataset": "customers",
        "needs": ((CUSTOMER, ""), (ORDER, "amount")),
        "may": may_see(score),
        "lists": CUSTOMER,
        "settled": True,
        "links": (Link(CUSTOMER, "id", fields=("region", "industry", "country")),),
        "adds": EVERY,
        "nothing": None,
    }
    return Metric(**{**about, **more})  # type: ignore[arg-type]


metrics.register(
    _of_scores(
        "clv_sum",
        "clv.3y",
        label=_("Lifetime value of all customers"),
        unit="money",
        meaning=_("What customers are expected to bring in the next three years, added up."),
        in_words=_("Sum of the lifetime values over three years; empty as long as none are computed"),
        source=by_lifetime_value,
        formula=_sum,
        where="clv.3y is not empty",
        standing=("customer.rfm.segment",),
    ),
    _of_scores(
        "value_at_risk",
        "defection.value_at_risk",
        label=_("Value at risk"),
        unit="money",
        meaning=_("How much of the customers\u2019 value is expected to be lost by their leaving."),
        in_words=_("Sum of the customers\u2019 values at risk; empty as long as none are computed"),
        good="down",
        source=by_value_at_risk,
        formula=_sum,
        where="defection.value_at_risk is not empty",
        standing=("customer.rfm.segment",),
    ),
    _of_scores(
        "customers_leaving",
        "defection.probability",
        label=_("Customers about to leave"),
        unit="number",
        meaning=_("Customers who will more probably leave than stay."),
        in_words=_(
            "Number of customers whose probability of leaving is 50 % or more; empty as long as none are computed"
        ),
        good="down",
        source=by_defection,
        formula=_leaving,
        where=f"defection.probability >= {LEAVING}",
    ),
    _of_scores(
        "rfm_share",
        "rfm.segment",
        label=_("Share of customers"),
        unit="percent",
        meaning=_("Which share of the customers who ever bought stands in each segment."),
        in_words=_("Customers of the part ÷ all customers who stand in a segment; the whole is 100 %"),
        good="",
        source=by_segment,
        formula=_count,
        where="rfm.segment is not empty",
        standing=("customer.rfm.segment",),
        share=True,
    ),
)
