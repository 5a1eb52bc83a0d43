"""A POST that is sent twice is done once."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from dangol.records.models.idempotency import IdempotencyKey
from tests.workshop.models import Machine

BODY = {"code": "A-1", "name": "선반"}


def post(person, body=BODY, key="k-1", path="machines"):
    return person.api.post(
        f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers={"idempotency-key": key}
    )


def test_the_second_request_gets_the_first_answer(insider):
    first, second = post(insider), post(insider)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert (second["Location"], second["ETag"]) == (first["Location"], first["ETag"])
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert Machine.objects.count() == 1


def test_a_key_stands_for_one_request(insider):
    post(insider)
    for response in (post(insider, {**BODY, "name": "다른"}), post(insider, path="repairs")):
        assert response.status_code == 422
        assert response.json()["code"] == "key_reused"
    assert Machine.objects.count() == 1


def test_keys_of_others_do_not_matter(insider, teammate):
    assert post(insider).status_code == 201
    assert post(teammate, {"code": "A-2", "name": "x"}).status_code == 201


def test_a_refused_request_leaves_the_key_free(insider):
    assert post(insider, {"name": "x"}).status_code == 422
    assert not IdempotencyKey.objects.exists()
    assert post(insider).status_code == 201


def test_after_a_day_the_key_is_new_again(insider):
    post(insider)
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert post(insider, {"code": "A-2", "name": "x"}).status_code == 201
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "열쇠", "a\tb"])
def test_an_unusable_key_is_refused(insider, key):
    assert post(insider, key=key).status_code == 400
    assert not Machine.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_make_one_record(insider):
    _ = insider.api
    answers = []

    def run():
        try:
            answers.append(post(insider))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Machine.objects.count() == 1
    assert connection.vendor == "postgresql"
