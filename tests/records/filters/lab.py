"""Three small tables to try the language on, with a reference, a reference to itself and relations.

They live in an app registry of their own, so that nothing else in the project ever meets them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps
from django.db import models
from django.utils.functional import lazy
from django.utils.translation import get_language

from dangol.identity.actors import Actor
from dangol.records import fields
from dangol.records.fields import Field, own
from dangol.records.types import Relation

LABEL = "filterlab"
apps = Apps()


class Config(AppConfig):
    name = LABEL
    label = LABEL
    path = "."


config = Config(LABEL, sys.modules[__name__])
config.apps = apps
config.models = apps.all_models[LABEL]
apps.app_configs[LABEL] = config


class Person(models.Model):
    name = models.CharField(max_length=40)

    class Meta:
        apps = apps
        app_label = LABEL


class Company(models.Model):
    name = models.CharField(max_length=80, blank=True)
    region = models.CharField(max_length=40, null=True)
    grade = models.CharField(max_length=10, blank=True)
    credit = models.DecimalField(max_digits=24, decimal_places=4, null=True)
    founded = models.DateField(null=True)
    secret = models.BooleanField(default=False)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="branches")

    class Meta:
        apps = apps
        app_label = LABEL


class Deal(models.Model):
    title = models.CharField(max_length=80, blank=True)
    stage = models.CharField(max_length=20, blank=True)
    amount = models.DecimalField(max_digits=24, decimal_places=4, null=True)
    closes_on = models.DateField(null=True)
    opened_at = models.DateTimeField(null=True)
    won = models.BooleanField(null=True)
    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="deals")
    owner = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+")
    phone = models.CharField(max_length=20, blank=True)
    segment = models.CharField(max_length=20, null=True)
    own = models.JSONField(default=dict)

    class Meta:
        apps = apps
        app_label = LABEL


class Item(models.Model):
    deal = models.ForeignKey(Deal, models.CASCADE, related_name="items")
    sku = models.CharField(max_length=20, blank=True)
    quantity = models.IntegerField(null=True)
    secret = models.BooleanField(default=False)

    class Meta:
        apps = apps
        app_label = LABEL


MODELS: tuple[type[models.Model], ...] = (Person, Company, Deal, Item)
STAGE = lazy(lambda: "단계" if get_language() == "ko" else "Stage", str)()
STAGES = (
    ("proposal", "제안"),
    ("active", "유지"),
    ("new", "신규"),
    ("in-progress", "진행 중"),
    ("shipped", "배송"),
)


@dataclass
class LabType:
    name: str
    label: Any
    model: type[models.Model]
    fields: dict[str, Field]
    relations: dict[str, Relation] = field(default_factory=dict)


def _fields(*found: Field) -> dict[str, Field]:
    return {item.name: item for item in found}


COMPANY = LabType(
    "company",
    "회사",
    Company,
    _fields(
        fields.Text("name", label="회사명", nullable=False),
        fields.Text("region", label="지역"),
        fields.Choice("grade", label="등급", choices=(("vip", "VIP"), ("a", "A등급")), nullable=False),
        fields.Money("credit", label="신용 한도"),
        fields.Date("founded", label="설립일"),
        fields.Boolean("secret", label="비밀"),
        fields.Reference("parent", label="모회사", model=Company, target="company"),
    ),
    {
        "deals": Relation("deals", "거래 목록", "deal", "deals"),
        "branches": Relation("branches", "계열사", "company", "branches"),
        "sold": Relation("sold", "판 품목", "item", "deals__items"),
    },
)
DEAL = LabType(
    "deal",
    "거래",
    Deal,
    _fields(
        fields.Text("title", label="제목", nullable=False),
        fields.Choice("stage", label=STAGE, choices=STAGES, nullable=False),
        fields.Money("amount", label="금액"),
        fields.Date("closes_on", label="마감일"),
        fields.DateTime("opened_at", label="시작 일시"),
        fields.Boolean("won", label="성사"),
        fields.Reference("company", label="회사", model=Company, target="company"),
        fields.Reference("owner", label="담당", model=Person, target="user"),
        fields.Phone("phone", label="전화", nullable=False),
        fields.Text("rfm.segment", label="RFM 세그먼트", column="segment"),
        own.OwnText("x_note", label="메모"),
        own.OwnNumber("x_weight", label="무게", digits=24),
        own.OwnInteger("x_count", label="개수"),
        own.OwnDate("x_day", label="기념일"),
        own.OwnDateTime("x_moment", label="방문"),
        own.OwnBoolean("x_vip", label="우대"),
        own.OwnChoice("x_grade", label="등급표", choices=STAGES),
        own.OwnMultiChoice("x_tags", label="관심사", choices=STAGES),
        own.OwnReference("x_firm", label="소속", model=Company, target="company"),
    ),
    {"items": Relation("items", "품목", "item", "items")},
)
ITEM = LabType(
    "item",
    "품목",
    Item,
    _fields(
        fields.Text("sku", label="코드", nullable=False),
        fields.Integer("quantity", label="수량"),
        fields.Boolean("secret", label="비밀"),
        fields.Reference("deal", label="거래", model=Deal, target="deal"),
    ),
)
USER = LabType("user", "사용자", Person, _fields(fields.Text("name", label="이름", nullable=False)))
TYPES = {item.name: item for item in (COMPANY, DEAL, ITEM, USER)}

SEOUL = Actor(user_id=1, name="김서연", language="ko", time_zone="Asia/Seoul", team_ids=frozenset({1, 2}))


class LabRegistry:
    """Stands in for `dangol.records.registry`."""

    @staticmethod
    def get(name: str) -> LabType:
        return TYPES[name]
