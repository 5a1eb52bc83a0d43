"""An administrator looks through a user's eyes: nothing is changed, nothing of another administrator's is shown."""

from __future__ import annotations

import pytest

from dangol.identity.models import AccessChange
from dangol.records import registry, writing
from tests.cast import SYSTEM, person

pytestmark = pytest.mark.django_db
REASON = "고객이 안 보인다는 문의 확인"


@pytest.fixture
def hanbit(insider):
    return writing.create(registry.get("customer"), {"name": "한빛정밀"}, actor=insider.actor)


@pytest.fixture
def elsewhere(outsider):
    return writing.create(registry.get("customer"), {"name": "남해조선"}, actor=outsider.actor)


def look(administrator, user, reason=REASON):
    return administrator.client.post(f"/settings/users/{user.id}/see-as/", {"reason": reason})


def test_the_administrator_sees_what_the_user_sees(administrator, insider, hanbit, elsewhere):
    assert look(administrator, insider).status_code == 302
    page = administrator.client.get("/customers/").content.decode()
    assert "한빛정밀" in page
    assert "남해조선" not in page
    assert "김지우" in page
    assert "/settings/see-as/end/" in page
    assert administrator.client.get(f"/customers/{elsewhere}/").status_code == 404
    assert administrator.client.get("/api/v1/customers").json()["count"]["value"] == 1


def test_beginning_and_end_stand_in_the_access_log_with_the_reason(administrator, insider):
    look(administrator, insider)
    begun = AccessChange.objects.first()
    assert (begun.act, begun.actor_id, begun.target_id) == ("seen_as", administrator.id, insider.id)
    assert begun.changes == {"reason": [None, REASON]}
    assert administrator.client.post("/settings/see-as/end/").status_code == 302
    ended = AccessChange.objects.first()
    assert (ended.act, ended.actor_id, ended.target_id) == ("seen_as_ended", administrator.id, insider.id)
    page = administrator.client.get("/settings/users/").content.decode()
    assert "/settings/see-as/end/" not in page
    assert REASON in administrator.client.get("/settings/access-log/").content.decode()


def test_nothing_can_be_written_meanwhile(administrator, insider, hanbit):
    look(administrator, insider)
    model = registry.get("customer").model
    before = list(model.objects.values_list("pk", "name", "version", "deleted_at"))
    for path in (
        f"/customers/{hanbit}/edit/",
        f"/customers/{hanbit}/delete/",
        f"/customers/{hanbit}/cell/name/",
        "/customers/new/",
        "/customers/export/",
        "/preferences/",
        "/settings/profile/",
        f"/settings/users/{insider.id}/",
        f"/settings/users/{insider.id}/password/",
    ):
        assert administrator.client.post(path, {"name": "x"}).status_code == 403, path
    for method in ("post", "patch", "delete", "put"):
        path = "/api/v1/customers" if method == "post" else f"/api/v1/customers/{hanbit}"
        answer = getattr(administrator.client, method)(path, {"name": "x"}, content_type="application/json")
        assert answer.status_code == 403, method
        assert answer.json()["code"] == "seeing"
    # Taking out is a record of its own, also by GET.
    assert administrator.client.get("/api/v1/customers/export?reason=시험을 위해").status_code == 403
    assert list(model.objects.values_list("pk", "name", "version", "deleted_at")) == before


def test_the_writer_itself_writes_nothing_for_somebody_seen_through(administrator, insider, hanbit):
    from django.core.exceptions import PermissionDenied

    from dangol.identity.actors import seen_through

    through = seen_through(insider.actor, administrator.id)
    with pytest.raises(PermissionDenied):
        writing.update(registry.get("customer"), hanbit, {"name": "x"}, actor=through)
    with pytest.raises(PermissionDenied):
        writing.delete(registry.get("customer"), [hanbit], actor=through)


def test_what_a_user_sets_for_oneself_is_not_shown(administrator, insider):
    look(administrator, insider)
    for path in (
        "/settings/",
        "/settings/profile/",
        "/settings/profile/tokens/new/",
        "/settings/users/",
        "/settings/access-log/",
    ):
        assert administrator.client.get(path).status_code == 403, path


def test_nobody_looks_through_an_administrators_eyes(administrator, company):
    other = person("second@example.com", "둘째 관리자", is_administrator=True)
    look(administrator, other)
    assert "/settings/see-as/end/" not in administrator.client.get("/").content.decode()
    assert not AccessChange.objects.filter(act="seen_as").exists()
    assert "see-as" not in administrator.client.get(f"/settings/users/{other.id}/").content.decode()


def test_without_a_reason_nobody_looks(administrator, insider):
    look(administrator, insider, reason=" x ")
    assert not AccessChange.objects.filter(act="seen_as").exists()


def test_only_administrators_look(manager, insider):
    assert look(manager, insider).status_code == 403
    assert not AccessChange.objects.filter(act="seen_as").exists()


def test_looking_ends_when_the_user_is_shut_out_or_made_an_administrator(administrator, insider):
    from dangol.identity.services import user_deactivate

    look(administrator, insider)
    user_deactivate(user=insider.user, actor=SYSTEM)
    assert "/settings/see-as/end/" not in administrator.client.get("/customers/").content.decode()
    assert administrator.client.get("/settings/users/").status_code == 200


def test_looking_ends_by_itself_after_an_hour(administrator, insider):
    look(administrator, insider)
    session = administrator.client.session
    session["seeing"] = {**session["seeing"], "until": "2026-01-01T00:00:00+00:00"}
    session.save()
    assert "/settings/see-as/end/" not in administrator.client.get("/customers/").content.decode()


def test_signing_out_works_through_anothers_eyes(administrator, insider):
    look(administrator, insider)
    assert administrator.client.post("/sign-out/").status_code == 302
    assert administrator.client.get("/customers/").url.startswith("/sign-in/")
