"""Addresses of the records behind a mark, in the filter language."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings

from dangol.records import registry


def records_url(record_type: str, condition: str, *, sort: str = "") -> str:
    """The list of a record type with a filter."""
    query = {"filter": condition, **({"sort": sort} if sort else {})}
    return f"/{registry.get(record_type).path}/?{urlencode(query)}"


def segment_url(code: str) -> str:
    """The customers of a segment, those with most revenue first."""
    return records_url("customer", f'rfm.segment = "{code}"', sort="-rfm.monetary")


def at_least_url(least: Decimal) -> str:
    """The customers whose revenue in all is at least this much."""
    return records_url("customer", f"rfm.monetary >= {plain(least)}", sort="-rfm.monetary")


def month_url(month: date, *, zone: str) -> str:
    """The orders that stand in the revenue of a month."""
    months = month.year * 12 + month.month
    return orders_url(
        month.replace(day=1), date(months // 12, months % 12 + 1, 1) - timedelta(days=1), zone=zone
    )


def orders_url(first: date, last: date, *, zone: str) -> str:
    """The orders that stand in the revenue from one day to another; the days are the company's.

    A reader in another time zone gets the borders as moments, so that the list holds the very orders of the mark.
    """
    start, end = _border(first, zone), _border(last + timedelta(days=1), zone)
    condition = (
        f'ordered_at >= {start} and ordered_at < {end} and not (kind = "sale" and status = "cancelled")'
    )
    return records_url("order", condition)


def plain(value: Decimal) -> str:
    """A number as the filter language reads it: exact, without exponent or closing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _border(day: date, zone: str) -> str:
    if zone == settings.TIME_ZONE:
        return day.isoformat()
    return datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE)).isoformat()
