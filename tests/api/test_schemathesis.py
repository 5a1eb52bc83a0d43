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

from dangol.identity import revisions
from dangol.identity.services import token_create
from dangol.records import registry, writing
from dangol.records.models import OwnKind
from dangol.records.objects import services as objects
from dangol.records.own import services as own_fields
from tests.cast import SYSTEM


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    """Any text is sent as it was made: lines of JSON are what is hoped for, not what is described."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


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
def equipment(administrator, insider):
    """An own object with a field of every kind, a formula among them, and a customer's roll-up over it; with a record."""
    settings_of = {
        OwnKind.CHOICE: {"choices": [{"code": "on", "ko": "가동"}, {"code": "off", "ko": "정지"}]},
        OwnKind.MULTI_CHOICE: {"choices": [{"code": "a", "ko": "가"}, {"code": "b", "ko": "나"}]},
        OwnKind.REFERENCE: {"target": "customer"},
    }
    made = objects.create(actor=SYSTEM, label_ko="설비", label_en="Equipment", timeline=True)
    by_kind = {}
    for kind in OwnKind:
        if kind not in (OwnKind.FORMULA, OwnKind.ROLL_UP):
            by_kind[kind] = own_fields.create(
                actor=SYSTEM, record_type=made.name, kind=kind, name=f"x_{kind}", label_ko=str(kind),
                settings=settings_of.get(kind, {}),
            )  # fmt: skip
    own_fields.create(
        actor=SYSTEM, record_type=made.name, kind=OwnKind.FORMULA, name="x_twice", label_ko="두 배",
        settings={"formula": "x_integer * 2"},
    )  # fmt: skip
    own_fields.create(
        actor=SYSTEM, record_type="customer", kind=OwnKind.ROLL_UP, name="x_machines", label_ko="설비 수",
        settings={"child": made.name, "through": "x_reference", "function": "count"},
    )  # fmt: skip
    equipment = registry.get(made.name)
    customer = writing.create(registry.get("customer"), {"name": "한빛", "kind": "company"}, actor=SYSTEM)
    yield {
        "x-equipment": writing.create(
            equipment, {"name": "선반", "x_integer": "21", "x_reference": customer}, actor=administrator.actor
        )
    }
    registry.set_own(())
    revisions.forget()


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
    assert ask_all(described.get_all_operations(), headers, existing, mode) > 50


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_request_breaks_the_api_of_an_own_object(equipment, schema, mode):
    described, headers = schema
    own = described.include(path_regex=r"x-equipment")
    before = registry.get("x_equipment").model._default_manager.count()
    assert ask_all(own.get_all_operations(), headers, equipment, mode) >= 8
    if mode is GenerationMode.POSITIVE:
        assert registry.get("x_equipment").model._default_manager.count() > before


def ask_all(operations, headers, existing, mode):
    """Asks each operation; says of all that failed, or how many there are."""
    failures = []
    operations = [result.ok() for result in operations]
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
    return len(operations)
