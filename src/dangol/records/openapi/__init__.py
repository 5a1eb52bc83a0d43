"""The OpenAPI 3.1 description of the API, out of the registry."""

from dangol.records.openapi.contributions import Addition, contribute
from dangol.records.openapi.document import document
from dangol.records.openapi.exports import EXPORT_PARAMETERS
from dangol.records.openapi.parts import PROBLEMS, answer, parameter, problems

__all__ = [
    "EXPORT_PARAMETERS",
    "PROBLEMS",
    "Addition",
    "answer",
    "contribute",
    "document",
    "parameter",
    "problems",
]
