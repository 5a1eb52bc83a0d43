"""Figures out of what a benchmark prints, for one that says them in lines only.

full extract              412,345 rows/s   bar ≥ 300,000
"""

from __future__ import annotations

import re

from benchmarks.figures import Figure

LINE = re.compile(
    r"^(?P<work>\S.*?)\s{2,}(?P<value>\d[\d,]*(?:\.\d+)?)\s*(?P<unit>rows/s|MB|ms|s|%|×)?"
    r"(?:\s+bar\s*(?P<sign>[≥≤])\s*(?P<bar>\d[\d,]*(?:\.\d+)?))?"
)


def figures_in(text: str, prefix: str) -> list[Figure]:
    """The figures of these lines, in order; lines that are none are passed over.

    A bar that is said the wrong way round for its unit (a rate of at most so much) is a mistake in the benchmark.

    Raises:
        ValueError: such a bar.
    """
    found = []
    for line in text.splitlines():
        match = LINE.match(line)
        if match is None:
            continue
        bar = float(match["bar"].replace(",", "")) if match["bar"] else None
        figure = Figure(
            f"{prefix}: {match['work']}", float(match["value"].replace(",", "")), match["unit"] or "", bar=bar
        )
        if bar is not None and (match["sign"] == "≥") != figure.is_rate:
            raise ValueError(f"A bar against the sense of its unit: {line}")
        found.append(figure)
    return found
