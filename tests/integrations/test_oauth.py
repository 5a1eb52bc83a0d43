"""Third programs act for people who let them: the whole way, and every way that must be shut."""

from __future__ import annotations

import base64
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from allauth.idp.oidc.models import Token as AccessToken
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from dangol.identity import selectors, services
from dangol.identity.actors import actor_for
from dangol.identity.models import AccessChange, App, Token
from dangol.integrations.models import BulkJob
from dangol.records import registry, writing
from tests.cast import SYSTEM

pytestmark = pytest.mark.django_db
JSON = "application/json"
BACK = "https://erp.example/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class Program:
    """A program of somebody else, with its own idea of what it may."""

    def __init__(self, *, scopes=("customer:read",), public=False, uris=(BACK,), **more):
        self.app, self.secret = services.app_save(
            actor=SYSTEM, name="한빛 ERP", redirect_uris=uris, scopes=scopes, is_public=public, **more
        )
        self.client = Client()

    def query(self, **changes):
        asked = {
            "response_type": "code",
            "client_id": self.app.client_id,
            "redirect_uri": BACK,
            "scope": "customer:read",
            "state": "s-17",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        } | changes
        return urlencode({name: value for name, value in asked.items() if value is not None})

    def page(self, person, **changes):
        return person.client.get(f"/oauth/authorize?{self.query(**changes)}")

    def answer(self, person, answer="allow", **changes):
        """What comes back after somebody has answered on the page: the parts of the address."""
        page = self.page(person, **changes)
        assert page.status_code == 200, page
        answered = person.client.post("/oauth/authorize", {"sent": page.context["sent"], "answer": answer})
        assert answered.status_code == 303, answered.content.decode()
        return parts(answered)

    def code(self, person, **changes):
        return self.answer(person, **changes)["code"]

    def post(self, path, **data):
        if self.secret and "client_id" not in data:
            data |= {"client_id": self.app.client_id, "client_secret": self.secret}
        return self.client.post(path, {"client_id": self.app.client_id} | data)

    def redeem(self, given, **changes):
        asked = {
            "grant_type": "authorization_code",
            "code": given,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
        }
        return self.post("/oauth/token", **{k: v for k, v in (asked | changes).items() if v is not None})

    def refresh(self, token, **more):
        return self.post("/oauth/token", grant_type="refresh_token", refresh_token=token, **more)

    def tokens(self, person, **changes):
        found = self.redeem(self.code(person, **changes))
        assert found.status_code == 200, found.content
        return found.json()


def parts(answer):
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def api(tokens):
    return Client(headers={"authorization": f"Bearer {tokens['access_token']}"})


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


def test_plain_is_refused_also_where_no_method_is_named(insider):
    for program in (Program(public=True), Program()):
        for method in ("plain", None, "s256"):
            back = program.page(insider, code_challenge=VERIFIER, code_challenge_method=method)
            assert parts(back)["error"] == "invalid_request"


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


def test_a_program_on_ones_own_machine_chooses_its_port(insider):
    program = Program(public=True, uris=["http://127.0.0.1/cb"])
    there = "http://127.0.0.1:51234/cb"
    code = program.code(insider, redirect_uri=there)
    assert program.redeem(code, redirect_uri=there).status_code == 200


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
        assert parts(program.page(insider, response_type=kind))["error"] in (
            "unsupported_response_type", "invalid_request"
        )  # fmt: skip
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


def test_who_is_not_signed_in_signs_in_first(insider):
    query = Program().query()
    answer = Client().get(f"/oauth/authorize?{query}")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=%2Foauth%2Fauthorize")


def test_tokens_open_no_pages_and_refresh_tokens_no_api(insider, number):
    tokens = Program().tokens(insider)
    assert api(tokens).get("/customers/").status_code == 302
    assert api(tokens).get("/settings/apps/").status_code == 302
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
