"""Reading data quality, added up over what somebody may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Max, QuerySet, Sum

from dangol.identity.actors import Actor
from dangol.measures.models import QualityDay, QualitySetting
from dangol.measures.quality.fields import ISSUES, NAME
from dangol.measures.quality.rules import DIMENSIONS, Rule, looked_at, rules_of
from dangol.records import fieldrules, permissions
from dangol.records.types import RecordType

TREND_DAYS: Final = 90


@dataclass(slots=True)
class Total:
    """Scores added up: records, those with findings, the sum of scores, sums and counts by dimension, findings by code."""

    records: int = 0
    flawed: int = 0
    points: int = 0
    parts: list[int] = field(default_factory=lambda: [0] * len(DIMENSIONS))
    parts_of: list[int] = field(default_factory=lambda: [0] * len(DIMENSIONS))
    findings: Counter[str] = field(default_factory=Counter)

    def add(self, row: Mapping[str, Any]) -> None:
        self.records += row["records"]
        self.flawed += row["flawed"]
        self.points += row["points"]
        self.parts = [one + (more or 0) for one, more in zip(self.parts, row["parts"], strict=True)]
        self.parts_of = [one + more for one, more in zip(self.parts_of, row["parts_of"], strict=True)]
        self.findings.update(row["findings"])

    @property
    def score(self) -> int | None:
        """The mean score, rounded down; None without records."""
        return self.points // self.records if self.records else None

    def part(self, at: int) -> int | None:
        """The mean score of a dimension, by its place in `DIMENSIONS`."""
        return self.parts[at] // self.parts_of[at] if self.parts_of[at] else None


def types_for(actor: Actor) -> list[RecordType]:
    """The types whose data quality the actor may see: those he may see, with their score. No query."""
    return [
        record_type
        for record_type in looked_at()
        if permissions.allowed(actor, record_type, "view")
        and fieldrules.is_clear(actor, record_type.name, NAME)
    ]


def rules_for(actor: Actor, record_type: RecordType) -> dict[str, Rule]:
    """The rules whose findings the actor may know, by code. No query."""
    issues = permissions.fields_for(actor, record_type).get(ISSUES)
    codes = set(issues.codes()) if issues is not None and hasattr(issues, "codes") else set()
    return {code: rule for code, rule in rules_of(record_type).items() if code in codes}


def _rows(actor: Actor, record_type: RecordType) -> QuerySet[QualityDay]:
    rows = QualityDay.objects.filter(record_type=record_type.name)
    seen = permissions.revealed(actor, record_type.name)
    if isinstance(seen, bool):
        return rows if seen else rows.none()
    return rows.filter(seen)


def last_day(record_type: RecordType) -> date | None:
    """The day that is shown. One query."""
    found: date | None = QualityDay.objects.filter(record_type=record_type.name).aggregate(at=Max("day"))[
        "at"
    ]
    return found


@dataclass(frozen=True, slots=True)
class Sums:
    """A type on its last day: in all, and by source, owner and team (None: nobody's)."""

    day: date | None
    total: Total
    sources: Mapping[str, Total]
    owners: Mapping[int | None, Total]
    teams: Mapping[int | None, Total]


def sums_of(actor: Actor, record_type: RecordType) -> Sums:
    """What the scores of the records that the actor may see add up to on the last day. Two queries."""
    day = last_day(record_type)
    found = Sums(day, Total(), {}, {}, {})
    sources: dict[str, Total] = {}
    owners: dict[int | None, Total] = {}
    teams: dict[int | None, Total] = {}
    if day is None:
        return found
    names = (
        "owner_id", "team_id", "source", "records", "flawed", "points", "parts", "parts_of", "findings",
    )  # fmt: skip
    for row in _rows(actor, record_type).filter(day=day).values(*names):
        found.total.add(row)
        sources.setdefault(row["source"], Total()).add(row)
        owners.setdefault(row["owner_id"], Total()).add(row)
        teams.setdefault(row["team_id"], Total()).add(row)
    return Sums(day, found.total, sources, owners, teams)


def trend(actor: Actor, types: Iterable[RecordType], *, until: date) -> dict[date, int]:
    """The mean score by day, of the records of these types that the actor may see. A query for each type."""
    points: Counter[date] = Counter()
    records: Counter[date] = Counter()
    for record_type in types:
        rows = _rows(actor, record_type).filter(day__gt=until - timedelta(days=TREND_DAYS), day__lte=until)
        for day, some, of in (
            rows.values("day")
            .annotate(p=Sum("points"), r=Sum("records"))
            .order_by("day")
            .values_list("day", "p", "r")
        ):
            points[day] += some
            records[day] += of
    return {day: points[day] // records[day] for day in sorted(records) if records[day]}


def owners_with_findings() -> Sequence[int]:
    """Ids of people who own records with findings, as of the last day of each type. Two queries for each type."""
    found: set[int] = set()
    for record_type in looked_at():
        day = last_day(record_type)
        if day is not None:
            rows = QualityDay.objects.filter(record_type=record_type.name, day=day, flawed__gt=0)
            owners = rows.values_list("owner_id", flat=True).distinct()
            found.update(owner for owner in owners if owner is not None)
    return sorted(found)


def weights_of(record_type: RecordType) -> dict[str, int]:
    """How much each rule of a type weighs now, those switched off too. One query."""
    setting = QualitySetting.objects.filter(pk=record_type.name).first()
    own = setting.weights if setting else {}
    return {code: own.get(code, rule.weight) for code, rule in rules_of(record_type).items()}
