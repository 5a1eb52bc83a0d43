"""Assistants over HTTP and over standard input and output, by the protocol's own client."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from django.test import Client as Caller
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from dangol.customers.models import Customer
from dangol.identity.models import FieldRule, Rule
from dangol.identity.services import token_create
from dangol.interactions.models import Interaction
from dangol.records import registry, writing
from dangol.records.models import Change
from tests.cast import SYSTEM
from tests.config.installation import COMMAND, Installation


@asynccontextmanager
async def over_http(url, key, mode):
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=60) as web,
        Client(streamable_http_client(f"{url}/api/mcp", http_client=web), mode=mode) as client,
    ):
        yield client


def key_of(person, **options):
    _token, text = token_create(user=person.user, name="assistant", actor=SYSTEM, **options)
    return text


async def told(client, tool, **arguments):
    result = await client.call_tool(tool, arguments)
    text = result.content[0].text
    return result.is_error, json.loads(text) if text[:1] in "{[" else text


@pytest.fixture
def ask(live_server):
    """Lets an assistant work: `ask(person, work)`, where `work` is a coroutine function that gets the client."""

    def run(key, work, mode="auto"):
        async def main():
            async with over_http(live_server.url, key, mode) as client:
                return await work(client)

        return asyncio.run(main())

    return run


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_assistant_finds_reads_writes_and_acts_as_the_owner_of_its_key(ask, insider, outsider, mode):
    customer = writing.create(
        registry.get("customer"), {"name": "한빛정밀", "kind": "company"}, actor=insider.actor
    )
    hidden = writing.create(
        registry.get("customer"), {"name": "비밀정밀", "kind": "company"}, actor=outsider.actor
    )

    async def work(client):
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools["read_record"].annotations.read_only_hint
        assert tools["delete_record"].annotations.destructive_hint
        failed, types = await told(client, "describe_types")
        assert not failed
        assert {"customers", "interactions"} <= {one["path"] for one in types["items"]}
        _failed, described = await told(client, "describe_type", type="customers")
        stage = next(field for field in described["fields"] if field["name"] == "stage")
        assert {"code": "active", "label": "유지"} in stage["choices"]
        assert "edit" in {act["name"] for act in described["acts"]}
        _failed, found = await told(client, "search", query="ㅎㅂㅈ")
        assert [one["title"] for one in found["items"]] == ["한빛정밀"]
        _failed, listed = await told(
            client, "list_records", type="customers", filter='name contains "정밀"', fields=["name"]
        )
        assert [one["name"] for one in listed["items"]] == ["한빛정밀"]
        failed, refused = await told(client, "read_record", type="customers", id=hidden)
        assert (failed, refused["status"]) == (True, 404)
        failed, note = await told(
            client, "create_record", type="interactions",
            values={"kind": "note", "subject": "납기 확인", "customer": customer},
        )  # fmt: skip
        assert not failed
        _failed, entries = await told(client, "read_timeline", type="customers", id=customer)
        assert "납기 확인" in json.dumps(entries, ensure_ascii=False)
        _failed, read = await told(client, "read_record", type="customers", id=customer)
        failed, changed = await told(
            client,
            "update_record",
            type="customers",
            id=customer,
            values={"city": "창원시"},
            version=read["version"],
        )
        assert (failed, changed["city"]) == (False, "창원시")
        failed, stale = await told(
            client,
            "update_record",
            type="customers",
            id=customer,
            values={"city": "부산"},
            version=read["version"],
        )
        assert (failed, stale["status"]) == (True, 409)
        failed, preview = await told(
            client,
            "act_on_records",
            type="customers",
            act="edit",
            ids=[customer],
            change={"stage": {"set": "active"}},
        )
        assert not failed, preview
        return note["id"]

    note = ask(key_of(insider), work, mode)
    assert Interaction.objects.get(pk=note).owner_id == insider.id
    assert Customer.objects.get(pk=customer).stage != "active"
    change = Change.objects.get(table="customers_customer", record_id=customer, action="update")
    assert change.origin == "mcp"
    assert "도우미" in insider.client.get(f"/customers/{customer}/history/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_field_rules_and_the_limits_of_a_key_hold_for_assistants(ask, insider):
    customer = writing.create(
        registry.get("customer"),
        {"name": "한빛정밀", "kind": "company", "city": "창원시"},
        actor=insider.actor,
    )
    FieldRule.objects.create(
        role=insider.user.roles.get(), record_type="customer", field="city", rule=Rule.HIDDEN
    )

    async def work(client):
        _failed, described = await told(client, "describe_type", type="customers")
        assert "city" not in {field["name"] for field in described["fields"]}
        _failed, read = await told(client, "read_record", type="customers", id=customer)
        assert "창원시" not in json.dumps(read, ensure_ascii=False)
        failed, answer = await told(client, "list_records", type="customers", filter="city = 창원시")
        assert failed
        failed, answer = await told(
            client, "update_record", type="customers", id=customer, values={"name": "다른 이름"}
        )
        assert (failed, answer["status"]) == (True, 403)
        failed, answer = await told(client, "delete_record", type="customers", id=customer)
        assert (failed, answer["status"]) == (True, 403)

    ask(key_of(insider, actions=["view"]), work)
    assert Customer.objects.get(pk=customer).name == "한빛정밀"


@pytest.mark.django_db(transaction=True)
def test_what_makes_no_call_is_refused_with_what_would_be_right(ask, insider):
    async def work(client):
        failed, text = await told(client, "read_record", type="customers")
        assert failed
        assert "id" in text
        failed, text = await told(client, "list_records", type="../users", limit=9_000)
        assert failed
        assert "type" in text
        assert "limit" in text
        failed, text = await told(client, "act_on_records", type="customers", act="delete")
        assert failed
        assert "ids" in text
        failed, text = await told(client, "sing")
        assert failed
        assert "read_record" in text

    ask(key_of(insider), work)


@pytest.mark.django_db
def test_a_session_of_a_browser_is_no_key_and_there_is_no_stream(insider):
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert insider.client.post("/api/mcp", message, "application/json").status_code == 401
    assert Caller().post("/api/mcp", message, "application/json").status_code == 401
    answer = insider.api.get("/api/mcp")
    assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")


@pytest.mark.slow
def test_an_assistant_on_this_machine_speaks_over_standard_input_and_output(tmp_path):
    installation = Installation(tmp_path / "data")
    installation.run("migrate")
    installation.run("user", "add", "kim@example.com", "--name", "김지우", "--administrator")
    key = installation.run("token", "create", "--user", "kim@example.com").split()[-1]
    refused = installation.run("mcp", fails=True)
    assert "DANGOL_TOKEN" in refused

    async def main():
        parameters = StdioServerParameters(
            command=COMMAND[0],
            args=[*COMMAND[1:], "mcp"],
            env={**installation.environment, "DANGOL_TOKEN": key},
            cwd=Path.cwd(),
        )
        async with Client(parameters) as client:
            failed, made = await told(
                client, "create_record", type="customers", values={"name": "한빛정밀", "kind": "company"}
            )
            assert not failed, made
            _failed, found = await told(client, "search", query="한빛")
            return [one["title"] for one in found["items"]]

    assert asyncio.run(main()) == ["한빛정밀"]
