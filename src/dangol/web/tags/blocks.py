"""Parts around other markup: card, menu, dialog, note."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dangol.web.tags.marks import icon

register = template.Library()


@register.simple_block_tag(takes_context=False)
def card(
    content: SafeString,
    title: Any = "",
    more: Any = "",
    more_url: str = "",
    id: str = "",  # noqa: A002
    wide: bool = False,
) -> SafeString:
    """{% card _("Key people") more=_("All") more_url=… %} … {% endcard %}; wide: a table that scrolls."""
    head: str = ""
    if title:
        link: str = ""
        if more_url:
            link = format_html('<a class="more" href="{}">{}</a>', more_url, more)
        elif more:
            link = format_html('<span class="more">{}</span>', more)
        head = format_html("<header><h2>{}</h2>{}</header>", title, link)
    here = format_html(' id="{}"', id) if id else ""
    name = title or _("Table")
    body = (
        format_html('<div class="wide" tabindex="0" role="region" aria-label="{}">{}</div>', name, content)
        if wide
        else format_html('<div class="b">{}</div>', content)
    )
    return format_html('<section class="cardx"{}>{}{}</section>', here, head, body)


@register.simple_block_tag(takes_context=False)
def menu(
    content: SafeString,
    text: Any = "",
    symbol: str = "",
    tone: str = "btnx",
    end: bool = False,
    label: str = "",
) -> SafeString:
    """A list of links and buttons behind a button: {% menu _("Columns") "columns-3" %} … {% endmenu %}."""
    voice = format_html(' aria-label="{}"', label) if label else ""
    return format_html(
        '<details class="menu{}" data-menu><summary class="{}"{}>{}{}</summary>'
        '<div class="menu-list">{}</div></details>',
        " end" if end else "",
        tone,
        voice,
        icon(symbol) if symbol else "",
        text,
        content,
    )


@register.simple_block_tag(takes_context=False)
def dialog(content: SafeString, id: str, title: Any, wide: bool = False) -> SafeString:  # noqa: A002
    """A native dialog, opened by any element with data-open="id"."""
    return format_html(
        '<dialog id="{0}" aria-labelledby="{0}-t" class="{1}"><div class="dh"><h2 id="{0}-t">{2}</h2>'
        '<button type="button" class="round" data-close aria-label="{3}">{4}</button></div>'
        '<div class="db">{5}</div></dialog>',
        id,
        "wide-d" if wide else "",
        title,
        _("Close"),
        icon("x"),
        content,
    )


@register.simple_block_tag(takes_context=False)
def note(content: SafeString, tone: str = "b", symbol: str = "info-circle") -> SafeString:
    """A sentence that must be seen: tone b (info) p (good) g (mind) o (act) r (wrong)."""
    return format_html(
        '<div class="note {}" role="{}">{}<div>{}</div></div>',
        tone,
        "alert" if tone == "r" else "note",
        icon(symbol),
        content,
    )
