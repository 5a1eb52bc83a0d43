"""How a type is compared: administrators set it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dangol.identity.actors import may_administer
from dangol.records.matching.rules import RuleError, can_choose, choosable, rules_of, rules_save
from dangol.records.matching.views.queue import MENU_KEY
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """The rules of a type. Three queries."""
    actor = actor_of(request)
    rules = rules_of(record_type)
    if not may_administer(actor) or not (rules.is_on or can_choose(record_type)):
        raise Http404
    error: RuleError | None = None
    given = request.POST if request.method == "POST" else None
    if given is not None:
        try:
            rules_save(
                actor=actor,
                record_type=record_type,
                threshold=_share(given.get("threshold", "")),
                asks=bool(given.get("asks")),
                tells_of_others=bool(given.get("tells_of_others")),
                merges_alone=bool(given.get("merges_alone")),
                merge_from=_share(given.get("merge_from", "")),
                merge_same=given.getlist("merge_same"),
                fields=given.getlist("fields"),
            )
        except RuleError as problem:
            error = problem
        else:
            messages.success(request, _("The rules have been saved."))
            return redirect("records:duplicates", record_type)
    row = rules.row
    known = rules.record_type.fields
    context = {
        "record_type": record_type,
        "menu_key": MENU_KEY,
        "error": error,
        "threshold": given.get("threshold", "") if given else f"{row.threshold * 100:.0f}",
        "merge_from": given.get("merge_from", "") if given else f"{row.merge_from * 100:g}",
        "asks": bool(given.get("asks")) if given else row.asks,
        "tells": bool(given.get("tells_of_others")) if given else row.tells_of_others,
        "alone": bool(given.get("merges_alone")) if given else row.merges_alone,
        "same": given.getlist("merge_same") if given else row.merge_same,
        "compares": [(one.name, known[one.name].label) for one in rules.compares],
        "chosen": given.getlist("fields") if given else row.fields,
        "possible": [(name, known[name].label) for name in choosable(record_type)]
        if can_choose(record_type)
        else [],
    }
    return render(request, "records/duplicates/rules.html", context, status=422 if error else 200)


def _share(text: str) -> float:
    """Percent as a share; what is no number is out of every range."""
    try:
        return float(text) / 100
    except ValueError:
        return -1.0
