"""Ways in for apps of others that must be shut."""

from __future__ import annotations

import pytest
from allauth.idp.oidc.models import Token as AccessToken
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from dangol.identity import selectors, services
from dangol.identity.actors import actor_for
from dangol.identity.models import App, Token
from dangol.records import registry, writing
from tests.cast import SYSTEM
from tests.integrations.program import BACK, VERIFIER, Program, api, parts

pytestmark = pytest.mark.django_db


@pytest.fixture
def number(insider):
    return writing.create(registry.get("customer"), {"name": "한빛상사"}, actor=insider.actor)


def test_plain_is_refused_also_where_no_method_is_named(insider):
    for program in (Program(public=True), Program()):
        for method in ("plain", None, "s256"):
            back = program.page(insider, code_challenge=VERIFIER, code_challenge_method=method)
            assert parts(back)["error"] == "invalid_request"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/callback", f"{BACK}/", f"{BACK}?x=1", f"{BACK}#x", "http://erp.example/callback",
        "https://erp.example:444/callback", "https://erp.example@evil.example/callback", "https://ERP.example/callback",
        "https://erp.example/callback/../x", "javascript:alert(1)", "//erp.example/callback", "", None,
        "http://127.0.0.1:9@evil.example/cb", "http://127.0.0.1.evil.example/cb", "http://localhost/cb", "http://127.0.0.1:1/cb?x",
    ],
)  # fmt: skip
def test_nobody_is_sent_to_an_address_that_is_not_registered(insider, address):
    program = Program(uris=[BACK, "http://127.0.0.1/cb"])
    page = program.page(insider, redirect_uri=address)
    assert page.status_code == 400
    assert "Location" not in page
    assert "evil.example" not in page.get("Content-Security-Policy", "")


@pytest.mark.parametrize(
    "address",
    [
        "http://erp.example/cb", "https://*.example/cb", "https://erp.example/cb#x", "javascript:alert(1)", "data:text/html,x",
        "https://user:pw@erp.example/cb", "https:///cb", "https://erp.example\\@evil.example", "https://erp.example/c b",
        "https://erp.example:port/", "http://[::1]/cb", "http://127.0.0.1.evil.example/", "ftp://erp.example/", "erp.example/cb",
        "https://한빛.example/cb", "https://erp.example/\u202ecb", "https://erp.example;form-action", "myapp://cb",
    ],
)  # fmt: skip
def test_hostile_addresses_are_not_registered(address):
    with pytest.raises(ValidationError) as refused:
        Program(uris=[address])
    assert "redirect_uris" in refused.value.message_dict
    assert not App.objects.exists()


def test_nobody_consents_through_anothers_eyes(insider, administrator):
    program = Program()
    assert (
        administrator.client.post(
            f"/settings/users/{insider.id}/see-as/", {"reason": "고객이 안 보인다는 문의 확인"}
        ).status_code
        == 302
    )
    assert program.page(administrator).status_code == 403
    sent = program.page(insider).context["sent"]
    assert administrator.client.post("/oauth/authorize", {"sent": sent, "answer": "allow"}).status_code == 403
    assert not Token.objects.filter(app__isnull=False).exists()


def test_an_app_consents_to_no_other_app(insider):
    program = Program(scopes=["*:admin"])
    tokens = program.tokens(insider, scope="*:admin")
    actor = actor_for(insider.user, token=selectors.token_for(tokens["access_token"]))
    with pytest.raises(PermissionDenied):
        services.grant_make(app=Program().app, user=insider.user, scopes=["*:admin"], actor=actor)


def test_the_form_of_one_person_is_not_sent_by_another(insider, teammate):
    program = Program()
    sent = program.page(insider).context["sent"]
    for text in (sent, "", "x", f"{sent}x"):
        refused = teammate.client.post("/oauth/authorize", {"sent": text, "answer": "allow"})
        assert refused.status_code == 400
        assert "Location" not in refused
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(insider.user)
    assert strict.post("/oauth/authorize", {"sent": sent, "answer": "allow"}).status_code == 403
    assert not Token.objects.filter(app__isnull=False).exists()


def test_nothing_but_codes_is_given_and_parameters_come_once(insider):
    program = Program()
    for kind in ("token", "id_token", "code token", None):
        error = parts(program.page(insider, response_type=kind))["error"]
        assert error in ("unsupported_response_type", "unauthorized_client", "invalid_request")
    twice = insider.client.get(f"/oauth/authorize?{program.query()}&redirect_uri=https%3A%2F%2Fevil.example")
    assert twice.status_code == 400
    unknown = program.page(insider, client_id="0" * 32)
    assert unknown.status_code == 400
    assert "등록되지 않았거나" in unknown.content.decode()


def test_whoever_must_have_a_second_factor_sets_it_up_before_consenting(insider):
    program = Program()
    sent = program.page(insider).context["sent"]
    services.policy_save(actor=SYSTEM, second_factor="everyone")
    for answer in (
        program.page(insider),
        insider.client.post("/oauth/authorize", {"sent": sent, "answer": "allow"}),
    ):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/settings/profile/second-factor/")
    assert not Token.objects.filter(app__isnull=False).exists()


def test_tokens_open_no_pages_and_refresh_tokens_no_api(insider, number):
    tokens = Program().tokens(insider)
    assert api(tokens).get("/customers/").status_code == 302
    assert api(tokens).get("/settings/apps/").status_code == 302
    for method in ("post", "put", "patch", "delete"):
        assert getattr(api(tokens), method)("/api/oauth/userinfo").status_code == 405
    wrong = Client(headers={"authorization": f"Bearer {tokens['refresh_token']}"})
    assert wrong.get(f"/api/v1/customers/{number}").status_code == 401
    code = Client(headers={"authorization": "Bearer dga_"})
    assert code.get(f"/api/v1/customers/{number}").status_code == 401


@pytest.mark.parametrize(
    "broken",
    [
        {"client_id": "x\x00"}, {"client_id": "x" * 5000}, {"grant_type": "password"}, {"grant_type": "client_credentials"},
        {"grant_type": ""}, {"code": "x\x00y"}, {"code": "a b"}, {"code": "x" * 3000}, {"code": None}, {"code": "코드"},
    ],
)  # fmt: skip
def test_broken_requests_are_told_what_is_wrong(insider, broken):
    program = Program()
    refused = program.redeem(program.code(insider), **broken)
    assert refused.status_code in (400, 401), refused.content
    assert refused.json()["error"] in (
        "invalid_request", "invalid_client", "invalid_grant", "unsupported_grant_type", "unauthorized_client"
    )  # fmt: skip
    assert not AccessToken.objects.exists()
