"""Customers made by the very assumptions of a model, purchase by purchase, and real ones of CDNOW."""

import os
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from dangol.methods.histories import Histories, summarise
from dangol.methods.pareto_nbd import ParetoNbd

SHARED = Path(os.environ.get("DANGOL_TEST_DATA", Path(__file__).parents[3] / "shared/data"))


def made_by(model, ages, rng, later=0.0):
    """Histories of customers of these ages, and the purchases of each within `later` after them."""
    ages = np.asarray(ages, float)
    count = len(ages)
    rate = rng.gamma(model.r, 1 / model.alpha, count)
    if isinstance(model, ParetoNbd):
        end = rng.exponential(1 / np.maximum(rng.gamma(model.s, 1 / model.beta, count), 1e-300))
        leave = np.zeros(count)
    else:
        leave, end = rng.beta(model.a, model.b, count), np.full(count, np.inf)
    time, last = np.zeros(count), np.zeros(count)
    bought, then = np.zeros(count, int), np.zeros(count, int)
    here = np.ones(count, bool)
    if getattr(model, "chances_before", 0):
        here &= rng.random(count) >= leave
    while here.any():
        time = np.where(here, time + rng.exponential(1 / np.maximum(rate, 1e-300)), time)
        here = here & (time < np.minimum(ages + later, end))
        now = here & (time <= ages)
        bought[now] += 1
        last[now] = time[now]
        then[here & ~now] += 1
        here = here & (rng.random(count) >= leave)
    return Histories.of(bought, last, ages), then


def cdnow_sample():
    """(customers, days, values) of the 1/10 sample, or skip."""
    file = SHARED / "cdnow/CDNOW_sample.txt"
    if not file.exists():
        pytest.skip("the CDNOW sample is not here")
    rows = [line.split() for line in file.read_text().splitlines()]
    days = [date(int(row[2][:4]), int(row[2][4:6]), int(row[2][6:])).toordinal() for row in rows]
    return np.array([int(row[1]) for row in rows]), np.array(days), np.array([float(row[4]) for row in rows])


CALIBRATED = date(1997, 9, 30).toordinal()
HELD_OUT = date(1998, 6, 30).toordinal()


def cdnow():
    """The sample's purchases and their summary up to the published end of calibration."""
    customers, days, values = cdnow_sample()
    return (customers, days), summarise(customers, days, until=CALIBRATED, values=values)
