"""A search for duplicates: among all records of a type, or among those changed since the search before.

Everything that needs numpy is imported inside functions: web processes never scan.
"""

from __future__ import annotations

import resource
import sys
import time
from array import array
from collections.abc import Callable, Sequence

import structlog
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dangol.records import batches, changes, registry
from dangol.records.matching import automatic, candidates, pairs
from dangol.records.matching.judging import judge
from dangol.records.matching.pairs import FoundPair
from dangol.records.matching.reading import Texts, all_texts, fingerprint, texts_at
from dangol.records.matching.rules import Rules, rules_of
from dangol.records.models import DuplicateScan, FoundBy, MatchingRule, ScanState
from dangol.records.search.index import Tokenizer
from dangol.records.search.keys import NAME
from dangol.records.search.tables import alive

log = structlog.get_logger(__name__)

CHUNK = 1_000
MANY, MUCH = 20_000, 0.2
"""Above so many changed records, and above this share of all, comparing all is quicker."""
READ, FOUND = 0.3, 0.95
"""Shares of the work that are done when all is read, and when all is compared."""
EVERY = 1.0
"""Seconds between two notes of how far it is."""
_LOCK = 0x445550 << 40

Report = Callable[[DuplicateScan], None]


class ScanBusy(Exception):
    """Another process is at it."""


class _Cancelled(Exception):
    pass


def run(scan: DuplicateScan, progress: Report | None = None) -> DuplicateScan:
    """Carry the scan through and return it as it then is.

    Can be called again after any kind of death: a whole scan keeps its pairs in one transaction at the end and begins anew,
    one of changes goes on behind its last chunk.

    Raises:
        ScanBusy: another process is at it.
    """
    with batches.holding(_LOCK | scan.pk, ScanBusy()), batches.calm_collector():
        scan.refresh_from_db()
        if not scan.is_active:
            return scan
        record_type = registry.find(scan.record_type)
        work = _Work(scan, progress)
        try:
            if record_type is None:
                raise LookupError(scan.record_type)
            work.start()
            rules = rules_of(record_type)
            if scan.full or scan.since is None or not rules.record_type.matching:
                _whole(work, rules)
            else:
                _changed(work, rules)
            work.merged(automatic.merge_sure(rules, work.scan))
            work.finish(ScanState.FINISHED)
        except _Cancelled:
            work.finish(ScanState.CANCELLED)
        except Exception as error:
            log.exception("duplicate_scan_failed", scan=scan.pk)
            if not connection.in_atomic_block:
                why = _("The search stopped by an error of the program: %(why)s") % {"why": repr(error)[:500]}
                work.finish(ScanState.FAILED, why)
            raise
        return work.scan


class _Work:
    """The scan's row, kept up to date about once a second."""

    def __init__(self, scan: DuplicateScan, report: Report | None) -> None:
        self.scan = scan
        self.report = report
        self.began = time.monotonic() - scan.seconds
        self.noted = 0.0

    def start(self) -> None:
        scan = self.scan
        scan.state = ScanState.RUNNING
        scan.started_at = scan.started_at or timezone.now()
        if scan.oldest is None:
            scan.oldest = changes.oldest_running()
        scan.save(update_fields=["state", "started_at", "oldest"])

    def at(self, share: float) -> None:
        """Note how far it is; stops a scan that somebody cancelled."""
        now = time.monotonic()
        if now - self.noted < EVERY:
            return
        self.noted = now
        self.scan.share, self.scan.seconds = min(share, 1.0), now - self.began
        DuplicateScan.objects.filter(pk=self.scan.pk).update(
            share=self.scan.share, seconds=self.scan.seconds, rows=self.scan.rows
        )
        self.stop_if_asked()
        if self.report:
            self.report(self.scan)

    def stop_if_asked(self) -> None:
        if DuplicateScan.objects.filter(pk=self.scan.pk, cancel_requested=True).exists():
            raise _Cancelled

    def merged(self, count: int) -> None:
        self.scan.merged = count

    def finish(self, state: ScanState, message: str = "") -> None:
        scan = self.scan
        scan.state, scan.message, scan.finished_at = state, message.replace("\0", "\ufffd"), timezone.now()
        scan.seconds = time.monotonic() - self.began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        scan.peak_memory = peak if sys.platform == "darwin" else peak * 1024
        scan.share = 1.0 if state == ScanState.FINISHED else scan.share
        scan.save()


def _whole(work: _Work, rules: Rules) -> None:
    """Compare all records of the type, learn the weights anew, and keep what is probable. Twelve queries and the reading."""
    from dangol.methods.matching import finding
    from dangol.methods.matching.columns import Column

    scan = work.scan
    expected = max(1, _about(rules))
    ids = array("q")
    columns = [Column(one.name, one.kind) for one in rules.compares]
    for record_id, texts in all_texts(rules):
        ids.append(record_id)
        for column, text in zip(columns, texts, strict=True):
            column.add(text)
        if not len(ids) % CHUNK:
            scan.rows = len(ids)
            work.at(READ * min(1.0, len(ids) / expected))
    for column in columns:
        column.close()
    scan.rows = len(ids)
    if len(ids) < 2:
        with transaction.atomic():
            pairs.pairs_drop_stale(rules.record_type, scan.pk, scan.started_at)
        return
    found = finding.find(
        columns,
        threshold=rules.threshold,
        progress=lambda share: work.at(READ + (FOUND - READ) * share),
    )
    scan.compared, scan.pairs = found.compared, len(found.left)
    work.stop_if_asked()
    labels = [one.kind.labels for one in rules.compares]
    names = [one.name for one in rules.compares]
    new = 0
    with transaction.atomic():
        for start in range(0, len(found.left), pairs.STORED):
            piece = slice(start, start + pairs.STORED)
            left = [ids[place] for place in found.left[piece].tolist()]
            right = [ids[place] for place in found.right[piece].tolist()]
            stored = texts_at(rules, sorted({*left, *right}))
            part = []
            levels = found.levels[piece].tolist()
            for a, b, probability, level in zip(
                left, right, found.probability[piece].tolist(), levels, strict=True
            ):
                evidence = {
                    name: label[at] for name, label, at in zip(names, labels, level, strict=True) if at >= 0
                }
                if a in stored and b in stored:
                    part.append(_pair(a, b, probability, evidence, stored[a], stored[b]))
            new += pairs.pairs_store(rules.record_type, part, found_by=FoundBy.SCAN, scan_id=scan.pk)
        scan.new_pairs = new
        pairs.pairs_drop_stale(rules.record_type, scan.pk, scan.started_at)
        MatchingRule.objects.update_or_create(
            record_type=rules.record_type.name,
            defaults={"model": found.model.to_json(), "records": len(ids)},
        )


def _pair(
    a: int, b: int, probability: float, evidence: dict[str, str], texts_a: Texts, texts_b: Texts
) -> FoundPair:
    """The pair in the order of its ids."""
    if a > b:
        a, b, texts_a, texts_b = b, a, texts_b, texts_a
    return FoundPair(a, b, probability, evidence, fingerprint(texts_a), fingerprint(texts_b))


def _about(rules: Rules) -> int:
    """How many records there are, about. One query."""
    with connection.cursor() as cursor:
        table = rules.record_type.table.name
        cursor.execute(
            "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass", [table]
        )
        return int(cursor.fetchone()[0])


def _changed(work: _Work, rules: Rules) -> None:
    """Compare the records that were written since the scan before, a chunk in a transaction. About ten queries a chunk.

    Only of types that declare what is compared: they declare too what they are found by.
    """
    scan = work.scan
    rows = alive(rules.record_type).extra(  # noqa: S610 - the name of a declared table; the field compares no transactions
        where=[f'"{rules.record_type.table.name}".changed_in >= %s::text::xid8'],
        params=[str(scan.since)],
    )
    left = rows.filter(pk__gt=scan.position).count()
    if not scan.position and left > max(MANY, rules.row.records * MUCH):
        _whole(work, rules)
        return
    whole = max(1, scan.rows + left)
    while True:
        ids = list(rows.filter(pk__gt=scan.position).order_by("pk").values_list("pk", flat=True)[:CHUNK])
        if not ids:
            break
        with transaction.atomic():
            found = compared(rules, ids)
            scan.new_pairs += pairs.pairs_store(
                rules.record_type, found, found_by=FoundBy.SCAN, scan_id=scan.pk
            )
            pairs.pairs_drop_stale(rules.record_type, scan.pk, scan.started_at, ids)
            scan.pairs += len(found)
            scan.rows += len(ids)
            scan.position = ids[-1]
            scan.save(update_fields=["new_pairs", "pairs", "rows", "position"])
        work.at(scan.rows / whole)


def compared(rules: Rules, ids: Sequence[int]) -> list[FoundPair]:
    """The probable pairs of these records with any others, through the search dictionary. Five queries."""
    record_type = rules.record_type
    tokenize = Tokenizer(record_type)
    rows = alive(record_type).filter(pk__in=list(ids)).values_list("pk", *tokenize.columns)
    tokens = {pk: tokenize(values) for pk, *values in rows}
    found = candidates.candidates(record_type, tokens)
    texts = texts_at(rules, sorted({*ids, *(one for others in found.values() for one in others)}))
    name_of = {
        pk: token[1] for pk, made in tokens.items() for token, _weight in made.words if token[0] == NAME
    }
    bearers = candidates.bearers(record_type, sorted(set(name_of.values())))
    kept: dict[tuple[int, int], FoundPair] = {}
    for pk, others in found.items():
        for other in others:
            key = (min(pk, other), max(pk, other))
            if pk == other or key in kept or pk not in texts or other not in texts:
                continue
            judged = judge(
                rules, texts[pk], texts[other], bearers=max(0, bearers.get(name_of.get(pk, ""), 0) - 1)
            )
            if judged.probability >= rules.threshold:
                kept[key] = _pair(
                    pk, other, judged.probability, dict(judged.evidence), texts[pk], texts[other]
                )
    return list(kept.values())
