"""POST …/reveal: a masked value on a reason."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.actors import Actor
from dangol.records.looks.revealing import RevealRefused, may_reveal, reveal
from dangol.records.rest.endpoints import body_of, id_of, json_response, not_found, parameters, type_at
from dangol.records.rest.problems import Problem

STATUS = {"forbidden": 403, "reason": 422, "limit": 429}


def create(request: HttpRequest, actor: Actor, path: str, record_id: str) -> HttpResponse:
    """`POST /api/v1/{records}/{id}/reveal` with `field` and `reason`; the answer holds `field` and `value`."""
    record_type = type_at(path, actor)
    parameters(request)
    if not may_reveal(actor):
        raise Problem(403, "forbidden", _("This value cannot be revealed to you."))
    given = body_of(request)
    name, reason = given.get("field"), given.get("reason", "")
    if not isinstance(name, str) or not isinstance(reason, str):
        message = _("Name the field and what the value is for.")
        raise Problem(
            422, "invalid", message, errors=[{"field": "field", "code": "type", "message": message}]
        )
    try:
        field, value = reveal(
            actor=actor, record_type=record_type, record_id=id_of(record_id), name=name, reason=reason
        )
    except RevealRefused as refusal:
        if refusal.code == "missing":
            raise not_found() from None
        at = "reason" if refusal.code == "reason" else "field"
        error = {"field": at, "code": refusal.code, "message": str(refusal.message)}
        raise Problem(STATUS[refusal.code], refusal.code, str(refusal.message), errors=[error]) from None
    answer = json_response({"field": name, "value": field.to_json(value)})
    answer["Cache-Control"] = "private, no-store"
    return answer
