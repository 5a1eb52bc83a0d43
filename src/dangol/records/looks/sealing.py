"""The chain of seals over the log of looks, and the end of what is no longer to be kept.

Pages only insert; a job seals what has come in since, block by block, so that no page waits for another's hash. The hash of
a block is SHA-256 over the hash before it and the SHA-256 of each of its rows in order. Each seal also goes into the
process log: kept elsewhere, that is the witness against somebody who could make all seals anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from dangol.identity.actors import Actor
from dangol.records.looks import settings, taking
from dangol.records.models.looks import Look, LookAct, LookReview, LookSeal

log = structlog.get_logger(__name__)

START = "0" * 64
LOCK = 7_308_080
PATIENCE = "300ms"
AT_ONCE = 500
SEOUL = ZoneInfo("Asia/Seoul")

_ROW = """sha256(convert_to(jsonb_build_array(l.id, extract(epoch FROM l.at), l.user_id, l.seen_by, host(l.ip), l.act, l.via,
    l.record_type, l.ids, l.through, l.count, l.about, l.request_id)::text, 'UTF8'))"""
_BLOCK = f"""
SELECT count(*), encode(sha256(convert_to(%s, 'UTF8') || string_agg({_ROW}, ''::bytea ORDER BY l.id)), 'hex')
FROM records_look l WHERE l.id > %s AND l.id <= %s
"""  # noqa: S608
_AGAIN = f"""
SELECT s.id, s.first_id, s.last_id, s.rows, s.previous, s.hash, count(l.id),
       encode(sha256(convert_to(s.previous, 'UTF8') || coalesce(string_agg({_ROW}, ''::bytea ORDER BY l.id), ''::bytea)), 'hex')
FROM records_lookseal s LEFT JOIN records_look l ON l.id >= s.first_id AND l.id <= s.last_id AND s.last_id > %s
WHERE s.id > %s AND s.id <= %s
GROUP BY s.id ORDER BY s.id
"""  # noqa: S608


def seal() -> LookSeal | None:
    """Seal what has come in since the last seal; None where nothing has, or a long transaction is still writing.

    For a moment no other transaction writes into the log: what has a lower number than the last row now will never be
    joined by a later one. Five queries.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute("LOCK TABLE records_look IN SHARE MODE")
            cursor.execute("SELECT max(id) FROM records_look")
            (upto,) = cursor.fetchone()
            cursor.execute("SELECT set_config('lock_timeout', '0', true)")
    except OperationalError as problem:
        if getattr(problem.__cause__, "sqlstate", "") != "55P03":
            raise
        log.info("access_log_busy")
        return None
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        last = LookSeal.objects.order_by("-id").first()
        before, previous = (last.last_id, last.hash) if last else (0, START)
        if upto is None or upto <= before:
            return None
        cursor.execute(_BLOCK, [previous, before, upto])
        rows, digest = cursor.fetchone()
        made = LookSeal.objects.create(
            first_id=before + 1, last_id=upto, rows=rows, previous=previous, hash=digest
        )
    log.info("access_log_sealed", seal=made.pk, last=upto, rows=rows, hash=digest)
    return made


@dataclass
class Verdict:
    """What looking at the whole chain came to. `broken` says of each block what is wrong with it."""

    seals: int = 0
    rows: int = 0
    expired: int = 0
    unsealed: int = 0
    head: str = START
    broken: list[tuple[int, str]] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Nothing was changed, added or taken away since it was sealed."""
        return not self.broken


def verify() -> Verdict:
    """Compute every seal anew. A query for each 500 blocks; reads the whole log."""
    verdict = Verdict()
    gone = _expired_through()
    previous, before = START, 0
    for number, first, last, rows, said, digest, found, computed in _blocks(gone):
        verdict.seals += 1
        if said != previous or first != before + 1:
            verdict.broken.append((number, "chain"))
        if first <= gone:
            verdict.expired += rows
        elif found != rows or computed != digest:
            verdict.broken.append((number, "rows"))
        else:
            verdict.rows += rows
        previous, before = digest, last
    verdict.head = previous
    verdict.unsealed = Look.objects.filter(pk__gt=before).count()
    known = set(LookSeal.objects.values_list("hash", flat=True)) if LookReview.objects.exists() else set()
    for review in LookReview.objects.exclude(seal=""):
        if review.seal not in known:
            verdict.broken.append((0, f"review {review.month:%Y-%m}"))
    return verdict


def _blocks(gone: int) -> Iterator[tuple[int, int, int, int, str, str, int, str]]:
    top = LookSeal.objects.order_by("-id").values_list("id", flat=True).first() or 0
    for start in range(0, top, AT_ONCE):
        with connection.cursor() as cursor:
            cursor.execute(_AGAIN, [gone, start, start + AT_ONCE])
            yield from cursor.fetchall()


def _expired_through() -> int:
    """The highest number among the rows that were to be forgotten, as the log itself says."""
    told = Look.objects.filter(act=LookAct.EXPIRED).order_by("-id").values_list("ids", flat=True).first()
    return max(told or [0])


def make_months(ahead: int = 2) -> int:
    """Have a partition for this month and the next ones. Returns how many were made. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE made) FROM (SELECT records_look_month("
            "(now() AT TIME ZONE 'Asia/Seoul' + make_interval(months => n))::date) made FROM generate_series(0, %s) n) m",
            [ahead],
        )
        (made,) = cursor.fetchone()
    return int(made)


def forget(*, now: datetime | None = None) -> list[str]:
    """Drop the months that have been kept long enough, all of them sealed. The log says so itself. Returns their names."""
    now = now or timezone.now()
    oldest = now.astimezone(SEOUL).replace(day=1) - timedelta(days=1)
    limit = f"{oldest.year - settings.current().kept_years:04}_{oldest.month:02}"
    dropped = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'records_look'::regclass AND c.relname ~ '^records_look_[0-9]{4}_[0-9]{2}$'"
            " ORDER BY 1"
        )
        names = [name for (name,) in cursor.fetchall()]
        for name in names:
            month = name.removeprefix("records_look_")
            if month > limit:
                continue
            with transaction.atomic():
                quoted = connection.ops.quote_name(name)
                cursor.execute(f"SELECT count(*), coalesce(max(id), 0) FROM {quoted}")  # noqa: S608
                rows, last = cursor.fetchone()
                if last and not LookSeal.objects.filter(last_id__gte=last).exists():
                    log.warning("access_log_not_sealed", month=month)
                    continue
                if rows:
                    through = max(last, _expired_through())
                    taking.write(
                        [(LookAct.EXPIRED.value, "", month, [through], rows)], actor=Actor.system("retention")
                    )
                cursor.execute(f"DROP TABLE {quoted}")
            dropped.append(month)
    return dropped
