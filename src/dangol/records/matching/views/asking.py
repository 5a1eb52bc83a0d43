"""Beside a form: what may be there already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from dangol.identity.actors import Actor
from dangol.records import permissions
from dangol.records.fields import id_in
from dangol.records.matching import entering, importing, reviewing
from dangol.records.matching.rules import rules_of
from dangol.records.models import FoundBy
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, guard

ACCEPTED = "duplicates"
"""The name under which a form says that it was asked and the record is to be saved all the same."""


@require_POST
def similar(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """Records like the one being typed, as a fragment; empty when there are none. At most nine queries."""
    actor = actor_of(request)
    guard(actor, record_type, "create")
    values = _typed(request, actor, record_type)
    found = entering.similar(
        actor=actor,
        record_type=record_type,
        values=values,
        threshold=entering.TYPED,
        but=id_in(request.GET.get("but", "")),
    )
    return render(request, "records/duplicates/parts/similar.html", shown(actor, record_type, found))


def _typed(request: HttpRequest, actor: Actor, record_type: RecordType) -> dict[str, Any]:
    known = permissions.fields_for(actor, record_type)
    return {name: value for name, value in request.POST.items() if name in known and value}


def questioned(
    request: HttpRequest, actor: Actor, record_type: RecordType, values: Mapping[str, Any]
) -> dict[str, Any] | None:
    """What the form has to ask before the record is made; None when it may be made. At most nine queries.

    Nobody is asked twice: the form then carries `duplicates`.
    """
    if request.POST.get(ACCEPTED) or not record_type.matching:
        return None
    rules = rules_of(record_type)
    if not rules.row.asks:
        return None
    found = entering.similar(actor=actor, record_type=record_type, values=values)
    return {**shown(actor, record_type, found), "asked": True} if found else None


def keep_in_queue(request: HttpRequest, actor: Actor, record_type: RecordType, record_id: int) -> None:
    """A record that was saved in spite of the question: whoever tends the queue decides. Eight queries, or none."""
    if request.POST.get(ACCEPTED) and record_type.matching:
        found = importing.similar_to(record_type, [record_id], actor=actor)
        importing.put_into_queue(record_type, found, found_by=FoundBy.ENTRY)


def shown(actor: Actor, record_type: RecordType, found: entering.Similar) -> dict[str, Any]:
    """What the fragment needs."""
    called = reviewing.labels(actor, rules_of(record_type)) if found.likes else {}
    return {
        "record_type": record_type,
        "likes": [
            {
                "like": one,
                "reasons": [
                    reason for reason in reviewing.reasons(one.evidence, called) if reason.tone != "r"
                ],
            }
            for one in found.likes
        ],
        "elsewhere": ", ".join(found.elsewhere),
        "count_elsewhere": found.count_elsewhere,
    }
