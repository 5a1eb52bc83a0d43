"""Which persons were erased, kept in a file beside the database: a backup that is restored knows them still.

A line for each erasure: its key, its moment, and the ids of what was the person's with the moments in which those records
were made – no names. The file is never part of what a restore replaces; a backup holds a copy. An id alone would not do:
a database that was put back counts on from its former numbers, and gives them to others. Made at the same microsecond, a
record is the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.db import transaction
from django.utils.dateparse import parse_datetime

from dangol.records import registry
from dangol.records.models import Erasure, ErasureState
from dangol.records.persons.gathering import Gathered

log = structlog.get_logger(__name__)
NAME = "erasures.jsonl"
OPEN = (ErasureState.WAITING, ErasureState.RUNNING)

Records = Mapping[str, Mapping[int, datetime]]
"""Record type → id → when it was made."""


class BadLedger(ValueError):
    """A line that is none of ours; the message says which."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One erasure as the file has it."""

    key: str
    record_type: str
    record_id: int
    asked_at: datetime
    everywhere: bool
    records: Records


@dataclass(frozen=True, slots=True)
class Replayed:
    """What doing the erasures of a file again came to: persons found and erased, persons that this database never had or
    has not any more, and erasures that it knows of."""

    erased: int
    absent: int
    known: int


def path() -> Path:
    """Where the file lies."""
    return Path(settings.DATA) / NAME


def note(found: Iterable[tuple[Erasure, Gathered]]) -> None:
    """Write down whom these erasures are of, before the rows are gone; on disk when this returns.

    Called before the erasure's transaction ends: what is written and then not done is done again by its job. A query for each
    type of records.
    """
    lines = b"".join(_line(erasure, gathered) for erasure, gathered in found)
    path().parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, lines)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _line(erasure: Erasure, found: Gathered) -> bytes:
    records = {name: _made(name, ids) for name, ids in sorted(found.own.items())}
    return orjson.dumps(
        {
            "key": str(erasure.key),
            "record_type": erasure.record_type,
            "record_id": erasure.record_id,
            "asked_at": erasure.asked_at.isoformat(),
            "everywhere": erasure.everywhere,
            "records": {
                name: [[number, moment.isoformat()] for number, moment in sorted(made.items())]
                for name, made in records.items()
                if made
            },
        },
        option=orjson.OPT_APPEND_NEWLINE,
    )


def _made(name: str, ids: Iterable[int]) -> dict[int, datetime]:
    record_type = registry.find(name)
    if record_type is None or "created_at" not in record_type.fields:
        return {}
    rows = record_type.model._default_manager.filter(pk__in=list(ids))
    return dict(rows.values_list("pk", "created_at"))


def read(file: Path) -> list[Entry]:
    """The erasures of a file, each once. A last line that was cut off when the machine stopped is left out.

    Raises:
        BadLedger: a line is none of ours.
    """
    found: dict[str, Entry] = {}
    lines = file.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = _entry(orjson.loads(line))
        except (ValueError, KeyError, TypeError) as problem:
            if number == len(lines):
                log.warning("erasure_line_cut_off", file=str(file), line=number)
                continue
            raise BadLedger(f"{file}, {number}: {type(problem).__name__}") from problem
        found[entry.key] = entry
    return list(found.values())


def _entry(raw: Any) -> Entry:
    return Entry(
        str(raw["key"]),
        str(raw["record_type"]),
        int(raw["record_id"]),
        _moment(raw["asked_at"]),
        bool(raw["everywhere"]),
        {
            str(name): {int(number): _moment(moment) for number, moment in made}
            for name, made in raw["records"].items()
        },
    )


def _moment(text: str) -> datetime:
    found = parse_datetime(text)
    if found is None:
        raise ValueError(text)
    return found


def replay(*files: Path) -> Replayed:
    """Do again what these files tell of and this database does not know: it was put back to before.

    Whoever is found is erased at once, with a certificate under the former key; of the others there is one that says that
    nothing was there. Done twice is done once. Costs two queries where all is known, else what an erasure costs.

    Raises:
        BadLedger: a file is none; nothing was done.
    """
    from dangol.records.persons import erasing

    entries = {entry.key: entry for file in files if file.is_file() for entry in read(file)}
    states = dict(Erasure.objects.filter(key__in=list(entries)).values_list("key", "state"))
    known = {str(key) for key, state in states.items() if state not in OPEN}
    todo = [entry for key, entry in entries.items() if key not in known]
    present = {entry.key: found for entry in todo if (found := _here(entry)).own}
    for everywhere in (True, False):
        some = [entry for entry in todo if entry.everywhere is everywhere and entry.key in present]
        if some:
            rows = _rows(some, ErasureState.WAITING)
            erasing.erase(*(row.pk for row in rows), found={row.pk: present[str(row.key)] for row in rows})
    absent = [entry for entry in todo if entry.key not in present]
    if absent:
        erasing.finish(*(row.pk for row in _rows(absent, ErasureState.LAKE)))
    done = Replayed(len(present), len(absent), len(known))
    if todo:
        log.warning("erasures_done_again", erased=done.erased, absent=done.absent, known=done.known)
    return done


def _here(entry: Entry) -> Gathered:
    """What of the person this database has: the records themselves, and what points at them now."""
    from dangol.records.persons.erasing import PERSONS
    from dangol.records.persons.gathering import gather, together

    there: dict[str, set[int]] = {}
    for name, made in entry.records.items():
        same = {number for number, moment in _made(name, made).items() if moment == made[number]}
        if same:
            there[name] = same
    people = [
        gather(registry.get(name), number) for name in PERSONS for number in sorted(there.get(name, ()))
    ]
    return together([Gathered(own=there), *people])


def _rows(entries: Sequence[Entry], state: str) -> list[Erasure]:
    """A row for each, under its key; one that waits is taken up."""
    rows = []
    with transaction.atomic():
        for entry in entries:
            row, _made_now = Erasure.objects.update_or_create(
                key=entry.key,
                defaults={"state": state},
                create_defaults={
                    "state": state,
                    "record_type": entry.record_type,
                    "record_id": entry.record_id,
                    "reason": "restored from a backup",
                    "everywhere": entry.everywhere,
                    "asked_at": entry.asked_at,
                    "asked_by_name": "restore",
                },
            )
            rows.append(row)
    return rows
