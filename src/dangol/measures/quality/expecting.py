"""What administrators expect: weights of rules, rules of their own, and the list of what was changed when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.identity import revisions
from dangol.identity.actors import Actor, may_administer
from dangol.measures.models import QualityChange, QualityRule, QualitySetting
from dangol.measures.quality import own
from dangol.measures.quality.rules import HEAVIEST, Dimension, is_looked_at, rules_of
from dangol.measures.quality.statement import condition_of
from dangol.records import registry
from dangol.records.filters import FilterError
from dangol.records.types import RecordType

log = structlog.get_logger(__name__)
MOST_RULES: Final = 50
"""Own rules of one type."""
KEPT: Final = ("name_ko", "name_en", "dimension", "weight", "fails", "applies")
MADE, CHANGED, WEIGHED, DELETED = "made", "changed", "weighed", "deleted"


@dataclass(frozen=True, slots=True)
class Finds:
    """Of `applies` records of which it is expected, `fails` do not meet it."""

    fails: int
    applies: int


def weights_save(*, actor: Actor, record_type: RecordType, weights: Mapping[str, int]) -> None:
    """Keep how much each rule of a type weighs; all its records are due again. Four statements at most.

    Args:
        weights: by rule code, 0 (off) to 5; rules that are not named weigh what they weigh by themselves.

    Raises:
        PermissionDenied: the actor does not administer.
        ValidationError: a rule that is none, or a weight beyond its bounds.
    """
    if not may_administer(actor):
        raise PermissionDenied
    known = rules_of(record_type)
    for code, weight in weights.items():
        if code not in known:
            raise ValidationError({code[:60]: _("There is no such rule.")})
        if not 0 <= weight <= HEAVIEST:
            raise ValidationError({code: _("A weight is a number from 0 to %(most)s.") % {"most": HEAVIEST}})
    different = {code: weight for code, weight in weights.items() if weight != known[code].weight}
    with transaction.atomic():
        setting = _due_again(record_type.name)
        before = {code: setting.weights.get(code, rule.weight) for code, rule in known.items()}
        after = {code: different.get(code, rule.weight) for code, rule in known.items()}
        setting.weights = different
        setting.save(update_fields=["weights"])
        QualityChange.objects.bulk_create(
            _change(actor, record_type.name, WEIGHED, code, {"weight": [before[code], after[code]]})
            for code in known
            if before[code] != after[code]
        )
    log.info("quality_weights", record_type=record_type.name, actor=actor.user_id, weights=different)


def rule_save(
    *, actor: Actor, record_type: RecordType, values: Mapping[str, Any], rule: QualityRule | None = None
) -> QualityRule:
    """Add a rule to those of a type, or change one; all records of the type are due again.

    Args:
        values: `name_ko`, `name_en`, `dimension`, `weight` (0 to 5), `fails` and `applies` in the filter language.

    Raises:
        PermissionDenied: the actor does not administer.
        ValidationError: by field, what is wrong.
    """
    if not may_administer(actor):
        raise PermissionDenied
    if not is_looked_at(record_type):
        raise ValidationError(_("There is no data quality of this type."))
    kept = _checked(record_type, values)
    with transaction.atomic():
        setting = _due_again(record_type.name)
        found = QualityRule.objects.select_for_update().get(pk=rule.pk) if rule else QualityRule()
        if rule is None and QualityRule.objects.filter(
            record_type=record_type.name, deleted_at=None
        ).count() >= (MOST_RULES):
            raise ValidationError(_("There are at most %(most)s rules.") % {"most": MOST_RULES})
        changes = {
            name: [getattr(found, name) if rule else None, value]
            for name, value in kept.items()
            if rule is None or getattr(found, name) != value
        }
        found.record_type = record_type.name
        for name, value in kept.items():
            setattr(found, name, value)
        if rule is None:
            found.made_by_id = actor.user_id
        found.save()
        if setting.weights.pop(found.code, None) is not None:
            setting.save(update_fields=["weights"])
        if changes:
            _change(actor, record_type.name, CHANGED if rule else MADE, found.code, changes).save()
        revisions.changed(own.REVISION)
    return found


def rule_delete(*, actor: Actor, rule: QualityRule) -> None:
    """Take a rule away; its findings go with the next look. What it was stays in the list of changes.

    Raises PermissionDenied.
    """
    if not may_administer(actor):
        raise PermissionDenied
    with transaction.atomic():
        setting = _due_again(rule.record_type)
        found = QualityRule.objects.select_for_update().get(pk=rule.pk)
        if found.deleted_at is not None:
            return
        found.deleted_at = timezone.now()
        found.save(update_fields=["deleted_at"])
        if setting.weights.pop(found.code, None) is not None:
            setting.save(update_fields=["weights"])
        gone = {name: [getattr(found, name), None] for name in KEPT}
        _change(actor, found.record_type, DELETED, found.code, gone).save()
        revisions.changed(own.REVISION)


def rule_get(record_type: RecordType, pk: int) -> QualityRule | None:
    """An own rule of the type. One query."""
    return QualityRule.objects.filter(pk=pk, record_type=record_type.name, deleted_at=None).first()


def finds(record_type: RecordType, values: Mapping[str, Any]) -> Finds:
    """What a rule would find now, of all records. One query. Raises ValidationError as `rule_save`."""
    kept = _checked(record_type, values)
    rows = registry.get(record_type.name).model._base_manager.filter(deleted_at__isnull=True)
    if kept["applies"]:
        rows = rows.filter(condition_of(record_type, kept["applies"]))
    fails = rows.filter(condition_of(record_type, kept["fails"]))
    return Finds(fails.values("pk").distinct().count(), rows.values("pk").distinct().count())


def changes_of(record_types: Sequence[str], *, most: int = 20) -> list[QualityChange]:
    """What was changed last in what is expected of these types, newest first. One query."""
    rows = QualityChange.objects.filter(record_type__in=list(record_types))
    return list(rows.order_by("-at", "-pk")[:most])


def _checked(record_type: RecordType, values: Mapping[str, Any]) -> dict[str, Any]:
    errors: dict[str, str] = {}
    kept: dict[str, Any] = {
        name: str(values.get(name) or "").strip() for name in ("name_ko", "name_en", "fails", "applies")
    }
    if not kept["name_ko"]:
        errors["name_ko"] = _("Say what the finding is called.")
    for name in ("name_ko", "name_en"):
        if len(kept[name]) > 120 or "\0" in kept[name]:
            errors[name] = _("At most %(most)s characters.") % {"most": 120}
    kept["dimension"] = str(values.get("dimension") or "")
    if kept["dimension"] not in Dimension.values:
        errors["dimension"] = _("Choose one of: %(choices)s.") % {"choices": ", ".join(Dimension.values)}
    weight = str(values.get("weight", "1")).strip()
    if not (weight.isascii() and weight.isdigit() and len(weight) < 3 and int(weight) <= HEAVIEST):
        errors["weight"] = _("A weight is a number from 0 to %(most)s.") % {"most": HEAVIEST}
    for name in ("fails", "applies"):
        if name == "applies" and not kept[name]:
            continue
        try:
            own.fields_of(kept[name], record_type)
        except FilterError as problem:
            errors[name] = str(problem.message)
    if errors:
        raise ValidationError(errors)
    kept["weight"] = int(weight)
    return kept


def _due_again(record_type: str) -> QualitySetting:
    """All records of the type are looked at anew, also by a look that is under way; locks the type's setting."""
    QualitySetting.objects.get_or_create(record_type=record_type)
    QualitySetting.objects.filter(pk=record_type).update(computed_at=None, edition=F("edition") + 1)
    return QualitySetting.objects.get(pk=record_type)


def _change(actor: Actor, record_type: str, act: str, rule: str, changes: Mapping[str, Any]) -> QualityChange:
    return QualityChange(
        record_type=record_type,
        actor_id=actor.user_id,
        actor_name=actor.name[:200],
        act=act,
        rule=rule,
        changes=dict(changes),
    )
