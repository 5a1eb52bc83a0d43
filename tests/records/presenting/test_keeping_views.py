"""Saved views, through the browser's door."""

from __future__ import annotations

import pytest

from dangol.identity.models import Role
from dangol.records import permissions, registry, saved_views
from dangol.records.models import Change, SavedView

pytestmark = pytest.mark.django_db


def keep(person, **values):
    answer = person.client.post("/customers/views/", {"name": "내 것", "audience": "private", **values})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    return answer.url


def test_a_kept_view_opens_with_filter_columns_and_sort(insider, some):
    url = keep(insider, filter="stage = active", cols="name,city", sort="name")
    page = insider.client.get(url).content.decode()
    assert "가나" in page
    assert "다라" in page
    assert "마바" not in page
    assert page.index("가나") < page.index("다라")
    assert page.count('<th scope="col" data-col') == 2
    assert "내 것" in page
    assert "변경됨" not in page


def test_a_page_that_differs_from_its_view_says_so_and_can_be_kept(insider, some):
    url = keep(insider, filter="stage = active")
    page = insider.client.get(f"{url}&filter=stage+%3D+lost").content.decode()
    assert "변경됨" in page
    assert "마바" in page
    assert "가나" not in page
    view = SavedView.objects.get()
    insider.client.post(
        f"/customers/views/{view.pk}/", {"act": "save", "version": view.version, "filter": "stage = lost"}
    )
    assert SavedView.objects.get().state == {"filter": "stage = lost"}
    history = Change.objects.get(table="records_savedview")
    assert history.changes["state"] == [{"filter": "stage = active"}, {"filter": "stage = lost"}]
    assert history.actor_id == insider.id


def test_a_filter_taken_away_stays_away_though_the_view_has_one(insider, some):
    url = keep(insider, filter="stage = active")
    page = insider.client.get(f"{url}&filter=").content.decode()
    assert "마바" in page
    assert "변경됨" in page


def test_a_private_view_is_found_by_nobody_else(insider, teammate, administrator, some):
    url = keep(insider, filter="stage = active")
    for other in (teammate, administrator):
        page = other.client.get(url).content.decode()
        assert "내 것" not in page
        assert "마바" in page  # the plain list
    view = SavedView.objects.get()
    for act in ("save", "rename", "delete", "copy", "default"):
        answer = teammate.client.post(f"/customers/views/{view.pk}/", {"act": act, "name": "x"})
        assert answer.status_code == 404, act
    view.refresh_from_db()
    assert (view.name, view.deleted_at, view.version) == ("내 것", None, 1)


def test_a_teams_view_is_found_in_the_team_and_shows_each_what_that_person_may_see(
    insider, teammate, manager, outsider, some
):
    url = keep(insider, audience="team", filter="stage = active", name="우리 팀")
    for colleague in (teammate, manager):
        assert "우리 팀" in colleague.client.get(url).content.decode()
    page = outsider.client.get(f"{url}&filter=stage+%3D+active").content.decode()
    assert "우리 팀" not in page
    assert "남의것" in page
    assert "가나" not in page


def test_only_those_who_administer_give_a_view_to_everyone(insider, administrator, outsider, some):
    insider.client.post("/customers/views/", {"name": "모두", "audience": "everyone"})
    assert not SavedView.objects.exists()
    url = keep(administrator, name="모두의 것", audience="everyone")
    assert "모두의 것" in outsider.client.get(url).content.decode()


def test_the_narrowest_default_opens_the_list(insider, teammate, administrator, some):
    everyone = keep(administrator, name="모두", audience="everyone", filter="stage = lost")
    number = everyone.partition("=")[2]
    administrator.client.post(f"/customers/views/{number}/", {"act": "default", "whose": "everyone"})
    assert "가나" not in insider.client.get("/customers/").content.decode()
    assert "가나" in insider.client.get("/customers/?view=0").content.decode()
    other = keep(administrator, name="역할", audience="everyone", filter="city = 부산").partition("=")[2]
    role = Role.objects.get(code="sales")
    administrator.client.post(f"/customers/views/{other}/", {"act": "default", "whose": f"role:{role.pk}"})
    page = insider.client.get("/customers/").content.decode()
    assert "다라" in page
    assert "마바" not in page
    mine = keep(insider, name="나", filter="name = 가나").partition("=")[2]
    insider.client.post(f"/customers/views/{mine}/", {"act": "default", "whose": "me"})
    page = insider.client.get("/customers/").content.decode()
    assert "가나" in page
    assert "다라" not in page
    assert "다라" in teammate.client.get("/customers/").content.decode()
    insider.client.post(f"/customers/views/{mine}/", {"act": "default", "whose": "me", "off": "1"})
    assert "다라" in insider.client.get("/customers/").content.decode()


def test_a_clerk_sets_no_default_for_others(insider, administrator, some):
    number = keep(administrator, name="모두", audience="everyone").partition("=")[2]
    insider.client.post(f"/customers/views/{number}/", {"act": "default", "whose": "everyone"})
    from dangol.records.models import ViewDefault

    assert not ViewDefault.objects.exists()


def test_a_view_with_fields_that_are_gone_says_which_and_shows_the_rest(insider, some):
    url = keep(insider, cols="name,x_gone,city", sort="-x_gone", group="", filter="stage = active")
    answer = insider.client.get(url)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "x_gone" in page
    assert "가나" in page
    assert page.count('<th scope="col" data-col') == 2


def test_a_view_whose_filter_names_a_field_that_is_gone_shows_no_wrong_rows(insider, some):
    answer = insider.client.get(keep(insider, filter="x_gone = 3", cols="name"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "x_gone" in page
    assert "가나" not in page


def test_a_copy_is_ones_own_and_a_deleted_view_is_gone_from_the_list(insider, administrator, some):
    number = keep(administrator, name="모두", audience="everyone", filter="stage = lost").partition("=")[2]
    insider.client.post(f"/customers/views/{number}/", {"act": "copy"})
    copy = SavedView.objects.get(owner=insider.user)
    assert (copy.audience, copy.state) == ("private", {"filter": "stage = lost"})
    insider.client.post(f"/customers/views/{copy.pk}/", {"act": "delete"})
    found = saved_views.views_for(insider.actor, registry.get("customer"))
    assert [view.name for view in found] == ["모두"]
    assert Change.objects.filter(table="records_savedview", record_id=copy.pk).exists()


def test_two_people_do_not_overwrite_each_other(administrator, some):
    number = keep(administrator, name="모두", audience="everyone").partition("=")[2]
    customers = registry.get("customer")
    saved_views.view_save(
        actor=administrator.actor,
        record_type=customers,
        values={"name": "neu"},
        view_id=int(number),
        version=1,
    )
    with pytest.raises(saved_views.ViewError) as raised:
        saved_views.view_save(
            actor=administrator.actor,
            record_type=customers,
            values={"name": "alt"},
            view_id=int(number),
            version=1,
        )
    assert raised.value.code == "conflict"
    assert SavedView.objects.get().name == "neu"


@pytest.mark.parametrize(
    "state",
    [{"nonsense": "1"}, {"as": "hologram"}, {"filter": "a\0b"}, {"filter": 3}, [], {"filter": "x" * 30_000}],
)
def test_a_state_that_is_none_is_refused(state):
    with pytest.raises(saved_views.ViewError):
        saved_views.clean_state(state)


def test_the_split_view_opens_the_record_beside_the_list(insider, some):
    page = insider.client.get(f"/customers/?as=split&at={some['다라']}").content.decode()
    assert f'hx-get="/customers/{some["다라"]}/" hx-trigger="load"' in page
    assert "남의것" not in page


@pytest.mark.parametrize("kind", ["table", "board", "calendar", "split"])
@pytest.mark.parametrize(
    "path", ["customers", "contacts", "interactions", "orders", "machines", "repairs", "products"]
)
def test_every_type_has_every_presentation_that_its_fields_allow(insider, path, kind):
    answer = insider.client.get(f"/{path}/?as={kind}")
    record_type = registry.by_path(path)
    known = permissions.fields_for(insider.actor, record_type)
    from dangol.records import boards

    missing = kind == "board" and boards.board_field(record_type, known, "") is None
    assert answer.status_code == (404 if missing else 200)
