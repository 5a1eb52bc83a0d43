"""All there is about one person, as a file for that person: JSON for programs, HTML to read, the files as they are."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.template.loader import render_to_string
from django.utils import timezone

from dangol.identity.actors import Actor
from dangol.records import permissions, ports
from dangol.records.attachments import storage
from dangol.records.fields import Locale
from dangol.records.lists import records_at
from dangol.records.looks import taking
from dangol.records.models import Attachment, LookAct, StoredState
from dangol.records.persons.erasing import may_erase
from dangol.records.persons.gathering import gather
from dangol.records.types import RecordType
from dangol.records.writing import Missing

AT_ONCE = 500
INTERNAL = frozenset({"owner", "team", "territory", "created_by", "updated_by", "updated_at", "id"})
"""Who of the company tends the record is the company's own matter."""


def person_export(*, actor: Actor, record_type: RecordType, record_id: int, reason: str) -> IO[bytes]:
    """Everything about somebody, also what lies in the recycle bin, as a ZIP file, open at its beginning.

    That it was handed out stands in the access log. Values are complete: field rules are for staff, not for the person.

    Raises:
        PermissionDenied: the actor does not administer.
        Missing: there is no such record.

    As many queries as there are types that point at the person, twice.
    """
    if not may_erase(actor, record_type):
        raise PermissionDenied("person_export")
    if not permissions.visible_to(actor, record_type).filter(pk=record_id).exists():
        raise Missing([])
    whole = Actor.system("person_export")
    locale = Locale(actor.language, ZoneInfo(actor.time_zone))
    found = gather(record_type, record_id)
    data: dict[str, list[dict[str, Any]]] = {}
    shown: list[tuple[str, list[list[tuple[str, str]]]]] = []
    files: list[Attachment] = []
    for kind, ids in found.everything():
        names = [name for name in permissions.fields_for(whole, kind) if name not in INTERNAL]
        rows = list(_rows(whole, kind, ids, names))
        data[kind.name] = [
            {
                "id": row["id"],
                **{
                    name: kind.fields[name].to_json(row[name])
                    for name in names
                    if row.get(name) not in (None, "")
                },
            }
            for row in rows
        ]
        shown.append((str(kind.label_plural), [_lines(kind, names, row, locale) for row in rows]))
        if kind.name in found.own:
            files += Attachment.objects.filter(
                record_type=kind.name, record_id__in=ids, file__state=StoredState.READY
            ).select_related("file")
    taking.write(
        [(LookAct.PERSON.value, name, reason, sorted(ids), len(ids)) for name, ids in found.own.items()],
        actor=actor,
    )
    about = {
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "records": data,
        "timeline": _timeline(whole, record_type, record_id),
    }
    page = render_to_string(
        "records/persons/export.html",
        {"parts": shown, "made_at": timezone.now(), "files": files, "language": actor.language},
    )
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(about, ensure_ascii=False, indent=1, default=str))
        archive.writestr("data.html", page)
        for file in files:
            with storage.store().open(storage.place_of(file.file.digest)) as source:
                archive.writestr(f"files/{file.pk}-{file.name}", source.read())
    target.seek(0)
    return target


def _rows(actor: Actor, kind: RecordType, ids: list[int], names: list[str]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        alive = records_at(actor=actor, record_type=kind, ids=part, columns=names)
        binned = records_at(actor=actor, record_type=kind, ids=part, columns=names, deleted=True)
        yield from ({**alive, **binned}[number] for number in part if number in alive or number in binned)


def _lines(kind: RecordType, names: list[str], row: dict[str, Any], locale: Locale) -> list[tuple[str, str]]:
    texts = ((str(kind.fields[name].label), kind.fields[name].text(row.get(name), locale)) for name in names)
    return [(label, text) for label, text in texts if text]


def _timeline(actor: Actor, record_type: RecordType, record_id: int) -> list[Any]:
    kept = ports.timeline()
    if kept is None or not record_type.timeline:
        return []
    page = kept.page(actor=actor, record_type=record_type, record_id=record_id, limit=200)
    return [entry.to_json() for entry in page.entries]
