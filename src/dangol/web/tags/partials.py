"""The larger parts, whose markup stands in `web/parts/`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.utils.translation import gettext as _

from dangol.web import charts
from dangol.web.tags.texts import language

register = template.Library()


@register.inclusion_tag("web/parts/kpis.html")
def kpis(items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The strip of numbers; each: label, value, and if wanted small, detail, tone (up, dn), trend (share),
    good ("up"/"down"), url, info."""
    return {"items": items}


@register.inclusion_tag("web/parts/field.html")
def field(bound: Any, help: str = "") -> dict[str, Any]:  # noqa: A002
    """A field of a Django form: label, required mark, widget, help, errors; all joined for screen readers."""
    widget = bound.field.widget
    described = [f"{bound.auto_id}_help"] if (help or bound.help_text) else []
    if bound.errors:
        described.append(f"{bound.auto_id}_error")
    attributes = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors:
        attributes["aria-invalid"] = "true"
    return {
        "bound": bound,
        "control": bound.as_widget(attrs=attributes),
        "help": help or bound.help_text,
        "check": getattr(widget, "input_type", "") == "checkbox",
        "hidden": bound.is_hidden,
        "group": getattr(widget, "input_type", "") == "radio" or widget.use_fieldset,
    }


@register.inclusion_tag("web/parts/empty.html")
def empty(
    title: Any,
    text: Any = "",
    symbol: str = "sparkles",
    url: str = "",
    action: Any = "",
    url2: str = "",
    action2: Any = "",
) -> dict[str, Any]:
    """An empty place: what it is for, and the first step."""
    return {
        "title": title,
        "text": text,
        "symbol": symbol,
        "url": url,
        "action": action,
        "url2": url2,
        "action2": action2,
    }


@register.inclusion_tag("web/parts/progress.html")
def progress(
    done: int,
    total: int | None = None,
    rate: float | None = None,
    seconds_left: float | None = None,
    title: Any = "",
    unit: Any = "",
    cancel_url: str = "",
    poll_url: str = "",
    finished: bool = False,
    id: str = "progress",  # noqa: A002
) -> dict[str, Any]:
    """Long work: rows done of total, rows per second, seconds left, cancel (POST).

    poll_url answers with this same part; it is asked every second until `finished`.
    """
    if seconds_left is None and rate and total is not None:
        seconds_left = max(0, total - done) / rate
    share = done / total if total else None
    return {
        "done": done,
        "total": total,
        "share": share,
        "rate": rate,
        "seconds_left": None if finished else seconds_left,
        "title": title,
        "unit": unit or _("rows"),
        "cancel_url": "" if finished else cancel_url,
        "poll_url": "" if finished else poll_url,
        "finished": finished,
        "id": id,
    }


@register.inclusion_tag("web/parts/pager.html")
def pager(previous_url: str = "", next_url: str = "", text: Any = "", target: str = "") -> dict[str, Any]:
    """Previous and next by keyset; text says where one is; target: selector that htmx replaces."""
    return {"previous_url": previous_url, "next_url": next_url, "text": text, "target": target}


@register.inclusion_tag("web/parts/tabs.html")
def tabs(items: Iterable[Mapping[str, Any]], label: Any = "", target: str = "") -> dict[str, Any]:
    """Tabs as links; each: label, url, on, count. target: selector that htmx replaces."""
    return {"items": items, "label": label or _("Views"), "target": target}


@register.inclusion_tag("web/parts/entry.html")
def entry(
    title: Any,
    symbol: str = "point",
    at: datetime | None = None,
    text: Any = "",
    chips: Iterable[Sequence[Any]] = (),
    url: str = "",
    tone: str = "",
    at_style: str = "ago",
) -> dict[str, Any]:
    """One entry of a timeline, inside <ol class="tl">; chips are (text, tone)."""
    return {
        "title": title,
        "symbol": symbol,
        "at": at,
        "text": text,
        "chips": chips,
        "url": url,
        "tone": tone,
        "at_style": at_style,
    }


@register.inclusion_tag("web/parts/chart.html")
def chart(id: str, spec: Mapping[str, Any], size: str = "", label: Any = "") -> dict[str, Any]:  # noqa: A002
    """A chart from a spec (see `web/charts.py`) with its numbers as a table beneath; size s, m, "", l."""
    return {
        "id": id,
        "data_id": f"{id}-data",
        "spec": spec,
        "size": size,
        "label": label,
        "table": charts.table(spec, language()),
    }
