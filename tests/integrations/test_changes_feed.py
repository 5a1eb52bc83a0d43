"""The changes feed tells every change once, in the order of transactions, to those who may see it."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from dangol.identity.services import role_save
from dangol.integrations.feed import BadPlace, Place
from dangol.records import merging, registry, writing
from tests.cast import SYSTEM, person

PLACE = "/api/v1/changes"


def read(person, after="", **more):
    answer = person.api.get(PLACE, {**({"after": after} if after else {}), **more})
    assert answer.status_code == 200, answer.content
    return answer.json()


def everything(person, after="", **more):
    """All pages to the end, and the place behind them."""
    items = []
    while True:
        page = read(person, after, **more)
        items += page["items"]
        after = page["next"]
        if not page["more"]:
            return items, after


def create(who, name="한빛상사", **values):
    return writing.create(registry.get("customer"), {"name": name, **values}, actor=who.actor)


@pytest.mark.django_db(transaction=True)
def test_creating_changing_deleting_and_purging_are_told_in_order(administrator):
    place = read(administrator, "now")["next"]
    customers = registry.get("customer")
    number = create(administrator)
    (item,), place = everything(administrator, place, types="customer")
    assert (item["id"], item["change"], item["version"]) == (number, "created", 1)
    writing.update(customers, number, {"city": "부산", "street": "해운대로"}, actor=administrator.actor)
    (item,), place = everything(administrator, place, types="customer")
    assert (item["change"], item["version"], item["fields"]) == ("updated", 2, ["city", "street"])
    assert administrator.api.get(item["url"]).json()["city"] == "부산"
    writing.delete(customers, [number], actor=administrator.actor)
    (item,), place = everything(administrator, place, types="customer")
    assert (item["change"], item["url"]) == ("deleted", None)
    writing.purge(customers, [number], actor=administrator.actor)
    (item,), place = everything(administrator, place, types="customer")
    assert (item["id"], item["change"]) == (number, "purged")
    assert everything(administrator, place)[0] == []


@pytest.mark.django_db(transaction=True)
def test_a_change_that_commits_late_is_not_missed(administrator):
    """Two connections: one holds its transaction open while the other writes, commits and is read."""
    place = read(administrator, "now")["next"]
    wrote, may_commit = threading.Event(), threading.Event()
    late: list[int] = []

    def slow():
        try:
            with transaction.atomic():
                late.append(create(administrator, "늦은상사"))
                wrote.set()
                may_commit.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert wrote.wait(20)
    quick = create(administrator, "빠른상사")
    seen, place = everything(administrator, place)
    assert seen == []  # nothing is told past the one that is still open
    may_commit.set()
    thread.join()
    seen, place = everything(administrator, place)
    assert [item["id"] for item in seen if item["type"] == "customer"] == [late[0], quick]
    assert everything(administrator, place)[0] == []


@pytest.mark.django_db(transaction=True)
def test_small_pages_over_several_types_lose_and_repeat_nothing(administrator):
    place = read(administrator, "now")["next"]
    expected = set()
    for number in range(7):
        with transaction.atomic():
            customer = create(administrator, f"상사 {number}")
            contact = writing.create(
                registry.get("contact"),
                {"name": f"담당 {number}", "customer": customer},
                actor=administrator.actor,
            )
        expected |= {("customer", customer), ("contact", contact)}
    for limit in (1, 2, 3, 100):
        items, _place = everything(administrator, place, limit=limit, types="customer,contact")
        told = [(item["type"], item["id"]) for item in items]
        assert len(told) == len(set(told))
        assert set(told) == expected


@pytest.mark.django_db(transaction=True)
def test_only_what_the_caller_may_see_is_told(insider, outsider, teammate, administrator):
    place = read(administrator, "now")["next"]
    number = create(insider)
    writing.delete(registry.get("customer"), [create(insider, "지운상사")], actor=insider.actor)
    assert number in [item["id"] for item in everything(teammate, place)[0]]
    assert everything(outsider, place, types="customer")[0] == []


@pytest.mark.django_db(transaction=True)
def test_names_of_hidden_fields_are_not_told(administrator, company):
    role = role_save(
        actor=SYSTEM, code="thin", name="thin", grants=[("customer", "view", "all")],
        rules={("customer", "street"): "hidden"},
    )  # fmt: skip
    thin = person("thin@example.com", "송하린", roles=(role.code,), team=company.busan)
    number = create(administrator)
    place = read(administrator, "now")["next"]
    change = {"city": "부산", "street": "해운대로"}
    writing.update(registry.get("customer"), number, change, actor=administrator.actor)
    (item,), _place = everything(thin, place)
    assert item["fields"] == ["city"]


@pytest.mark.django_db(transaction=True)
def test_waiting_ends_when_something_happens(administrator):
    place = read(administrator, "now")["next"]
    api = administrator.api
    answers: list[object] = []

    def wait():
        try:
            answers.append(api.get(PLACE, {"after": place, "wait": "20", "types": "customer"}).json())
        finally:
            connection.close()

    thread = threading.Thread(target=wait)
    thread.start()
    number = create(administrator)
    thread.join(15)
    assert [item["id"] for item in answers[0]["items"]] == [number]


@pytest.mark.django_db
def test_a_place_of_another_database_is_refused(administrator):
    for text in ("x", "가", "W10", "bnVsbA", Place(2**60).written(), "WzEsMiwzXQ", "a" * 5000):
        assert administrator.api.get(PLACE, {"after": text}).status_code == 400
    for wrong in ({"limit": "0"}, {"wait": "26"}, {"wait": "-1"}, {"types": "nothing"}, {"x": "1"}):
        assert administrator.api.get(PLACE, wrong).status_code == 400
    with pytest.raises(BadPlace):
        Place.read("WzEsMiwzXQ")


@pytest.mark.django_db
def test_who_may_see_nothing_is_told_nothing(nobody):
    assert read(nobody)["items"] == []
    assert nobody.api.get(PLACE, {"types": "customer"}).status_code == 403


@pytest.mark.django_db
def test_every_type_is_told_of(administrator):
    for kind in registry.all_types():
        answer = administrator.api.get(PLACE, {"types": kind.name, "limit": "5"})
        assert answer.status_code == 200, kind.name


@pytest.mark.django_db(transaction=True)
def test_a_merge_says_which_record_stands_for_the_others_and_its_undo_that_they_are_back(administrator):
    customers = registry.get("customer")
    into, other, last = (create(administrator, name) for name in ("가온", "가온상사", "가온물산"))
    points = [
        writing.create(
            registry.get("contact_point"),
            {"customer": one, "kind": "phone", "value": "02-777-7777"},
            actor=administrator.actor,
        )
        for one in (into, other)
    ]
    place = read(administrator, "now")["next"]
    merge = merging.merge(actor=administrator.actor, record_type=customers, into=into, others=[other, last])
    items, place = everything(administrator, place, types="customer,contact_point")
    told = {(item["type"], item["id"]): item for item in items}
    for number in (other, last):
        item = told["customer", number]
        assert (item["change"], item["url"]) == ("merged", None)
        assert item["merged_into"] == {"id": into, "url": f"/api/v1/customers/{into}"}
    # What stood there twice was merged along, and says so too.
    assert told["contact_point", points[1]]["merged_into"]["id"] == points[0]
    assert all(item["merged_into"] is None for item in items if item["change"] != "merged")

    merging.undo(actor=administrator.actor, merge=merge)
    items, place = everything(administrator, place, types="customer,contact_point")
    told = {(item["type"], item["id"]): item for item in items}
    for key in (("customer", other), ("customer", last), ("contact_point", points[1])):
        assert (told[key]["change"], told[key]["merged_into"]) == ("restored", None)
        assert administrator.api.get(told[key]["url"]).status_code == 200
    assert everything(administrator, place)[0] == []


@pytest.mark.django_db(transaction=True)
def test_a_survivor_out_of_sight_is_not_named(insider, outsider, administrator, company):
    customers = registry.get("customer")
    hers = create(outsider, "부산상사")
    kept = create(insider, "서울상사")
    place = read(outsider, "now")["next"]
    merging.merge(actor=administrator.actor, record_type=customers, into=kept, others=[hers])
    (item,), _place = everything(outsider, place, types="customer")
    assert (item["id"], item["change"], item["merged_into"]) == (hers, "deleted", None)


@pytest.mark.django_db(transaction=True)
def test_what_comes_out_of_the_bin_is_told_as_restored(administrator):
    customers = registry.get("customer")
    number = create(administrator)
    writing.delete(customers, [number], actor=administrator.actor)
    place = read(administrator, "now")["next"]
    writing.restore(customers, [number], actor=administrator.actor)
    (item,), _place = everything(administrator, place, types="customer")
    assert (item["id"], item["change"]) == (number, "restored")
