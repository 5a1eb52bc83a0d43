"""Tags, files, comments, followers and the activity stream on records of own objects, and what is left when one goes."""

from __future__ import annotations

import pytest

from dangol.interactions import comments, following
from dangol.interactions.models import Comment, CommentVersion, Follow, Mention, Notification
from dangol.records import registry, writing
from dangol.records.attachments import services as attachments
from dangol.records.models import Attachment, OwnObject, TagLink
from dangol.records.objects import removing, services

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine(insider, teammate, objects, settings, tmp_path):
    settings.DATA = tmp_path
    equipment = objects("설비", timeline=True)
    record = writing.create(equipment, {"name": "선반", "tags": "점검 필요, 중고"}, actor=insider.actor)
    writing.create(equipment, {"name": "밀링"}, actor=insider.actor)
    on_it = {"actor": insider.actor, "record_type": equipment, "record_id": record}
    first = comments.comment_add(**on_it, text="@이서준 봐 주세요", chosen=[teammate.id], despite_unseen=True)
    comments.comment_add(**on_it, text="네", parent_id=first.pk)
    comments.comment_edit(**on_it, comment_id=first.pk, text="봐 주세요")
    attachments.attach(**on_it, name="도면.txt", chunks=[b"plan"])
    following.follow(**on_it)
    return record


def test_its_records_are_marked_commented_on_and_found_in_the_stream(insider, machine):
    page = insider.client.get('/x-equipment/?filter=tags+%3D+"중고"').content.decode()
    assert "선반" in page
    assert "밀링" not in page
    page = insider.client.get(f"/x-equipment/{machine}/").content.decode()
    assert "점검 필요" in page
    assert f"/together/x_equipment/{machine}/" in page
    beside = insider.client.get(f"/together/x_equipment/{machine}/").content.decode()
    assert "봐 주세요" in beside
    assert "도면.txt" in beside
    assert "선반" in insider.client.get("/activity/?type=x_equipment").content.decode()
    read = insider.api.get(f"/api/v1/x-equipment/{machine}").json()
    assert read["tags"] == ["점검 필요", "중고"]
    listed = insider.api.get(f"/api/v1/x-equipment/{machine}/attachments").json()
    assert [one["name"] for one in listed["items"]] == ["도면.txt"]


def test_what_was_said_and_attached_goes_with_the_object(insider, administrator, machine):
    definition = OwnObject.objects.get(name="x_equipment")
    services.delete(actor=administrator.actor, definition=definition, confirmed="설비")
    assert insider.client.get("/activity/?scope=all").status_code == 200
    removing.BATCH, before = 1, removing.BATCH
    try:
        removing.remove(definition.pk)
    finally:
        removing.BATCH = before
    for model in (TagLink, Attachment, Comment, CommentVersion, Mention, Follow, Notification):
        assert not model._default_manager.exists(), model
    assert registry.find("x_equipment") is None
