"""What customers contribute to the lake: who there is, and whose they are."""

from dangol.measures.lake import Column, Dataset, Follows, own_column, register

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

register(CUSTOMERS)
