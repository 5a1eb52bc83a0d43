"""Sample content of the page /ui/: invented, the same at every call."""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

IMPORT_ROWS: Final = 541_909
IMPORT_STEP: Final = 61_000

CUSTOMERS: Final = (
    ("가람정밀 주식회사", "챔피언", "p", "VIP", "이서윤", 124_000_000, 48_200_000, 0.23, 2),
    ("㈜누리기공", "충성", "p", "A", "이서윤", 83_100_000, 39_050_000, 0.06, 26),
    ("다온테크", "이탈 우려", "r", "A", "강민재", 79_400_000, 11_200_000, 0.71, 58 * 24),
    ("주식회사 라온오토", "성장", "b", "A", "이서윤", 62_200_000, 28_740_000, 0.11, 3 * 24),
    ("마루금속공업", "신규", "g", "B", "오지훈", 59_800_000, 33_100_000, 0.08, 0),
    ("보람산업", "주의", "o", "B", "오지훈", 44_300_000, 0, 0.44, 143 * 24),
)


class SampleForm(forms.Form):
    """One field of each common kind."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[("company", gettext_lazy("Company")), ("person", gettext_lazy("Person"))],
    )
    business_number = forms.CharField(
        label=gettext_lazy("Business number"),
        required=False,
        help_text=gettext_lazy("Ten digits; the last one is checked."),
    )
    since = forms.DateField(
        label=gettext_lazy("Customer since"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    consent = forms.BooleanField(label=gettext_lazy("May be addressed by mail"), required=False)

    def clean_business_number(self) -> str:
        number: str = self.cleaned_data["business_number"]
        if number and len(number.replace("-", "")) != 10:
            message = _("A business number has ten digits; this one has %(n)s.")
            raise forms.ValidationError(message % {"n": len(number.replace("-", ""))})
        return number


def progress(done: int) -> dict[str, Any]:
    """The sample import with so many rows done."""
    finished = done >= IMPORT_ROWS
    query = urlencode({"done": done})
    return {
        "done": done,
        "total": IMPORT_ROWS,
        "rate": 18_400.0,
        "title": "orders.csv.gz",
        "poll_url": f"{reverse('web:ui_progress')}?{query}",
        "cancel_url": "",
        "finished": finished,
    }


def customers_named(query: str) -> list[dict[str, Any]]:
    """Sample customers whose name holds the query."""
    wanted = query.strip().lower()
    return [
        {"text": name, "detail": segment, "end": owner, "url": "#table", "icon": "building"}
        for name, segment, _tone, _grade, owner, *_rest in CUSTOMERS
        if wanted and wanted in name.lower()
    ]


def page() -> dict[str, Any]:
    """Everything the page shows."""
    now = timezone.now()
    bound = SampleForm({"name": "", "kind": "company", "business_number": "124-81-0099"})
    bound.is_valid()
    rows = [
        {
            "name": name,
            "segment": segment,
            "tone": tone,
            "grade": grade,
            "owner": owner,
            "value": value,
            "revenue": revenue,
            "risk": risk,
            "risk_tone": "o" if risk > 0.2 else "",
            "contact": now - timedelta(hours=hours),
        }
        for name, segment, tone, grade, owner, value, revenue, risk, hours in CUSTOMERS
    ]
    return {
        "rows": rows,
        "kpis": _kpis(),
        "facts": [
            (_("Industry"), "공작기계 제조"),
            (_("Main phone"), "055-***-7788"),
            (_("Address"), "경남 창원시 성산구 공단로 ***"),
            (_("Website"), None),
        ],
        "form": SampleForm(),
        "bound": bound,
        "now": now,
        "yesterday": now - timedelta(days=1),
        "last_week": now - timedelta(days=6),
        "tabs": [
            {"label": _("All"), "url": "#timeline", "on": True},
            {"label": _("Conversations"), "url": "#timeline", "count": 12},
            {"label": _("Orders"), "url": "#timeline", "count": 1480},
        ],
        "progress": progress(0),
        "charts": _charts(),
        "tones": ["", "p", "o", "g", "r", "b"],
        "amounts": [124_000_000, 48_200_000, 123_456, 9_800, 0, -2_860_000],
    }


def _kpis() -> list[dict[str, Any]]:
    return [
        {
            "label": _("Customer lifetime value"),
            "value": "1.24억",
            "small": "±0.18",
            "trend": 0.08,
            "detail": "지난 분기보다",
        },
        {"label": _("Revenue, 12 months"), "value": "4,820만", "detail": "주문 14건", "url": "#charts"},
        {
            "label": _("Share of wallet"),
            "value": "42%",
            "info": _("Estimated from the industry and the orders."),
            "detail": "여지 6,600만",
        },
        {
            "label": _("Risk of leaving"),
            "value": "23%",
            "tone": "dn",
            "trend": 0.09,
            "trend_unit": "%p",
            "good": "down",
        },
        {"label": _("Satisfaction"), "value": None},
    ]


def _charts() -> list[dict[str, Any]]:
    months = [f"{24 + (at + 11) // 12}-{(at + 11) % 12 + 1:02d}" for at in range(24)]
    paid = (31, 28, 42, 39, 22, 37, 41, 50, 33, 44, 48, 39, 46, 51, 38, 49, 53, 42, 36, 31, 27)
    actual = [amount * 100_000 for amount in paid] + [None] * 3
    expected = [None] * 20 + [2_700_000, 3_000_000, 3_400_000, 3_900_000]
    low = [None] * 20 + [2_700_000, 2_100_000, 2_200_000, 2_400_000]
    high = [None] * 20 + [2_700_000, 3_900_000, 4_700_000, 5_500_000]
    segments = ["챔피언", "충성", "성장", "신규", "주의", "이탈 우려", "잠듦", "떠남"]
    counts = [412, 588, 497, 376, 402, 331, 289, 191]
    links = [f"?segment={at}#table" for at in range(8)]
    cells = [
        [column, row, round(0.62 * 0.93**column - row * 0.011 + ((column * 7 + row * 5) % 6) / 100, 2)]
        if column
        else [0, row, 1.0]
        for row in range(8)
        for column in range(min(9, 12 - row))
    ]
    return [
        {
            "id": "chart-months",
            "label": _("Revenue and forecast"),
            "spec": {
                "type": "months",
                "unit": "money",
                "labels": months,
                "urls": [f"?month={month}#table" for month in months],
                "series": [
                    {"name": _("Revenue"), "values": actual},
                    {"name": _("Forecast"), "kind": "forecast", "values": expected, "low": low, "high": high},
                ],
            },
        },
        {
            "id": "chart-treemap",
            "label": _("Segments"),
            "spec": {
                "type": "treemap",
                "unit": "곳",
                "labels": segments,
                "urls": links,
                "series": [{"name": _("Customers"), "values": counts, "tones": list("psbgcorn")}],
            },
        },
        {
            "id": "chart-pareto",
            "label": _("Who brings the revenue"),
            "spec": {
                "type": "pareto",
                "unit": "money",
                "labels": [f"{10 * at}%" for at in range(1, 11)],
                "urls": [f"?tenth={at}#table" for at in range(1, 11)],
                "line_name": _("Cumulative"),
                "series": [
                    {
                        "name": _("Revenue"),
                        "values": [51e8, 22e8, 11e8, 6e8, 4e8, 2.6e8, 1.6e8, 1e8, 5e7, 2e7],
                    }
                ],
            },
        },
        {
            "id": "chart-heatmap",
            "label": _("Retention by month of first order"),
            "spec": {
                "type": "heatmap",
                "unit": "percent",
                "max": 0.75,
                "columns": [str(at) for at in range(9)],
                "rows": months[12:20],
                "cells": cells,
            },
        },
        {
            "id": "chart-line",
            "label": _("New and lost customers"),
            "spec": {
                "type": "line",
                "labels": months[12:],
                "series": [
                    {"name": _("New customers"), "values": [31, 28, 35, 40, 38, 44, 41, 39, 47, 52, 49, 55]},
                    {
                        "name": _("Lost customers"),
                        "tone": "o",
                        "values": [12, 14, 11, 15, 13, 12, 18, 16, 14, 13, 15, 12],
                    },
                ],
            },
        },
        {
            "id": "chart-donut",
            "label": _("Revenue by channel"),
            "spec": {
                "type": "donut",
                "unit": "money",
                "labels": ["직접 영업", "대리점", "온라인"],
                "urls": links[:3],
                "series": [{"name": _("Revenue"), "values": [3_120_000_000, 1_480_000_000, 410_000_000]}],
            },
        },
    ]
