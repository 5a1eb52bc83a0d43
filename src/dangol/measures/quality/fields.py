"""Data quality as fields of a record: the score, what speaks against a full one, and where the record came from."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dangol.measures.fields import ScoreField, ScoreInteger, ScoreText
from dangol.measures.quality import rules
from dangol.records.fields import Field, MultiChoice
from dangol.records.fields.choices import _folded
from dangol.records.types import RecordType

NAME: Final = "quality"
ISSUES: Final = "quality.issues"
SOURCE: Final = "quality.source"
HIDDEN: Final = "hidden"


class _OfQuality(ScoreField):
    """All three stand in the row of the score `quality`."""

    score_name = NAME


class QualityIssues(_OfQuality, MultiChoice):
    """The findings of a record. Its choices are the rules of the type, as they are at the moment.

    Whoever may not know what a finding tells of – its field is hidden from him, or masked and it is not just missing – sees
    neither it nor its name.
    """

    score_column = "findings"
    kind = "multi_choice"

    def __init__(self, name: str, **options: Any) -> None:
        self.withheld: frozenset[str] = frozenset()
        self._tables: tuple[int, dict[str, dict[str, str]], dict[str, str]] | None = None
        super().__init__(name, **options)

    @property
    def choices(self) -> tuple[tuple[str, Any], ...]:
        return tuple((code, rule.label) for code, rule in self._rules().items() if code not in self.withheld)

    @choices.setter
    def choices(self, value: Any) -> None:
        """Choices follow from the rules; what the base class would keep of its own is let go."""

    @property
    def _labels(self) -> dict[str, dict[str, str]]:
        return self._texts()[0]

    @property
    def _aliases(self) -> dict[str, str]:
        return self._texts()[1]

    def under_rules(self, rule_of: Callable[[str], str]) -> Field:
        withheld = frozenset(
            code
            for code, rule in self._rules().items()
            if any(not _told(rule, rule_of(name)) for name in rule.fields)
        )
        if not withheld:
            return self
        seen = copy.copy(self)
        seen.withheld, seen._tables = withheld, None
        return seen

    def q(self, op: str, value: Any, path: str = "") -> Q:
        match op:
            case "is empty":
                return self.is_empty(path)
            case "is not empty":
                return ~self.is_empty(path)
            case "not in" | "not contains":
                return ~self.q(op.removeprefix("not "), value, path)
        codes = list(value) if op == "in" else [value]
        found = self.scores().filter(findings__overlap=[code for code in codes if code not in self.withheld])
        return Q(**{f"{path}pk__in": found.values("record_id")})

    def is_empty(self, path: str = "") -> Q:
        found = self.scores().filter(findings__isnull=False)
        if self.withheld:
            found = found.filter(findings__overlap=self.codes())
        return ~Q(**{f"{path}pk__in": found.values("record_id")})

    def value_of(self, columns: Sequence[Any]) -> Any:
        known = self._rules()
        codes = set(columns[0] or ())
        return tuple(code for code in known if code in codes and code not in self.withheld) or None

    def _rules(self) -> Any:
        return rules.rules_of(_type(self.record_type))

    def _texts(self) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
        from django.conf import settings
        from django.utils import translation

        known = id(self._rules())
        if self._tables is None or self._tables[0] != known:
            tables = {}
            for language, _name in settings.LANGUAGES:
                with translation.override(language):
                    tables[language] = {code: str(label) for code, label in self.choices}
            aliases = {_folded(label): code for table in tables.values() for code, label in table.items()}
            aliases |= {_folded(code): code for code in self.codes()}
            self._tables = (known, tables, aliases)
        return self._tables[1], self._tables[2]


def _told(rule: rules.Rule, hidden_by: str) -> bool:
    """That a masked field has no value may be known, more of it not."""
    if hidden_by == "masked":
        return rule.dimension == rules.Dimension.COMPLETENESS
    return hidden_by != HIDDEN


def _type(name: str) -> RecordType:
    from dangol.records import registry

    return registry.get(name)


class QualityScore(_OfQuality, ScoreInteger):
    """0 to 100; no value where nothing is expected of the record, or it was not looked at yet."""


class QualitySource(_OfQuality, ScoreText):
    """Where the record came from: `import:17`, `schedule:3`, `page`, `api` …; empty where that is not known."""

    def is_empty(self, path: str = "") -> Q:
        found = self.scores().exclude(label="")
        return ~Q(**{f"{path}pk__in": found.values("record_id")})


def fields_of(record_type: RecordType) -> Iterator[Field]:
    """The fields that a type gets whose records are looked at."""
    if not rules.is_looked_at(record_type):
        return
    about: dict[str, Any] = {"record_type": record_type.name, "needs": ""}
    yield QualityScore(NAME, label=_("Data quality"), **about)
    yield QualityIssues(ISSUES, label=_("Data quality: findings"), **about)
    yield QualitySource(SOURCE, label=_("Data quality: source"), **about)
