"""How the API describes rules and their runs."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from dangol.automation.models import ApprovalState, OffReason, RunReason, RunState
from dangol.automation.triggers import LABELS
from dangol.records.openapi.contributions import Addition, contribute
from dangol.records.openapi.parts import JSON, answer, parameter, problems

_TIME = {"type": ["string", "null"], "format": "date-time"}
_RULE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name", "record_type", "active", "version", "trigger", "condition", "steps"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "record_type": {"type": "string"},
        "active": {"type": "boolean"},
        "off_reason": {
            "type": "string",
            "enum": ["", *OffReason.values],
            "description": "Why it switched itself off",
        },
        "order": {"type": "integer"},
        "hourly_limit": {"type": "integer"},
        "version": {"type": "integer"},
        "author": {
            "type": "object",
            "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
            "description": "In whose name and with whose rights it acts",
        },
        "trigger": {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"type": "string", "enum": list(LABELS)}},
        },
        "condition": {"type": "object", "description": "A filter in its canonical JSON"},
        "condition_text": {"type": "string"},
        "steps": {"type": "array", "items": {"type": "object"}},
    },
}
_RUN: dict[str, Any] = {
    "type": "object",
    "required": ["id", "rule", "record", "state", "reason", "chain", "depth", "created_at"],
    "properties": {
        "id": {"type": "integer"},
        "rule": {
            "type": "object",
            "properties": {
                "id": {"type": "integer"},
                "name": {"type": "string"},
                "version": {"type": "integer"},
            },
        },
        "record": {
            "type": "object",
            "properties": {"type": {"type": "string"}, "id": {"type": "integer"}},
        },
        "state": {"type": "string", "enum": RunState.values},
        "reason": {"type": "string", "enum": ["", *RunReason.values]},
        "detail": {"type": "string"},
        "trigger": {"type": "string"},
        "results": {"type": "array", "items": {"type": "object"}},
        "chain": {"type": "string", "format": "uuid", "description": "Shared by all that one act set off"},
        "depth": {"type": "integer"},
        "created_at": _TIME,
        "due_at": _TIME,
        "finished_at": _TIME,
    },
}


def describe() -> None:
    """Add the paths; called once."""
    contribute(Addition("rules", _("Automation rules"), _paths))


def _page(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {"items": {"type": "array", "items": item}, "next": {"type": ["string", "null"]}},
    }


def _paths() -> dict[str, Any]:
    rule_id = parameter("rule_id", "path", "", {"type": "integer", "minimum": 1}, required=True)
    limit = parameter("limit", "query", "", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50})
    after = parameter("after", "query", "`next` of the page before", {"type": "string"})
    switch = {
        "type": "object",
        "required": ["active"],
        "properties": {"active": {"type": "boolean"}},
        "additionalProperties": False,
    }
    press = {
        "type": "object",
        "required": ["record_id"],
        "properties": {"record_id": {"type": "integer", "minimum": 1}},
        "additionalProperties": False,
    }
    started = {
        "type": "object",
        "required": ["runs"],
        "properties": {"runs": {"type": "array", "items": {"type": "integer"}}},
    }
    common = ("400", "401", "403", "404", "429")
    return _approval_paths(common) | {
        "/rules": {
            "get": {
                "operationId": "rules",
                "tags": ["rules"],
                "summary": "The rules for what you may automate",
                "parameters": [
                    parameter("type", "query", "Only rules for this type", {"type": "string"}),
                    limit,
                    after,
                ],
                "responses": {"200": answer("A page of rules", _page(_RULE))}
                | problems("400", "401", "403", "429"),
            }
        },
        "/rules/{rule_id}": {
            "parameters": [rule_id],
            "get": {
                "operationId": "rule",
                "tags": ["rules"],
                "summary": "One rule, as it is in force",
                "responses": {"200": answer("The rule", _RULE)} | problems(*common),
            },
            "patch": {
                "operationId": "switchRule",
                "tags": ["rules"],
                "summary": "Switch a rule on or off",
                "requestBody": {"required": True, "content": {JSON: {"schema": switch}}},
                "responses": {"200": answer("The rule", _RULE)} | problems(*common, "413", "415", "422"),
            },
        },
        "/rules/{rule_id}/run": {
            "parameters": [rule_id],
            "post": {
                "operationId": "runRule",
                "tags": ["rules"],
                "summary": "Press a rule's button for a record",
                "description": "For whoever may change the record. No runs: its condition does not hold.",
                "requestBody": {"required": True, "content": {JSON: {"schema": press}}},
                "responses": {"202": answer("What was started", started)}
                | problems(*common, "413", "415", "422"),
            },
        },
        "/rules/runs": {
            "get": {
                "operationId": "ruleRuns",
                "tags": ["rules"],
                "summary": "What rules did, newest first",
                "description": "Only for records that you may see.",
                "parameters": [
                    parameter("rule", "query", "Only of this rule", {"type": "integer", "minimum": 1}),
                    parameter("type", "query", "Only for records of this type", {"type": "string"}),
                    parameter("record", "query", "Only for this record", {"type": "integer", "minimum": 1}),
                    parameter("state", "query", "", {"type": "string", "enum": RunState.values}),
                    limit,
                    after,
                ],
                "responses": {"200": answer("A page of runs", _page(_RUN))}
                | problems("400", "401", "403", "429"),
            }
        },
    }


def _approval_paths(common: tuple[str, ...]) -> dict[str, Any]:
    named = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
    asked = {
        "type": "object",
        "required": ["id", "rule", "record", "stage", "stages", "approver", "deadline"],
        "properties": {
            "id": {"type": "integer"},
            "rule": named,
            "record": {
                "type": "object",
                "properties": {"type": {"type": "string"}, "id": {"type": "integer"}},
            },
            "stage": {"type": "integer"},
            "stages": {"type": "integer"},
            "approver": {**named, "description": "You, or whom you stand in for"},
            "deadline": {"type": "string", "format": "date-time"},
        },
    }
    decision = {
        "type": "object",
        "required": ["approve"],
        "properties": {"approve": {"type": "boolean"}, "comment": {"type": "string", "maxLength": 2000}},
        "additionalProperties": False,
    }
    decided = {
        "type": "object",
        "required": ["id", "state", "stage"],
        "properties": {
            "id": {"type": "integer"},
            "state": {"type": "string", "enum": ApprovalState.values},
            "stage": {"type": "integer"},
        },
    }
    listed = {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": asked}},
    }
    return {
        "/approvals": {
            "get": {
                "operationId": "approvals",
                "tags": ["rules"],
                "summary": "What you are asked to approve",
                "responses": {"200": answer("Requests, the most urgent first", listed)}
                | problems("400", "401", "403", "429"),
            }
        },
        "/approvals/{request_id}/decide": {
            "parameters": [
                parameter("request_id", "path", "", {"type": "integer", "minimum": 1}, required=True)
            ],
            "post": {
                "operationId": "decideApproval",
                "tags": ["rules"],
                "summary": "Approve or reject",
                "description": "A rejection needs a comment.",
                "requestBody": {"required": True, "content": {JSON: {"schema": decision}}},
                "responses": {"200": answer("How it stands now", decided)}
                | problems(*common, "413", "415", "422"),
            },
        },
    }
