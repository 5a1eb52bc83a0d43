"""Drawings of a programme's effect: an interval with the line of zero, and both groups over time. Plain SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 320, 62
EDGE: Final = 34
LINE_WIDTH, LINE_HEIGHT = 720, 230
LEFT, RIGHT, TOP, FOOT = 8, 12, 26, 26


def whisker(one: Mapping[str, Any], texts: tuple[str, str, str], label: str) -> SafeString:
    """A dot with whiskers on a line with 0; `texts` are written at the lower end, at zero, and at the upper end.

    Args:
        one: `difference`, `low`, `high` and `verdict` of a measure.
    """
    low, high = min(float(one["low"]), 0.0), max(float(one["high"]), 0.0)
    span = (high - low) or 1.0

    def x(value: float) -> float:
        return round(EDGE + (value - low) / span * (WIDTH - 2 * EDGE), 1)

    tone = {"more": "f-p s-p", "less": "f-r s-r"}.get(one["verdict"], "f-n s-n")
    start, end, dot, zero = x(one["low"]), x(one["high"]), x(one["difference"]), x(0.0)
    words = [
        (start, texts[0], "start" if start <= EDGE else "middle"),
        (end, texts[2], "end" if end >= WIDTH - EDGE else "middle"),
    ]
    marks = format_html_join(
        "", '<text class="w" x="{}" y="56" text-anchor="{}">{}</text>',
        ((0 if anchor == "start" else WIDTH if anchor == "end" else place, anchor, text) for place, text, anchor in words),
    )  # fmt: skip
    return format_html(
        '<svg class="whisker" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<line class="zero" x1="{}" y1="14" x2="{}" y2="44"/><text class="w" x="{}" y="10" text-anchor="middle">{}</text>'
        '<g class="{}"><line x1="{}" y1="29" x2="{}" y2="29"/><line x1="{}" y1="22" x2="{}" y2="36"/>'
        '<line x1="{}" y1="22" x2="{}" y2="36"/><circle cx="{}" cy="29" r="5"/></g>{}</svg>',
        WIDTH, HEIGHT, label, zero, zero, zero, texts[1], tone, start, end, start, start, end, end, dot, marks,
    )  # fmt: skip


def lines(steps: Sequence[Mapping[str, Any]], start: date, texts: Mapping[str, str]) -> SafeString | None:
    """Both groups by thirty days, with the start marked; None with fewer than two steps.

    Args:
        texts: `label` of the drawing, `start` written at the mark, `top` the greatest value in words.
    """
    if len(steps) < 2:
        return None
    top = max(float(step[name]) for step in steps for name in ("treated", "control"))
    least = min(0.0, *(float(step[name]) for step in steps for name in ("treated", "control")))
    span = (top - least) or 1.0
    room = LINE_WIDTH - LEFT - RIGHT

    def x(at: float) -> float:
        return round(LEFT + at * room / (len(steps) - 1), 1)

    def y(value: float) -> float:
        return round(TOP + (top - value) / span * (LINE_HEIGHT - TOP - FOOT), 1)

    def points(name: str) -> str:
        return " ".join(f"{x(at)},{y(step[name])}" for at, step in enumerate(steps))

    first = date.fromisoformat(steps[0]["day"])
    # Points stand for the middle of their thirty days, so the start lies half a step before the first one after it.
    begun = x((start - first).days / 30 - 0.5)
    days = [(0, "start"), (len(steps) - 1, "end")]
    marks = format_html_join(
        "", '<text class="w" x="{}" y="{}" text-anchor="{}">{}</text>',
        ((x(at), LINE_HEIGHT - 6, anchor, steps[at]["day"]) for at, anchor in days),
    )  # fmt: skip
    return format_html(
        '<svg class="lines" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<line class="axis" x1="{}" y1="{}" x2="{}" y2="{}"/><line class="start" x1="{}" y1="16" x2="{}" y2="{}"/>'
        '<text class="w" x="{}" y="12" text-anchor="middle">{}</text><text class="w" x="{}" y="12">{}</text>'
        '<polyline class="s-n" points="{}"/><polyline class="s-p" points="{}"/>{}</svg>',
        LINE_WIDTH, LINE_HEIGHT, texts["label"], LEFT, y(0.0), LINE_WIDTH - RIGHT, y(0.0), begun, begun,
        LINE_HEIGHT - FOOT, min(max(begun, 150), LINE_WIDTH - 60), texts["start"], LEFT, texts["top"],
        points("control"), points("treated"), marks,
    )  # fmt: skip
