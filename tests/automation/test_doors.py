"""The ways rules reach out and in: calls to other servers, people told, comments, facts of other rooms, the API."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone

from dangol.automation import calling
from dangol.automation.models import CallState, OutgoingCall, RuleRun, RunState
from dangol.interactions.models import Comment, Notification
from dangol.interactions.services import interaction_log, task_complete
from tests.automation.work import customer, make_rule, runs, set_to, value, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receiver(settings):
    """A server that takes calls; answers with what stands first in `answers`, then with 200."""
    taken = []
    answers = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((dict(self.headers), json.loads(body)))
            self.send_response(answers.pop(0) if answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    settings.DANGOL_OUTBOUND_ALLOW = ["127.0.0.0/8"]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    server.taken, server.answers = taken, answers
    server.address = f"http://127.0.0.1:{server.server_address[1]}/hook"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_call_carries_the_record_and_is_tried_again(manager, receiver):
    make_rule(
        manager.actor,
        trigger={"kind": "created"},
        steps=[{"kind": "call", "settings": {"url": receiver.address, "fields": ["name", "city"]}}],
    )
    record = customer(manager.actor, city="서울시")
    work()
    receiver.answers.append(503)
    calling.send_due()
    call = OutgoingCall.objects.get()
    assert (call.state, call.status, call.attempts) == (CallState.WAITING, 503, 1)
    OutgoingCall.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    calling.send_due()
    call.refresh_from_db()
    assert (call.state, call.status) == (CallState.DONE, 200)
    headers, body = receiver.taken[-1]
    assert body["fields"] == {"name": "㈜한빛정밀", "city": "서울시"}
    assert (body["id"], body["record_type"]) == (record, "customer")
    assert headers["webhook-id"] == str(call.key)
    assert len({said["webhook-id"] for said, _body in receiver.taken}) == 1


def test_a_call_that_nobody_takes_is_given_up_and_the_log_says_so(manager, receiver):
    make_rule(
        manager.actor,
        trigger={"kind": "created"},
        steps=[{"kind": "call", "settings": {"url": receiver.address, "fields": []}}],
    )
    customer(manager.actor)
    work()
    receiver.answers.extend([500] * calling.MAX_ATTEMPTS)
    for _attempt in range(calling.MAX_ATTEMPTS):
        OutgoingCall.objects.update(next_at=timezone.now() - timedelta(seconds=1))
        calling.send_due()
    assert OutgoingCall.objects.get().state == CallState.FAILED
    run = RuleRun.objects.get()
    assert run.state == RunState.FAILED
    assert "500" in run.detail


def test_a_call_into_the_own_network_is_refused(manager, settings):
    settings.DANGOL_OUTBOUND_ALLOW = []
    make_rule(
        manager.actor,
        trigger={"kind": "created"},
        steps=[{"kind": "call", "settings": {"url": "http://127.0.0.1:9/x", "fields": []}}],
    )
    customer(manager.actor)
    work()
    calling.send_due()
    call = OutgoingCall.objects.get()
    assert call.state == CallState.WAITING
    assert call.error


def test_people_are_told_and_comments_are_written(manager, insider):
    make_rule(
        manager.actor,
        trigger={"kind": "created"},
        steps=[
            {"kind": "notify", "settings": {"people": [insider.id], "roles": []}},
            {"kind": "comment", "settings": {"text": "{name}: 새 고객이에요"}},
        ],
    )
    record = customer(manager.actor)
    work()
    told = Notification.objects.get(kind="rule")
    assert (told.user_id, told.target_type, told.target_id) == (insider.id, "customer", record)
    assert Comment.objects.get().body == "㈜한빛정밀: 새 고객이에요"


def test_a_fact_of_another_room_sets_a_rule_off(manager):
    rule = make_rule(
        manager.actor,
        record_type="interaction",
        trigger={"kind": "event", "event": "interactions.task_completed"},
        steps=[set_to(body="끝냈어요")],
    )
    record = customer(manager.actor)
    task = interaction_log(actor=manager.actor, kind="task", subject="견적", customer_id=record)
    work()
    assert runs(rule) == []
    task_complete(interaction_id=task, actor=manager.actor)
    work()
    assert value(task, "body", record_type="interaction") == "끝냈어요"


def test_an_act_for_many_records_is_a_step(manager, insider):
    make_rule(
        manager.actor,
        trigger={"kind": "created"},
        steps=[{"kind": "act", "settings": {"act": "hand_over", "input_owner": str(insider.id)}}],
    )
    record = customer(manager.actor)
    work()
    assert value(record, "owner_id") == insider.id


def test_programs_list_switch_and_press(manager, insider, outsider):
    rule = make_rule(
        manager.actor,
        trigger={"kind": "button", "label": "이전"},
        condition="stage = new",
        steps=[set_to(city="부산시")],
    )
    record = customer(insider.actor, stage="new")
    assert [one["id"] for one in manager.api.get("/api/v1/rules").json()["items"]] == [rule.pk]
    assert insider.api.get("/api/v1/rules").status_code == 403
    pressed = f"/api/v1/rules/{rule.pk}/run"

    def press(person, number=record):
        return person.api.post(pressed, {"record_id": number}, content_type="application/json")

    assert press(outsider).status_code == 404
    answer = press(insider)
    assert answer.status_code == 202
    assert len(answer.json()["runs"]) == 1
    work()
    assert value(record, "city") == "부산시"
    assert [one["state"] for one in insider.api.get("/api/v1/rules/runs").json()["items"]] == ["done"]
    assert outsider.api.get("/api/v1/rules/runs").json()["items"] == []
    off = manager.api.patch(f"/api/v1/rules/{rule.pk}", {"active": False}, content_type="application/json")
    assert off.json()["active"] is False
    assert press(insider).status_code == 404
    wrong = manager.api.patch(f"/api/v1/rules/{rule.pk}", {"active": 1}, content_type="application/json")
    assert wrong.status_code == 422


def test_a_button_of_a_rule_whose_condition_does_not_hold_does_nothing(manager):
    rule = make_rule(
        manager.actor,
        trigger={"kind": "button", "label": "이전"},
        condition="stage = active",
        steps=[set_to(city="부산시")],
    )
    record = customer(manager.actor, stage="new", city="서울시")
    answer = manager.client.post(f"/automation/{rule.pk}/press/{record}/", follow=True)
    assert "조건에 맞지 않아요" in answer.content.decode()
    assert value(record, "city") == "서울시"
