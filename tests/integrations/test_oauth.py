"""Third programs act for people who let them: the whole way, and every way that must be shut."""

from __future__ import annotations

import base64

import pytest
from allauth.idp.oidc.models import Token as AccessToken
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from dangol.identity import selectors, services
from dangol.identity.models import AccessChange, App, Token
from dangol.integrations.models import BulkJob
from dangol.records import registry, writing
from tests.cast import PASSWORD, SYSTEM
from tests.integrations.program import BACK, CHALLENGE, Program, api, parts

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def number(insider):
    return writing.create(registry.get("customer"), {"name": "한빛상사"}, actor=insider.actor)


@pytest.mark.parametrize("public", [False, True])
def test_the_whole_way_of_an_app(insider, number, public):
    program = Program(public=public)
    page = program.page(insider)
    text = page.content.decode()
    assert "한빛 ERP" in text
    assert insider.user.name in text
    assert "erp.example" in text
    assert "form-action 'self' https://erp.example" in page["Content-Security-Policy"]
    answered = program.answer(insider)
    assert answered["state"] == "s-17"
    redeemed = program.redeem(answered["code"])
    assert redeemed["Cache-Control"] == "no-store"
    tokens = redeemed.json()
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 3600, "customer:read")
    assert api(tokens).get(f"/api/v1/customers/{number}").json()["name"] == "한빛상사"
    who = api(tokens).get("/api/oauth/userinfo").json()
    assert (who["sub"], who["email"]) == (str(insider.id), "insider@example.com")
    (grant,) = selectors.grants_of(insider.user)
    assert grant.scopes == ["customer:read"]
    assert grant.last_used_at is not None
    assert not AccessToken.objects.filter(hash__contains=tokens["access_token"][:20]).exists()


def test_the_secret_of_an_app_is_kept_as_a_hash():
    program = Program()
    assert program.secret.startswith("dgs_")
    assert program.secret not in program.app.client.secret
    assert program.app.client.check_secret(program.secret)
    renewed = services.secret_renew(app=program.app, actor=SYSTEM)
    app = App.objects.get()
    assert app.client.check_secret(renewed)
    assert not app.client.check_secret(program.secret)
    with pytest.raises(ValidationError):
        services.secret_renew(app=Program(public=True).app, actor=SYSTEM)


def test_scopes_cut_what_the_person_may(insider, administrator, number):
    program = Program(scopes=["*:read"])
    for person in (insider, administrator):
        client = api(program.tokens(person))
        assert client.get(f"/api/v1/customers/{number}").status_code == 200
        assert client.get("/api/v1/contacts").status_code == 403
        place = f"/api/v1/customers/{number}"
        assert client.patch(place, {"city": "부산"}, content_type=JSON).status_code == 403
        assert client.delete(place).status_code in (403, 404)
        assert client.get("/api/v1/webhooks").status_code == 403
    assert registry.get("customer").model.objects.get().version == 1


def test_scopes_give_nothing_that_the_person_has_not(reader, outsider, number):
    program = Program(scopes=["*:read", "*:write", "*:admin"])
    wide = {"scope": "*:read *:write *:admin"}
    place = f"/api/v1/customers/{number}"
    assert (
        api(program.tokens(reader, **wide)).patch(place, {"city": "x"}, content_type=JSON).status_code == 403
    )
    assert api(program.tokens(outsider, **wide)).get(place).status_code == 404
    assert api(program.tokens(reader, **wide)).get("/api/v1/webhooks").status_code == 403


@pytest.mark.parametrize(
    "scope", ["customer:write", "*:read", "customer:read order:read", "openid", "", "x:y", None]
)
def test_an_app_gets_no_scope_that_it_is_not_registered_for(insider, scope):
    back = Program().page(insider, scope=scope)
    assert back.status_code == 303
    assert parts(back) | {"error_description": ""} == {
        "error": "invalid_scope", "state": "s-17", "error_description": ""
    }  # fmt: skip
    assert not Token.objects.filter(app__isnull=False).exists()


def test_a_refused_consent_goes_back_without_a_code(insider):
    program = Program()
    assert program.answer(insider, "refuse") == {"error": "access_denied", "state": "s-17"}
    assert not Token.objects.filter(app__isnull=False).exists()


def test_a_wrong_or_missing_verifier_is_refused_and_the_code_is_gone(insider):
    program = Program(public=True)
    for verifier in ("w" * 64, None, CHALLENGE):
        code = program.code(insider)
        refused = program.redeem(code, code_verifier=verifier)
        assert refused.status_code == 400
        assert refused.json()["error"] in ("invalid_grant", "invalid_request")
        assert program.redeem(code).json()["error"] == "invalid_grant"
    assert not AccessToken.objects.exists()


def test_a_public_app_needs_pkce_and_a_confidential_one_its_secret(insider):
    none = {"code_challenge": None, "code_challenge_method": None}
    assert parts(Program(public=True).page(insider, **none))["error"] == "invalid_request"
    program = Program()
    for wrong in ({"client_secret": "x"}, {"client_secret": ""}):
        refused = program.redeem(program.code(insider), client_id=program.app.client_id, **wrong)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    basic = base64.b64encode(f"{program.app.client_id}:{program.secret}".encode()).decode()
    asked = {"grant_type": "authorization_code", "code": program.code(insider, **none), "redirect_uri": BACK}
    accepted = Client().post("/oauth/token", asked, headers={"authorization": f"Basic {basic}"})
    assert accepted.status_code == 200, accepted.content


def test_a_code_is_good_once_for_its_app_and_address_only(insider):
    program, other = Program(), Program()
    code = program.code(insider)
    assert program.redeem(code).status_code == 200
    assert program.redeem(code).json()["error"] == "invalid_grant"
    assert other.redeem(program.code(insider)).json()["error"] == "invalid_grant"
    wrong = program.redeem(program.code(insider), redirect_uri=f"{BACK}/")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_request")


def test_a_program_on_ones_own_machine_chooses_its_port(insider):
    program = Program(public=True, uris=["http://127.0.0.1/cb"])
    there = "http://127.0.0.1:51234/cb"
    code = program.code(insider, redirect_uri=there)
    assert program.redeem(code, redirect_uri=there).status_code == 200


def test_a_refresh_token_is_good_once(insider, number):
    program = Program(public=True)
    first = program.tokens(insider)
    second = program.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert api(second).get(f"/api/v1/customers/{number}").status_code == 200
    stolen = program.refresh(first["refresh_token"])
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert program.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    assert api(second).get(f"/api/v1/customers/{number}").status_code == 401


def test_a_refresh_gives_no_wider_scope(insider):
    program = Program(scopes=["customer:read", "customer:write"])
    both = program.tokens(insider, scope="customer:read customer:write")
    narrow = program.refresh(both["refresh_token"], scope="customer:read").json()
    made = api(narrow).post("/api/v1/customers", {"name": "x"}, content_type=JSON)
    assert (narrow["scope"], made.status_code) == ("customer:read", 403)
    wide = program.refresh(narrow["refresh_token"], scope="customer:read customer:write")
    assert wide.json()["error"] == "invalid_scope"


def test_refresh_tokens_belong_to_their_app(insider):
    program, other = Program(), Program()
    tokens = program.tokens(insider)
    assert other.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert other.post("/oauth/revoke", token=tokens["refresh_token"]).status_code == 200
    assert program.refresh(tokens["refresh_token"]).status_code == 200


def test_an_app_gives_its_tokens_back(insider, number):
    program = Program()
    tokens = program.tokens(insider)
    assert Client().post("/oauth/revoke", {"token": tokens["access_token"]}).status_code == 401
    assert program.post("/oauth/revoke", token=tokens["access_token"]).status_code == 200
    assert api(tokens).get(f"/api/v1/customers/{number}").status_code == 401
    again = program.refresh(tokens["refresh_token"]).json()
    assert program.post("/oauth/revoke", token=again["refresh_token"]).status_code == 200
    assert api(again).get(f"/api/v1/customers/{number}").status_code == 401
    assert program.post("/oauth/revoke", token="unknown").status_code == 200


def test_what_a_person_takes_back_ends_at_once(insider, teammate, number):
    program = Program()
    tokens, others = program.tokens(insider), program.tokens(teammate)
    waiting = program.code(insider)
    (grant,) = selectors.grants_of(insider.user)
    profile = insider.client.get("/settings/profile/").content.decode()
    assert "한빛 ERP" in profile
    assert teammate.client.post(f"/settings/profile/apps/{grant.pk}/revoke/").status_code == 404
    assert insider.client.post(f"/settings/profile/apps/{grant.pk}/revoke/").status_code == 302
    assert api(tokens).get(f"/api/v1/customers/{number}").status_code == 401
    assert program.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert program.redeem(waiting).json()["error"] == "invalid_grant"
    assert api(others).get(f"/api/v1/customers/{number}").status_code == 200
    assert not selectors.grants_of(insider.user).exists()


def test_who_is_deactivated_loses_them_at_once_and_for_good(insider, number):
    program = Program()
    tokens, waiting = program.tokens(insider), program.code(insider)
    services.user_deactivate(user=insider.user, actor=SYSTEM)
    assert api(tokens).get(f"/api/v1/customers/{number}").status_code == 401
    assert program.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert program.redeem(waiting).json()["error"] == "invalid_grant"
    services.user_activate(user=insider.user, actor=SYSTEM)
    assert api(tokens).get(f"/api/v1/customers/{number}").status_code == 401


def test_a_token_runs_out(insider, number):
    tokens = Program().tokens(insider)
    AccessToken.objects.filter(type="at").update(expires_at=timezone.now())
    refused = api(tokens).get(f"/api/v1/customers/{number}")
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused["WWW-Authenticate"]


def test_an_app_that_is_switched_off_gets_nothing(insider, number):
    program = Program()
    tokens, waiting = program.tokens(insider), program.code(insider)
    services.app_switch(app=program.app, actor=SYSTEM, on=False)
    assert api(tokens).get(f"/api/v1/customers/{number}").status_code == 401
    assert program.page(insider).status_code == 400
    assert program.redeem(waiting).json()["error"] == "invalid_client"
    assert program.refresh(tokens["refresh_token"]).json()["error"] == "invalid_client"
    services.app_switch(app=program.app, actor=SYSTEM, on=True)
    assert api(tokens).get(f"/api/v1/customers/{number}").status_code == 200


def test_a_bulk_job_of_an_app_ends_with_its_consent(insider, number):
    program = Program(scopes=["customer:read", "customer:write"])
    tokens = program.tokens(insider, scope="customer:read customer:write")
    lines = b'{"name": "x"}\n'
    place = "/api/v1/bulk?type=customer&operation=create"
    started = api(tokens).post(place, lines, content_type="application/x-ndjson")
    assert started.status_code == 202, started.content
    job = BulkJob.objects.select_related("token").get()
    assert job.token == selectors.grants_of(insider.user).get()
    assert job.token.is_usable(timezone.now())
    services.app_switch(app=program.app, actor=SYSTEM, on=False)
    assert not Token.objects.get(pk=job.token.pk).is_usable(timezone.now())


def test_taking_a_scope_away_asks_everybody_anew(insider, number):
    program = Program(scopes=["customer:read", "customer:write"])
    tokens = program.tokens(insider)
    again = {"actor": SYSTEM, "app": program.app, "name": "한빛 ERP", "redirect_uris": [BACK]}
    services.app_save(**again, scopes=["customer:read", "customer:write", "order:read"])
    assert api(tokens).get(f"/api/v1/customers/{number}").status_code == 200
    services.app_save(**again, scopes=["customer:read"])
    assert api(tokens).get(f"/api/v1/customers/{number}").status_code == 401
    assert program.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_deleted_app_leaves_nothing_that_works(insider, number):
    program = Program()
    tokens = program.tokens(insider)
    services.app_delete(app=program.app, actor=SYSTEM)
    assert api(tokens).get(f"/api/v1/customers/{number}").status_code == 401
    assert not selectors.grants_of(insider.user).exists()
    assert not AccessToken.objects.exists()
    assert not selectors.tokens_of(insider.user).exists()  # what is left of the consent is no key


def test_the_calls_of_each_person_are_counted(insider, teammate, number):
    program = Program(per_minute=2)
    mine, others = api(program.tokens(insider)), api(program.tokens(teammate))
    place = f"/api/v1/customers/{number}"
    assert [mine.get(place).status_code for _call in range(3)] == [200, 200, 429]
    assert others.get(place).status_code == 200


def test_who_is_not_signed_in_signs_in_first(insider):
    query = Program().query()
    answer = Client().get(f"/oauth/authorize?{query}")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=%2Foauth%2Fauthorize")
    client = Client()
    signed_in = client.post(
        answer["Location"],
        {"login": insider.user.email, "password": PASSWORD, "next": f"/oauth/authorize?{query}"},
    )
    assert signed_in["Location"] == f"/oauth/authorize?{query}"
    assert client.get(signed_in["Location"]).status_code == 200


def test_what_an_app_does_is_told_with_its_name(insider, administrator):
    program = Program(scopes=["customer:write", "customer:read", "*:admin"])
    client = api(program.tokens(insider, scope="customer:write customer:read"))
    made = client.post("/api/v1/customers", {"name": "한빛상사"}, content_type=JSON).json()["id"]
    client.patch(f"/api/v1/customers/{made}", {"city": "부산"}, content_type=JSON)
    page = insider.client.get(f"/customers/{made}/history/").content.decode()
    assert "한빛 ERP" in page
    assert insider.user.name in page
    assert "한빛 ERP" in administrator.client.get("/settings/privacy/looks/").content.decode()
    assert AccessChange.objects.filter(act="allowed", target_name="한빛 ERP", actor_id=insider.id).exists()
    assert AccessChange.objects.filter(act="created", target_type="app").exists()


def test_the_server_tells_what_it_can():
    told = Client().get("/.well-known/oauth-authorization-server")
    assert told["Access-Control-Allow-Origin"] == "*"
    data = told.json()
    assert data["issuer"] == "http://testserver"
    assert data["token_endpoint"] == "http://testserver/oauth/token"
    assert data["code_challenge_methods_supported"] == ["S256"]
    assert data["response_types_supported"] == ["code"]
    assert "customer:read" in data["scopes_supported"]
    assert "customer:admin" not in data["scopes_supported"]
    assert Client().get("/.well-known/oauth-protected-resource").json()["authorization_servers"] == [
        data["issuer"]
    ]


def test_a_grant_costs_no_more_queries_than_a_key(insider, number, django_assert_num_queries):
    tokens = Program().tokens(insider)
    place = f"/api/v1/customers/{number}"
    api(tokens).get(place)
    with django_assert_num_queries(1):
        assert selectors.token_for(tokens["access_token"]).scopes == ["customer:read"]
    assert selectors.token_for("dga_\x00") is None
