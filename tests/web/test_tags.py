"""What the tag library writes, and that it escapes what it is given."""

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.utils import translation

from dangol.web.samples import SampleForm

HOSTILE = '"><script>alert(1)</script>'


def written(source: str, **context: object) -> str:
    return Template("{% load dangol_web %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("이서윤", "서윤"),
        ("한빛정밀 주식회사", "한"),
        ("㈜대원기공", "대"),
        ("(주) 한빛", "한"),
        ("John Smith", "JS"),
        ("acme", "A"),
        ("", "·"),
        (None, "·"),
        ("주식회사", "·"),
    ],
)
def test_initials_leave_out_the_legal_form(name, letters):
    assert written("{{ name|initials }}", name=name) == letters


def test_numbers_follow_the_language_of_the_page():
    with translation.override("ko"):
        assert written("{{ 124000000|money_short }} {{ 0.814|percent }}") == "1.24억 81.4%"
    with translation.override("en"):
        assert written("{{ 124000000|money_short }} {{ 124000000|money_short:'GBP' }}") == "124M £124M"


@pytest.mark.parametrize(
    "source",
    [
        "{% chip x 'p' url=x %}",
        "{% avatar x %}{% avatar x 'big' %}",
        "{% icon x label=x %}",
        "{% filter_chip x x x %}",
        "{% button x url=x label=x key=x %}",
        "{% card x more=x more_url=x %}{% endcard %}",
        "{% dialog x x %}{% enddialog %}",
        "{% menu x label=x %}{% endmenu %}",
        "{% empty x x url=x action=x %}",
        "{% entry x text=x url=x %}",
        "{% bar 0.5 x label=x %}",
    ],
)
def test_what_is_given_is_escaped(source):
    assert "<script" not in written(source, x=HOSTILE)


def test_the_data_of_a_chart_cannot_leave_its_script():
    spec = {"type": "bar", "labels": ["</script><script>alert(1)</script>"], "series": [{"values": [1]}]}
    html = written("{% chart 'c' spec label='x' %}", spec=spec)
    assert "<script>alert" not in html
    assert html.count("<script") == 1


def test_a_bar_needs_no_style_attribute_and_stays_in_its_bounds():
    assert 'width="23.0"' in written("{% bar 0.23 %}")
    assert 'width="100.0"' in written("{% bar 7 %}")
    assert 'width="0.0"' in written("{% bar -1 %}")
    assert written("{% bar none %}", none=None) == ""
    assert "style=" not in written("{% bar 0.23 'o' label='23%' %}")


def test_a_trend_says_up_or_down_and_whether_that_is_good():
    with translation.override("en"):
        assert 'class="up"' in written("{% trend 0.08 %}")
        assert 'class="dn"' in written("{% trend 0.08 'down' %}")
        assert "8%" in written("{% trend -0.08 %}")
        assert "▼" in written("{% trend -0.08 %}")
        assert "0%" in written("{% trend 0 %}")
    assert written("{% trend none %}", none=None) == ""


def test_a_field_joins_label_help_and_error():
    form = SampleForm({"name": "", "kind": "company", "business_number": "12"})
    form.is_valid()
    with translation.override("ko"):
        html = written("{% field form.business_number %}", form=form)
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_business_number_help id_business_number_error"' in html
    assert "입력한 번호는 2자리" in html
    assert 'class="req"' in written("{% field form.name %}", form=form)


def test_progress_polls_until_it_is_finished():
    running = written("{% progress 10 100 rate=5 poll_url='/p/' cancel_url='/c/' %}")
    assert 'hx-get="/p/"' in running
    assert 'hx-post="/c/"' in running
    with translation.override("ko"):
        assert "18초 남음" in written("{% progress 10 100 rate=5 %}")
    done = written("{% progress 100 100 poll_url='/p/' cancel_url='/c/' finished=True %}")
    assert "hx-" not in done


def test_a_time_carries_the_exact_moment():
    at = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
    html = written("{% time at 'day_short' %}", at=at)
    assert 'datetime="2026-11-21T05:00:00+00:00"' in html
    assert "2026-11-21" in html


def test_a_chart_has_its_numbers_as_a_table():
    spec = {
        "type": "pareto",
        "unit": "money",
        "labels": ["가", "나"],
        "urls": ["/a/", None],
        "series": [{"name": "매출", "values": [75, 25]}],
    }
    with translation.override("ko"):
        html = written("{% chart 'c' spec label='x' %}", spec=spec)
    assert '<a class="link" href="/a/">가</a>' in html
    assert "₩75" in html
    assert "100%" in html


def test_a_heat_map_has_its_cells_as_a_table():
    spec = {
        "type": "heatmap",
        "unit": "percent",
        "columns": ["0", "1"],
        "rows": ["가"],
        "cells": [[0, 0, 1.0]],
    }
    html = written("{% chart 'c' spec label='x' %}", spec=spec)
    assert "100%" in html
    assert "–" in html
