"""The queue: which records may be the same, and what people say about it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dangol.identity.actors import Actor, may_administer
from dangol.records import permissions, registry
from dangol.records.fields import id_in
from dangol.records.matching import reviewing, scans
from dangol.records.matching.pairs import PairProblem, pairs_decide
from dangol.records.matching.rules import Rules, can_choose, matching_types, rules_of
from dangol.records.models import FoundBy, PairState
from dangol.records.types import RecordType
from dangol.records.views.access import actor_of, guard

MENU_KEY = "duplicates"
TONES = {"waiting": "b", "running": "b", "finished": "p", "cancelled": "g", "failed": "r"}
LEAST = (0, 70, 90, 99)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every type whose records are compared, with what waits. A query for each, and one."""
    actor = actor_of(request)
    types = [one for one in matching_types() if permissions.allowed(actor, one, "edit")]
    items = [{"type": one, "count": reviewing.count(actor, rules_of(one))} for one in types]
    may_set = may_administer(actor)
    if not items and not may_set:
        raise Http404
    others = [one for one in registry.own_types() if one not in types] if may_set else []
    context = {"items": items, "others": others, "menu_key": MENU_KEY}
    return render(request, "records/duplicates/index.html", context)


def _rules(actor: Actor, record_type: RecordType) -> Rules:
    """The rules, or 404 for those who may edit no such record, and for types that are not compared."""
    guard(actor, record_type, "edit")
    rules = rules_of(record_type)
    if not rules.is_on and not (may_administer(actor) and can_choose(record_type)):
        raise Http404
    return rules


@require_safe
def listing(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """One type's queue. About ten queries."""
    actor = actor_of(request)
    rules = _rules(actor, record_type)
    state = request.GET.get("state", PairState.OPEN)
    found_by = request.GET.get("by", "")
    least = id_in(request.GET.get("least", "0")) or 0
    page = max(1, min(id_in(request.GET.get("page", "1")) or 1, 250))
    if state not in PairState.values or (found_by and found_by not in FoundBy.values) or least > 100:
        raise Http404
    found = reviewing.queue(
        actor=actor, rules=rules, state=state, least=least / 100, found_by=found_by, page=page
    )
    query = f"state={state}&by={found_by}&least={least}"
    context = {
        "record_type": record_type,
        "menu_key": MENU_KEY,
        "groups": found.groups,
        "next_url": f"?{query}&page={found.next}" if found.next else "",
        "count": reviewing.count(actor, rules),
        "counted": reviewing.COUNTED,
        "state": state,
        "states": PairState.choices,
        "by": found_by,
        "ways": FoundBy.choices,
        "least": least,
        "leasts": LEAST,
        "query": query,
        "is_on": rules.is_on,
        "may_set": may_administer(actor),
        "may_scan": rules.is_on and scans.may_scan(actor, record_type),
        **scan_facts(record_type),
    }
    return render(request, "records/duplicates/queue.html", context)


def scan_facts(record_type: RecordType) -> dict[str, Any]:
    """The last search, for the card beside the queue. One query."""
    scan = scans.latest(record_type)
    return {
        "scan": scan,
        "scan_tone": TONES[scan.state] if scan else "",
        "percent": int(scan.share_done * 100) if scan else 0,
        "left": scan.seconds_left if scan and scan.share >= 0.05 else None,
    }


@require_POST
def decide(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """Say of a group's pairs that they are different, or that it can wait; or open them again."""
    actor = actor_of(request)
    _rules(actor, record_type)
    ids = [number for text in request.POST.getlist("pair") if (number := id_in(text)) is not None]
    try:
        pairs_decide(
            actor=actor, record_type=record_type, pair_ids=ids[:100], state=request.POST.get("decision", "")
        )
    except PairProblem as problem:
        if problem.code == "missing":
            raise Http404 from None
        messages.error(request, str(problem.message))
    query = request.POST.get("query", "")
    back = f"/{record_type.path}/duplicates/"
    return redirect(f"{back}?{query}" if query.replace("=", "").replace("&", "").isalnum() else back)


@require_POST
def scan(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """Have a search done."""
    actor = actor_of(request)
    rules = _rules(actor, record_type)
    try:
        scans.scan_start(actor=actor, rules=rules, full=bool(request.POST.get("full")))
    except scans.ScanProblem as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("The search has begun. You may leave this page."))
    return redirect("records:duplicates", record_type)


@require_safe
def scan_progress(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """How far the search is, as a fragment; 404 before the first one. Two queries."""
    _rules(actor_of(request), record_type)
    facts = scan_facts(record_type)
    if facts["scan"] is None:
        raise Http404
    return render(request, "records/duplicates/parts/scan.html", {"record_type": record_type, **facts})


@require_POST
def scan_cancel(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """Stop the search that is under way."""
    actor = actor_of(request)
    _rules(actor, record_type)
    running = scans.latest(record_type)
    if running is None:
        raise Http404
    try:
        scans.scan_cancel(actor=actor, record_type=record_type, scan=running)
    except scans.ScanProblem as problem:
        messages.error(request, str(problem))
    return redirect("records:duplicates", record_type)
