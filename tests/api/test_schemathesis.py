"""Generated requests over the whole description: no server error, no answer that the description does not know."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dangol.records import openapi, registry, writing
from tests.cast import SYSTEM

CHECKS = (not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance)
