"""Tags: one vocabulary, borne by records of every type, filtered, brought in and out, tended by administrators."""

import pytest

from dangol.events.models import Event
from dangol.records import filters, permissions, registry, writing
from dangol.records.history import history
from dangol.records.lists import record_get, record_list
from dangol.records.models import Tag, TagLink
from dangol.records.tags.services import tag_merge, tags_change
from tests.cast import SYSTEM, Person

pytestmark = pytest.mark.django_db

TYPES = [
    ("customer", {"name": "한빛정밀"}),
    ("interaction", {"kind": "note", "subject": "단가 협의"}),
    ("machine", {"code": "M-1", "name": "선반"}),
]


def create(who: Person, name: str, values: dict) -> int:
    return writing.create(registry.get(name), values, actor=who.actor)


def borne(who: Person, name: str, record_id: int) -> list[str]:
    record_type = registry.get(name)
    record = record_get(actor=who.actor, record_type=record_type, record_id=record_id)
    assert record is not None
    return [tag.name for tag in record["tags"]]


def found(who: Person, name: str, text: str) -> list[int]:
    record_type = registry.get(name)
    tree = filters.parse(text, record_type, actor=who.actor)
    page = record_list(actor=who.actor, record_type=record_type, tree=tree, columns=["tags"])
    return sorted(row["id"] for row in page.rows)


@pytest.mark.parametrize(("name", "values"), TYPES)
def test_records_of_every_type_bear_tags_made_while_typing(insider, name, values):
    record_id = create(insider, name, {**values, "tags": "#VIP, 재구매 , vip"})
    assert borne(insider, name, record_id) == ["VIP", "재구매"]
    other = create(insider, name, {**values, **({"code": "M-2"} if name == "machine" else {})})
    assert found(insider, name, "tags any of (vip)") == [record_id]
    assert found(insider, name, 'tags in ("VIP", "없음")') == [record_id]
    assert found(insider, name, "tags = 재구매 and tags = VIP") == [record_id]
    assert found(insider, name, "tags is empty") == found(insider, name, "tags != VIP") == [other]
    assert found(insider, name, "not tags is empty") == [record_id]


def test_history_tells_who_changed_which_tags(insider, teammate):
    record_id = create(insider, "customer", {"name": "한빛", "tags": ["VIP"]})
    writing.update(registry.get("customer"), record_id, {"tags": ["VIP", "채권"]}, actor=insider.actor)
    unchanged = writing.update(registry.get("customer"), record_id, {"tags": "채권,vip"}, actor=insider.actor)
    assert unchanged.updated == []
    (item,) = history(registry.get("customer"), record_id, actor=insider.actor).items
    (change,) = item.fields
    assert item.actor_name == "김지우"
    assert change.name == "tags"
    assert [[tag.name for tag in side] for side in (change.before, change.after)] == [
        ["VIP"],
        ["VIP", "채권"],
    ]
    page = teammate.client.get(f"/customers/{record_id}/history/")
    assert "채권" in page.content.decode()
    told = teammate.api.get(f"/api/v1/customers/{record_id}/history").json()["items"][0]["changes"]
    assert told == [{"field": "tags", "before": ["VIP"], "after": ["VIP", "채권"]}]


def test_only_those_who_may_edit_the_record_change_its_tags(insider, teammate, outsider, reader):
    record_id = create(insider, "customer", {"name": "한빛", "tags": ["VIP"]})
    for who in (teammate, outsider, reader):
        answer = who.client.post(f"/customers/{record_id}/cell/tags/", {"tags": "내것"})
        assert answer.status_code == 404
        refused = who.api.patch(
            f"/api/v1/customers/{record_id}", {"tags": ["내것"]}, content_type="application/json"
        )
        assert refused.status_code in (403, 404)
    assert borne(insider, "customer", record_id) == ["VIP"]
    assert not Tag.objects.filter(name="내것").exists()


def test_without_the_right_to_make_tags_a_new_name_is_refused(company, administrator):
    from dangol.identity.models import Grant, Role
    from tests.cast import person

    role = Role.objects.create(code="tagger", name="태그 없이")
    for action in ("view", "create", "edit"):
        Grant.objects.create(role=role, record_type="customer", action=action, scope="all")
    clerk = person("clerk@example.com", "서기", roles=("tagger",), team=company.seoul)
    create(administrator, "customer", {"name": "하나", "tags": ["VIP"]})
    record_id = create(clerk, "customer", {"name": "둘", "tags": ["vip"]})
    assert borne(clerk, "customer", record_id) == ["VIP"]
    with pytest.raises(writing.WriteError) as refused:
        writing.update(registry.get("customer"), record_id, {"tags": ["새말"]}, actor=clerk.actor)
    (error,) = refused.value.errors
    assert (error.field, error.code, error.value) == ("tags", "unknown_tag", "새말")
    assert "새말" in str(error.message)
    assert Tag.objects.count() == 1


def test_the_vocabulary_is_changed_by_administrators_only(insider, manager, administrator):
    record_id = create(insider, "customer", {"name": "한빛", "tags": ["VIP"]})
    tag = Tag.objects.get()
    for who in (insider, manager):
        assert who.api.get(f"/api/v1/tags/{tag.pk}").status_code == 200
        assert who.api.patch(
            f"/api/v1/tags/{tag.pk}", {"name": "x"}, content_type="application/json"
        ).status_code in (403, 404)
        assert who.client.post(f"/tags/{tag.pk}/delete/").status_code == 404
        assert who.client.post(f"/tags/{tag.pk}/merge/", {"target": tag.pk}).status_code == 404
    assert (
        administrator.api.patch(
            f"/api/v1/tags/{tag.pk}", {"name": "최우수", "tone": "g"}, content_type="application/json"
        ).status_code
        == 200
    )
    assert borne(insider, "customer", record_id) == ["최우수"]
    assert found(insider, "customer", "tags = VIP") == [record_id], "the former name still leads there"


def test_two_tags_never_answer_to_one_name(administrator):
    record_type = registry.get("tag")
    first = writing.create(record_type, {"name": "VIP 고객"}, actor=administrator.actor)
    writing.update(record_type, first, {"name": "우수"}, actor=administrator.actor)
    for name in ("우수", "vip고객", "a,b", "##"):
        with pytest.raises(writing.WriteError) as refused:
            writing.create(record_type, {"name": name}, actor=administrator.actor)
        assert refused.value.errors[0].field == "name"


def test_two_new_tags_of_one_batch_never_answer_to_one_name(administrator):
    changes = [writing.Change({"name": "VIP"}), writing.Change({"name": "vip"})]
    written = writing.write(registry.get("tag"), changes, actor=administrator.actor, collect=True)
    assert [(error.index, error.field) for error in written.errors] == [(1, "name")]
    assert Tag.objects.get().name == "VIP"


def test_joined_tags_are_one_everywhere(insider, administrator):
    one = create(insider, "customer", {"name": "하나", "tags": ["VIP"]})
    two = create(insider, "machine", {"code": "M", "name": "둘", "tags": ["브이아이피", "VIP"]})
    three = create(insider, "customer", {"name": "셋", "tags": ["브이아이피"]})
    source, target = Tag.objects.get(name="브이아이피"), Tag.objects.get(name="VIP")
    page = administrator.client.get(f"/tags/{source.pk}/")
    assert "VIP" in page.content.decode()
    answer = administrator.client.post(f"/tags/{source.pk}/merge/", {"target": target.pk})
    assert answer.url == f"/tags/{target.pk}/"
    assert borne(insider, "customer", one) == borne(insider, "machine", two) == ["VIP"]
    assert found(insider, "customer", "tags = 브이아이피") == [one, three]
    assert create(insider, "customer", {"name": "넷", "tags": ["브이아이피"]})
    assert Tag.objects.count() == 1
    with pytest.raises(writing.WriteError):
        tag_merge(source_id=target.pk, target_id=target.pk, actor=administrator.actor)


def test_a_removed_tag_leaves_its_records_and_comes_back_with_them(insider, administrator):
    record_id = create(insider, "customer", {"name": "한빛", "tags": ["VIP"]})
    tag = Tag.objects.get()
    record_type = registry.get("tag")
    writing.delete(record_type, [tag.pk], actor=administrator.actor)
    assert borne(insider, "customer", record_id) == []
    assert found(insider, "customer", "tags is empty") == [record_id]
    with pytest.raises(writing.WriteError) as refused:
        create(insider, "customer", {"name": "둘", "tags": ["VIP"]})
    assert refused.value.errors[0].code == "binned"
    writing.restore(record_type, [tag.pk], actor=administrator.actor)
    assert borne(insider, "customer", record_id) == ["VIP"]
    writing.purge(record_type, [tag.pk], actor=SYSTEM)
    assert not TagLink.objects.exists()
    assert create(insider, "customer", {"name": "셋", "tags": ["VIP"]})


def test_tags_of_many_records_change_in_batches(insider, monkeypatch):
    from dangol.records.tags import services

    monkeypatch.setattr(services, "BATCH", 7)
    ids = [create(insider, "customer", {"name": f"고객 {n}", "tags": ["가", "나"]}) for n in range(20)]
    changed = tags_change(
        actor=insider.actor, record_type=registry.get("customer"), ids=ids, add=["다"], remove=["나"]
    )
    assert changed == 20
    assert all(borne(insider, "customer", number) == ["가", "다"] for number in ids)


def test_tags_go_with_their_record(insider):
    record_id = create(insider, "customer", {"name": "한빛", "tags": ["VIP"]})
    writing.purge(registry.get("customer"), [record_id], actor=SYSTEM)
    assert not TagLink.objects.exists()
    assert Tag.objects.count() == 1


def test_the_list_shows_filters_and_exports_tags(manager):
    record_id = create(manager, "customer", {"name": "한빛", "tags": ["VIP", "재구매"]})
    page = manager.client.get("/customers/?cols=name,tags&filter=tags+any+of+(VIP)").content.decode()
    assert "재구매" in page
    assert "VIP" in manager.client.get(f"/customers/{record_id}/").content.decode()
    lines = b"".join(
        manager.api.get("/api/v1/customers/export?fields=name,tags&reason=weekly+review").streaming_content
    )
    assert '"tags":["VIP","재구매"]' in lines.decode()
    csv = b"".join(
        manager.api.get(
            "/api/v1/customers/export?format=csv&fields=name,tags&reason=weekly+review"
        ).streaming_content
    ).decode("utf-8-sig")
    assert '"VIP, 재구매"' in csv
    one = manager.api.get(f"/api/v1/customers/{record_id}").json()
    assert one["tags"] == ["VIP", "재구매"]


@pytest.mark.parametrize("raw", [5, {"a": 1}, [5], ["x" * 51], ["a\u202eb"], [str(n) for n in range(31)]])
def test_what_is_no_list_of_names_is_refused(insider, raw):
    answer = insider.api.post(
        "/api/v1/customers", {"name": "x", "tags": raw}, content_type="application/json"
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "tags"
    assert not Tag.objects.exists()


def test_giving_a_record_away_is_announced_to_the_new_owner(insider, teammate):
    record_id = create(insider, "customer", {"name": "한빛"})
    assert not Event.objects.filter(name="records.assigned").exists()
    writing.update(registry.get("customer"), record_id, {"owner": teammate.id}, actor=insider.actor)
    (event,) = Event.objects.filter(name="records.assigned")
    assert event.payload == {
        "record_type": "customer", "ids": [record_id], "users": [teammate.id], "by": insider.id,
    }  # fmt: skip


def test_what_one_may_not_see_shows_no_tags(insider, outsider):
    create(insider, "customer", {"name": "한빛", "tags": ["비밀"]})
    assert found(outsider, "customer", "tags = 비밀") == []
    assert permissions.allowed(outsider.actor, registry.get("tag"), "view")
