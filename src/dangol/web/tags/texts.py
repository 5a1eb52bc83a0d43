"""Filters that write numbers, money, time and names in the reader's language and zone."""

import re
from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import get_language

from dangol.web import formats

register = template.Library()

LEGAL_FORMS = re.compile(
    r"^(㈜|\(주\)|\(유\)|주식회사|유한회사|재단법인|사단법인)\s*|\s*(㈜|\(주\)|주식회사|유한회사)$"
)


def language() -> str:
    """The language of the page being written."""
    return get_language() or "ko"


def bare_name(name: Any) -> str:
    """A name without its legal form: ㈜한빛정밀 → 한빛정밀."""
    return LEGAL_FORMS.sub("", str(name or "").strip()).strip()


@register.filter
def money(value: Any, currency: str = formats.HOME_CURRENCY) -> str:
    """{{ order.amount|money:order.currency }}"""
    return formats.money(value, currency or formats.HOME_CURRENCY, language())


@register.filter
def money_short(value: Any, currency: str = formats.HOME_CURRENCY) -> str:
    """{{ v|money_short }} → 4,820만; {{ v|money_short:"GBP" }} → £48.2만"""
    return formats.money_short(value, currency or formats.HOME_CURRENCY, language())


@register.filter
def number(value: Any, places: int | None = None) -> str:
    """{{ n|number }}, {{ n|number:2 }}"""
    return formats.number(value, language(), places)


@register.filter
def number_short(value: Any) -> str:
    """{{ n|number_short }} → 1.23만"""
    return formats.number_short(value, language())


@register.filter
def percent(value: Any, places: int = 1) -> str:
    """{{ share|percent }}: 0.814 → 81.4%"""
    return formats.percent(value, language(), places)


@register.filter
def quantity(value: Any, unit: str = "") -> str:
    """{{ line.quantity|quantity:line.product.unit }}"""
    return formats.quantity(value, unit or "", language())


@register.filter
def day(value: date | datetime | None) -> str:
    """{{ d|day }} → 2026-11-21 (토)"""
    return formats.day(value, language(), timezone.get_current_timezone())


@register.filter
def day_short(value: date | datetime | None) -> str:
    """{{ d|day_short }} → 11-21 (토)"""
    return formats.day_short(value, language(), timezone.get_current_timezone())


@register.filter
def month(value: date | datetime | None) -> str:
    """{{ d|month }} → 2026-11"""
    return formats.month(value, language(), timezone.get_current_timezone())


@register.filter
def clock(value: datetime | None) -> str:
    """{{ dt|clock }} → 오전 9:12"""
    return formats.clock(value, language(), timezone.get_current_timezone())


@register.filter
def moment(value: datetime | None) -> str:
    """{{ dt|moment }} → 2026-11-21 (토) 14:30"""
    return formats.moment(value, language(), timezone.get_current_timezone())


@register.filter
def ago(value: date | datetime | None) -> str:
    """{{ dt|ago }} → 2시간 전"""
    return formats.ago(value, language(), timezone.get_current_timezone(), now=timezone.now())


@register.filter
def duration(value: Any) -> str:
    """{{ seconds|duration }} → 1시간 20분"""
    return formats.duration(value, language())


@register.filter
def initials(name: Any) -> str:
    """What stands in an avatar: 이서윤 → 서윤, ㈜한빛정밀 → 한, John Smith → JS."""
    text = bare_name(name)
    if not text:
        return "·"
    if "가" <= text[0] <= "힣":
        return text[1:] if len(text) == 3 and " " not in text else text[0]
    words = text.split()
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
