"""The stream of an open page: who gets one, what is said in it, and when it ends."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction

from dangol.events import wire
from dangol.identity.services import user_deactivate, user_end_sessions, user_set_password, user_update
from dangol.interactions.live import stream as streaming
from dangol.interactions.models.presence import Presence
from dangol.interactions.notifications.services import notify
from dangol.records import registry, writing
from tests.cast import SYSTEM
from tests.interactions.live.conftest import cookie_of, page

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(act, *arguments, **named):
    """Do something in another thread, as another request would."""
    return sync_to_async(act, thread_sensitive=True)(*arguments, **named)


def run(story):
    """Run an asynchronous story; its own connections are closed by the fixture."""

    async def told():
        try:
            await asyncio.wait_for(story(), 60)
        finally:
            await elsewhere(connections.close_all)

    asyncio.run(told())


@pytest.fixture
def customer(insider):
    return writing.create(registry.get("customer"), {"name": "한빛정밀"}, actor=insider.actor)


def change(pk, by, **values):
    return elsewhere(lambda: writing.update(registry.get("customer"), pk, values, actor=by.actor))


def test_a_page_hears_what_others_change_and_not_what_its_own_user_does(streams, customer, insider, teammate):
    mine, theirs = cookie_of(insider), cookie_of(teammate)

    async def story():
        on = f"on=customer:{customer}@1"
        async with streams() as all_, page(all_, theirs, on) as seen, page(all_, mine, on) as own:
            await change(customer, insider, city="부산시")
            assert await seen.until("changed") == {"type": "customer", "versions": {str(customer): 2}}
            await own.silence()

    run(story)


def test_a_stream_carries_ids_and_no_contents(streams, customer, teammate, insider):
    cookie = cookie_of(teammate)

    async def story():
        async with streams() as all_, page(all_, cookie, f"on=customer:{customer}@1") as seen:
            await change(customer, insider, city="비밀스러운 도시")
            data = await seen.until("changed")
            assert set(data) == {"type", "versions"}
            assert "도시" not in str(data)

    run(story)


def test_ids_of_another_team_are_never_sent(streams, customer, insider, outsider):
    """Not when they are asked for by name, not in a flood that names none, not when they come back."""
    cookie = cookie_of(outsider)

    async def story():
        query = f"on=customer:{customer}@1&here=customer:{customer}"
        async with streams() as all_, page(all_, cookie, query) as seen:
            assert {name for name, _data in seen.first} == {"count"}
            await change(customer, insider, city="부산시")
            await elsewhere(wire.tell, "changed", range(1, 2000), record_type="customer")
            await elsewhere(wire.tell, "present", [customer], record_type="customer")
            await seen.silence(1.0)
            assert await elsewhere(Presence.objects.count) == 0
        async with streams() as all_, page(all_, cookie, query) as seen:
            assert {name for name, _data in seen.first} == {"count"}

    run(story)


def test_a_right_that_is_lost_while_the_page_is_open_counts_at_once(
    streams, customer, company, teammate, insider
):
    cookie = cookie_of(teammate)

    async def story():
        async with streams() as all_, page(all_, cookie, f"on=customer:{customer}@1") as seen:
            await elsewhere(
                user_update, user=teammate.user, actor=SYSTEM, team=company.busan, territory=company.south
            )
            await change(customer, insider, city="부산시")
            await seen.silence(1.0)

    run(story)


@pytest.mark.parametrize("visitor", ["anonymous", "forged"])
def test_who_is_not_signed_in_gets_no_stream(streams, visitor):
    cookie = {"anonymous": "", "forged": "dangol_session=abcdefghijklmnop"}[visitor]

    async def story():
        async with streams() as all_, page(all_, cookie) as refused:
            assert refused.status == 401
            assert not all_.hub.streams

    run(story)


def test_another_site_gets_no_stream(streams, insider):
    cookie = cookie_of(insider)

    async def story():
        async with streams() as all_, page(all_, cookie, **{"sec-fetch-site": "cross-site"}) as refused:
            assert refused.status == 403

    run(story)


@pytest.mark.parametrize(
    "query",
    [
        "on=nothing:1",
        "on=customer:x",
        "on=customer:1@-1",
        "here=customer:",
        "on=" + "customer:" + "1," * 2 + "%00",
    ],
)
def test_nonsense_is_refused(streams, insider, query):
    cookie = cookie_of(insider)

    async def story():
        async with streams() as all_, page(all_, cookie, query) as refused:
            assert refused.status == 400

    run(story)


def too_many(record_type="customer", count=301):
    return f"on={record_type}:" + ",".join(f"{pk}@1" for pk in range(1, count + 1))


def test_more_records_than_a_page_shows_are_refused(streams, insider):
    cookie = cookie_of(insider)

    async def story():
        async with streams() as all_, page(all_, cookie, too_many()) as refused:
            assert refused.status == 400

    run(story)


@pytest.mark.parametrize("act", [user_deactivate, user_end_sessions, "password", "logout"])
def test_a_revoked_session_is_cut(streams, insider, act):
    cookie = cookie_of(insider)

    def revoke():
        if act == "password":
            user_set_password(user=insider.user, password="another-spring-rain-43", actor=SYSTEM)
        elif act == "logout":
            insider.client.logout()
        else:
            act(user=insider.user, actor=SYSTEM)

    async def story():
        async with streams() as all_, page(all_, cookie) as seen:
            assert seen.status == 200
            await all_.hub.recheck()
            assert len(all_.hub.streams) == 1
            await elsewhere(revoke)
            await all_.hub.recheck()
            for _ in range(100):
                if not all_.hub.streams:
                    break
                await asyncio.sleep(0.02)
            assert not all_.hub.streams
            assert all_.open == 0

    run(story)


def test_a_page_that_comes_back_hears_what_it_missed(streams, customer, teammate, insider):
    cookie = cookie_of(teammate)

    async def story():
        async with streams() as all_:
            async with page(all_, cookie, f"on=customer:{customer}@1"):
                pass
            await change(customer, insider, city="부산시")
            await change(customer, insider, city="대구시")
            async with page(all_, cookie, f"on=customer:{customer}@1") as seen:
                missed = {"type": "customer", "versions": {str(customer): 3}}
                assert ("changed", missed) in seen.first
            async with page(all_, cookie, f"on=customer:{customer}@3") as seen:
                assert "changed" not in dict(seen.first)

    run(story)


def test_what_happened_while_the_listening_connection_was_away_is_not_lost(
    streams, customer, teammate, insider
):
    cookie = cookie_of(teammate)

    def lose_it():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'dangol-live' AND datname = current_database()"
            )
            assert cursor.rowcount >= 1
        writing.update(registry.get("customer"), customer, {"city": "부산시"}, actor=insider.actor)

    async def story():
        async with streams() as all_, page(all_, cookie, f"on=customer:{customer}@1") as seen:
            await elsewhere(lose_it)
            assert (await seen.until("changed", 8))["versions"] == {str(customer): 2}

    run(story)


def test_a_flood_is_one_look_a_breath(streams, customer, teammate, insider, monkeypatch):
    monkeypatch.setattr(streaming, "BREATH_SECONDS", 0.5)
    cookie = cookie_of(teammate)

    async def story():
        async with streams() as all_, page(all_, cookie, f"on=customer:{customer}@1") as seen:
            for number in range(30):
                await change(customer, insider, city=f"도시 {number}")
            last, events = 0, 0
            while last < 31:
                last = (await seen.until("changed"))["versions"][str(customer)]
                events += 1
            assert events < 15

    run(story)


def test_one_user_has_so_many_pages_and_no_more(streams, insider, monkeypatch):
    monkeypatch.setattr(streaming, "PER_USER", 2)
    cookie = cookie_of(insider)

    async def story():
        async with streams() as all_, page(all_, cookie), page(all_, cookie), page(all_, cookie) as refused:
            assert refused.status == 429
            assert int(refused.headers["retry-after"]) > 0
        async with streams() as all_, page(all_, cookie) as seen:
            assert seen.status == 200

    run(story)


def test_a_full_process_sends_pages_away(streams, insider):
    cookie = cookie_of(insider)

    async def story():
        async with streams(limit=1) as all_, page(all_, cookie), page(all_, cookie) as refused:
            assert refused.status == 503

    run(story)


def test_the_bell_counts_without_a_reload(streams, customer, insider, teammate):
    cookie = cookie_of(teammate)

    async def story():
        async with streams() as all_, page(all_, cookie) as seen:
            assert ("count", {"unread": 0}) in seen.first
            await elsewhere(
                notify,
                kind="assigned",
                users=[teammate.id],
                target_type="customer",
                target_id=customer,
                by=insider.id,
            )
            assert await seen.until("count") == {"unread": 1}

    run(story)


def test_a_rolled_back_change_is_not_told(streams, customer, teammate, insider):
    cookie = cookie_of(teammate)

    def fail():
        with transaction.atomic():
            writing.update(registry.get("customer"), customer, {"city": "부산시"}, actor=insider.actor)
            transaction.set_rollback(True)

    async def story():
        async with streams() as all_, page(all_, cookie, f"on=customer:{customer}@1") as seen:
            await elsewhere(fail)
            await seen.silence()

    run(story)


def test_heartbeats_keep_proxies_from_closing(streams, insider, monkeypatch):
    monkeypatch.setattr(streaming, "HEARTBEAT_SECONDS", 0.1)
    cookie = cookie_of(insider)

    async def story():
        async with streams() as all_, page(all_, cookie) as seen:
            assert (await asyncio.wait_for(seen.texts.get(), 3)).startswith(": ")
            assert seen.headers["content-type"].startswith("text/event-stream")
            assert seen.headers["x-accel-buffering"] == "no"

    run(story)
