"""Comments, mentions and followers, on records of every type."""

import pytest

from dangol.events.models import Event
from dangol.interactions import comments, following, mentions
from dangol.interactions.handlers import follow_what_is_given
from dangol.interactions.models import Comment, CommentVersion, Follow, Interaction, Mention
from dangol.records import registry, writing
from dangol.records.events import RecordsAssigned
from dangol.records.writing import Missing
from tests.cast import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(insider):
    return writing.create(registry.get("customer"), {"name": "한빛정밀"}, actor=insider.actor)


def say(who, record_id, text, *, name="customer", **more):
    return comments.comment_add(
        actor=who.actor, record_type=registry.get(name), record_id=record_id, text=text, **more
    )


def told(name):
    return [event.payload for event in Event.objects.filter(name=f"interactions.{name}").order_by("pk")]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("customer", {"name": "한빛"}),
        ("interaction", {"kind": "note", "subject": "협의"}),
        ("machine", {"code": "M", "name": "선반"}),
    ],
)
def test_records_of_every_type_are_commented_on(insider, teammate, name, values):
    record_type = registry.get(name)
    record_id = writing.create(record_type, values, actor=insider.actor)
    url = f"/together/{name}/{record_id}/comments/"
    answer = teammate.client.post(
        url, {"text": "다음 주에\r\n다시 <b>전화</b>"}, headers={"hx-request": "true"}
    )
    assert answer.status_code == 200
    page = insider.client.get(f"/together/{name}/{record_id}/").content.decode()
    assert "다음 주에\n다시 &lt;b&gt;전화&lt;/b&gt;" in page
    assert "이서준" in page
    said = insider.api.get(f"/api/v1/{record_type.path}/{record_id}/comments").json()["items"]
    assert said[0]["text"] == "다음 주에\n다시 <b>전화</b>"
    assert (
        f"/together/{name}/{record_id}/"
        in insider.client.get(f"/{record_type.path}/{record_id}/").content.decode()
    )


def test_answers_stand_one_level_below(insider, teammate, customer):
    head = say(insider, customer, "누가 연락하나요?")
    answer = say(teammate, customer, "제가요", parent_id=head.pk)
    beside = say(insider, customer, "고마워요", parent_id=answer.pk)
    assert beside.parent_id == head.pk
    (said,), earlier = comments.thread(
        actor=insider.actor, record_type=registry.get("customer"), record_id=customer
    )
    assert [one.text for one in said.answers] == ["제가요", "고마워요"]
    assert earlier is None
    other = writing.create(registry.get("customer"), {"name": "남"}, actor=insider.actor)
    with pytest.raises(Missing):
        say(insider, other, "x", parent_id=head.pk)


def test_long_threads_come_in_pages(insider, customer):
    made = [say(insider, customer, f"말 {number}").pk for number in range(7)]
    record_type = registry.get("customer")
    newest, earlier = comments.thread(
        actor=insider.actor, record_type=record_type, record_id=customer, limit=3
    )
    assert [one.id for one in newest] == made[4:]
    before, _ = comments.thread(
        actor=insider.actor, record_type=record_type, record_id=customer, limit=3, before=earlier
    )
    assert [one.id for one in before] == made[1:4]


def test_only_the_author_edits_and_the_trace_stays(insider, teammate, administrator, customer):
    made = say(insider, customer, "하나")
    url = f"/together/customer/{customer}/comments/{made.pk}/"
    for who in (teammate, administrator):
        assert who.client.get(f"{url}edit/").status_code == 404
        assert who.client.post(f"{url}edit/", {"text": "x"}).status_code == 404
    assert teammate.client.post(f"{url}delete/").status_code == 404
    assert insider.client.post(f"{url}edit/", {"text": "둘"}).status_code == 302
    assert administrator.client.post(f"{url}delete/").status_code == 302
    made.refresh_from_db()
    assert (made.body, made.deleted_at is None, made.edited_at is None) == ("", False, False)
    assert list(CommentVersion.objects.order_by("pk").values_list("body", "replaced_by")) == [
        ("하나", insider.id),
        ("둘", administrator.id),
    ]
    assert "둘" not in insider.client.get(f"/together/customer/{customer}/").content.decode()


def test_a_deleted_comment_with_answers_stays_as_an_empty_place(insider, teammate, customer):
    head = say(insider, customer, "실수")
    say(teammate, customer, "네", parent_id=head.pk)
    comments.comment_delete(
        actor=insider.actor, record_type=registry.get("customer"), record_id=customer, comment_id=head.pk
    )
    page = insider.client.get(f"/together/customer/{customer}/").content.decode()
    assert "실수" not in page
    assert "지운 댓글" in page


def test_other_teams_records_take_no_comments_and_show_none(insider, outsider, nobody, reader, customer):
    made = say(insider, customer, "비밀 이야기")
    for who in (outsider, nobody):
        for path in ("", "comments/", f"comments/{made.pk}/edit/"):
            assert who.client.get(f"/together/customer/{customer}/{path}").status_code == 404
        for path in ("comments/", f"comments/{made.pk}/edit/", f"comments/{made.pk}/delete/", "follow/"):
            answer = who.client.post(f"/together/customer/{customer}/{path}", {"text": "x", "on": "1"})
            assert answer.status_code == 404
        assert who.client.get(f"/people/offer/?type=customer&id={customer}&q=김").status_code == 404
        for path in ("comments", "followers"):
            assert who.api.get(f"/api/v1/customers/{customer}/{path}").status_code in (403, 404)
    assert "비밀 이야기" in reader.client.get(f"/together/customer/{customer}/").content.decode()
    assert reader.client.post(f"/together/customer/{customer}/comments/", {"text": "x"}).status_code == 404
    api = f"/api/v1/customers/{customer}/comments"
    assert reader.api.post(api, {"text": "x"}, content_type="application/json").status_code == 403
    assert [comment.body for comment in Comment.objects.all()] == ["비밀 이야기"]
    assert not Follow.objects.exclude(user=insider.id).exists()


def test_whoever_is_named_hears_of_it_and_follows(insider, teammate, customer):
    made = say(
        insider, customer, "@이서준 견적 부탁해요 https://example.com/a?b=1&c=2.", chosen=[teammate.id]
    )
    assert told("mentioned") == [
        {"record_type": "customer", "record_id": customer, "by": insider.id, "users": [teammate.id], "comment_id": made.pk}
    ]  # fmt: skip
    assert [(row.user_id, row.reason) for row in Follow.objects.order_by("user_id")] == [
        (insider.id, "commented"),
        (teammate.id, "mentioned"),
    ]
    page = insider.client.get(f"/together/customer/{customer}/").content.decode()
    assert f'<a class="mention" href="/people/{teammate.id}/">@이서준</a>' in page
    assert 'href="https://example.com/a?b=1&amp;c=2"' in page
    assert insider.client.get(f"/people/{teammate.id}/").status_code == 200
    comments.comment_edit(
        actor=insider.actor, record_type=registry.get("customer"), record_id=customer, comment_id=made.pk,
        text="@이서준 다시 부탁해요",
    )  # fmt: skip
    assert len(told("mentioned")) == 1, "told once"
    assert Mention.objects.count() == 1


def test_naming_gives_no_permission_and_the_author_is_told_first(insider, outsider, customer):
    url = f"/together/customer/{customer}/comments/"
    offered = insider.client.get(f"/people/offer/?type=customer&id={customer}&q=ㅂㅎㅇ").content.decode()
    assert "박하은" in offered
    assert "볼 수 없" in offered
    written = {"text": "@박하은 도와줘요", "mentions": str(outsider.id)}
    first = insider.client.post(url, written, headers={"hx-request": "true"})
    assert first.status_code == 422
    assert "박하은" in first.content.decode()
    assert 'name="despite"' in first.content.decode()
    assert not Comment.objects.exists()
    api = f"/api/v1/customers/{customer}/comments"
    text = f"@[{outsider.id}] 도와줘요"
    refused = insider.api.post(api, {"text": text}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "unseen")
    made = insider.api.post(api, {"text": text, "confirm": True}, content_type="application/json")
    assert made.json()["text"] == "@박하은 도와줘요"
    assert (
        insider.client.post(url, {**written, "despite": "1"}, headers={"hx-request": "true"}).status_code
        == 200
    )
    assert told("mentioned") == []
    assert not Follow.objects.filter(user=outsider.id).exists()
    assert outsider.client.get(f"/customers/{customer}/").status_code == 404


def test_colleagues_are_offered_by_initials_name_and_address(insider, teammate, manager, customer):
    for typed, name in (("ㅇㅅㅈ", "이서준"), ("서준", "이서준"), ("teamm", "이서준"), ("최", "최민준")):
        found = mentions.people_offered(
            typed, record_type=registry.get("customer"), record_id=customer, besides=insider.id
        )
        assert [person.name for person in found] == [name]
        assert found[0].sees
    teammate.user.is_active = False
    teammate.user.save()
    assert mentions.people_offered("이서준", record_type=None, record_id=0) == []
    assert mentions.resolved(f"@[{teammate.id}] @[999999999999]", []) == (
        f"@[{teammate.id}] @[999999999999]",
        {},
    )


def test_a_note_names_colleagues_in_its_text(insider, teammate, outsider, customer):
    url = f"/timeline/customer/{customer}/add/"
    note = {"kind": "note", "text": "@이서준 단가 확인\n@이서준 <i>", "mentions": str(teammate.id)}
    answer = insider.client.post(url, note, headers={"hx-request": "true"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert '<span class="mention">@이서준</span> 단가 확인' in page
    assert f'href="/people/{teammate.id}/">@이서준</a> &lt;i&gt;' in page
    made = Interaction.objects.get()
    (event,) = told("mentioned")
    assert (event["record_type"], event["record_id"], event["users"]) == (
        "interaction",
        made.pk,
        [teammate.id],
    )
    blind = {"kind": "note", "text": "@박하은 봐요", "mentions": str(outsider.id)}
    first = insider.client.post(url, blind, headers={"hx-request": "true"})
    assert first.status_code == 422
    assert Interaction.objects.count() == 1
    again = insider.client.post(url, {**blind, "despite": "1"}, headers={"hx-request": "true"})
    assert again.status_code == 200
    assert Interaction.objects.count() == 2
    writing.update(registry.get("interaction"), made.pk, {"outcome": "됨"}, actor=insider.actor)
    kept = insider.api.get(f"/api/v1/customers/{customer}/timeline").json()["items"]
    assert [teammate.id, "이서준"] in [pair for entry in kept for pair in entry["data"].get("mentions", [])]


def test_the_timeline_says_how_many_comments_an_entry_has(insider, teammate, customer):
    insider.client.post(f"/timeline/customer/{customer}/add/", {"kind": "note", "text": "단가 협의"})
    note = Interaction.objects.get().pk
    made = say(teammate, note, "좋아요", name="interaction")
    say(teammate, note, "아주", name="interaction", parent_id=made.pk)
    page = insider.client.get(f"/customers/{customer}/").content.decode()
    assert "댓글 2" in page
    assert f"/together/interaction/{note}/comments/" in page
    (entry,) = insider.api.get(f"/api/v1/customers/{customer}/timeline").json()["items"]
    assert entry["comments"] == 2


def test_followers_and_owners_hear_of_comments_but_not_who_said_no(insider, teammate, manager, customer):
    record_type = registry.get("customer")
    following.follow(actor=teammate.actor, record_type=record_type, record_id=customer)
    say(manager, customer, "어떻게 됐나요?")
    assert told("commented")[-1]["users"] == sorted([insider.id, teammate.id])
    for who in (insider, teammate):
        following.unfollow(actor=who.actor, record_type=record_type, record_id=customer)
    say(manager, customer, "여보세요?")
    assert told("commented")[-1]["users"] == []
    say(insider, customer, "네")
    assert [person.name for person in following.followers("customer", customer)] == ["최민준"]
    assert set(told("commented")[-1]) == {
        "record_type",
        "record_id",
        "by",
        "users",
        "comment_id",
        "parent_id",
    }


def test_following_is_a_button_and_a_page(insider, outsider, customer):
    url = f"/together/customer/{customer}/follow/"
    assert insider.client.post(url, {"on": "1"}).status_code == 302
    insider.client.post(url, {"on": "1"})
    assert len(told("followed")) == 1
    assert "한빛정밀" in insider.client.get("/following/").content.decode()
    writing.update(
        registry.get("customer"), customer, {"owner": outsider.id, "team": None}, actor=insider.actor
    )
    assert "한빛정밀" not in insider.client.get("/following/").content.decode(), "no longer seen"
    assert insider.client.post(url, {"on": "0"}).status_code == 404


def test_one_follows_by_itself_only_as_one_chose(insider, teammate, customer):
    assert teammate.client.post("/following/", {"when_assigned": "on"}).status_code == 302
    say(teammate, customer, "x")
    say(insider, customer, "@이서준", chosen=[teammate.id])
    assert not Follow.objects.filter(user=teammate.id).exists()
    given = RecordsAssigned("customer", [customer], [teammate.id], insider.id)
    follow_what_is_given(given, event_id=None)
    follow_what_is_given(given, event_id=None)
    assert [row.reason for row in Follow.objects.filter(user=teammate.id)] == ["assigned"]
    many = RecordsAssigned("customer", [customer + 1, customer + 2], [teammate.id] * 2, insider.id)
    follow_what_is_given(many, event_id=None)
    assert Follow.objects.filter(user=teammate.id).count() == 1


def test_what_colleagues_said_goes_with_the_record(insider, teammate, customer):
    made = say(insider, customer, "@이서준", chosen=[teammate.id])
    say(teammate, customer, "네", parent_id=made.pk)
    comments.comment_edit(
        actor=insider.actor,
        record_type=registry.get("customer"),
        record_id=customer,
        comment_id=made.pk,
        text="둘",
    )
    writing.purge(registry.get("customer"), [customer], actor=SYSTEM)
    for model in (Comment, CommentVersion, Mention, Follow):
        assert not model.objects.exists()


@pytest.mark.parametrize("text", ["", "  \n ", "\u202e\0", "x" * 10_001])
def test_what_is_no_comment_is_refused(insider, customer, text):
    answer = insider.client.post(
        f"/together/customer/{customer}/comments/", {"text": text}, headers={"hx-request": "true"}
    )
    assert answer.status_code == 422
    api = insider.api.post(
        f"/api/v1/customers/{customer}/comments",
        {"text": text.replace("\0", "")},
        content_type="application/json",
    )
    assert api.status_code == 422
    assert not Comment.objects.exists()
