"""The step "call another server": a POST of JSON with the record's id and chosen fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dangol.automation import calling
from dangol.automation.ports import Batch, Outcome, Outcomes, Parameter, StepKind, StepProblem
from dangol.identity.actors import Actor
from dangol.identity.models import Action
from dangol.outbound.services import without_secrets
from dangol.records import lists, permissions
from dangol.records.types import RecordType

MOST_FIELDS = 50


def _parameters(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> Sequence[Parameter]:
    options = [(name, field.label) for name, field in permissions.fields_for(actor, record_type).items()]
    return [
        Parameter(
            "url", gettext_lazy("Address"), help=gettext_lazy("Such as https://hooks.example.com/crm.")
        ),
        Parameter(
            "fields",
            gettext_lazy("Fields that are sent along"),
            "choices",
            options,
            help=gettext_lazy("Beside the id. What you may not see is not sent."),
        ),
    ]


def _check(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    url = str(settings.get("url") or "").strip()
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        parts, host = urlsplit(""), None
    printable = url.isascii() and url.isprintable() and " " not in url
    if (
        parts.scheme not in ("https", "http")
        or not host
        or not printable
        or len(url) > 2_000
        or "@" in parts.netloc
    ):
        raise StepProblem(_("Write an address that begins with https:// or http://."), "url")
    given = settings.get("fields") or []
    names = (
        [str(name) for name in given] if isinstance(given, Sequence) and not isinstance(given, str) else []
    )
    known = permissions.fields_for(actor, record_type)
    unknown = [name for name in names if name not in known]
    if unknown or len(names) > MOST_FIELDS:
        raise StepProblem(_("There is no field “%(name)s”.") % {"name": (unknown or ["…"])[0][:60]}, "fields")
    return {"url": url, "fields": names}


def _says(record_type: RecordType, settings: Mapping[str, Any], actor: Actor) -> str:
    return without_secrets(settings["url"])


def _preview(batch: Batch) -> dict[int, str]:
    return {
        number: f"POST {without_secrets(batch.settings['url'])}: {body}"
        for number, body in _bodies(batch).items()
    }


def _bodies(batch: Batch) -> dict[int, dict[str, Any]]:
    """What is sent for each record. One query."""
    names = batch.settings["fields"]
    rows = lists.records_at(actor=batch.actor, record_type=batch.record_type, ids=batch.ids, columns=names)
    fields = permissions.fields_for(batch.actor, batch.record_type)
    found = {}
    for number in batch.ids:
        row = rows.get(number, {})
        found[number] = {
            "rule": batch.rule_id,
            "record_type": batch.record_type.name,
            "id": number,
            "fields": {
                name: fields[name].to_json(row[name]) for name in names if name in row and name in fields
            },
        }
    return found


def _execute(batch: Batch) -> Outcomes:
    keys = calling.enqueue(
        batch.settings["url"], {batch.runs[number]: body for number, body in _bodies(batch).items()}
    )
    return {number: Outcome("sent", {"call": str(keys[batch.runs[number]])}) for number in batch.ids}


STEP = StepKind(
    "call",
    gettext_lazy("Call another server (webhook)"),
    "world",
    _parameters,
    _check,
    _says,
    _preview,
    _execute,
    order=55,
    # Records leave the house by this: the same right as for a file of them.
    offered=lambda record_type, actor: actor.may(record_type.name, Action.EXPORT.value),
)
