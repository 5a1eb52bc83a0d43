"""How the API describes bulk jobs."""

from __future__ import annotations

from typing import Any

from dangol.integrations.models import JobState, Operation
from dangol.records.openapi.parts import answer, parameter, problems

_COUNT = {"type": "integer", "minimum": 0}
_JOB: dict[str, Any] = {
    "type": "object",
    "required": ["id", "type", "operation", "state", "rows", "failed", "results", "is_over"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "type": {"type": "string"},
        "operation": {"type": "string", "enum": Operation.values},
        "by": {"type": ["string", "null"]},
        "state": {"type": "string", "enum": JobState.values},
        **dict.fromkeys(("rows", "created", "updated", "unchanged", "deleted", "failed"), _COUNT),
        "message": {"type": ["string", "null"]},
        "results": {"type": "string", "format": "uri-reference"},
        "is_over": {"type": "boolean"},
    },
}
_KEY = parameter("id", "path", "", {"type": "string", "format": "uuid"}, required=True)
_LINES = {
    "required": True,
    "content": {
        "application/x-ndjson": {"schema": {"type": "string", "description": "One JSON object a line"}}
    },
}


def _operation(
    name: str, summary: str, responses: dict[str, Any], *refusals: str, **more: Any
) -> dict[str, Any]:
    return {
        "operationId": name,
        "tags": ["bulk-jobs"],
        "summary": summary,
        **more,
        "responses": responses | problems("400", "401", "403", "429", *refusals),
    }


def bulk_paths() -> dict[str, Any]:
    """The paths, in the language in force."""
    listed = {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": _JOB}},
    }
    line = {"type": "string", "description": "For each line: line, status, id, errors"}
    return {
        "/bulk": {
            "post": _operation(
                "startBulkJob",
                "Many records at once, as JSON lines, in the background",
                {"202": answer("The job", _JOB)},
                "413",
                "415",
                "422",
                description="Plain or gzip (`Content-Encoding`). With an `Idempotency-Key` the same body sent again finds the"
                " job of the first time.",
                parameters=[
                    parameter("type", "query", "A record type", {"type": "string"}, required=True),
                    parameter(
                        "operation", "query", "", {"type": "string", "enum": Operation.values}, required=True
                    ),
                    parameter(
                        "by",
                        "query",
                        "For upsert: the unique field that records are known by",
                        {"type": "string"},
                    ),
                    parameter("Idempotency-Key", "header", "", {"type": "string", "maxLength": 255}),
                ],
                requestBody=_LINES,
            )
        },
        "/bulk/jobs": {
            "get": _operation(
                "bulkJobs",
                "One's own jobs, newest first",
                {"200": answer("Jobs", listed)},
                parameters=[
                    parameter(
                        "limit", "query", "", {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}
                    )
                ],
            )
        },
        "/bulk/jobs/{id}": {
            "parameters": [_KEY],
            "get": _operation("readBulkJob", "How far a job is", {"200": answer("The job", _JOB)}, "404"),
        },
        "/bulk/jobs/{id}/results": {
            "parameters": [_KEY],
            "get": _operation(
                "bulkJobResults",
                "What became of each line, so far",
                {"200": {"description": "JSON lines", "content": {"application/x-ndjson": {"schema": line}}}},
                "404",
                parameters=[parameter("only", "query", "", {"type": "string", "enum": ["failed"]})],
            ),
        },
        "/bulk/jobs/{id}/cancel": {
            "parameters": [_KEY],
            "post": _operation(
                "cancelBulkJob",
                "Stop; what has gone in stays in",
                {"202": answer("The job", _JOB)},
                "404",
            ),
        },
    }
