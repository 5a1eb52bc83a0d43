"""What is expected of the data of products and orders."""

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dangol.measures.quality import Dimension, Rule, register

register("product", expect={"missing_category": 1, "missing_list_price": 2, "missing_unit": 1})
register(
    "order",
    Rule(
        "ordered_in_future",
        Dimension.CONSISTENCY,
        _("Ordered in the future"),
        "ordered_at > today",
        weight=2,
        fields=("ordered_at",),
    ),
    Rule(
        "due_before_ordered",
        Dimension.CONSISTENCY,
        _("Due before it was ordered"),
        lambda record_type: Q(due_on__lt=F("ordered_at__date")),
        lambda record_type: Q(due_on__isnull=False),
        weight=1,
        fields=("due_on", "ordered_at"),
    ),
    expect={"missing_customer": 3},
)
