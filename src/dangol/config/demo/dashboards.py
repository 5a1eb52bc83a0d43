"""The dashboard that the demo company's people share: standing metrics of sales and customers at one glance."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _

_NUMBERS: Final = (
    ("revenue", "year"),
    ("orders", "year"),
    ("average_order", "year"),
    ("active_customers", "year"),
    ("new_customers", "year"),
    ("returning_customers", "year"),
    ("lost_customers", "year"),
    ("repeat_rate", "year"),
)
_CHARTS: Final[tuple[dict[str, Any], ...]] = (
    {"chart": "line", "metric": "revenue", "against": "year", "w": 8, "h": 4, "y": 4},
    {"chart": "bar", "metric": "customers", "by": "customer.rfm.segment", "w": 4, "h": 4, "x": 8, "y": 4},
    {"chart": "stacked", "metric": "orders", "by": "customer.grade", "w": 6, "h": 4, "y": 8},
    {"chart": "table", "metric": "revenue", "by": "customer.owner", "w": 6, "h": 4, "x": 6, "y": 8},
)


def tiles() -> list[dict[str, Any]]:
    """Two rows of numbers, and below them what moves them."""
    numbers = [
        {
            "chart": "number",
            "metric": metric,
            "against": against,
            "x": at % 4 * 3,
            "y": at // 4 * 2,
            "w": 3,
            "h": 2,
        }
        for at, (metric, against) in enumerate(_NUMBERS)
    ]
    return [*numbers, *map(dict, _CHARTS)]


def values() -> dict[str, Any]:
    """The dashboard as `keeping.dashboard_create` takes it."""
    return {
        "name": _("The company at a glance"),
        "description": _("Sales and customers of the last twelve months, each beside the year before."),
        "audience": "everyone",
        "period": "12m",
        "tiles": tiles(),
    }
