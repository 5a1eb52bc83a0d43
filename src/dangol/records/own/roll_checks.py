"""Whether roll-ups are right: compared with what a computation from scratch gives, each night, and mended where they are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings as project
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.identity import revisions
from dangol.records import registry
from dangol.records.models import IndexState, OwnField, OwnState, RollUpCheck
from dangol.records.own import rolling
from dangol.records.own.definitions import REVISION
from dangol.records.own.roll_sql import Plan, plan_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Drift:
    """Of `compared` records `drifted` had another value than they should have had."""

    compared: int
    drifted: int


def company_day() -> date:
    """The company's day, whose "today" filters mean."""
    return timezone.now().astimezone(ZoneInfo(project.TIME_ZONE)).date()


def settled(definition: OwnField) -> None:
    """All values are there: the field is shown from now on."""
    with transaction.atomic():
        RollUpCheck.objects.update_or_create(
            field_id=definition.pk, defaults={"settled_on": company_day(), "drifted": 0}
        )
        # Only where nobody has asked for something else meanwhile.
        OwnField.objects.filter(
            pk=definition.pk, index_state=IndexState.BUILDING, settings=definition.settings
        ).update(index_state=IndexState.READY, index_error="")
        revisions.changed(REVISION)


def check(definition: OwnField, *, mend: bool = True) -> Drift:
    """Compare the kept value of every record with one computed from scratch. In batches; each is one statement.

    Args:
        mend: compute those that differ anew.
    """
    plan = plan_of(definition)
    compared = drifted = 0
    for ids in rolling.batches(plan):
        wrong = _wrong(plan, ids)
        compared += len(ids)
        drifted += len(wrong)
        if wrong and mend:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SELECT {connection.ops.quote_name(plan.function)}(%s)", [wrong])
    return Drift(compared, drifted)


def _wrong(plan: Plan, ids: list[int]) -> list[int]:
    column = connection.ops.quote_name(plan.column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT fresh.id FROM ({plan.fresh("%s::bigint[]")}) AS fresh
            LEFT JOIN records_roll_up_value kept ON kept.field_id = %s AND kept.record_id = fresh.id
            WHERE kept.{column} IS DISTINCT FROM fresh.value ORDER BY fresh.id
            """,  # noqa: S608 - names of declared tables
            [ids, plan.field_id],
        )
        return [row[0] for row in cursor.fetchall()]


def check_all() -> None:
    """The nightly check: triggers that are missing are made again, values that drifted are mended, and both are kept."""
    follow_the_day()
    for definition in rolling.kept(index_state=IndexState.READY):
        try:
            plan_of(definition)
        except rolling.GONE as problem:
            log.error(
                "roll_up_left_out", type=definition.record_type, field=definition.name, why=str(problem)
            )
            continue  # doctor says that nothing keeps it
        if not has_trigger(definition):
            log.warning("roll_up_without_trigger", field=definition.name, type=definition.record_type)
            rolling.install(
                [registry.get(definition.settings["child"]), registry.get(definition.record_type)]
            )
        found = check(definition)
        if found.drifted:
            log.warning(
                "roll_up_drifted", field=definition.name, type=definition.record_type, records=found.drifted
            )
        RollUpCheck.objects.update_or_create(
            field_id=definition.pk,
            defaults={"checked_at": timezone.now(), "compared": found.compared, "drifted": found.drifted},
        )


def follow_the_day() -> None:
    """Compute roll-ups anew whose filter means another day than yesterday; does nothing a second time on one day."""
    for definition in rolling.kept(index_state=IndexState.READY, settings__moving=True):
        if registry.find(definition.settings["child"]) is None:
            continue
        if not _is_of_today(definition):
            # What "today" means stands in the triggers as the day itself.
            rolling.install([registry.get(definition.settings["child"])])
            rolling.fill(definition)
            RollUpCheck.objects.update_or_create(
                field_id=definition.pk, defaults={"settled_on": company_day()}
            )


def _is_of_today(definition: OwnField) -> bool:
    return RollUpCheck.objects.filter(field_id=definition.pk, settled_on=company_day()).exists()


def has_trigger(definition: OwnField) -> bool:
    """Whether the tables of the related records have the triggers that keep the values. A query for each table."""
    child = registry.get(definition.settings["child"])
    tables = {f"dangol_rolls_{child.name}_%": child.table.name}
    if side := child.table.sides.get(definition.settings.get("value", "")):
        tables[f"dangol_rolls_beside_{child.name}_%"] = side.name
    with connection.cursor() as cursor:
        for trigger, table in tables.items():
            cursor.execute(
                "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE %s AND tgenabled <> 'D'",
                [connection.ops.quote_name(table), trigger],
            )
            if cursor.fetchone()[0] != len(rolling.EVENTS):
                return False
    return True


def findings() -> list[tuple[OwnField, bool, str]]:
    """Of each roll-up field whether it is in order, and what is to be said, for `dangol doctor`. Two queries each."""
    checks = {found.field_id: found for found in RollUpCheck.objects.all()}
    told = []
    for definition in OwnField.objects.filter(kind="roll_up", state=OwnState.ACTIVE).order_by("pk"):
        found = checks.get(definition.pk)
        if definition.index_state != IndexState.READY:
            told.append(
                (definition, definition.index_state == IndexState.BUILDING, _("values are being computed"))
            )
        elif registry.find(definition.settings["child"]) is None or not has_trigger(definition):
            told.append((definition, False, _("nothing keeps it up to date")))
        elif found is not None and found.drifted:
            text = _("%(drifted)s of %(compared)s values had drifted and were mended")
            told.append((definition, False, text % {"drifted": found.drifted, "compared": found.compared}))
        else:
            told.append((definition, True, _("in step with its records")))
    return told
