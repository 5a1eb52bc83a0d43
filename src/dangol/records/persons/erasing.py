"""Erasing a person: what will go and what stays, the act itself, and the certificate (개인정보 보호법 제21조, 제36조)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.events import queue
from dangol.identity.actors import Actor, may_administer
from dangol.records import permissions, registry, writing
from dangol.records.attachments.locking import forget
from dangol.records.fields import Boolean, Choice, Reference
from dangol.records.looks import taking
from dangol.records.models import Attachment, Change, Erasure, ErasureState, LookAct, StoredFile
from dangol.records.persons import ledger
from dangol.records.persons.gathering import Gathered, gather, together
from dangol.records.persons.identifying import Identity, identity_of
from dangol.records.persons.sweeping import remove_files, sweep
from dangol.records.types import RecordType
from dangol.records.writing.purging import forget_beside

ERASE_TASK = "dangol.records.persons.erase"
PERSONS = ("customer", "contact")
REASON_LEAST = 5
KEPT_BECAUSE = "전자상거래법 제6조, 시행령 제6조"
"""Records of contracts and payments are kept for five years; they lose the person, not the figures."""
ORIGIN = "erasure"

_after: list[Callable[[Sequence[int]], bool]] = []


def also_after(step: Callable[[Sequence[int]], bool]) -> None:
    """Have a copy elsewhere written anew after the database is clean: called with the erasures, in the transaction that ends
    them; true where `finish` will be called when that is done. Called while the project starts."""
    _after.append(step)


@dataclass(frozen=True)
class Preview:
    """What erasing somebody would do. Numbers by type; `shared` is what others have, too, and is left alone elsewhere."""

    goes: dict[str, int]
    kept: dict[str, int]
    files: int
    history: int
    shared: int


def may_erase(actor: Actor, record_type: RecordType) -> bool:
    """May the actor hand over or erase all there is about somebody: those who administer."""
    return record_type.name in PERSONS and may_administer(actor) and actor.seen_by is None


def preview(*, actor: Actor, record_type: RecordType, record_id: int) -> Preview:
    """What would go and what would stay. Raises PermissionDenied. As many queries as types point here, and three."""
    _require(actor, record_type)
    found = gather(record_type, record_id)
    identity = identity_of(found)
    return Preview(
        goes={name: len(ids) for name, ids in found.own.items()},
        kept={name: len(ids) for name, ids in found.kept.items()},
        files=sum(_attachments(name, ids).count() for name, ids in found.own.items()),
        history=sum(_history(name, ids).count() for name, ids in found.own.items()),
        shared=len(identity.shared),
    )


def erasure_ask(
    *, actor: Actor, record_type: RecordType, record_id: int, reason: str, everywhere: bool = True
) -> Erasure:
    """Have somebody erased in the background.

    Raises:
        PermissionDenied: the actor does not administer.
        Missing: there is no such record.
        ValidationError: no reason, or it is under way already.
    """
    _require(actor, record_type)
    reason = " ".join(reason.replace("\0", "").split())[:500]
    if len(reason) < REASON_LEAST:
        raise ValidationError(
            {"reason": _("Say what for, in at least %(least)s characters.") % {"least": REASON_LEAST}},
            code="reason",
        )
    here = permissions.visible_to(actor, record_type).filter(pk=record_id)
    if not (here | permissions.visible_to(actor, record_type, deleted=True).filter(pk=record_id)).exists():
        raise writing.Missing([])
    with transaction.atomic():
        open_ = Erasure.objects.filter(record_type=record_type.name, record_id=record_id).exclude(
            state__in=(ErasureState.FINISHED, ErasureState.FAILED)
        )
        if open_.exists():
            raise ValidationError(_("This person is being erased already."), code="twice")
        made = Erasure.objects.create(
            record_type=record_type.name, record_id=record_id, reason=reason, everywhere=everywhere,
            asked_by_id=actor.user_id, asked_by_name=actor.name[:200],
        )  # fmt: skip
        queue.enqueue(ERASE_TASK, erasures=[made.pk])
    return made


def erase(*erasures: int, found: Mapping[int, Gathered] | None = None) -> None:
    """Do it, in one transaction; then copies elsewhere. Called by the job; done twice is done once.

    Several at once cost as much as one: every table is read once. Their certificates then share the numbers, and say
    of how many persons these are (`together`).

    Args:
        found: by erasure, what there is about the person, where that is known otherwise than by the record's id
            (`ledger.replay`).
    """
    actor = Actor.system("erasure")
    with transaction.atomic():
        waiting = Erasure.objects.filter(state__in=(ErasureState.WAITING, ErasureState.RUNNING))
        locked = list(waiting.filter(pk__in=erasures).order_by("pk").select_for_update())
        if not locked:
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('dangol.erasing', 'on', true)")
        each = [
            (one, found[one.pk] if found else gather(registry.get(one.record_type), one.record_id))
            for one in locked
        ]
        if found is None:
            ledger.note(each)
        whole = together(gathered for _one, gathered in each)
        everywhere = all(one.everywhere for one in locked)
        identity = identity_of(whole)
        counts: Counter[str] = Counter()
        digests = _files_of(whole)
        counts["attachments"] = sum(_attachments(name, ids).delete()[0] for name, ids in whole.own.items())
        _take_away(whole, actor, counts)
        swept = sweep(identity, with_names=everywhere)
        counts.update({f"swept:{name}": rows for name, rows in swept.items()})
        counts["history"] = sum(_history(name, ids).delete()[0] for name, ids in whole.own.items())
        _note(locked, whole, counts, len(identity.shared))
        waits = [step([one.pk for one in locked]) for step in _after]
    _outside(locked, identity, digests, everywhere=everywhere)
    if not any(waits):
        finish(*(one.pk for one in locked))


def _note(erasures: Sequence[Erasure], found: Gathered, counts: Counter[str], shared: int) -> None:
    """Numbers into the certificates, and lines into the access log."""
    if len(erasures) > 1:
        counts["together"] = len(erasures)
    kept = {name: len(ids) for name, ids in sorted(found.kept.items())}
    for one in erasures:
        one.counts = {key: number for key, number in sorted(counts.items()) if number}
        one.kept = {**kept, "shared": shared} if shared else kept
        one.state = ErasureState.LAKE
        one.save()
    first = erasures[0]
    taking.write(
        [
            (LookAct.ERASE.value, name, f"erasure {first.key}", sorted(ids), len(ids))
            for name, ids in found.own.items()
        ],
        actor=Actor(first.asked_by_id, first.asked_by_name),
    )


def finish(*erasures: int) -> None:
    """All copies are clean: seal the certificates. Done twice is done once."""
    with transaction.atomic():
        open_ = Erasure.objects.filter(pk__in=erasures, state=ErasureState.LAKE).order_by("pk")
        for one in open_.select_for_update():
            one.state, one.finished_at = ErasureState.FINISHED, timezone.now()
            one.reason = ""
            one.hash = hashlib.sha256(certificate_text(one).encode()).hexdigest()
            one.save()


def certificate_text(erasure: Erasure) -> str:
    """What the certificate's hash is of: no word of it says who the person was."""
    return json.dumps(
        {
            "key": str(erasure.key),
            "record": f"{erasure.record_type}:{erasure.record_id}",
            "asked_at": erasure.asked_at.isoformat(),
            "asked_by": erasure.asked_by_id,
            "finished_at": erasure.finished_at.isoformat() if erasure.finished_at else "",
            "counts": erasure.counts,
            "kept": erasure.kept,
        },
        sort_keys=True,
    )


def is_genuine(erasure: Erasure) -> bool:
    """Does the certificate say what it said when it was sealed."""
    return erasure.hash == hashlib.sha256(certificate_text(erasure).encode()).hexdigest()


def _require(actor: Actor, record_type: RecordType) -> None:
    if not may_erase(actor, record_type):
        raise PermissionDenied("erase_person")


def _attachments(name: str, ids: set[int]) -> Any:
    return Attachment.objects.filter(record_type=name, record_id__in=ids)


def _history(name: str, ids: set[int]) -> Any:
    return Change.objects.filter(table=registry.get(name).table.name, record_id__in=ids)


def _files_of(found: Gathered) -> list[str]:
    digests: set[str] = set()
    for name, ids in found.own.items():
        digests.update(_attachments(name, ids).values_list("file__digest", flat=True))
    return sorted(digests)


def _take_away(found: Gathered, actor: Actor, counts: Counter[str]) -> None:
    """Remove the person's records for good, those that nothing points at first; what business records point at stays as a
    row that says nothing."""
    left = {name: sorted(ids) for name, ids in found.own.items()}
    while True:
        before = sum(map(len, left.values()))
        for name in reversed(list(left)):
            if left[name]:
                stayed = writing.purge(registry.get(name), left[name], actor=actor, origin=ORIGIN)
                counts[f"removed:{name}"] += len(left[name]) - len(stayed)
                left[name] = stayed
        if sum(map(len, left.values())) in (0, before):
            break
    for name, ids in left.items():
        if ids:
            _empty(registry.get(name), ids)
            counts[f"emptied:{name}"] += len(ids)


def _empty(record_type: RecordType, ids: list[int]) -> None:
    """Leave a row that points where it pointed, in the bin, and says nothing: "파기 12"."""
    table, sets = record_type.table, []
    quote = connection.ops.quote_name
    for name, column in table.columns.items():
        field = record_type.editable_fields.get(name)
        if field is None or isinstance(field, Reference | Choice | Boolean) or field.numeric:
            continue
        if name == record_type.title:
            sets.append(f"{quote(column.name)} = '파기 ' || id")
        elif field.nullable:
            sets.append(f"{quote(column.name)} = NULL")
        elif field.blank == "":
            sets.append(f"{quote(column.name)} = ''")
    forget_beside(record_type, ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(table.name)} SET {', '.join(sets)}, own = '{{}}', deleted_at = coalesce(deleted_at, now())"  # noqa: S608
            " WHERE id = ANY(%s)",
            [ids],
        )


def _outside(
    erasures: Sequence[Erasure], identity: Identity, digests: Sequence[str], *, everywhere: bool
) -> None:
    """What no transaction holds: contents of files, files of imports and exports, words that nobody carries any more."""
    from dangol.records.search import index

    for digest in digests:
        if not StoredFile.objects.filter(digest=digest, attachments__isnull=False).exists():
            StoredFile.objects.filter(digest=digest).delete()
            forget(digest)
    removed = remove_files(identity, with_names=everywhere)
    index.orphans()
    if removed:
        more = {f"files:{name}": number for name, number in removed.items()}
        for one in erasures:
            rows = Erasure.objects.filter(pk=one.pk, state=ErasureState.LAKE)
            rows.update(counts={**one.counts, **more})
