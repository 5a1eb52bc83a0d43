"""What a notification is about: its title and address for those who may see it now, nothing for others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.events import selectors as outbox
from dangol.identity.actors import Actor, may_administer
from dangol.records import permissions, registry
from dangol.records.bulk.runs import runs_visible_to
from dangol.records.importing.runs import importable_types
from dangol.records.importing.scheduling.services import schedules_visible_to
from dangol.records.models import ExportRun, ImportRun
from dangol.records.titles import titles
from dangol.records.types import Label, RecordType

MANY = "many:"  # followed by a record type: more of them than one would be told of one by one
FOLLOWED = "followed:"  # the same, of those that one follows
IMPORT_RUN, IMPORT_SCHEDULE, EXPORT_RUN, WORK = "import_run", "import_schedule", "export_run", "work"
BULK_RUN = "bulk_run"


@dataclass(frozen=True)
class Target:
    """Something one can be told about, as one reader sees it."""

    title: str
    url: str
    label: Label
    icon: str = "bell"


Finder = Callable[[Actor, Collection[int]], Mapping[int, Target]]
_finders: dict[str, Finder] = {}


def register(target_type: str, finder: Finder) -> None:
    """Let people be told about another kind of thing than records.

    Args:
        target_type: its name, which no record type has.
        finder: asked with the actor and ids; gives those that the actor may see now.
    """
    _finders[target_type] = finder


def find(actor: Actor, target_type: str, ids: Collection[int]) -> Mapping[int, Target]:
    """Those of these that the actor may see now. One query."""
    if finder := _finders.get(target_type):
        return finder(actor, ids)
    if target_type.startswith(MANY):
        return _many(actor, target_type.removeprefix(MANY), ids, "/{path}/?filter=owner%20%3D%20me")
    if target_type.startswith(FOLLOWED):
        return _many(actor, target_type.removeprefix(FOLLOWED), ids, "/activity/?type={name}")
    record_type = registry.find(target_type)
    return _records(actor, record_type, ids) if record_type else {}


def _records(actor: Actor, record_type: RecordType, ids: Collection[int]) -> Mapping[int, Target]:
    return {
        pk: Target(one.title, f"/{record_type.path}/{pk}/", record_type.label, record_type.icon)
        for pk, one in titles(actor, record_type, ids).items()
    }


def _many(actor: Actor, name: str, ids: Collection[int], url: str) -> Mapping[int, Target]:
    record_type = registry.find(name)
    if record_type is None or not permissions.allowed(actor, record_type, "view"):
        return {}
    label = record_type.label_plural
    address = url.format(path=record_type.path, name=record_type.name)
    return dict.fromkeys(ids, Target(str(label), address, label, record_type.icon))


def _imports(actor: Actor, ids: Collection[int]) -> Mapping[int, Target]:
    rows = ImportRun.objects.filter(pk__in=ids)
    if not may_administer(actor):
        rows = rows.filter(owner_id=actor.user_id)
    return {
        pk: Target(name, reverse("imports:detail", args=[key]), _("Import"), "upload")
        for pk, key, name in rows.values_list("pk", "key", "file_name")
    }


def _schedules(actor: Actor, ids: Collection[int]) -> Mapping[int, Target]:
    if not importable_types(actor):
        return {}
    rows = schedules_visible_to(actor).filter(pk__in=ids)
    return {
        pk: Target(name, reverse("imports:schedule", args=[pk]), _("Scheduled import"), "upload")
        for pk, name in rows.values_list("pk", "name")
    }


def _exports(actor: Actor, ids: Collection[int]) -> Mapping[int, Target]:
    rows = ExportRun.objects.filter(pk__in=ids, owner_id=actor.user_id)
    found = {}
    for pk, key, file_name, type_name in rows.values_list("pk", "key", "file_name", "record_type"):
        record_type = registry.find(type_name)
        title = file_name or (str(record_type.label_plural) if record_type else type_name)
        found[pk] = Target(title, reverse("exports:detail", args=[key]), _("Export"), "download")
    return found


def _bulk(actor: Actor, ids: Collection[int]) -> Mapping[int, Target]:
    found = {}
    for pk, key, type_name in (
        runs_visible_to(actor).filter(pk__in=ids).values_list("pk", "key", "record_type")
    ):
        record_type = registry.find(type_name)
        title = str(record_type.label_plural) if record_type else type_name
        found[pk] = Target(title, reverse("bulk:detail", args=[key]), _("Bulk change"), "stack-2")
    return found


def _work(actor: Actor, ids: Collection[int]) -> Mapping[int, Target]:
    """Deliveries that were given up: one target for all of them, as long as there are any."""
    if not may_administer(actor) or not outbox.dead_letter_count():
        return {}
    target = Target(
        _("Deliveries that were given up"), reverse("administration:work"), _("Work"), "alert-triangle"
    )
    return dict.fromkeys(ids, target)


def register_own() -> None:
    """The kinds that are no records here; called once, when Django is ready."""
    register(IMPORT_RUN, _imports)
    register(IMPORT_SCHEDULE, _schedules)
    register(EXPORT_RUN, _exports)
    register(BULK_RUN, _bulk)
    register(WORK, _work)
