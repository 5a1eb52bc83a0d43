"""The fields that insight gives to customers: what its models found out about them."""

from django.utils.translation import gettext_lazy as _

import dangol.customers.records  # noqa: F401 - declares the type that is contributed to
from dangol.insight.segments import CHOICES, TONES
from dangol.measures.fields import ScoreChoice, ScoreInteger, ScoreMoney, ScoreText
from dangol.records import registry

CUSTOMER = "customer"
ORDER = "order"
AMOUNTS = ("order.amount",)

CUSTOMER_FIELDS = (
    ScoreChoice(
        "rfm.segment",
        record_type=CUSTOMER,
        needs=ORDER,
        label=_("Segment"),
        choices=CHOICES,
        tones=TONES,
        reads=AMOUNTS,
    ),
    ScoreInteger("rfm.recency", record_type=CUSTOMER, needs=ORDER, label=_("Days since last order")),
    ScoreInteger("rfm.frequency", record_type=CUSTOMER, needs=ORDER, label=_("Orders in all")),
    ScoreMoney(
        "rfm.monetary",
        record_type=CUSTOMER,
        needs=ORDER,
        label=_("Revenue in all"),
        reads=AMOUNTS,
        short=True,
        digits=28,
        places=8,
    ),
    ScoreText("rfm.score", record_type=CUSTOMER, needs=ORDER, label=_("RFM score"), reads=AMOUNTS),
    ScoreMoney(
        "value.revenue_12m",
        record_type=CUSTOMER,
        needs=ORDER,
        label=_("Revenue, 12 months"),
        reads=AMOUNTS,
        short=True,
        digits=28,
        places=8,
    ),
    ScoreInteger("value.orders_12m", record_type=CUSTOMER, needs=ORDER, label=_("Orders, 12 months")),
    ScoreInteger("value.interval", record_type=CUSTOMER, needs=ORDER, label=_("Usual days between orders")),
)

registry.get(CUSTOMER).contribute(
    *CUSTOMER_FIELDS,
    columns={
        "rfm.segment": "name",
        "value.revenue_12m": "owner",
        "rfm.monetary": "value.revenue_12m",
        "rfm.recency": "rfm.monetary",
    },
    page_sort=("-rfm.monetary",),
    card_fields=("value.revenue_12m", "owner", "rfm.segment"),
)
