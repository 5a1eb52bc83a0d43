"""Own fields of every kind on three types: a built-in one, a high-volume one, and one that only the tests have."""

import pytest

from dangol.identity import revisions
from dangol.identity.actors import Actor
from dangol.records.own import services

SYSTEM = Actor.system("test")
CHOICES = [
    {"code": "gold", "ko": "금", "en": "Gold", "tone": "g"},
    {"code": "silver", "ko": "은", "en": "Silver"},
    {"code": "bronze", "ko": "동", "en": "Bronze", "tone": "o"},
]
EVERY_KIND = {
    "x_note": ("text", "메모", {}),
    "x_story": ("long_text", "이야기", {}),
    "x_count": ("integer", "개수", {"unit": "개"}),
    "x_weight": ("number", "무게", {"digits": 20, "places": 6}),
    "x_price": ("money", "단가", {}),
    "x_rate": ("percent", "비율", {}),
    "x_day": ("date", "기념일", {}),
    "x_moment": ("datetime", "방문 시각", {}),
    "x_vip": ("boolean", "우대", {}),
    "x_grade": ("choice", "등급표", {"choices": CHOICES}),
    "x_tags": ("multi_choice", "관심사", {"choices": CHOICES}),
    "x_buddy": ("reference", "짝꿍", {"target": "user"}),
    "x_home": ("reference", "본점", {"target": "customer"}),
    "x_fax": ("phone", "팩스", {}),
    "x_mail": ("email", "보조 메일", {}),
    "x_site": ("url", "누리집", {}),
    "x_license": ("business_number", "등록증", {}),
}


@pytest.fixture(autouse=True)
def _nothing_left_behind(db):
    """What one test defines is gone in the next, also from this process."""
    revisions.forget()
    revisions.look()
    yield
    revisions.forget()


@pytest.fixture
def own():
    """Makes own fields: `own("customer", "x_note", "text", "메모")`."""

    def make(record_type, name, kind="text", label="", **options):
        settings = options.pop("settings", EVERY_KIND.get(name, ("", "", {}))[2])
        return services.create(
            actor=SYSTEM,
            record_type=record_type,
            name=name,
            kind=kind,
            label_ko=label or name,
            settings=settings,
            **options,
        )

    return make


@pytest.fixture
def every_kind(own):
    """Own fields of every kind on the types: `every_kind("machine")`."""

    def make(*record_types):
        for record_type in record_types:
            for name, (kind, label, settings) in EVERY_KIND.items():
                own(record_type, name, kind, label, settings=settings)

    return make
