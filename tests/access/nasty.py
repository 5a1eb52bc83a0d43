"""Input that has broken other systems: NUL, halves of surrogate pairs, bytes that are no UTF-8, text that turns the
writing direction, numbers beyond every column, deep JSON, cursors that were made by hand.
"""

from __future__ import annotations

import base64
from urllib.parse import quote

import orjson

HUGE = "9" * 5_000
NASTY = [
    "\0",
    "a\0b",
    "\u202e\u2066gnp.exe",
    "\ufeff\u200b",
    "﷽" * 50,
    "👩‍👩‍👧‍👦",
    "'",
    '"',
    "\\",
    "%",
    "_%_",
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "{{ 7 * 7 }}{% debug %}",
    "../../../../etc/passwd",
    "\r\nSet-Cookie: a=b",
    "javascript:alert(1)",
    "-1",
    "0",
    str(2**31),
    str(2**63),
    HUGE,
    "1e999999999",
    "-0.0",
    "NaN",
    "Infinity",
    "٣",
    "²",
    "0x10",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "[]",
    "{}",
    "null",
    '{"and":[' * 400,
    "[" * 3_000,
    "(" * 3_000,
    "a" * 60_000,
    ",".join(["name"] * 2_000),
]
KINDS = ("application/json", "application/json; charset=utf-16", "text/plain", "multipart/form-data", "")
SHORT = ["\0", "\u202e\u2066gnp.exe", str(2**63), HUGE, "٣", "NaN", "-1", "1e999999999"]
"""Those that are tried in single fields; the others in all fields of a form at once."""
PAGES = ["\0", "a\0b", "\u202e\u2066gnp.exe", "'", "%", "</script><script>alert(1)</script>", "\r\nSet-Cookie: a=b", "-1",
         str(2**63), HUGE, "1e999999999", "NaN", "٣", "{}", '{"and":[' * 400, "(" * 3_000, "a" * 60_000]  # fmt: skip
"""Those for pages and forms, which cost ten times what the API costs."""
INVALID = ["%ff%fe", "%ed%a0%80", "%00", "%c0%ae%c0%ae", "%", "%zz"]
"""Bytes in an address that are no text."""
RAW = [*(quote(value, safe="") for value in NASTY), *INVALID]

FILTERS = [
    f"name = {HUGE}",
    f"id = {HUGE}",
    f"id = {2**63}",
    f"id = -{2**63}",
    f"owner = {2**63}",
    f"owner = {HUGE}",
    f"version > {2**40}",
    f"orders.count > {2**70}",
    f"orders.count = {HUGE}",
    "since = 0001-01-01",
    "since >= 9999-12-31",
    "created_at > 9999-12-31",
    "created_at = 0001-01-01",
    "created_at >= now - 999999999y",
    "created_at >= today + 999999999999999d",
    "rfm.monetary > 99999999999999999999999999999",
    "rfm.recency = 1.5",
    "rfm.recency > 99999999999999999999",
    "orders.any(amount > 99999999999999999999999999999)",
    "orders.any(lines.any(quantity = 0.00000000000000000000000001))",
    "not not not not not not not name = a",
    "name contains '%'",
    'name starts with "\\\\"',
    'name = "' + "ㄱ" * 5_000 + '"',
    '{"path":["name"],"op":"=","value":{"a":1}}',
    '{"field":"name","op":"=","value":"\\u0000"}',
    '{"field":"name","op":"=","value":"\\ud800"}',
    '{"field":"id","op":"=","value":1e400}',
    '{"field":"id","op":"in","value":[' + "1," * 3_000 + "1]}",
    '{"and":' * 800 + "{}" + "}" * 800,
]


def _cursor(sort: list[str], *values: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([sort, list(values)])).decode().rstrip("=")


FORGED = [
    True,
    None,
    "x",
    "2026",
    "\0",
    -1,
    2**63,
    1.5,
    [],
    {},
    {"t": "2026"},
    {"t": "2026-01-01T00:00:00"},
    {"t": "0001-01-01T00:00:00+14:00"},
    {"t": "9999-12-31T23:59:59-14:00"},
    {"t": 5},
    {"d": "2026-01-01"},
    {"n": "NaN"},
    {"n": "sNaN"},
    {"n": "Infinity"},
    {"n": "1e999999"},
    {"x": "y"},
]
SORTS = ["-updated_at", "name", "-rfm.monetary", "rfm.segment", "owner", "since", "grade", "id"]
CURSORS = [
    *(_cursor([sort], value, 1) for sort in SORTS for value in FORGED),
    *(_cursor(["name"], "가", last) for last in ("x", 2**63, None, 1.5, [], True)),
    _cursor(["id"], 1),
    _cursor(["id"], "x"),
    _cursor(["id"], 2**63),
    _cursor(["id"], [1]),
    base64.urlsafe_b64encode(b"[" * 900).decode(),
    base64.urlsafe_b64encode(b"5").decode(),
    base64.urlsafe_b64encode(b'{"a":1}').decode(),
    base64.urlsafe_b64encode(b"[1,2,3]").decode(),
    base64.urlsafe_b64encode(b'["id",[1]]').decode(),
    "=",
    "가",
]
IDS = [
    "0",
    "-1",
    "1.5",
    "x",
    str(2**31),
    str(2**63 - 1),
    str(2**63),
    "9" * 30,
    HUGE,
    "%00",
    "%ff",
    "٣",
    "1%0a",
    "..",
]
