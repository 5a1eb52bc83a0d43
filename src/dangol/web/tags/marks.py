"""The small parts: icon, avatar, chip, bar, dots, trend, button, time, facts.

They build their few characters here and not in templates, since tables use them hundreds of times.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from django import template
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dangol.web import formats
from dangol.web.tags.texts import ago, bare_name, clock, day, day_short, initials, language, moment

register = template.Library()

SPRITE: Final = "vendor/icons.svg"
BAR: Final = (
    '<span class="{}" {}><svg viewBox="0 0 100 6" preserveAspectRatio="none">'
    '<rect width="{}" height="6"/></svg></span>'
)
NOTHING: Final = SafeString("")
MOMENT_STYLES: Final[Mapping[str, Callable[[datetime], str]]] = {
    "ago": ago,
    "day": day,
    "day_short": day_short,
    "moment": moment,
    "clock": clock,
}
DAY_STYLES: Final[Mapping[str, Callable[[date], str]]] = {"ago": ago, "day_short": day_short}
HIDDEN: Final = SafeString('aria-hidden="true"')


@lru_cache(maxsize=1)
def sprite() -> str:
    """Address of the sprite; looked up once, since a page has dozens of icons."""
    return static(SPRITE)


@receiver(setting_changed)
def forget_addresses(**_signal: Any) -> None:
    """Tests change the storage of static files."""
    for remembered in (sprite, drawn_icon, drawn_avatar, drawn_chip):
        remembered.cache_clear()


# What repeats in the rows of a list is drawn once. `typed` keeps text that is marked safe apart from equal
# text that is not; other objects (translated later, numbers) are made text first.


@lru_cache(maxsize=1024, typed=True)
def drawn_icon(name: str, size: str, label: str) -> SafeString:
    classes = f"ti {size}".strip()
    address = f"{sprite()}#{name}"
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"></use></svg>', classes, label, address
        )
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>', classes, address)


@lru_cache(maxsize=4096, typed=True)
def drawn_avatar(name: str, size: str, tone: str, letters: int) -> SafeString:
    one = size == "big" or letters == 1
    inside = (bare_name(name)[:1] or "·") if one else initials(name)
    classes = " ".join(part for part in ("av", size, tone) if part)
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, inside)


@lru_cache(maxsize=4096, typed=True)
def drawn_chip(text: str, tone: str, symbol: str, url: str) -> SafeString:
    classes = f"chip {tone}".strip()
    inside = format_html("{}{}", drawn_icon(symbol, "", "") if symbol else "", text)
    if url:
        return format_html('<a class="{}" href="{}">{}</a>', classes, url, inside)
    return format_html('<span class="{}">{}</span>', classes, inside)


def plain(value: Any) -> str:
    """Text as it is, other things as text; None as nothing."""
    return value if isinstance(value, str) else "" if value is None else str(value)


@register.simple_tag
def icon(name: str, size: str = "", label: Any = "") -> SafeString:
    """{% icon "users" %}; size "l"; label makes it speak (an icon without a word beside it)."""
    return drawn_icon(plain(name), size, plain(label))


@register.simple_tag
def icon_address() -> str:
    """Address of the sprite, for scripts that make icons."""
    return sprite()


@register.simple_tag
def avatar(name: Any, size: str = "", tone: str = "", symbol: str = "", letters: int = 2) -> SafeString:
    """{% avatar user.name %}; size "big", "s" or "xs"; tone o g r b n; symbol: an icon for the letters;
    letters: 1 for the first alone (as for people of a customer).

    Hidden from screen readers: the name stands beside it.
    """
    if symbol:
        classes = " ".join(part for part in ("av", size, tone) if part)
        return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, icon(symbol))
    return drawn_avatar(plain(name), size, tone, letters)


@register.simple_tag
def chip(text: Any, tone: str = "", symbol: str = "", url: str = "") -> SafeString:
    """{% chip "챔피언" "p" %}; tone p (good) o (act) g (note) r (bad) b (info); url makes it a link."""
    return drawn_chip(plain(text), plain(tone), plain(symbol), plain(url))


@register.simple_tag
def filter_chip(text: Any, remove_url: str = "", edit_url: str = "", tone: str = "b") -> SafeString:
    """A condition of a list with its ✕, which leads to the list without it."""
    inside = format_html('<a href="{}">{}</a>', edit_url, text) if edit_url else format_html("{}", text)
    cross: str = ""
    if remove_url:
        label = _("Remove condition: %(condition)s") % {"condition": text}
        cross = format_html('<a class="x" href="{}" aria-label="{}">{}</a>', remove_url, label, icon("x"))
    return format_html('<span class="chip {}">{}{}</span>', tone, inside, cross)


@register.simple_tag
def bar(share: Any, tone: str = "", label: str = "", full: bool = False) -> SafeString:
    """A small bar for a share of one (0…1, held within); tone o g r b; label for screen readers."""
    try:
        width = max(0.0, min(1.0, float(share))) * 100
    except (TypeError, ValueError):
        return NOTHING
    voice = format_html('role="img" aria-label="{}"', label) if label else HIDDEN
    classes = " ".join(part for part in ("bar", tone, "full" if full else "") if part)
    return format_html(BAR, classes, voice, f"{width:.1f}")


@register.simple_tag
def dots(filled: int, of: int = 5, tone: str = "") -> SafeString:
    """Strength as dots: ●●●●○."""
    filled = max(0, min(of, int(filled or 0)))
    label = _("%(filled)s of %(of)s") % {"filled": filled, "of": of}
    return format_html(
        '<span class="dots {}" role="img" aria-label="{}">{}{}</span>',
        tone,
        label,
        "●" * filled,
        "○" * (of - filled),
    )


@register.simple_tag
def trend(share: Any, good: str = "up", unit: str = "%") -> SafeString:
    """▲ 8% in pine or red; good: which direction is good news ("up" or "down"). Unit "%p" for points."""
    if share is None or share == "":
        return NOTHING
    text = formats.percent(abs(formats.exact(share)), language()).removesuffix("%") + unit
    if text == f"0{unit}":
        return format_html('<span class="mut">– {}</span>', text)
    rising = formats.exact(share) > 0
    word = _("up") if rising else _("down")
    return format_html(
        '<span class="{}"><span aria-hidden="true">{}</span><span class="sr">{}</span> {}</span>',
        "up" if rising == (good == "up") else "dn",
        "▲" if rising else "▼",
        word,
        text,
    )


@register.simple_tag
def button(
    text: Any = "",
    url: str = "",
    symbol: str = "",
    tone: str = "",
    kind: str = "submit",
    name: str = "",
    value: str = "",
    label: str = "",
    opens: str = "",
    key: str = "",
) -> SafeString:
    """A link (with url) or a button that look the same.

    tone: pri, danger, quiet. kind: submit, button. label: for a button of an icon alone. opens: id of the
    dialog it opens. key: single key that presses it.
    """
    extra = {"aria-label": label, "data-open": opens, "data-key": key}
    if url:
        extra = {"href": url, **extra}
    else:
        extra = {"type": "button" if opens else kind, "name": name, "value": value, **extra}
    attributes = format_html_join("", ' {}="{}"', ((at, what) for at, what in extra.items() if what))
    classes = f"btnx {tone}".strip()
    return format_html(
        '<{0} class="{1}"{2}>{3}{4}</{0}>',
        "a" if url else "button",
        classes,
        attributes,
        icon(symbol) if symbol else "",
        text,
    )


@register.simple_tag
def time(value: datetime | date | None, style: str = "ago") -> SafeString:
    """<time> with the exact moment in its title; style ago, day, day_short, moment or clock (a date without
    time has no moment and no clock: its day stands for them)."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        title = moment(value)
        shown = MOMENT_STYLES[style](value)
    else:
        title = day(value)
        shown = DAY_STYLES.get(style, day)(value)
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), title, shown)


@register.simple_tag
def facts(pairs: Iterable[Sequence[Any]]) -> SafeString:
    """A definition list from (label, value) pairs; a value that is not known shows "–"."""
    rows = format_html_join(
        "",
        "<dt>{}</dt><dd>{}</dd>",
        ((label, "–" if value in (None, "") else value) for label, value in pairs),
    )
    return format_html('<dl class="f">{}</dl>', rows)
