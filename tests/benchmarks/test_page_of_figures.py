"""The page of figures shows what is missed first, keeps other sizes and what people wrote."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks import rendering
from benchmarks.figures import Figure, Part, measuring, part_of
from benchmarks.machine import processor
from benchmarks.printed import figures_in

FAST = Figure("list, p95", 40.0, "ms", bar=100)
SLOW = Figure("list, at 8", 62.0, "/s", bar=100, peer="list-page")
DEAR = Figure("list, median", 20.0, "ms", floor=5.0, floor_is="bare view", ratio_bar=2.5)
MACHINE = {"Machine": "a processor, 2 cores", "PostgreSQL": "18.0", "Python": "3.13"}


def document(folder: Path) -> Path:
    path = folder / "performance.md"
    path.write_text(f"# How fast it is\n\nWritten by hand.\n\n{rendering.MARK}\n\nold\n", encoding="utf-8")
    return path


def kept(page: Path, size: str, *parts: Part) -> str:
    rendering.keep(page.with_suffix(""), size, MACHINE, list(parts))
    rendering.write(page)
    return page.read_text(encoding="utf-8")


def test_a_time_is_met_below_and_a_rate_above_its_bar():
    assert not FAST.missed
    assert SLOW.missed == ["≥ 100 /s"]
    assert not Figure("list, at 8", 100.0, "/s", bar=100).missed
    assert Figure("list, p95", 100.1, "ms", bar=100).missed == ["≤ 100 ms"]


def test_the_ratio_says_how_many_times_worse_it_is_than_the_floor():
    assert DEAR.ratio == 4
    assert DEAR.missed == ["≤ 2.5 × floor"]
    assert Figure("import", 10_000, "rows/s", floor=40_000, floor_is="COPY").ratio == 4
    assert Figure("import", 10_000, "rows/s").ratio is None


def test_what_is_missed_stands_first_and_marked(tmp_path):
    text = kept(
        document(tmp_path), "M", Part("pages", "Pages", "2026-11-22", (0.5, 3.0), 60, [FAST, SLOW, DEAR])
    )
    assert text.startswith("# How fast it is\n\nWritten by hand.\n")
    assert "old" not in text.split(rendering.MARK)[1]
    missed, met = text.split("### Reached: 1")
    assert "### Not reached: 2 of 3" in missed
    assert "| list, at 8 | 62.0 /s | **≥ 100 /s** |" in missed
    assert "| list, median | 20.0 ms | **≤ 2.5 × floor** | 5 ms, bare view | 4.00 |" in missed
    assert "| list, p95 | 40.0 ms | ≤ 100 ms |" in met
    assert "load 0.5 before, 3.0 after" in met
    assert "- PostgreSQL: 18.0" in missed


def test_nothing_missed_is_said_in_words(tmp_path):
    text = kept(document(tmp_path), "S", Part("pages", "Pages", figures=[FAST]))
    assert "Everything that was asked for is reached." in text
    assert "**" not in text


def test_other_sizes_and_other_parts_keep_their_figures(tmp_path):
    page = document(tmp_path)
    kept(page, "M", Part("pages", "Pages", figures=[FAST]), Part("rfm", "RFM", figures=[DEAR]))
    kept(page, "L", Part("pages", "Pages of L", figures=[SLOW]))
    text = kept(page, "M", Part("pages", "Pages anew", figures=[SLOW]))
    assert text.index("## Size L") < text.index("## Size M")
    assert "### Pages of L" in text
    assert "### Pages anew" in text
    assert "list, median" in text.split("## Size M")[1]
    assert "list, p95" not in text


def test_beside_others_stands_the_slowest_of_several_figures_and_what_was_not_measured(tmp_path):
    faster = Figure("list: everything, at 8", 161.0, "/s", bar=100, peer="list-page")
    text = kept(document(tmp_path), "M", Part("pages", "Pages", figures=[faster, SLOW]))
    (row,) = (line for line in text.splitlines() if line.startswith("| list of 50, page"))
    assert row.endswith("| 62.0 | ≥ 100 | ≥ 160 | **missed** |")
    (other,) = (line for line in text.splitlines() if line.startswith("| create a contact, API"))
    assert "not measured" in other


def test_a_part_survives_its_file(tmp_path):
    out = tmp_path / "pages.json"
    with measuring("pages", "Pages", out) as part:
        part.add("list, p95", 40.0, "ms", bar=100)
        part.note("On a quiet machine.")
        part.table.append("| a |")
    assert part_of(json.loads(out.read_text(encoding="utf-8"))) == part
    assert asdict(part)["figures"] == [asdict(FAST)]


def test_a_benchmark_that_fails_leaves_no_figures(tmp_path):
    out = tmp_path / "pages.json"
    with pytest.raises(RuntimeError), measuring("pages", "Pages", out):
        raise RuntimeError
    assert not out.exists()


def test_figures_are_read_out_of_printed_lines():
    text = (
        "lines                   1,200,000\n"
        "full extract              412,345 rows/s   bar ≥ 300,000\n"
        "1 % changes, of full         7.50 %        bar ≤ 5\n"
        "ratio                        1.23\n"
        "\nsome words that are no figure\n"
    )
    lines, full, part, ratio = figures_in(text, "lake")
    assert (lines.work, lines.value, lines.bar) == ("lake: lines", 1_200_000, None)
    assert (full.value, full.unit, full.bar, full.missed) == (412_345, "rows/s", 300_000, [])
    assert part.missed == ["≤ 5 %"]
    assert (ratio.value, ratio.unit) == (1.23, "")


def test_a_bar_against_the_sense_of_its_unit_is_a_mistake():
    with pytest.raises(ValueError, match="against the sense"):
        figures_in("full extract      412,345 rows/s   bar ≤ 300,000", "lake")


def test_the_processor_is_named_where_the_system_tells(tmp_path):
    information = tmp_path / "cpuinfo"
    information.write_text("processor\t: 0\nmodel name\t: A Fine Processor\n", encoding="utf-8")
    assert processor(information) == "A Fine Processor"
    assert processor(tmp_path / "absent")


def test_a_part_that_was_measured_on_another_machine_says_so(tmp_path):
    page = document(tmp_path)
    kept(page, "M", Part("pages", "Pages", "2026-11-21", (0.5, 0.5), 0, [FAST]))
    other = {**MACHINE, "Machine": "another processor"}
    rendering.keep(page.with_suffix(""), "M", other, [Part("rfm", "RFM", "2026-11-22", (1.0, 1.0), 0, [])])
    rendering.write(page)
    text = page.read_text(encoding="utf-8")
    assert "2026-11-21, on a processor, 2 cores; load" in text
    assert "2026-11-22; load" in text
