"""Input that has broken other systems, at every door: an answer that says so, never an error of ours."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from dangol.integrations import services
from tests.access.nasty import NASTY, SHORT

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_nasty_values_are_answered_at_every_door(administrator, receiver, settings, tmp_path):
    settings.DATA = tmp_path
    made, _secret = services.endpoint_save(
        actor=administrator.actor, name="x", url=receiver.url, owner=administrator.user, events=["customer.created"]
    )  # fmt: skip
    api, one = administrator.api, f"/api/v1/webhooks/{made.pk}"
    for value in NASTY:
        asked = [
            *(api.get("/api/v1/changes", {name: value}) for name in ("after", "types", "limit", "wait")),
            *(api.get(f"{one}/messages", {name: value}) for name in ("state", "limit", "after")),
            api.get("/api/v1/bulk/jobs", {"limit": value}),
        ]
        for place in (
            "/api/v1/webhooks",
            one,
            f"{one}/replay",
            f"{one}/secret",
            "/mcp",
            "/api/v1/bulk?type=customer&operation=create",
        ):
            asked += [
                api.generic(verb, place, value.encode(errors="replace"), content_type="application/json")
                for verb in ("POST", "PATCH")
            ]
        for name in ("name", "url", "events", "filter", "owner", "rate", "includes_record"):
            asked.append(api.patch(one, json.dumps({name: value}), content_type="application/json"))
        for name in ("ids", "since", "all"):
            asked.append(
                api.post(f"{one}/replay", json.dumps({name: value}), content_type="application/json")
            )
        for tool in ("search", "list_records", "read_record", "update_record", "run_act", value):
            arguments = {"type": "customer", "query": value, "filter": value, "id": value, "values": {value: value}, "select": {"filter": value}}  # fmt: skip
            for given in (
                arguments,
                {"type": value},
                {"query": value},
                {"type": "customer", "filter": value},
                value,
            ):
                call = {
                    "jsonrpc": "2.0",
                    "id": 1,
                    "method": "tools/call",
                    "params": {"name": tool, "arguments": given},
                }
                asked.append(api.post("/mcp", json.dumps(call), content_type="application/json"))
        for answer in asked:
            assert answer.status_code < 500, (answer.request["PATH_INFO"], value[:60])


def test_nasty_parts_of_addresses_are_not_there(administrator):
    for value in SHORT:
        for place in ("webhooks/{}", "webhooks/{}/messages", "bulk/jobs/{}", "bulk/jobs/{}/results"):
            assert administrator.api.get(f"/api/v1/{place.format(quote(value, safe=''))}").status_code in (
                400,
                404,
            )
    assert administrator.client.get(f"/settings/webhooks/{2**70}/").status_code == 404
    assert administrator.client.post(f"/settings/keys/{2**70}/revoke/").status_code == 404
