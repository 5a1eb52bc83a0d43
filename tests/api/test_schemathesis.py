"""Generated requests over the whole description: no server error, no answer that the description does not know."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dangol.identity.services import token_create
from dangol.records import registry, writing
from tests.cast import SYSTEM

CHECKS = (not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance)
SETTINGS = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def schema(administrator):
    """The description as a client reads it, and the application behind it, in the test's transaction."""
    _token, text = token_create(user=administrator.user, name="test", actor=SYSTEM)
    headers = {"Authorization": f"Bearer {text}"}
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield (
        schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application(), headers=headers),
        headers,
    )
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def existing(administrator):
    """A record of the types whose operations need one to say more than 404."""
    actor = administrator.actor
    customer = writing.create(registry.get("customer"), {"name": "한빛", "kind": "company"}, actor=actor)
    machine = writing.create(registry.get("machine"), {"code": "A-1", "name": "프레스"}, actor=actor)
    contact = writing.create(registry.get("contact"), {"name": "홍길동", "customer": customer}, actor=actor)
    return {"customers": customer, "machines": machine, "contacts": contact}


def format_exception(failure):
    """What Schemathesis says about each failure of a group."""
    parts = failure.exceptions if isinstance(failure, BaseExceptionGroup) else [failure]
    return "\n".join(f"{part}"[:1500] for part in parts)


def asked(strategy, headers, known):
    """A test of one operation; half of its requests aim at a record that exists."""

    @SETTINGS
    @given(case=strategy, aim=st.booleans())
    def ask(case, aim):
        if aim and known and "id" in (case.path_parameters or {}) and case.method != "DELETE":
            case.path_parameters["id"] = known
        case.validate_response(case.call(headers=headers), checks=list(CHECKS))

    return ask


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_breaks_the_api(schema, existing, mode):
    described, headers = schema
    failures = []
    operations = [result.ok() for result in described.get_all_operations()]
    for operation in operations:
        known = existing.get(operation.path.split("/")[1])
        try:
            asked(operation.as_strategy(generation_mode=mode), headers, known)()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE, (
                "only an operation without parameters cannot be asked wrongly"
            )
        except (Exception, BaseExceptionGroup) as failure:  # noqa: BLE001 - all are reported together
            failures.append(f"{operation.method.upper()} {operation.path}: {format_exception(failure)}")
    assert not failures, "\n\n".join(failures)
    assert len(operations) > 50
