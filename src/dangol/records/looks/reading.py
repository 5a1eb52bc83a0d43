"""The access log read: by whom, whose data, what and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor, may_administer
from dangol.identity.models import User
from dangol.records import origins, registry
from dangol.records.looks import taking
from dangol.records.models.looks import Look, LookAct
from dangol.records.types import RecordType

SEOUL = ZoneInfo("Asia/Seoul")
COLUMNS = (
    "id", "at", "user_id", "seen_by", "ip", "act", "via", "record_type", "ids", "through", "count", "about", "request_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the log is wanted. `person` is whose data: a record type and an id."""

    user: int | None = None
    act: str = ""
    record_type: str = ""
    person: tuple[str, int] | None = None
    ip: str = ""
    since: date | None = None
    until: date | None = None


def may_read(actor: Actor) -> bool:
    """May the actor read the whole log."""
    return may_administer(actor) and actor.seen_by is None


def may_read_of(actor: Actor, record_type: RecordType) -> bool:
    """May the actor see who looked at a record of the type."""
    return actor.seen_by is None and (may_administer(actor) or actor.may(record_type.name, "administer"))


def looks(actor: Actor, asked: Asked) -> QuerySet[Look]:
    """The lines that fit, newest first. Lazy.

    Raises:
        PermissionDenied: the actor may not read the log.
    """
    if not may_read(actor):
        raise PermissionDenied("access_log")
    rows = Look.objects.order_by("-id")
    if asked.user is not None:
        rows = rows.filter(Q(user_id=asked.user) | Q(seen_by=asked.user))
    if asked.act:
        rows = rows.filter(act=asked.act)
    if asked.record_type:
        rows = rows.filter(record_type=asked.record_type)
    if asked.ip:
        rows = rows.filter(ip=asked.ip)
    if asked.person is not None:
        rows = rows.filter(of_person(*asked.person))
    if asked.since is not None:
        rows = rows.filter(at__gte=datetime.combine(asked.since, time.min, SEOUL))
    if asked.until is not None:
        rows = rows.filter(at__lt=datetime.combine(asked.until + timedelta(days=1), time.min, SEOUL))
    return rows


def of_person(name: str, record_id: int) -> Q:
    """The lines about one record: those that name it, and those about what belongs to it."""
    own = Q(record_type=name, ids__contains=[record_id])
    record_type = registry.find(name)
    below = [child.name for child, _path in registry.inheriting(record_type)] if record_type else []
    return own | Q(record_type__in=below, through__contains=[record_id]) if below else own


def looks_at(actor: Actor, record_type: RecordType, record_id: int) -> QuerySet[Look]:
    """Who looked at one record and what belongs to it, newest first. Lazy.

    Raises:
        PermissionDenied: not the actor's to know.
    """
    if not may_read_of(actor, record_type):
        raise PermissionDenied("access_log")
    return Look.objects.filter(of_person(record_type.name, record_id)).order_by("-id")


def names_of(rows: list[Look]) -> dict[int, str]:
    """What the people who looked are called. One query."""
    wanted = {number for row in rows for number in (row.user_id, row.seen_by) if number}
    return dict(User.objects.filter(pk__in=wanted).values_list("pk", "name"))


def exported(actor: Actor, asked: Asked, *, reason: str) -> Iterator[list[str]]:
    """The lines as rows of a file, heading first; that it went out stands in the log, too."""
    rows = looks(actor, asked)
    count = rows.count()
    taking.write([(LookAct.DOWNLOAD.value, "access_log", reason, [], count)], actor=actor)
    yield list(COLUMNS)
    for row in rows.iterator(chunk_size=2_000):
        yield [
            str(row.pk), row.at.astimezone(SEOUL).isoformat(), _text(row.user_id), _text(row.seen_by), row.ip or "", row.act,
            row.via, row.record_type, " ".join(map(str, row.ids)), " ".join(map(str, row.through)), str(row.count),
            row.about, row.request_id,
        ]  # fmt: skip


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


@dataclass(frozen=True, slots=True)
class Line:
    """One line as a page shows it."""

    look: Look
    who: str
    for_whom: str
    what: str
    records: str
    via: str
    tone: str
    about: str


VIAS = {"page": _("Page"), "api": "API", "job": _("Background work")}
TONES = {"download": "o", "export": "o", "reveal": "o", "erase": "r", "refused": "r", "change": "b"}


def lines(rows: list[Look], names: dict[int, str]) -> list[Line]:
    """The lines with the names of people and types in the reader's language."""
    found = []
    apps = origins.app_names(row.via for row in rows)
    for row in rows:
        record_type = registry.find(row.record_type)
        label = str(record_type.label_plural) if record_type else row.record_type
        who = names.get(row.seen_by or row.user_id or 0, "")
        other = names.get(row.user_id or 0, "") if row.seen_by else ""
        found.append(
            Line(
                row,
                who,
                other,
                row.get_act_display(),
                label,
                apps.get(row.via) or str(VIAS.get(row.via, row.via)),
                TONES.get(row.act, ""),
                _about(row),
            )
        )
    return found


def _about(look: Look) -> str:
    """What the line says besides, in the reader's language."""
    key = look.about.removeprefix("erasure ")
    if look.act == LookAct.ERASE and key != look.about:
        return gettext("Certificate of erasure %(key)s") % {"key": key}
    return look.about
