"""docs/performance.md from the figures kept beside it, one JSON for each size; what people wrote above stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Part, part_of, shown
from benchmarks.peers import NAMES, ROWS

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
MARK = "<!-- measured: written by python -m benchmarks --write -->"
ORDER = ("L", "M", "S")
HEAD = ["| work | measured | asked for | floor | × floor |", "|---|---:|---|---|---:|"]


def keep(folder: Path, size: str, machine: dict[str, str], parts: list[Part]) -> Path:
    """Keep these parts in the JSON of their size; parts that were not measured now stay as they were."""
    from dataclasses import asdict

    path = folder / f"{size}.json"
    kept: dict[str, Any] = {"size": size, "machine": {}, "parts": {}}
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
    # Parts that were measured elsewhere keep saying so.
    machines = kept.setdefault("machines", {})
    for name in kept["parts"]:
        machines.setdefault(name, kept["machine"].get("Machine", ""))
    machines.update({part.name: machine["Machine"] for part in parts})
    kept["machine"] = machine
    kept["parts"].update({part.name: asdict(part) for part in parts})
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def write(document: Path = DOCUMENT) -> None:
    """Make the page anew from all sizes that were measured."""
    above = (
        document.read_text(encoding="utf-8").split(MARK)[0] if document.exists() else "# How fast it is\n\n"
    )
    folder = document.with_suffix("")
    sections = [
        section(json.loads((folder / f"{size}.json").read_text(encoding="utf-8")))
        for size in ORDER
        if (folder / f"{size}.json").is_file()
    ]
    document.write_text(above + MARK + "\n\n" + "\n\n".join(sections) + "\n", encoding="utf-8")


def section(kept: dict[str, Any]) -> str:
    """What was measured at one size: what is not reached first."""
    parts = [part_of(part) for part in kept["parts"].values()]
    barred = [figure for part in parts for figure in part.figures if figure.asked]
    missed = [figure for figure in barred if figure.missed]
    met = [figure for figure in barred if not figure.missed]
    lines = [f"## Size {kept['size']}", ""]
    lines += [f"- {name}: {value}" for name, value in kept["machine"].items()]
    lines += ["", f"### Not reached: {len(missed)} of {len(barred)}", ""]
    lines += [*HEAD, *map(row_of, missed)] if missed else ["Everything that was asked for is reached."]
    lines += ["", f"### Reached: {len(met)}", ""]
    lines += [*HEAD, *map(row_of, met)] if met else ["Nothing."]
    if peers := peer_table(parts):
        lines += ["", "### Beside others, eight connections", "", *peers]
    for part in parts:
        lines += ["", f"### {part.title}", ""]
        took = f", in {part.seconds:,.0f} s" if part.seconds else ""
        machine = kept.get("machines", {}).get(part.name, "")
        where = f", on {machine}" if machine and machine != kept["machine"].get("Machine") else ""
        lines.append(
            f"{part.measured}{took}{where}; load {part.load[0]:.1f} before, {part.load[1]:.1f} after."
        )
        lines += [text for note in part.notes for text in ("", note)]
        if part.table:
            lines += ["", *part.table]
        elif others := [figure for figure in part.figures if not figure.asked]:
            lines += ["", *HEAD, *map(row_of, others)]
    return "\n".join(lines)


def row_of(figure: Figure) -> str:
    """A figure in a table."""
    floor = f"{shown(figure.floor)} {figure.unit}, {figure.floor_is}" if figure.floor is not None else ""
    asked = ", ".join(f"**{text}**" if text in figure.missed else text for text in figure.asked)
    ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else ""
    return f"| {figure.work} | {shown(figure.value)} {figure.unit} | {asked} | {floor} | {ratio} |"


def peer_table(parts: list[Part]) -> list[str]:
    """What the others do, and what Dangol did; the slowest where several figures stand for the same work."""
    ours: dict[str, Figure] = {}
    for figure in (figure for part in parts for figure in part.figures if figure.peer):
        if figure.peer not in ours or figure.value < ours[figure.peer].value:
            ours[figure.peer] = figure
    if not ours:
        return []
    lines = [
        f"| work, units a second · p50/p95 ms | {' | '.join(NAMES)} | Dangol | bar | goal | |",
        "|---|" + "---|" * len(NAMES) + "---:|---:|---:|---|",
    ]
    for name, row in ROWS.items():
        our = ours.get(name)
        verdict = ""
        if our is not None:
            verdict = "**missed**" if our.value < row.bar else "goal" if our.value >= row.goal else "met"
        lines.append(
            f"| {row.work} | {' | '.join(row.others)} | {shown(our.value) if our else 'not measured'} "
            f"| ≥ {row.bar:,g} | ≥ {row.goal:,g} | {verdict} |"
        )
    return lines
