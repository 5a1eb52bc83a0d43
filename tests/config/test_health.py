import io
import json
import logging

import pytest
import structlog
from django.db import connection
from django.test import Client

from dangol.config import health, logs


def test_alive_needs_no_database():
    # No `db`: pytest-django raises at the first query.
    assert Client().get("/healthz").json() == {"status": "alive"}


@pytest.mark.django_db
def test_ready_says_what_is_not_in_order():
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ok", "migrations": "ok", "worker": "failed"}


@pytest.mark.django_db
def test_ready_with_a_worker_that_gave_a_sign_of_life(django_assert_max_num_queries):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
    assert Client().get("/readyz").status_code == 200
    with django_assert_max_num_queries(2):
        Client().get("/readyz")


@pytest.mark.django_db
def test_a_worker_not_heard_of_for_long_is_not_fresh():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '10 minutes')"
        )
    assert not health.worker_is_fresh()


@pytest.fixture
def lines(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logs.configure(level="INFO", style="json")
    structlog.reset_defaults()
    logs.configure(level="INFO", style="json")
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    monkeypatch.undo()
    logs.configure(level="WARNING")


def test_a_request_is_one_line_with_actor_and_route_and_without_personal_data(insider, lines):
    insider.client.get("/customers/?q=홍길동", headers={"X-Request-ID": "request-0001"})
    (line,) = [line for line in lines() if line["event"] == "request"]
    assert line["actor"] == insider.id
    assert line["request_id"] == "request-0001"
    assert line["status"] in {200, 302}
    assert "홍길동" not in json.dumps(line, ensure_ascii=False)
    assert insider.user.name not in json.dumps(line, ensure_ascii=False)


def test_libraries_log_in_the_same_form(lines):
    logging.getLogger("some.library").warning("it is %s", "late")
    assert lines()[-1]["event"] == "it is late"
    assert lines()[-1]["level"] == "warning"
