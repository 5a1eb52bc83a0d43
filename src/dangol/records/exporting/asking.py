"""What an export was asked for: checked, and turned into rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dangol.identity.actors import Actor
from dangol.records import filters, permissions, registry
from dangol.records.exporting.errors import ExportProblem
from dangol.records.exporting.formats import ENCODINGS, FORMATS, UTF8, Format
from dangol.records.exporting.selecting import Selection, select
from dangol.records.fields import Locale
from dangol.records.filters.tree import EVERYTHING, Tree
from dangol.records.lists import ListError
from dangol.records.models import ExportRun
from dangol.records.types import RecordType

REASON_LEAST, REASON_MOST = 5, 500


@dataclass(frozen=True, slots=True)
class Asked:
    """An export that can be made."""

    actor: Actor
    record_type: RecordType
    tree: Tree
    sort: tuple[str, ...]
    columns: tuple[str, ...]
    format: Format
    encoding: str
    reason: str

    @property
    def locale(self) -> Locale:
        return Locale(self.actor.language, ZoneInfo(self.actor.time_zone))

    @property
    def streams(self) -> bool:
        """It can be sent while it is read: nothing has to be known of its end at its beginning."""
        return self.format.streams and self.encoding == UTF8

    @property
    def content_type(self) -> str:
        if self.format.name == "csv":
            return f"{self.format.content_type}; charset={self.encoding}"
        return self.format.content_type

    def selection(self) -> Selection:
        """The rows. Raises ExportProblem for a sort that cannot be."""
        try:
            return select(
                actor=self.actor,
                record_type=self.record_type,
                tree=self.tree,
                sort=self.sort,
                names=self.columns,
            )
        except ListError as error:
            raise ExportProblem(error.parameter, error.message) from error

    def file_name(self) -> str:
        """Such as `고객 2026-11-22 0930.csv`, in the language of the reader."""
        now = datetime.now(self.locale.zone)
        return f"{self.record_type.label_plural} {now:%Y-%m-%d %H%M}.{self.format.extension}"


def may_export(actor: Actor, record_type: RecordType) -> bool:
    """Whether there is anything of the type that the actor may take out. No query."""
    return all(permissions.allowed(actor, record_type, action) for action in ("view", "export"))


def exportable_types(actor: Actor) -> list[RecordType]:
    """The record types of which the actor may take records out."""
    return [known for known in registry.all_types() if may_export(actor, known)]


def needs_reason(record_type: RecordType, columns: Iterable[str]) -> bool:
    """Whether the reason has to be given: for records about people, and for columns that name or reach one.

    개인정보의 안전성 확보조치 기준 제8조: where personal data are downloaded, the reason is to be established.
    """
    if record_type.personal:
        return True
    for name in columns:
        field = record_type.fields[name]
        target = registry.find(field.target) if field.target else None
        if field.personal or (target is not None and target.personal):
            return True
    return False


def reason_text() -> str:
    """What is said to somebody who gave no reason, or too short a one."""
    return gettext("Say what the data are for, in at least %(least)s characters: they are about people.") % {
        "least": REASON_LEAST
    }


def all_columns(actor: Actor, record_type: RecordType) -> list[str]:
    """Every field that exists for the actor."""
    return list(permissions.fields_for(actor, record_type))


def ask(
    *,
    actor: Actor,
    record_type: RecordType,
    tree: Tree = EVERYTHING,
    sort: Sequence[str] = (),
    columns: Sequence[str] = (),
    format_name: str = "csv",
    encoding: str = "",
    reason: str = "",
) -> Asked:
    """Check what was asked for. No queries.

    Args:
        columns: field names; the list's columns when empty. The type's key is added where it has one: with it the
            file can be brought in again.
        encoding: only CSV has a choice.

    Raises:
        ExportProblem: with the parameter that is wrong.
    """
    if not may_export(actor, record_type):
        raise ExportProblem(
            "",
            _("Your roles do not allow you to export %(records)s.") % {"records": record_type.label_plural},
            "forbidden",
        )
    known = permissions.fields_for(actor, record_type)
    names = list(dict.fromkeys(columns)) or [
        name for name in (record_type.title, *record_type.list_fields) if name in known
    ]
    for name in names:
        if name not in known:
            raise ExportProblem(
                "fields",
                _("There is no field “%(name)s”. Fields: %(fields)s.")
                % {"name": name[:60], "fields": ", ".join(known)},
                "unknown_field",
            )
    names = [*names, *(key for key in record_type.keys[:1] if key in known)]
    chosen = FORMATS.get(format_name)
    if chosen is None:
        raise ExportProblem(
            "format", _("Choose one of: %(choices)s.") % {"choices": ", ".join(FORMATS)}, "choice"
        )
    encoding = encoding.lower() or UTF8
    if encoding not in ENCODINGS or (encoding != UTF8 and chosen.name != "csv"):
        possible = ENCODINGS if chosen.name == "csv" else (UTF8,)
        raise ExportProblem(
            "encoding", _("Choose one of: %(choices)s.") % {"choices": ", ".join(possible)}, "choice"
        )
    reason = " ".join(reason.replace("\0", "").split())
    if len(reason) > REASON_MOST:
        raise ExportProblem(
            "reason", _("At most %(limit)s characters fit.") % {"limit": REASON_MOST}, "too_long"
        )
    if len(reason) < REASON_LEAST and (reason or needs_reason(record_type, names)):
        raise ExportProblem("reason", reason_text(), "required")
    asked = Asked(
        actor, record_type, tree, tuple(sort), tuple(dict.fromkeys(names)), chosen, encoding, reason
    )
    asked.selection()
    return asked


def asked_of(run: ExportRun, actor: Actor) -> Asked:
    """What a run was asked for, with the rights of the actor as they are now.

    Raises:
        ExportProblem: the type, a field or the right has gone since.
    """
    record_type = registry.find(run.record_type)
    if record_type is None:
        raise ExportProblem("", _("There is no such record type."))
    try:
        tree = filters.parse(run.filter, record_type, actor=actor) if run.filter else EVERYTHING
    except filters.FilterError as error:
        raise ExportProblem("filter", str(error)) from error
    return ask(
        actor=actor,
        record_type=record_type,
        tree=tree,
        sort=run.sort,
        columns=run.columns,
        format_name=run.format,
        encoding=run.encoding,
        reason=run.reason,
    )
