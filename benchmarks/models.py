"""How right the models of customer value are on real shops and on customers made by their own assumptions, and how fast.

    python -m benchmarks.models [--data FOLDER] [cdnow | retail | leaving | coverage | speed …]

FOLDER holds `cdnow/` and `online_retail/`; `../shared/data` beside the project without it. Prints the figures that stand in
docs/insight; parts whose data are missing say so.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import numpy as np

from checks import ROOT
from dangol.methods import bgnbd, clv, decile, defection, foretelling, gamma_gamma, mbgnbd, pareto_nbd
from dangol.methods.bgnbd import BgNbd
from dangol.methods.histories import Histories, Summary, bought_later, summarise

MODELS = {"BG/NBD": bgnbd.fit, "MBG/NBD": mbgnbd.fit, "Pareto/NBD": pareto_nbd.fit}
TRUTH = BgNbd(0.243, 4.414, 0.793, 2.426)
TRIALS = 100


def cdnow(folder: Path) -> None:
    """The 1/10 sample and the master, 39 weeks to learn from and 39 to foretell."""
    for name, at in (("CDNOW_sample.txt", 1), ("CDNOW_master.txt", 0)):
        rows = [line.split() for line in (folder / "cdnow" / name).read_text(encoding="utf-8").splitlines()]
        rows = [row for row in rows if row[at].isdigit()]
        who = np.array([int(row[at]) for row in rows])
        days = np.array([date.fromisoformat(row[at + 1]).toordinal() for row in rows])
        judge(
            name, who, days, np.array([float(row[-1]) for row in rows]), date(1997, 9, 30), date(1998, 6, 30)
        )


def retail(folder: Path) -> None:
    """Online Retail: invoices of known customers, nine months to learn from and 14 weeks to foretell."""
    who, days, values = retail_days(folder)
    # cancellations lower the day they are written on; a day that ends below zero is no purchase
    kept = values > 0
    judge("Online Retail", who[kept], days[kept], values[kept], date(2011, 8, 31), date(2011, 12, 9))


def retail_days(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Customer, day and net value of each day on which a known customer of Online Retail bought or returned."""
    totals: dict[tuple[int, int], float] = {}
    with gzip.open(folder / "online_retail/online_retail.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["CustomerID"]:
                day = datetime.fromisoformat(row["InvoiceDate"]).toordinal()
                key = (int(float(row["CustomerID"])), day)
                totals[key] = totals.get(key, 0.0) + int(row["Quantity"]) * float(row["UnitPrice"])
    who, days = np.array(list(totals)).T
    return who, days, np.array(list(totals.values()))


FEATURES = (
    "days_since_last", "purchases", "age", "days_between", "pace_missed", "spend", "last_30", "last_90", "returned",
)  # fmt: skip
AHEAD = 90


def leaving(folder: Path) -> None:
    """Online Retail: who will buy nothing for 90 days, told at three moments a quarter of a year apart."""
    who, days, values = retail_days(folder)
    begin = time.perf_counter()
    windows = [standing(who, days, values, date(2011, month, 10).toordinal()) for month in (3, 6, 9)]
    found = defection.learn(*windows, names=FEATURES, baseline="days_since_last")
    quality = found.quality
    print(
        f"\nOnline Retail, nothing for {AHEAD} days: learnt from {len(windows[0].defected):,} customers, mended on "
        f"{len(windows[1].defected):,}, judged on {quality.customers:,} of whom {quality.defected:,} left; "
        f"{time.perf_counter() - begin:.1f} s"
    )
    print(
        f"  area {quality.area:.3f} (days since the last purchase alone: {quality.baseline_area:.3f}; gain {quality.gain:+.3f}, "
        f"{quality.gain_low:+.3f} … {quality.gain_high:+.3f}); Brier {quality.brier:.3f} (the share alone: "
        f"{quality.brier_of_share:.3f}); calibration error {quality.calibration_error:.3f}; to be used: {quality.is_better}"
    )
    print("  told/came: " + ", ".join(f"{one.told:.2f}/{one.came:.2f}" for one in quality.bins))
    begin = time.perf_counter()
    reasons = found.reasons(windows[2].features[:500], most=3)
    first = Counter(one[0].feature for one in reasons)
    print(
        f"  strongest reasons of 500 customers ({time.perf_counter() - begin:.1f} s): {dict(first.most_common())}"
    )


def standing(who: np.ndarray, days: np.ndarray, values: np.ndarray, moment: int) -> defection.Window:
    """Features of all who bought up to a moment, and whether nothing came in the 90 days after it."""
    bought, before = values > 0, days <= moment
    names = np.unique(who[bought & before])
    place = np.searchsorted(names, who)
    known = np.isin(who, names)

    def per(rows: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(place[rows], None if weights is None else weights[rows], len(names)).astype(float)

    so_far = bought & before & known
    last, first = np.zeros(len(names)), np.full(len(names), np.inf)
    np.maximum.at(last, place[so_far], days[so_far])
    np.minimum.at(first, place[so_far], days[so_far])
    count, since, age = per(so_far), moment - last, moment - first
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.where(count > 1, (last - first) / (count - 1), np.nan)
        missed = since / between
    features = np.column_stack([
        since, count, age, between, missed, per(so_far, values) / count,
        per(so_far & (days > moment - 30)), per(so_far & (days > moment - 90)), per(~bought & before & known),
    ])  # fmt: skip
    later = per(bought & known & (days > moment) & (days <= moment + AHEAD))
    return defection.Window.of(features, later == 0)


def judge(
    name: str, who: np.ndarray, days: np.ndarray, values: np.ndarray, learnt: date, until: date
) -> None:
    """Fit all models on the time up to `learnt` and hold them beside what came up to `until`."""
    after, end = learnt.toordinal(), until.toordinal()
    summary = summarise(who, days, until=after, values=values)
    weeks = (end - after) / 7
    came = bought_later(summary, who, days, after=after, until=end)
    simple = foretelling.naive(summary.histories, weeks)
    print(
        f"\n{name}: {summary.histories.customers:,} customers ({len(summary.histories.weight):,} different), "
        f"{weeks:.1f} weeks held out, {came.sum():,} purchases came; going on as so far says {simple.sum():,.0f} "
        f"(mean error {np.abs(simple - came).mean():.3f}, root of squares {((simple - came) ** 2).mean() ** 0.5:.3f})"
    )
    for model, fit in MODELS.items():
        begin = time.perf_counter()
        found = fit(summary.histories)
        spent = time.perf_counter() - begin
        told = found.model.expected(summary.histories, weeks)
        errors = found.standard_errors()
        parameters = ", ".join(
            f"{key} {one:.3f} ± {errors.get(key, np.nan):.3f}" for key, one in found.parameters().items()
        )
        print(f"  {model}: {parameters}; LL {found.log_likelihood:.1f}; {found.message}; {spent:.2f} s")
        if found.covariance is None:
            print(f"    total {told.sum():,.0f}, mean error {np.abs(told - came).mean():.3f}")
            continue
        total = foretelling.total(found, summary.histories, weeks)
        pit = foretelling.randomised_pit(found, summary.histories, came, weeks)
        gain = decile.compare(told, simple, came.astype(float), draws=200)
        print(
            f"    total {total.expected:,.0f} ({total.low:,.0f} … {total.high:,.0f}), mean error "
            f"{np.abs(told - came).mean():.3f}, root of squares {((told - came) ** 2).mean() ** 0.5:.3f}; PIT within 5–95 %: "
            f"{((pit > 0.05) & (pit < 0.95)).mean():.3f}"
        )
        print(
            f"    best tenth brings {gain.model.top_share:.3f} (going on: {gain.baseline.top_share:.3f}); Gini gain "
            f"{gain.gini_gain[0]:+.3f} ({gain.gini_gain[1]:+.3f} … {gain.gini_gain[2]:+.3f}); Spearman "
            f"{gain.model.spearman:.3f} against {gain.baseline.spearman:.3f}"
        )
        table = foretelling.bands(told, came, summary.histories)
        print(
            "    so far/told/came: "
            + ", ".join(f"{row.least}: {row.expected:.2f}/{row.actual:.2f}" for row in table)
        )
    value(summary, who, days, values, after, end)


def value(
    summary: Summary, who: np.ndarray, days: np.ndarray, values: np.ndarray, after: int, end: int
) -> None:
    """Gamma-Gamma, and money foretold by BG/NBD with it."""
    x = summary.histories.frequencies()
    usable = (x > 0) & (summary.spend > 0)
    spending = gamma_gamma.fit(np.where(usable, x, 0), summary.spend)
    print(
        f"  Gamma-Gamma: {spending.fit.parameters()}, ± {spending.fit.standard_errors()}; correlation "
        f"{spending.correlation:.3f} {spending.correlation_interval}; {spending.customers} customers"
    )
    later = (days > after) & (days <= end) & np.isin(who, summary.customers)
    came = np.bincount(np.searchsorted(summary.customers, who[later]), values[later], len(x))
    terms = clv.Terms((end - after) / 365.25, 1.0, 0.0)
    begin = time.perf_counter()
    means = np.where(usable, summary.spend, np.nan)
    seen = Histories.of(
        np.where(usable, x, 0), np.where(usable, summary.histories.spread(summary.histories.recency), 0.0),
        summary.histories.spread(summary.histories.age),
    )  # fmt: skip
    for name, fit in MODELS.items():
        buying = fit(summary.histories)
        if buying.covariance is None:
            continue
        told = clv.with_intervals(buying, spending.fit, seen, means, terms)
        inside = ((came >= told.low) & (came <= told.high)).mean()
        print(
            f"  money by {name}: told {told.total.expected:,.0f} ({told.total.low:,.0f} … {told.total.high:,.0f}), came "
            f"{came.sum():,.0f}; single customers inside their 90 % interval: {inside:.3f}; {time.perf_counter() - begin:.1f} s"
        )


def coverage(_: Path) -> None:
    """Share of 90 % intervals that hold the truth, over companies made by BG/NBD and by Pareto/NBD."""
    from tests.methods.buyers import made_by

    pareto = pareto_nbd.ParetoNbd(0.553, 10.578, 0.606, 11.669)
    for model, fit, customers in ((TRUTH, bgnbd.fit, 2000), (pareto, pareto_nbd.fit, 1000)):
        held: list[list[bool]] = []
        totals, inside = [], []
        for seed in range(TRIALS):
            made, later = made_by(model, np.full(customers, 39.0), np.random.default_rng(seed), later=39.0)
            found = fit(made)
            ends = found.interval(0.9)
            truth = np.exp(model.logarithms())
            held.append([low <= one <= high for (low, high), one in zip(ends.values(), truth, strict=True)])
            total = foretelling.total(found, made, 39.0, draws=100, seed=seed)
            totals.append(total.low <= later.sum() <= total.high)
            pit = foretelling.randomised_pit(found, made, later, 39.0, draws=50, seed=seed)
            inside.append(((pit > 0.05) & (pit < 0.95)).mean())
        shares = dict(zip(model.names(), np.mean(held, axis=0).round(3).tolist(), strict=True))
        print(
            f"\n{type(model).__name__}, {TRIALS} companies of {customers:,}: 90 % intervals hold {shares}; totals "
            f"{np.mean(totals):.3f}; PIT of customers within 5–95 %: {np.mean(inside):.3f}"
        )


def speed(_: Path) -> None:
    """A million customers made by BG/NBD, with days as they are written in orders."""
    from tests.methods.buyers import made_by

    rng = np.random.default_rng(1)
    made, _later = made_by(TRUTH, rng.integers(7, 1000, 1_000_000) / 7, rng)
    x = made.frequencies()
    age = made.spread(made.age)
    last = np.where(x > 0, np.clip(np.round(made.spread(made.recency) * 7), 1, age * 7) / 7, 0.0)
    means = np.where(
        x > 0,
        rng.gamma(6.25 * np.maximum(x, 1)) / rng.gamma(3.74, 1 / 15.44, len(x)) / np.maximum(x, 1),
        np.nan,
    )

    def timed(what: str, act: Callable[[], object]) -> object:
        begin, cpu = time.perf_counter(), time.process_time()
        out = act()
        print(
            f"  {what}: {time.perf_counter() - begin:.2f} s, CPU {time.process_time() - cpu:.2f} s",
            flush=True,
        )
        return out

    print("\na million customers")
    folded = timed("fold", lambda: Histories.of(x, last, age))
    assert isinstance(folded, Histories)
    print(f"  {len(folded.weight):,} different")
    buying = bgnbd.fit(folded)
    timed("fit BG/NBD", lambda: bgnbd.fit(folded))
    spending = gamma_gamma.fit(x, means)
    timed("fit Gamma-Gamma", lambda: gamma_gamma.fit(x, means))
    timed("fit MBG/NBD", lambda: mbgnbd.fit(folded))
    timed("P(alive)", lambda: buying.model.alive(folded))
    timed("expected purchases in a year", lambda: buying.model.expected(folded, 52.0))
    spend = spending.fit.model.expected(x, means)
    timed(
        "CLV of five years", lambda: clv.expected_value(buying.model, folded, spend, clv.Terms(5, 0.3, 0.1))
    )
    timed("fit Pareto/NBD", lambda: pareto_nbd.fit(folded))


PARTS = {"cdnow": cdnow, "retail": retail, "leaving": leaving, "coverage": coverage, "speed": speed}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("parts", nargs="*", help="all without")
    asked = parser.parse_args()
    for name in asked.parts or PARTS:
        try:
            PARTS[name](asked.data)
        except FileNotFoundError as missing:
            print(f"\n{name}: left out, {missing.filename} is not here")


if __name__ == "__main__":
    main()
