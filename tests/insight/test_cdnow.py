"""CDNOW, the published 1/10 sample, through the importer, the lake and the model room to the page of the model.

Learnt up to 1997-09-30, 39 weeks held out. Published: BG/NBD r 0.243, α 4.414, a 0.793, b 2.426, log-likelihood −9582.4 (Fader,
Hardie, Lee 2005); Gamma-Gamma p 6.25, q 3.74, γ 15.44 (Fader, Hardie 2013). Days are weeks times seven: the room reads days
from the lake and fits in weeks, as published.
"""

from collections import defaultdict
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from dangol.insight import services
from dangol.insight.modelling import room
from dangol.insight.models import ModelVersion
from tests.insight.brought import SYSTEM, brought_in

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "cdnow" / "CDNOW_sample.txt"
CUT, UNTIL = date(1997, 9, 30), date(1998, 6, 30)
PLACE = "/models/lifetime_value/"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.exists(), reason=f"needs the real data at {FILE}"),
]


@pytest.fixture(scope="module")
def shop(django_db_setup, django_db_blocker, tmp_path_factory):
    """The sample brought in and learnt once for all tests of this module; what came, read from the file itself."""
    with django_db_blocker.unblock(), brought_in(FILE, "cdnow-sample", tmp_path_factory.mktemp("data")):
        room.setting_change(actor=SYSTEM, purpose=room.LIFETIME, held_days=(UNTIL - CUT).days)
        services.refresh_all(actor=SYSTEM)
        yield SimpleNamespace(version=ModelVersion.objects.get(purpose="lifetime_value"), bought=_bought())


def _bought():
    """Days on which each customer of the file bought, straight from the file."""
    found = defaultdict(set)
    for line in FILE.read_text(encoding="utf-8").splitlines():
        _, who, day, _, _ = line.split()
        found[who].add(datetime.strptime(day, "%Y%m%d").date())
    return found


def test_the_parameters_are_the_published_ones(shop):
    fits = shop.version.held["candidates"]["bg_nbd"]
    assert shop.version.held["from"] == "1997-10-01"
    assert shop.version.held["customers"] == 2_357
    published = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    assert fits["parameters"] == pytest.approx(published, abs=0.0006)
    assert fits["log_likelihood"] == pytest.approx(-9582.4, abs=0.05)
    spend = shop.version.held["spend"]["learnt"]
    assert spend["customers"] == 946
    assert spend["parameters"] == pytest.approx({"p": 6.25, "q": 3.74, "gamma": 15.44}, abs=0.006)
    assert spend["correlation"] == pytest.approx(0.114, abs=0.001)


def test_what_came_in_the_39_weeks_is_what_the_file_says(shop):
    held = shop.version.held
    came = sum(CUT < day <= UNTIL for days in shop.bought.values() for day in days)
    assert held["total"]["came"] == came == 1_882
    assert held["candidates"]["bg_nbd"]["told"] == pytest.approx(1_653, abs=1)
    simple = sum(
        (sum(day <= CUT for day in days) - 1) / (CUT - min(days)).days * (UNTIL - CUT).days
        for days in shop.bought.values()
    )
    assert held["total"]["simple"] == pytest.approx(simple, rel=1e-5)
    assert held["total"]["low"] < came < held["total"]["high"]
    # by how often they had bought again: the conditional expectation
    by_kind = defaultdict(list)
    for days in shop.bought.values():
        kind = min(7, sum(day <= CUT for day in days) - 1)
        by_kind[kind].append(sum(day > CUT for day in days))
    assert [row[:2] for row in held["bands"]] == [[kind, len(by_kind[kind])] for kind in range(8)]
    for kind, count, told, mean, low, high in held["bands"]:
        assert mean == pytest.approx(sum(by_kind[kind]) / count, rel=1e-5)
        assert low < told < high
    # and by week
    curve = held["tracking"]
    ends = [date.fromisoformat(end) for end in curve["ends"]]
    assert (len(ends), sum(not one for one in curve["learnt"])) == (78, 39)
    again = sorted(day for days in shop.bought.values() for day in days if day > min(days))
    assert curve["actual"] == [sum(day <= end for day in again) for end in ends]
    at_cut = curve["actual"][38]
    assert curve["told"][-1] - at_cut == pytest.approx(held["total"]["told"], abs=0.1)
    for low, told, high in zip(curve["low"][39:], curve["told"][39:], curve["high"][39:], strict=True):
        assert low < told < high


def test_the_version_says_where_it_is_no_better_than_the_plain_rule(shop):
    """It tells how much, far better than going on as so far; whom to choose, it tells no better than last year's revenue."""
    version = shop.version
    total, each = version.held["total"], version.held["each"]
    assert abs(total["told"] - total["came"]) < 0.3 * abs(total["simple"] - total["came"])
    assert each["model"] < 0.75 * each["simple"]
    gain, low, high = version.held["order"]["gain"]
    assert low < 0 < high
    assert (version.state, version.reasons) == (
        (ModelVersion.State.REFUSED, ["order"]) if gain <= 0 else (ModelVersion.State.PUBLISHED, [])
    )


def test_the_page_shows_each_week_each_kind_of_customer_and_the_intervals(shop, administrator):
    shown = administrator.client.get(PLACE)
    version, held = shown.context["version"], shop.version.held
    came, _, unseen = version["tracking"]["series"]
    assert came["values"] == held["tracking"]["actual"]
    assert len(version["weekly"]["labels"]) == 39
    assert sum(version["weekly"]["series"][0]["values"]) == held["total"]["came"]
    assert sum(version["weekly"]["series"][1]["values"]) == pytest.approx(held["total"]["told"], abs=0.3)
    assert unseen["low"][39:] == held["tracking"]["low"][39:]
    bands = version["bands"]
    assert bands["series"][0]["values"] == [row[3] for row in held["bands"]]
    assert bands["series"][1]["high"] == [row[5] for row in held["bands"]]
    text = shown.content.decode()
    assert "1,882" in text
    assert "지난 1년 매출" in text  # why it is refused, or what it cannot tell
