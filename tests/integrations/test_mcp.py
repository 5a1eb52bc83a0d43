"""Assistants work under the rights of their token, by stdio and by HTTP, through the SDK's own client."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.test import Client as Browser

from dangol.identity.services import role_save, token_create, token_revoke
from dangol.integrations.mcp import protocol, registry
from dangol.records import registry as types
from dangol.records import writing
from dangol.records.models import Change
from tests.cast import SYSTEM, person

TREE = Path(__file__).resolve().parents[2]
JSON = "application/json"


def call(actor, tool, **arguments):
    """What a tool answers, and whether it refused."""
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments},
    }
    result = protocol.answer(message, actor)["result"]
    return result["structuredContent"], result["isError"]


def customer(who, name="한빛상사", **values):
    return writing.create(types.get("customer"), {"name": name, **values}, actor=who.actor)


@pytest.mark.django_db
def test_the_tools_find_read_make_change_and_delete(insider):
    actor = insider.actor
    kinds, _error = call(actor, "describe_types")
    assert {"customer", "contact", "order"} <= {kind["type"] for kind in kinds["types"]}
    fields, _error = call(actor, "describe_fields", type="customer")
    assert {"name", "city", "owner"} <= {field["name"] for field in fields["fields"]}
    made, error = call(actor, "create_record", type="customer", values={"name": "한빛상사", "city": "부산"})
    assert not error
    found, _error = call(actor, "search", query="ㅎㅂㅅㅅ")
    assert found["items"][0]["id"] == made["id"]
    listed, _error = call(actor, "list_records", type="customer", filter='city = "부산"', fields=["name"])
    assert listed["items"] == [{"id": made["id"], "version": 1, "name": "한빛상사"}]
    changed, error = call(
        actor, "update_record", type="customer", id=made["id"], values={"city": "서울"}, version=1
    )
    assert (changed["city"], changed["version"], error) == ("서울", 2, False)
    assert Change.objects.get(record_id=made["id"]).origin == "mcp"
    late, error = call(
        actor, "update_record", type="customer", id=made["id"], values={"city": "대전"}, version=1
    )
    assert error
    assert late["status"] == 409
    shown, error = call(actor, "timeline", type="customer", id=made["id"])
    assert not error
    assert "items" in shown
    gone, error = call(actor, "delete_record", type="customer", id=made["id"])
    assert not error
    assert gone["deleted"] == made["id"]
    assert call(actor, "read_record", type="customer", id=made["id"])[1]


@pytest.mark.django_db
def test_acts_on_many_are_tried_and_carried_out(insider):
    ids = [customer(insider, f"상사 {number}") for number in range(3)]
    acts, _error = call(insider.actor, "list_acts", type="customer")
    assert "edit" in {act["act"] for act in acts["acts"]}
    asked = {"type": "customer", "select": {"ids": ids}, "change": {"city": {"set": "부산"}}}
    tried, error = call(insider.actor, "run_act", **asked, dry_run=True)
    assert (tried["changing"], error) == (3, False)
    done, error = call(insider.actor, "run_act", **asked)
    assert (done["state"], done["changed"], error) == ("finished", 3, False)
    cities = types.get("customer").model.objects.values_list("city", flat=True)
    assert set(cities) == {"부산"}


@pytest.mark.django_db
def test_no_tool_shows_or_changes_what_the_user_may_not_see(insider, outsider, nobody):
    number = customer(insider, "비밀정밀", city="부산")
    before = list(types.get("customer").model.objects.values("version", "name", "deleted_at"))
    values = {"name": "x"}
    for visitor in (outsider, nobody):
        actor = visitor.actor
        for tool in registry.tools():
            for arguments in (
                {}, {"type": "customer"}, {"type": "customer", "id": number}, {"query": "비밀정밀"},
                {"type": "customer", "id": number, "values": values}, {"type": "customer", "filter": 'city = "부산"'},
                {"type": "customer", "select": {"ids": [number]}, "change": {"name": {"set": "x"}}},
            ):  # fmt: skip
                result, _error = call(actor, tool.name, **arguments)
                assert "비밀정밀" not in str(result), tool.name
    assert list(types.get("customer").model.objects.values("version", "name", "deleted_at")) == before


@pytest.mark.django_db
def test_hidden_fields_are_not_there_and_masked_ones_masked(company, administrator):
    role = role_save(
        actor=SYSTEM, code="thin", name="thin", grants=[("customer", "view", "all")],
        rules={("customer", "phone"): "masked", ("customer", "email"): "hidden"},
    )  # fmt: skip
    thin = person("thin@example.com", "송하린", roles=(role.code,), team=company.busan)
    number = customer(administrator, phone="010-1234-5678", email="kept@hanbit.example")
    fields, _error = call(thin.actor, "describe_fields", type="customer")
    assert "email" not in {field["name"] for field in fields["fields"]}
    shown, _error = call(thin.actor, "read_record", type="customer", id=number)
    assert shown["phone"] == "010-****-5678"
    assert "email" not in shown
    assert call(thin.actor, "list_records", type="customer", filter='email = "kept@hanbit.example"')[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("read_record", {"type": "customer"}),
        ("read_record", {"type": "customer", "id": "1"}),
        ("read_record", {"type": "customer", "id": 2**70}),
        ("read_record", {"type": "customer", "id": True}),
        ("read_record", {"type": "nothing", "id": 1}),
        ("read_record", {"type": "customer", "id": 1, "more": 1}),
        ("list_records", {"type": "customer", "filter": "((("}),
        ("list_records", {"type": "customer", "filter": '{"and":[' * 400}),
        ("list_records", {"type": "customer", "sort": "nothing"}),
        ("list_records", {"type": "customer", "after": "x"}),
        ("list_records", {"type": "customer", "limit": 1_000}),
        ("list_records", {"type": "customer", "fields": [1]}),
        ("create_record", {"type": "customer", "values": {"name": ""}}),
        ("create_record", {"type": "customer", "values": {"nothing": 1}}),
        ("search", {"query": " "}),
        ("search", {"query": "a\0b"}),
        ("timeline", {"type": "customer", "id": 1}),
        ("run_act", {"type": "customer", "select": {"ids": []}}),
        ("run_act", {"type": "customer", "select": {"ids": [1]}, "act": "explode"}),
    ],
)
def test_a_wrong_call_is_refused_with_what_would_be_right(administrator, tool, arguments):
    result, error = call(administrator.actor, tool, **arguments)
    assert error
    assert result["status"] in (400, 404, 422)
    assert result["detail"]


@pytest.mark.django_db
def test_the_door_over_http_opens_for_tokens_only(insider, administrator):
    ping = {"jsonrpc": "2.0", "id": 7, "method": "ping"}
    api = insider.api
    assert api.post("/mcp", ping, content_type=JSON).json() == {"jsonrpc": "2.0", "id": 7, "result": {}}
    assert Browser().post("/mcp", ping, content_type=JSON).status_code == 401
    assert administrator.client.post("/mcp", ping, content_type=JSON).status_code == 401
    assert (
        Browser(headers={"authorization": "Bearer dgl_x_y"}).post("/mcp", ping, content_type=JSON).status_code
        == 401
    )
    assert api.get("/mcp").status_code == api.delete("/mcp").status_code == 405
    assert (
        api.post(
            "/mcp", {"jsonrpc": "2.0", "method": "notifications/initialized"}, content_type=JSON
        ).status_code
        == 202
    )
    assert api.post("/mcp", b"[" * 3000, content_type=JSON).status_code == 400
    assert api.post("/mcp", [ping], content_type=JSON).json()["error"]["code"] == protocol.PARSE
    assert api.post("/mcp", {"id": 1}, content_type=JSON).status_code == 400
    unknown = api.post("/mcp", {**ping, "method": "x"}, content_type=JSON).json()
    assert unknown["error"]["code"] == protocol.NO_METHOD
    future = api.post("/mcp", ping, content_type=JSON, headers={"MCP-Protocol-Version": "2099-01-01"})
    assert future.json()["error"]["data"]["supported"] == list(protocol.VERSIONS)


async def _conversation(client, number):
    """What an assistant does, by the SDK."""
    listed = await client.list_tools()
    names = {tool.name for tool in listed.tools}
    read = await client.call_tool("read_record", {"type": "customer", "id": number})
    made = await client.call_tool("create_record", {"type": "customer", "values": {"name": "새로상사"}})
    wrong = await client.call_tool("read_record", {"type": "customer", "id": 10**9})
    return names, read, made, wrong


def _proved(answers):
    names, read, made, wrong = answers
    assert {"search", "list_records", "read_record", "create_record", "update_record", "run_act"} <= names
    assert read.structured_content["name"] == "한빛상사"
    assert not read.is_error
    assert made.structured_content["name"] == "새로상사"
    assert wrong.is_error
    assert types.get("customer").model.objects.filter(name="새로상사").exists()


@pytest.mark.django_db(transaction=True)
def test_the_sdk_talks_to_the_server_over_http(insider):
    import httpx2
    from django.core.wsgi import get_wsgi_application
    from django.db import connections
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    number = customer(insider)
    _token, text = token_create(user=insider.user, name="assistant", actor=SYSTEM)

    class Quiet(WSGIRequestHandler):
        def log_message(self, *args):
            pass

    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)

    def serve():
        try:
            server.serve_forever(poll_interval=0.02)
        finally:
            connections.close_all()

    thread = threading.Thread(target=serve)
    thread.start()

    async def talk():
        url = f"http://127.0.0.1:{server.server_port}/mcp"
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {text}"}) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            return await _conversation(client, number)

    try:
        answers = asyncio.run(talk())
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    _proved(answers)


@pytest.mark.django_db(transaction=True)
def test_the_sdk_talks_to_the_command_over_stdio(insider):
    from django.db import connection
    from mcp import Client, StdioServerParameters
    from mcp.shared.exceptions import MCPError

    number = customer(insider)
    token, text = token_create(user=insider.user, name="assistant", actor=SYSTEM)
    settings = connection.settings_dict
    environment = {
        **os.environ,
        "PYTHONPATH": f"{TREE / 'src'}:{TREE}",
        "DANGOL_TOKEN": text,
        "DATABASE_URL": _address(settings),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "dangol.config", "mcp"], env=environment, cwd=str(TREE)
    )

    async def talk():
        async with Client(parameters) as client:
            answers = await _conversation(client, number)
            await asyncio.to_thread(_revoke, token)
            try:
                await client.call_tool("describe_types", {})
            except MCPError as error:
                return answers, str(error)
            return answers, ""

    answers, refusal = asyncio.run(talk())
    _proved(answers)
    assert "토큰" in refusal


def _revoke(token):
    from django.db import connection

    try:
        token_revoke(token=token, actor=SYSTEM)
    finally:
        connection.close()


def _address(settings) -> str:
    from psycopg.conninfo import make_conninfo

    return make_conninfo(
        dbname=settings["NAME"], user=settings["USER"] or None, password=settings["PASSWORD"] or None,
        host=settings["HOST"] or None, port=settings["PORT"] or None,
    )  # fmt: skip
