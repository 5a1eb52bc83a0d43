"""Own fields of all kinds, written, read, listed, filtered and sorted like columns."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from dangol.records import filters, registry, writing
from dangol.records.fields import Ref
from dangol.records.history import history
from dangol.records.lists import record_count, record_get, record_list
from tests.records.own.conftest import EVERY_KIND

VALUES = {
    "x_note": "따옴표 \"와\" 'n'",
    "x_story": "첫째 줄\n둘째 줄",
    "x_count": 12,
    "x_weight": Decimal("12345678901234.567891"),
    "x_price": Decimal("1250000.5"),
    "x_rate": Decimal("12.5"),
    "x_day": date(2026, 11, 21),
    "x_moment": datetime(2026, 11, 21, 5, 30, tzinfo=UTC),
    "x_vip": True,
    "x_grade": "gold",
    "x_tags": ("gold", "bronze"),
    "x_fax": "+8225551234",
    "x_mail": "second@example.com",
    "x_site": "https://example.com",
    "x_license": "1248100998",
}
REQUIRED = {
    "customer": {"name": "한빛상사"},
    "interaction": {"kind": "note", "subject": "통화", "body": "통화"},
    "machine": {"name": "절단기", "code": "M-1"},
}


def made(record_type, actor, **values):
    return writing.create(registry.get(record_type), {**REQUIRED[record_type], **values}, actor=actor)


def ids(record_type, actor, text="", sort=None):
    found = registry.get(record_type)
    tree = filters.parse(text, found, actor=actor)
    return [row["id"] for row in record_list(actor=actor, record_type=found, tree=tree, sort=sort).rows]


@pytest.mark.parametrize("name", ["customer", "interaction", "machine"])
def test_every_kind_comes_back_as_it_went_in(name, insider, every_kind):
    every_kind("machine", "customer", "interaction")
    record_type = registry.get(name)
    target = made("customer", insider.actor, name="본점")
    given = {**VALUES, "x_buddy": insider.id, "x_home": target}
    needed = {"customer": target} if name == "interaction" else {}
    record_id = made(name, insider.actor, **needed, **given)
    row = record_get(actor=insider.actor, record_type=record_type, record_id=record_id)
    assert {key: row[key] for key in VALUES} == VALUES
    assert (row["x_buddy"], row["x_home"]) == (Ref(insider.id, "김지우"), Ref(target, "본점"))
    few = record_list(
        actor=insider.actor, record_type=record_type, columns=["x_weight", "x_tags", "x_home"]
    ).rows
    mine = next(row for row in few if row["id"] == record_id)
    assert (mine["x_weight"], mine["x_tags"], mine["x_home"]) == (
        VALUES["x_weight"],
        VALUES["x_tags"],
        Ref(target, "본점"),
    )


@pytest.mark.parametrize("name", [*EVERY_KIND])
def test_a_missing_value_is_empty_and_in_the_complement(name, insider, every_kind):
    every_kind("machine")
    other = made("customer", insider.actor)
    values = {**VALUES, "x_buddy": insider.id}
    having = made("machine", insider.actor, **{name: values.get(name, other)} if name != "x_home" else {})
    lacking = made("machine", insider.actor, code="M-2")
    if name == "x_vip":
        assert ids("machine", insider.actor, "x_vip = true") == [having]
        assert ids("machine", insider.actor, "x_vip = false") == [lacking]
        return
    if name == "x_home":  # the insider sees the customer
        writing.update(registry.get("machine"), having, {"x_home": other}, actor=insider.actor)
    assert ids("machine", insider.actor, f"{name} is not empty") == [having]
    assert ids("machine", insider.actor, f"{name} is empty") == [lacking]


@pytest.mark.parametrize(
    "text",
    [
        'x_note contains "따옴"', 'x_note starts with "따옴"', 'x_note ends with "\'n\'"', "x_count = 12", "x_count > 11",
        "x_count between 12 and 13", "x_count in (1, 12)", "x_weight >= 12345678901234.567891",
        "x_weight < 12345678901234.567892", "x_price = 1250000.50", "x_rate = 12.5", "x_day = 2026-11-21",
        "x_day >= 2026-11-01", "x_moment = 2026-11-21", "x_moment < 2026-11-22", 'x_grade = "금"', "등급표 in (gold, silver)",
        "x_tags contains gold", "x_tags in (silver, bronze)", "x_tags contains gold and x_tags contains bronze",
        "x_tags not contains silver", "x_buddy = me", "x_home.name = 본점", 'x_home = "본점"', 'x_fax = "02-555-1234"',
        "x_mail contains SECOND", "x_license = 124-81-00998", "not (x_count > 12)", "x_count != 13",
    ],
)  # fmt: skip
def test_all_operators_find_the_record_and_their_complement_the_others(text, insider, every_kind):
    every_kind("machine")
    home = made("customer", insider.actor, name="본점")
    hit = made("machine", insider.actor, **VALUES, x_buddy=insider.id, x_home=home)
    miss = made(
        "machine", insider.actor, code="M-2", x_tags=["silver"], x_note="다른", x_count=13, x_grade="bronze"
    )
    if "silver" in text and "in" in text and "x_tags" in text and "not" not in text:
        assert set(ids("machine", insider.actor, text)) == {hit, miss}
        return
    assert hit in ids("machine", insider.actor, text)
    both = ids("machine", insider.actor, text) + ids("machine", insider.actor, f"not ({text})")
    assert sorted(both) == sorted([hit, miss])


@pytest.mark.parametrize(
    "sort", ["x_note", "x_count", "x_weight", "x_day", "x_moment", "x_grade", "x_vip", "x_home"]
)
@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("indexed", [False, True])
def test_pages_of_a_sorted_list_hold_every_record_once_in_order(sort, sign, indexed, insider, every_kind):
    every_kind("machine")
    record_type = registry.get("machine")
    record_type.own_fields[sort].indexed = indexed
    homes = [made("customer", insider.actor, name=f"본점 {place}") for place in range(3)]
    for place in range(9):
        some = place % 3
        values = {
            "x_note": f"값 {some}", "x_count": some - 1, "x_weight": Decimal(some) / 10, "x_day": date(2026, 1, 1 + some),
            "x_moment": datetime(2026, 1, 1 + some, tzinfo=UTC), "x_grade": ["gold", "silver", "bronze"][some],
            "x_vip": some == 1, "x_home": homes[some],
        }  # fmt: skip
        made("machine", insider.actor, code=f"M-{place}", **({} if place > 6 else {sort: values[sort]}))
    seen, after, pages = [], None, []
    while True:
        page = record_list(
            actor=insider.actor,
            record_type=record_type,
            sort=[sign + sort],
            limit=2,
            after=after,
            columns=[sort],
        )
        seen += page.rows
        pages.append(page)
        if page.next is None:
            break
        after = page.next
    assert len({row["id"] for row in seen}) == len(seen) == 9
    keys = [
        row[sort].title if isinstance(row[sort], Ref) else row[sort] for row in seen if row[sort] is not None
    ]
    assert keys == sorted(keys, reverse=bool(sign))
    assert all(row[sort] is None for row in seen[len(keys) :])
    back = record_list(
        actor=insider.actor,
        record_type=record_type,
        sort=[sign + sort],
        limit=2,
        before=pages[2].previous,
        columns=[sort],
    )
    assert [row["id"] for row in back.rows] == [row["id"] for row in pages[1].rows]


def test_history_shows_an_own_field_as_a_field(insider, own):
    own("customer", "x_weight", "number", "무게", settings={"digits": 20, "places": 6})
    own("customer", "x_note", "text", "메모")
    record_type = registry.get("customer")
    record_id = made("customer", insider.actor, x_weight="12345678901234.567891")
    writing.update(record_type, record_id, {"x_weight": "2.5", "name": "새 이름"}, actor=insider.actor)
    writing.update(record_type, record_id, {"x_weight": None, "x_note": "적음"}, actor=insider.actor)
    items = history(record_type, record_id, actor=insider.actor).items
    shown = [
        {change.name: (str(change.label), change.before, change.after) for change in item.fields}
        for item in items
    ]
    assert shown[0] == {"x_weight": ("무게", Decimal("2.5"), None), "x_note": ("메모", None, "적음")}
    assert shown[1]["x_weight"] == ("무게", Decimal("12345678901234.567891"), Decimal("2.5"))
    assert shown[1]["name"][1:] == ("한빛상사", "새 이름")


def test_two_people_changing_two_own_fields_lose_neither(insider, teammate, own):
    own("customer", "x_note")
    own("customer", "x_count", "integer")
    record_type = registry.get("customer")
    record_id = made("customer", insider.actor)
    version = record_get(actor=insider.actor, record_type=record_type, record_id=record_id)["version"]
    writing.update(record_type, record_id, {"x_note": "하나"}, actor=insider.actor)
    writing.update(record_type, record_id, {"x_count": 2}, actor=insider.actor)
    with pytest.raises(writing.Conflict):
        writing.update(record_type, record_id, {"x_count": 3}, actor=insider.actor, version=version)
    row = record_get(actor=insider.actor, record_type=record_type, record_id=record_id)
    assert (row["x_note"], row["x_count"]) == ("하나", 2)


def test_batches_through_copy_and_update_keep_each_rows_values(insider, own):
    own("machine", "x_note")
    own("machine", "x_count", "integer")
    record_type = registry.get("machine")
    changes = [
        writing.Change({"code": f"C-{n}", "name": "새", **({"x_note": f"n{n}"} if n % 2 else {"x_count": n})})
        for n in range(60)
    ]
    written = writing.write(record_type, changes, actor=insider.actor)
    more = [writing.Change({"x_count": 7}, id=record_id) for record_id in written.ids[:30]]
    more += [writing.Change({"name": "옛"}, id=record_id) for record_id in written.ids[30:]]
    writing.write(record_type, more, actor=insider.actor)
    assert (
        record_count(
            actor=insider.actor, record_type=record_type, tree=filters.parse("x_count = 7", record_type)
        ).value
        == 30
    )
    assert (
        record_count(
            actor=insider.actor,
            record_type=record_type,
            tree=filters.parse("x_note is not empty", record_type),
        ).value
        == 30
    )
    rows = record_list(
        actor=insider.actor, record_type=record_type, limit=100, columns=["code", "x_note", "x_count"]
    ).rows
    assert all(row["x_note"] == (f"n{row['code'][2:]}" if int(row["code"][2:]) % 2 else None) for row in rows)


def test_a_unique_value_is_refused_a_second_time(insider, own):
    own("machine", "x_serial", "text", "일련번호", unique=True)
    record_type = registry.get("machine")
    first = made("machine", insider.actor, x_serial="S-1")
    with pytest.raises(writing.WriteError) as refused:
        made("machine", insider.actor, code="M-2", x_serial="S-1")
    assert [(error.field, error.code) for error in refused.value.errors] == [("x_serial", "unique")]
    writing.update(record_type, first, {"x_serial": "S-1", "name": "같음"}, actor=insider.actor)
    made("machine", insider.actor, code="M-3", x_serial=None)
    made("machine", insider.actor, code="M-4")


def test_a_required_field_is_asked_for_in_new_records_only(insider, own):
    record_id = made("machine", insider.actor)
    own("machine", "x_note", required=True)
    own("machine", "x_count", "integer", default="3")
    record_type = registry.get("machine")
    with pytest.raises(writing.WriteError):
        made("machine", insider.actor, code="M-2")
    writing.update(record_type, record_id, {"name": "새 이름"}, actor=insider.actor)
    with pytest.raises(writing.WriteError):
        writing.update(record_type, record_id, {"x_note": ""}, actor=insider.actor)
    new = made("machine", insider.actor, code="M-3", x_note="있음")
    assert record_get(actor=insider.actor, record_type=record_type, record_id=new)["x_count"] == 3


def test_a_field_under_a_condition_is_required_where_it_is_shown(insider, own):
    own("machine", "x_note", required=True, condition="state = stopped")
    record_type = registry.get("machine")
    record_id = made("machine", insider.actor)
    with pytest.raises(writing.WriteError):
        made("machine", insider.actor, code="M-2", state="stopped")
    with pytest.raises(writing.WriteError):
        writing.update(record_type, record_id, {"state": "stopped"}, actor=insider.actor)
    writing.update(record_type, record_id, {"state": "stopped", "x_note": "고장"}, actor=insider.actor)


def test_what_others_may_not_see_stays_unseen(insider, outsider, own):
    own("customer", "x_home", "reference", "본점", settings={"target": "customer"})
    own("customer", "x_note")
    record_type = registry.get("customer")
    theirs = made("customer", outsider.actor, name="남의 본점", x_note="비밀")
    mine = made("customer", outsider.actor, name="지점", x_home=theirs)
    writing.update(
        record_type, mine, {"owner": insider.id, "team": insider.user.team_id}, actor=outsider.actor
    )
    row = record_get(actor=insider.actor, record_type=record_type, record_id=mine)
    assert row["x_home"] == Ref(theirs, "")
    assert record_type.fields["x_home"].to_json(row["x_home"]) is None
    assert ids("customer", insider.actor, 'x_home.x_note = "비밀"') == []
    assert ids("customer", insider.actor, 'x_home = "남의 본점"') == []
    assert ids("customer", insider.actor, 'x_note = "비밀"') == []
    another = made("customer", outsider.actor, name="또 남의 본점")
    with pytest.raises(writing.WriteError):
        writing.update(record_type, mine, {"x_home": another}, actor=insider.actor)
