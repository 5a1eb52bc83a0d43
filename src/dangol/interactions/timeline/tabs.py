"""The tabs above a timeline. Higher rooms add theirs beside the presenters of their kinds."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.interactions.timeline.kinds import CONVERSATIONS, ORDERS
from dangol.records.types import RecordType

CHANGES = "changes"
_tabs: list[tuple[int, str, str | Promise, str | None]] = [
    (0, "all", _("All"), None),
    (10, CONVERSATIONS, _("Conversations"), None),
    (20, ORDERS, _("Orders"), "customer"),
    (90, CHANGES, _("Changes"), None),
]


def add_tab(key: str, label: str | Promise, *, order: int = 50, only: str | None = None) -> None:
    """Add a tab; `only` names the record type on whose pages it stands."""
    _tabs.append((order, key, label, only))
    _tabs.sort(key=lambda tab: tab[0])


def tab_keys() -> set[str]:
    """The tabs there are."""
    return {key for _order, key, _label, _only in _tabs}


def tabs(record_type: RecordType, record_id: int, current: str) -> list[dict[str, Any]]:
    """The tabs of one record's timeline, as the `tabs` part of the design system takes them."""
    url = reverse("interactions:timeline", args=[record_type.name, record_id])
    return [
        {"label": label, "url": f"{url}?tab={key}", "on": key == current, "count": None}
        for _order, key, label, only in _tabs
        if only in (None, record_type.name)
    ]
