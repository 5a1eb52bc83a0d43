"""Hostile input at every door: whatever stands in an address, a form or a body, the answer is never a 500.

What is tried stands in `nasty.py`.
"""

from __future__ import annotations

import base64
import json
import logging
import traceback
from functools import partial
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dangol.records import registry, writing
from tests.access.nasty import CURSORS, FILTERS, HUGE, IDS, INVALID, KINDS, NASTY, PAGES, RAW, SHORT
from tests.cast import SYSTEM

pytestmark = pytest.mark.django_db

ADDRESSES = {
    "/customers/": ["filter", "sort", "cols", "after", "before", "add_field", "add_value&add_field=name"],
    "/order-lines/": ["filter", "sort", "cols", "after", "before"],
    "/products/": ["filter", "sort", "after"],
    "/customers/count/": ["filter"],
    "/customers/suggest/": ["q", "cursor"],
    "/customers/bin/": ["after", "before"],
    "/customers/new/": ["name", "owner", "parent", "since", "kind", "website", "phone"],
    "/interactions/new/": ["customer", "occurred_at", "duration_minutes"],
    "/customers/{id}/history/": ["after"],
    "/customers/{id}/cell/name/": ["shown"],
    "/search/": ["q"],
    "/lookup/customer/": ["q"],
    "/lookup/order_line/": ["q"],
    "/lookup/user/": ["q"],
    "/timeline/due/": ["when"],
    "/timeline/customer/{id}/": ["tab", "after", "tab=changes&after"],
    "/imports/": ["before"],
    "/imports/new/": ["type", "mapping"],
    "/exports/": ["before"],
    "/customers/export/": ["filter", "sort", "cols", "kind"],
    "/settings/users/": ["q", "state", "page"],
    "/settings/access-log/": ["page", "q", "before", "user", "kind", "event"],
    "/settings/work/": ["page", "state"],
    "/value/": ["page"],
    "/sign-in/": ["next"],
    "/api/v1/customers": ["filter", "sort", "limit", "after", "fields", "x"],
    "/api/v1/order-lines": ["filter", "sort", "after"],
    "/api/v1/customers/export": [
        "reason",
        "reason=12345&filter",
        "reason=12345&sort",
        "fields",
        "format",
        "encoding",
    ],
    "/api/v1/customers/{id}": ["fields"],
    "/api/v1/customers/{id}/timeline": ["limit", "after"],
    "/api/v1/customers/{id}/history": ["limit", "after"],
    "/api/v1/search": ["q", "types&q=a", "limit&q=a"],
    "/api/v1/metrics/revenue": ["from", "to", "by", "filter", "grain"],
    "/api/v1/metrics/revenue/change": ["by", "against", "filter&by=customer.grade", "from&by=customer.grade"],
    "/metrics/": ["q"],
    "/metrics/revenue/": ["from", "to", "by", "filter", "grain", "against"],
}


@pytest.fixture
def customer(administrator):
    return writing.create(registry.get("customer"), {"name": "보통 고객"}, actor=administrator.actor)


@pytest.fixture
def doors(administrator):
    """The browser and the program of somebody to whom every door is open, told not to hide a crash."""
    browser, program = administrator.client, administrator.api
    browser.raise_request_exception = program.raise_request_exception = False

    def ask(path: str, method: str = "get", **more):
        client = program if path.startswith("/api/") else browser
        if "body" in more:
            data, kind = more.pop("body"), more.pop("content_type")
            send = partial(client.generic, method.upper(), path, data, kind)
        else:
            send = partial(getattr(client, method), path)
        with transaction.atomic():
            answer = send(**more)
            if answer.status_code >= 500:
                transaction.set_rollback(True)  # so that the next answer is its own
        return answer

    return ask


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.CRITICAL + 1)


def _crashes(answers):
    """Where an answer was a 500, once for each place in the code, in words short enough to read."""
    found = {}
    for where, answer in answers:
        if answer.status_code >= 500:
            kind, error, trace = getattr(answer, "exc_info", None) or (None, "", None)
            frames = [frame for frame in traceback.extract_tb(trace) if "dangol" in frame.filename]
            place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
            found.setdefault((place, str(kind)), f"{where[:120]} → {place} {kind} {str(error)[:120]}")
    return sorted(found.values())


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_parameter_breaks_a_page(address, doors, customer):
    path = address.format(id=customer)
    asked = []
    for parameter in ADDRESSES[address]:
        before, _amp, name = parameter.rpartition("&")
        # "add_value&add_field=name": the parameter first, the others as they are
        if "=" in name:
            before, name = name, before
        prefix = f"?{before}&{name}=" if before else f"?{name}="
        is_api = path.startswith("/api/")
        values = list(RAW) if is_api else [*(quote(value, safe="") for value in PAGES), *INVALID[:2]]
        if name == "filter":
            values += [quote(text, safe="") for text in FILTERS]
        if path == "/api/v1/customers" and name == "after":
            values += [quote(cursor, safe="") + f"&sort={_sort_of(cursor)}" for cursor in CURSORS]
        elif name in ("after", "before"):
            values += [quote(cursor, safe="") + f"&sort={_sort_of(cursor)}" for cursor in CURSORS[::11]]
        asked += [(f"{path}{prefix}{value}", doors(f"{path}{prefix}{value}")) for value in values]
    assert _crashes(asked) == []


def _sort_of(cursor: str) -> str:
    try:
        packed = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return ",".join(packed[0])
    except (ValueError, TypeError, LookupError):
        return ""


def test_no_id_breaks_an_address(doors, customer):
    templates = [
        "/customers/{}/", "/customers/{}/edit/", "/customers/{}/history/", "/customers/{}/cell/name/",
        "/timeline/customer/{}/", "/settings/users/{}/", "/settings/roles/{}/", "/settings/teams/{}/",
        "/imports/{}/", "/api/v1/customers/{}", "/api/v1/customers/{}/timeline", "/api/v1/customers/{}/history",
        "/api/v1/{}", "/{}/", "/lookup/{}/", "/timeline/{}/1/", "/customers/1/cell/{}/", "/api/v1/metrics/{}",
    ]  # fmt: skip
    writing_templates = [
        "/customers/{}/edit/", "/customers/{}/delete/", "/customers/{}/restore/", "/customers/{}/cell/name/",
        "/tasks/{}/done/", "/timeline/customer/{}/add/", "/settings/users/{}/deactivate/",
        "/settings/profile/tokens/{}/revoke/", "/settings/work/deliveries/{}/retry/", "/settings/work/jobs/{}/retry/",
    ]  # fmt: skip
    asked = [(text.format(one), doors(text.format(one))) for text in templates for one in IDS]
    asked += [
        (text.format(one), doors(text.format(one), "post")) for text in writing_templates for one in IDS
    ]
    asked += [
        (f"/api/v1/customers/{one}", doors(f"/api/v1/customers/{one}", method))
        for one in IDS
        for method in ("patch", "delete", "put", "options", "trace", "head")
    ]
    assert _crashes(asked) == []


def test_no_value_breaks_a_form(doors, customer):
    fields = registry.get("customer").editable_fields
    asked = []
    for value in PAGES:
        everywhere = dict.fromkeys(fields, value) | {f"{name}-title": value for name in fields}
        asked.append((f"new all {value!r}", doors("/customers/new/", "post", data=everywhere)))
        for name in ("name", "owner", "since") if value in SHORT else ():
            data = {"name": "고객", "kind": "company", name: value, f"{name}-title": value, "version": value}
            asked.append((f"edit {name} {value!r}", doors(f"/customers/{customer}/edit/", "post", data=data)))
        for path, names in {
            f"/timeline/customer/{customer}/add/": (
                "kind",
                "text",
                "when",
                "contact",
                "minutes",
                "direction",
            ),
            "/preferences/": ("language", "theme", "next"),
            "/settings/profile/": ("name", "language", "time_zone", "theme"),
            "/settings/profile/tokens/new/": ("name", "days", "expires", "scope", "actions"),
            "/settings/users/new/": ("email", "name", "team", "territory", "roles", "time_zone"),
            "/settings/teams/new/": ("name", "parent"),
            "/settings/roles/new/": ("code", "name"),
            "/imports/new/": ("record_type", "mapping", "json"),
        }.items():
            base = {"kind": "call", "text": "통화"} if "timeline" in path else {}
            asked.append((f"{path} {value!r}", doors(path, "post", data=dict.fromkeys(names, value))))
            asked.extend(
                (f"{path} {name} {value!r}", doors(path, "post", data={**base, name: value}))
                for name in (names if value in SHORT else ())
            )
    assert _crashes(asked) == []


def test_no_value_breaks_a_body(doors, customer):
    values = [
        *NASTY, "\ud800", 2**31, 2**63, 2**70, -1, 1.5, 1e308, True, None, [], [[]], {}, {"id": 2**63}, {"id": HUGE},
        {"id": {"id": {"id": 1}}}, {"external_id": "\0"}, {"external_id": {"a": 1}}, {"nope": 1}, ["a"] * 1_000,
    ]  # fmt: skip
    path = f"/api/v1/customers/{customer}"
    asked = []
    for value in values:
        for name in (
            "name",
            "owner",
            "parent",
            "since",
            "phone",
            "email",
            "stage",
            "version",
            "id",
            "no such",
            "\0",
        ):
            body = json.dumps({name: value})
            asked.append(
                (f"{name}: {body}", doors(path, "patch", data=body, content_type="application/json"))
            )
    bodies = [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"name": "\xed\xa0\x80"}', b'{"name": "\\ud800"}', b'{"name": NaN}',
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b"[" * 100_000, b'{"name": "a", "name": "b"}', b'{"": 1}',
        b'{"name": 1' + b"0" * 5_000 + b"}", b'{"name": "' + b"a" * 2_000_000 + b'"}',
    ]  # fmt: skip
    for body in bodies:
        asked.extend(
            (repr(body[:60]), doors("/api/v1/customers", "post", body=body, content_type=kind))
            for kind in KINDS
        )
    assert _crashes(asked) == []


def test_no_header_breaks_an_answer(doors, customer):
    headers = {
        "accept-language": ["\0", "ko;q=NaN", "x" * 9_000, "*", ";;;", "zh-" + "a" * 500],
        "if-match": ["\0", '"' * 500, HUGE, f'"{HUGE}"', f'"v{2**70}"', "W/*", ","],
        "if-none-match": ["\0", HUGE, f'"{HUGE}"', ","],
        "idempotency-key": ["\0", "가", "a" * 300, "\r\n", ""],
        "x-request-id": ["\0", "a" * 9_000, "\r\nA: b", "<b>" * 9],
        "authorization": ["Bearer", "Bearer \0", "Bearer 가", "Bearer " + "a" * 9_000, "Basic ====", "\0"],
        "host": ["\0", "a" * 5_000, "evil.example", "localhost:99999", "[::1", "a b"],
        "cookie": ["dangol_session=\0", "dangol_language=\0", "dangol_theme=<b>", "messages=x", ";" * 500],
        "hx-target": ["\0", "list", "가"],
        "hx-request": ["true", "\0"],
        "hx-current-url": ["\0", "javascript:alert(1)", "http://[", "%"],
    }  # fmt: skip
    asked = []
    for name, values in headers.items():
        for value in values:
            for path in ("/search/?q=a", f"/api/v1/customers/{customer}", "/sign-in/"):
                answer = doors(path, headers={name: value})
                asked.append((f"{path} {name}: {value!r}", answer))
                assert "Set-Cookie: a" not in str(answer.headers)
                assert "evil.example" not in answer.content.decode(errors="replace")
            asked.append(
                (
                    f"POST {name}: {value!r}",
                    doors("/api/v1/customers", "post", data=b'{"name": "a"}', content_type="application/json", headers={name: value}),
                )
            )  # fmt: skip
    assert _crashes(asked) == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["filter", "sort", "after", "fields", "limit", "q"]),
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
    | st.from_regex(
        r"(not )?(name|since|owner|orders\.any\()( =| >| in| contains| is empty)?[ (]{0,2}\S{0,12}\)?"
    )
    | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()),
)
def test_whatever_is_written_is_answered(name, text, doors, customer):
    paths = ["/api/v1/search"] if name == "q" else ["/api/v1/customers", "/customers/"]
    for path in paths:
        address = f"{path}?{name}={quote(text, safe='')}"
        assert doors(address).status_code < 500, address


def test_the_house_still_stands(doors, customer):
    """After all this the pages work: nothing stored by the walks above would break them."""
    rows = [writing.Change({"name": f"고객 {value}"[:180], "description": value}) for value in NASTY]
    kept = writing.write(registry.get("customer"), rows, actor=SYSTEM, collect=True)
    assert len(kept.created) > len(rows) / 2
    for path in (
        "/customers/",
        "/",
        "/api/v1/customers",
        "/customers/?cols=description",
        f"/customers/{customer}/",
    ):
        assert doors(path).status_code == 200, path
