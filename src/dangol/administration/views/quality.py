"""What is expected of the data of each type: which rules count, and how much."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dangol.administration.views.access import SignedInRequest, administrators_only
from dangol.measures.models import QualityRule
from dangol.measures.quality import expecting, own, selectors, services
from dangol.measures.quality.rules import HEAVIEST, Dimension, looked_at, rules_of
from dangol.records.types import RecordType


@require_safe
@administrators_only
def type_list(request: SignedInRequest) -> HttpResponse:
    """All types whose records are looked at, with how many rules count. A query for each."""
    rows = []
    for record_type in looked_at():
        weights = selectors.weights_of(record_type)
        rows.append(
            {
                "type": record_type,
                "rules": len(weights),
                "in_force": sum(weight > 0 for weight in weights.values()),
            }
        )
    return render(request, "administration/quality.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def weights(request: SignedInRequest, record_type: str) -> HttpResponse:
    """The rules of one type with their weights; 0 switches one off."""
    found = _type(record_type)
    rules = rules_of(found)
    errors: dict[str, str] = {}
    given: dict[str, Any] = selectors.weights_of(found)
    if request.method == "POST":
        typed = {code: request.POST.get(f"weight-{code}", "").strip() for code in rules}
        errors = {
            code: _("A weight is a number from 0 to %(most)s.") % {"most": HEAVIEST}
            for code, text in typed.items()
            if text and not (text.isascii() and text.isdigit() and len(text) < 3)
        }
        given |= {code: text for code, text in typed.items() if text}
        if not errors:
            try:
                expecting.weights_save(
                    actor=request.actor,
                    record_type=found,
                    weights={code: int(weight) for code, weight in given.items()},
                )
            except ValidationError as problem:
                errors = {name: texts[0] for name, texts in problem.message_dict.items()}
            else:
                messages.success(request, _("Saved. The records are looked at anew within some minutes."))
                return redirect("administration:quality")
    rows = [
        {
            "rule": rule,
            "weight": str(given[code]),
            "usual": rule.weight,
            "error": errors.get(code, ""),
            "own": int(code.removeprefix("own_")) if code.startswith("own_") and code[4:].isdigit() else None,
        }
        for code, rule in rules.items()
    ]
    context = {
        "record_type": found,
        "rows": rows,
        "choices": [str(one) for one in range(HEAVIEST + 1)],
        "broken": own.broken(found),
    }
    return render(request, "administration/quality_type.html", context, status=422 if errors else 200)


EMPTY = {
    "name_ko": "",
    "name_en": "",
    "dimension": Dimension.CONSISTENCY.value,
    "weight": "1",
    "fails": "",
    "applies": "",
}


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def rule_new(request: SignedInRequest, record_type: str) -> HttpResponse:
    """A rule of the company's own, to be added to those of a type."""
    return _rule_form(request, _type(record_type), None)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def rule_edit(request: SignedInRequest, record_type: str, pk: int) -> HttpResponse:
    """A rule of the company's own: what it expects, and how many records do not meet it now."""
    found = _type(record_type)
    return _rule_form(request, found, _rule(found, pk))


@require_POST
@administrators_only
def rule_delete(request: SignedInRequest, record_type: str, pk: int) -> HttpResponse:
    """Take a rule of the company's own away."""
    expecting.rule_delete(actor=request.actor, rule=_rule(_type(record_type), pk))
    messages.success(request, _("Saved. The records are looked at anew within some minutes."))
    return redirect("administration:quality-type", record_type)


def _rule_form(request: SignedInRequest, found: RecordType, rule: QualityRule | None) -> HttpResponse:
    """`act=try` says how many records the rule would find; anything else saves it."""
    values: dict[str, Any] = {**EMPTY, **({name: getattr(rule, name) for name in EMPTY} if rule else {})}
    errors: dict[str, str] = {}
    finds = None
    if request.method == "POST":
        values = {name: request.POST.get(name, "") for name in EMPTY}
    try:
        if request.method == "POST" and request.POST.get("act") != "try":
            expecting.rule_save(actor=request.actor, record_type=found, values=values, rule=rule)
            messages.success(request, _("Saved. The records are looked at anew within some minutes."))
            return redirect("administration:quality-type", found.name)
        if rule is not None or request.method == "POST":
            finds = expecting.finds(found, values)
    except ValidationError as problem:
        errors = (
            {name: texts[0] for name, texts in problem.message_dict.items()}
            if hasattr(problem, "error_dict")
            else {"": problem.messages[0]}
        )
    context = {
        "record_type": found,
        "rule": rule,
        "values": {**values, "weight": str(values["weight"])},
        "errors": errors,
        "problem": errors.get("", ""),
        "finds": finds,
        "dimensions": Dimension.choices,
        "choices": [str(one) for one in range(HEAVIEST + 1)],
    }
    status = 422 if errors and request.method == "POST" else 200
    return render(request, "administration/quality_rule.html", context, status=status)


def _type(name: str) -> RecordType:
    found = services.type_named(name)
    if found is None:
        raise Http404
    return found


def _rule(record_type: RecordType, pk: int) -> QualityRule:
    found = expecting.rule_get(record_type, pk)
    if found is None:
        raise Http404
    return found
