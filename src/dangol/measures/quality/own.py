"""Rules that administrators add: kept in memory like those of the rooms, and read anew wherever one is changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import structlog
from django.utils import translation
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.measures.models import QualityRule
from dangol.measures.quality.derived import lazystr_of
from dangol.measures.quality.fields import ISSUES, NAME, SOURCE
from dangol.measures.quality.rules import Dimension, Rule, forget
from dangol.records import fieldrules, filters
from dangol.records.filters import EVERYTHING, FilterError
from dangol.records.filters.relative import PERSONS
from dangol.records.filters.tree import And, Compare, Not, Or, Relative
from dangol.records.types import RecordType

log = structlog.get_logger(__name__)
REVISION = "quality_rules"
SYSTEM = Actor.system("quality")

_known: dict[str, list[QualityRule]] = {}


def read() -> None:
    """Read all rules anew. One query; called by `revisions`."""
    global _known
    found: dict[str, list[QualityRule]] = defaultdict(list)
    for row in QualityRule.objects.filter(deleted_at=None).order_by("pk"):
        found[row.record_type].append(row)
    _known = dict(found)
    forget()


def rules(record_type: RecordType) -> Iterator[Rule]:
    """The rules of a type that can be read; one that names a field which is gone counts no more. No query."""
    for row in _known.get(record_type.name, ()):
        try:
            yield rule_of(row, record_type)
        except FilterError as problem:
            log.warning("quality_rule_left_out", rule=row.code, type=row.record_type, why=problem.message)


def rule_of(row: QualityRule, record_type: RecordType) -> Rule:
    """A row as a rule. Raises FilterError where it cannot be read, or asks for more than the record itself."""
    names = fields_of(row.fails, record_type)
    if row.applies:
        names = [*names, *fields_of(row.applies, record_type)]
    return Rule(
        row.code,
        Dimension(row.dimension),
        lazystr_of(lambda: _name(row)),
        row.fails,
        row.applies,
        weight=row.weight,
        fields=tuple(dict.fromkeys(names)),
    )


def fields_of(text: str, record_type: RecordType) -> list[str]:
    """The fields that a condition asks for.

    Raises:
        FilterError: it is none; it finds every record; it asks for other records, for people by who is asking, or for data
            quality itself.
    """
    whole = fieldrules.whole(record_type)
    tree = filters.parse(text, whole, actor=SYSTEM)
    if tree == EVERYTHING:
        raise FilterError(_("Say which records; it must not be all of them."), code="everything")
    names = []
    for node in filters.walk(tree):
        if isinstance(node, And | Or | Not):
            continue
        name = ".".join(node.path)
        if not isinstance(node, Compare) or name not in whole.fields or name in (NAME, ISSUES, SOURCE):
            raise FilterError(
                _("A rule can only ask for fields of the record itself, and not for data quality."),
                code="own",
            )
        values = node.value if isinstance(node.value, tuple) else (node.value,)
        if any(isinstance(value, Relative) and value.name in PERSONS for value in values):
            raise FilterError(_("A rule means the same for everybody: name the person."), code="own")
        names.append(name)
    return names


def _name(row: QualityRule) -> str:
    korean = (translation.get_language() or "ko").startswith("ko")
    return (row.name_ko if korean else row.name_en) or row.name_ko or row.name_en


def broken(record_type: RecordType) -> Sequence[tuple[QualityRule, str]]:
    """Rules that count no more, with the reason. No query."""
    found = []
    for row in _known.get(record_type.name, ()):
        try:
            rule_of(row, record_type)
        except FilterError as problem:
            found.append((row, str(problem.message)))
    return found
