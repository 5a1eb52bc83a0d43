"""What customers contribute to the lake: who there is, and whose they are."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from dangol.measures import metrics
from dangol.measures.lake import Column, Dataset, Follows, own_column, register

if TYPE_CHECKING:
    import ibis.expr.types as ir

CUSTOMERS = Dataset(
    name="customers",
    record_type="customer",
    source="FROM customers_customer c WHERE c.deleted_at IS NULL",
    columns=(
        Column("id", "bigint"),
        Column("kind", "text"),
        Column("stage", "text"),
        Column("grade", "text"),
        Column("industry", "text"),
        Column("country", "text"),
        Column("region", "text"),
        Column("owner_id", "bigint"),
        Column("team_id", "bigint"),
        Column("territory_id", "bigint"),
        Column("since", "date"),
        Column("created_on", "date", "c.created_at::date"),
        own_column("c.own"),
    ),
    follows=(Follows("customers_customer"),),
)
"""One row per customer that is not in the recycle bin, with the columns that say who may see it."""


def _count(customers: "ir.Table") -> "ir.Scalar":
    return customers.count()


register(CUSTOMERS)
metrics.register(
    metrics.Metric(
        name="customers",
        label=_("Customers"),
        unit="number",
        meaning=_("All customers there are; by segment, the shares of the segments."),
        in_words=_("Number of customers that are not in the recycle bin"),
        owner=_("Customers"),
        dataset="customers",
        formula=_count,
        needs=(("customer", ""),),
        lists="customer",
        links=(metrics.Link("customer", "id", fields=("region", "industry", "country")),),
        adds=metrics.EVERY,
        standing=("customer.rfm.segment",),
    ),
    metrics.Metric(
        name="customers_created",
        label=_("Customers entered"),
        unit="number",
        meaning=_("Customers that were entered in the period, by people or by import."),
        in_words=_("Number of customers whose record was made in the period"),
        owner=_("Customers"),
        dataset="customers",
        time="created_on",
        formula=_count,
        needs=(("customer", ""), ("customer", "created_at")),
        lists="customer",
        moment="created_at",
        links=(metrics.Link("customer", "id", fields=("region", "industry", "country")),),
        adds=metrics.EVERY,
    ),
)
