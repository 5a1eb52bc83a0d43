"""The board: lanes with cards, further cards, totals, and moving a card from lane to lane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dangol.identity.actors import Actor
from dangol.records import boards, filters, groups, permissions, writing
from dangol.records.boards import Lane
from dangol.records.fields import Field
from dangol.records.filters.tree import And
from dangol.records.lists import COUNT_LIMIT, ListError, record_count
from dangol.records.types import RecordType
from dangol.records.views import presenting
from dangol.records.views.access import actor_of, guard, load, locale_of
from dangol.records.views.asking import asked_of
from dangol.records.views.presenting import Asked
from dangol.records.views.state import query, url
from dangol.web import formats

TOTALS_PATIENCE_MS = 1_000
TEMPLATE = "records/parts/board.html"


@dataclass(frozen=True, slots=True)
class Card:
    """One record on the board."""

    id: int
    version: int
    title: str
    url: str
    values: list[tuple[Any, Any]]
    movable: bool


@dataclass(frozen=True, slots=True)
class ShownLane:
    """A lane as the page shows it. `more_url` brings the next cards; `late` says that none are read yet."""

    key: str
    label: str
    tone: str
    list_url: str
    cards: list[Card]
    more_url: str
    late: bool


def content(asked: Asked) -> dict[str, Any]:
    """What the template of the board needs. A query for each lane, and one for what may be moved."""
    field, total = _fields(asked)
    fields = _card_fields(asked, field, total)
    names = presenting.names_of(asked, fields)
    read = boards.board_read(
        actor=asked.actor,
        record_type=asked.record_type,
        tree=asked.tree,
        lanes=boards.lanes_of(field),
        columns=names,
        sort=asked.order,
    )
    lanes = _shown(asked, field, fields, read)
    # The lane of those without a value stands only where there are such.
    lanes = [lane for lane in lanes if lane.key or lane.cards or lane.late]
    state = query(asked.base, as_="board", by=field.name)
    return {
        "body": TEMPLATE,
        "lanes": lanes,
        "empty_lane": any(not lane.key for lane in lanes) or not any(one.key == "" for one in read),
        "field": field,
        "total": total,
        "may_move": field.editable and permissions.allowed(asked.actor, asked.record_type, "edit"),
        "by_choices": [
            (one.label, url(asked.base, as_="board", by=one.name), one is field)
            for one in asked.known.values()
            if boards.boardable(one)
        ],
        "total_choices": [
            (one.label, url(asked.base, total=one.name), one is total)
            for one in asked.known.values()
            if groups.summable(one)
        ],
        "totals_url": f"{reverse('records:board-totals', args=[asked.record_type])}?{state}",
        "move_url": reverse("records:board-move", args=[asked.record_type]),
    }


@require_GET
def cards(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """One lane's cards, or the next ones behind `after`: a fragment. Two queries."""
    asked = asked_of(request, record_type)
    field, total = _fields(asked)
    lane = next((one for one in boards.lanes_of(field) if one.key == request.GET.get("lane", "")), None)
    if lane is None:
        raise Http404
    fields = _card_fields(asked, field, total)
    try:
        read = boards.lane_read(
            actor=asked.actor,
            record_type=record_type,
            tree=asked.tree,
            lane=lane,
            columns=presenting.names_of(asked, fields),
            sort=asked.order,
            after=request.GET.get("after") or None,
        )
    except ListError as problem:
        return HttpResponse(format_html('<p class="mut">{}</p>', problem.message), status=422)
    (shown,) = _shown(asked, field, fields, [read])
    may_move = field.editable and permissions.allowed(asked.actor, record_type, "edit")
    return render(
        request, "records/parts/cards.html", {"lane": shown, "record_type": record_type, "may_move": may_move}
    )


@require_GET
def totals(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """Count and total of every lane, as fragments that go to their places. One statement; with ceilings, one a lane."""
    asked = asked_of(request, record_type)
    field, total = _fields(asked)
    found = groups.group_list(
        actor=asked.actor,
        record_type=record_type,
        tree=asked.tree,
        grouping=groups.Grouping(field),
        totals=[total] if total else [],
        patience=TOTALS_PATIENCE_MS,
    )
    heads = [
        format_html(
            '<span id="sum-{}" hx-swap-oob="true">{}</span>',
            lane.key or "-none",
            _head(asked, lane, found, total),
        )
        for lane in boards.lanes_of(field)
    ]
    return HttpResponse("".join(heads))


def _head(asked: Asked, lane: Lane, found: groups.Groups | None, total: Field | None) -> str:
    if found is not None and found.exact:
        group = next((one for one in found.groups if one.value == lane.value), None)
        count = formats.number(group.count if group else 0, asked.actor.language)
        return f"{count}{_sum_text(asked, total, group)}"
    # Too many to be added up in time: how many there are as far as counting goes.
    counted = record_count(
        actor=asked.actor, record_type=asked.record_type, tree=And.of(asked.tree, lane.tree)
    )
    number = formats.number(min(counted.value, COUNT_LIMIT), asked.actor.language)
    return number if counted.exact else f"{number}+"


def _sum_text(asked: Asked, total: Field | None, group: groups.Group | None) -> str:
    if total is None or group is None or not group.totals:
        return ""
    found = group.totals[0]
    if found.mixed:
        return f" · {_('several currencies')}"
    if found.sum is None:
        return ""
    if total.kind == "money":
        currency = getattr(found.sum, "currency", getattr(total, "currency", "KRW"))
        return f" · {formats.money_short(found.sum, currency, asked.actor.language)}"
    return f" · {total.text(found.sum, asked.locale)}"


@require_POST
def move(request: HttpRequest, record_type: RecordType) -> HttpResponse:
    """Give a record the value of another lane. Answers with its new version, or 409/422 with the reason."""
    actor = actor_of(request)
    guard(actor, record_type, "edit")
    known = permissions.fields_for(actor, record_type)
    field = known.get(request.POST.get("by", ""))
    if field is None or not field.editable or not boards.boardable(field):
        raise Http404
    lane = next((one for one in boards.lanes_of(field) if one.key == request.POST.get("to", "")), None)
    if lane is None:
        raise Http404
    return written(request, record_type, actor, {field.name: lane.value})


def written(
    request: HttpRequest, record_type: RecordType, actor: Actor, values: dict[str, Any]
) -> JsonResponse:
    """Write `values` to the record that the form names, based on its version; the answer is for the page's script."""
    try:
        record_id, version = int(request.POST["id"]), int(request.POST["version"])
    except (KeyError, ValueError):
        raise Http404 from None
    if not 0 < record_id < 2**63 or not 0 < version < 2**31:
        raise Http404
    load(actor, record_type, record_id, columns=[])
    try:
        writing.update(record_type, record_id, values, actor=actor, version=version)
    except writing.Conflict as problem:
        return JsonResponse({"message": str(problem.errors[0].message)}, status=409)
    except writing.Missing:
        message = _("You may see this record but not change it.")
        return JsonResponse({"message": message}, status=422)
    except writing.WriteError as problem:
        return JsonResponse({"message": str(problem.errors[0].message)}, status=422)
    try:
        record = load(actor, record_type, record_id, columns=[record_type.title])
    except Http404:  # moved out of one's own sight
        return JsonResponse({"gone": True, "message": _("Moved.")})
    title = presenting.title_text(record_type, record, locale_of(actor))
    return JsonResponse(
        {
            "version": record["version"],
            "message": _("%(title)s: moved.") % {"title": title},
            "undo": _("Undo"),
        }
    )


def _fields(asked: Asked) -> tuple[Field, Field | None]:
    field = boards.board_field(asked.record_type, asked.known, asked.base.get("by", ""))
    if field is None:
        raise Http404
    return field, boards.total_field(asked.record_type, asked.known, asked.base.get("total", ""))


def _card_fields(asked: Asked, field: Field, total: Field | None) -> list[Field]:
    return [one for one in presenting.board_fields(asked, total) if one is not field]


def _shown(asked: Asked, field: Field, fields: list[Field], lanes: list[Lane]) -> list[ShownLane]:
    rows = [row for lane in lanes if lane.page for row in lane.page.rows]
    movable = (
        permissions.reached(asked.actor, asked.record_type, "edit", [row["id"] for row in rows])
        if field.editable
        else set()
    )
    address = reverse("records:board-cards", args=[asked.record_type])
    found = []
    for lane in lanes:
        further = {"as_": "board", "by": field.name, "lane": lane.key}
        after = lane.page.next if lane.page else None
        more = ""
        if lane.page is None or after:
            more = f"{address}?{query(asked.base, **further, after=after)}"
        found.append(
            ShownLane(
                lane.key,
                field.text(lane.value, asked.locale) or _("No value"),
                getattr(field, "tones", {}).get(lane.value, ""),
                url(
                    asked.base,
                    as_=None,
                    by=None,
                    filter=filters.to_text(And.of(asked.tree, lane.tree)),
                ),
                [
                    _card(asked, fields, row, row["id"] in movable)
                    for row in (lane.page.rows if lane.page else ())
                ],
                more,
                lane.page is None,
            )
        )
    return found


def _card(asked: Asked, fields: list[Field], row: dict[str, Any], movable: bool) -> Card:
    return Card(
        row["id"],
        row["version"],
        presenting.title_text(asked.record_type, row, asked.locale),
        f"/{asked.record_type.path}/{row['id']}/",
        presenting.shown_values(fields, row, asked.locale, strong="money"),
        movable,
    )
