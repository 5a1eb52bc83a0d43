"""A connection that stays open lives no longer than pages would be answered, and keeps no session alive."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client

from dangol.identity import services, sessions
from dangol.identity.in_force import sessions_in_force
from tests.cast import SYSTEM, Person
from tests.signin.test_seeing import looking
from tests.signin.test_sessions_and_policy import aged, signed_in

pytestmark = pytest.mark.django_db


def holds(client: Client) -> bool:
    key = client.session.session_key
    return key in sessions_in_force([key, "no-such-session"])


def test_a_session_holds_for_its_user(insider: Person, teammate: Person) -> None:
    mine, theirs = signed_in(insider), signed_in(teammate)
    found = sessions_in_force([mine.session.session_key, theirs.session.session_key])
    assert {user.pk for user in found.values()} == {insider.id, teammate.id}
    assert not sessions_in_force([])


def test_however_many_sessions_cost_two_queries(
    insider: Person, teammate: Person, django_assert_num_queries
) -> None:
    keys = [signed_in(who).session.session_key for who in (insider, teammate, insider)]
    with django_assert_num_queries(2):
        assert len(sessions_in_force(keys)) == 3


def test_it_ends_with_the_session_the_user_and_the_policy(insider: Person) -> None:
    client = signed_in(insider)
    services.policy_save(actor=SYSTEM, idle_minutes=30, session_hours=8)
    assert holds(client)
    aged(client, seen=31 * 60)
    assert not holds(client)
    aged(client, seen=-31 * 60, began=8 * 3600)
    assert not holds(client)
    client = signed_in(insider)
    services.user_end_sessions(user=insider.user, actor=SYSTEM)
    assert not holds(client)
    client = signed_in(insider)
    services.user_deactivate(user=insider.user, actor=SYSTEM)
    assert not holds(client)


@pytest.mark.parametrize("rule", ["administrators", "everyone"])
def test_who_must_set_up_a_second_factor_first_holds_nothing(
    insider: Person, administrator: Person, rule: str
) -> None:
    clients = signed_in(administrator), signed_in(insider)
    assert [holds(client) for client in clients] == [True, True]
    services.policy_save(actor=SYSTEM, second_factor=rule)
    assert [holds(client) for client in clients] == [False, rule == "administrators"]
    session = clients[0].session
    session[sessions.FACTOR_ELSEWHERE] = True
    session.save()
    assert holds(clients[0]), "the provider asked for it"


def test_a_session_of_somebody_elses_making_holds_nothing(insider: Person, teammate: Person) -> None:
    client = signed_in(insider)
    session = client.session
    session[SESSION_KEY] = str(teammate.id)
    session.save()
    assert not holds(client)


def test_what_a_page_fetches_by_itself_is_no_use_of_the_session(insider: Person) -> None:
    client = signed_in(insider)
    aged(client, seen=120)
    client.get("/notifications/count/", headers={"X-Unasked": "1"})
    assert time.time() - client.session[sessions.SEEN_AT] > 100
    client.get("/notifications/count/")
    assert time.time() - client.session[sessions.SEEN_AT] < 10


def test_looking_through_anothers_eyes_holds_no_stream_and_no_bell(
    administrator: Person, insider: Person
) -> None:
    client = looking(administrator, insider)
    assert not holds(client)
    assert "data-url-stream" not in client.get("/customers/").content.decode()
    assert client.get(f"/live/present/?here=user_account:{insider.id}").status_code == 404
    client.post("/settings/see-as/end/")
    assert holds(client)
    assert "data-url-stream" in client.get("/customers/").content.decode()
