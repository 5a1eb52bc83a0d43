"""What is expected of the data of each type: which rules count, and how much."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dangol.administration.views.access import SignedInRequest, administrators_only
from dangol.measures.quality import selectors, services
from dangol.measures.quality.rules import HEAVIEST, looked_at, rules_of


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
    found = services.type_named(record_type)
    if found is None:
        raise Http404
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
                services.weights_save(
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
        {"rule": rule, "weight": str(given[code]), "usual": rule.weight, "error": errors.get(code, "")}
        for code, rule in rules.items()
    ]
    context = {"record_type": found, "rows": rows, "choices": [str(one) for one in range(HEAVIEST + 1)]}
    return render(request, "administration/quality_type.html", context, status=422 if errors else 200)
