"""Signing in by SAML, against an identity provider in this file that also sends what must not be taken."""

from __future__ import annotations

import base64
import re
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.test import Client
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from dangol.identity.models import SignInProvider
from dangol.identity.sso import saml
from tests.cast import Person
from tests.signin.conftest import is_in, leave, provider_made

pytestmark = pytest.mark.django_db

IDP, SSO = "https://idp.example/metadata", "https://idp.example/sso"
ACS = "http://testserver/sign-in/saml/company-saml/acs/"
AUDIENCE = "http://testserver/sign-in/saml/company-saml/metadata/"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


def browser() -> Client:
    """A browser, which says whom it wants to talk to."""
    return Client(headers={"host": "testserver"})


def key_pair() -> tuple[str, str]:
    """A private key and a certificate for it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return pem, certificate.public_bytes(Encoding.PEM).decode()


OURS, STRANGE = key_pair(), key_pair()


@pytest.fixture
def company_saml() -> SignInProvider:
    details = saml.details(entity_id=IDP, sso_url=SSO, certificate=OURS[1])
    return provider_made("saml", details, key="company-saml", name="회사 SAML", trusts_mail=False)


def asked(client: Client) -> str:
    """Press the button; the id of the question at the provider."""
    address = leave(client, "company-saml")
    assert address.startswith(SSO)
    packed = parse_qs(urlsplit(address).query)["SAMLRequest"][0]
    request = zlib.decompress(base64.b64decode(packed), -15).decode()
    assert ACS in request
    found = re.search(r'ID="([^"]+)"', request)
    assert found
    return found[1]


def stamp(minutes: float) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def assertion(question: str, **wrong: Any) -> str:
    """A signed assertion about the insider."""
    said = {
        "issuer": IDP,
        "audience": AUDIENCE,
        "recipient": ACS,
        "until": stamp(5),
        "name_id": "emp-1",
        "format": PERSISTENT,
        "email": "insider@example.com",
        "verified": "true",
        "key": OURS,
        "answers": question,
        **wrong,
    }
    answers = f' InResponseTo="{said["answers"]}"' if said["answers"] else ""
    verified = (
        '<saml:Attribute Name="http://schemas.auth0.com/email_verified"><saml:AttributeValue>'
        f"{said['verified']}</saml:AttributeValue></saml:Attribute>"
        if said["verified"]
        else ""
    )
    text = f"""<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a{OneLogin_Saml2_Utils.generate_unique_id()}" Version="2.0" IssueInstant="{stamp(0)}"><saml:Issuer>{said["issuer"]}</saml:Issuer><saml:Subject><saml:NameID Format="{said["format"]}">{said["name_id"]}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{said["until"]}" Recipient="{said["recipient"]}"{answers}/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{stamp(-5)}" NotOnOrAfter="{said["until"]}"><saml:AudienceRestriction><saml:Audience>{said["audience"]}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{stamp(0)}" SessionIndex="_s"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="mail"><saml:AttributeValue>{said["email"]}</saml:AttributeValue></saml:Attribute>{verified}</saml:AttributeStatement></saml:Assertion>"""
    if said["key"] is None:
        return text
    key, certificate = said["key"]
    signed = OneLogin_Saml2_Utils.add_sign(
        text,
        key,
        certificate,
        sign_algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        digest_algorithm="http://www.w3.org/2001/04/xmlenc#sha256",
    )
    return signed.decode() if isinstance(signed, bytes) else signed


def response(question: str, body: str, *, issuer: str = IDP, destination: str = ACS) -> str:
    answers = f' InResponseTo="{question}"' if question else ""
    text = f"""<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r{OneLogin_Saml2_Utils.generate_unique_id()}" Version="2.0" IssueInstant="{stamp(0)}" Destination="{destination}"{answers}><saml:Issuer>{issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{body}</samlp:Response>"""
    return base64.b64encode(text.encode()).decode()


def posted(client: Client, message: str) -> Any:
    """The provider's page posts its answer – without our session cookie, as browsers do – and the visitor follows."""
    stranger = browser()
    answer = stranger.post("/sign-in/saml/company-saml/acs/", {"SAMLResponse": message, "RelayState": ""})
    assert answer.status_code == 302, answer.content.decode()
    client.cookies["saml-acs-session"] = stranger.cookies["saml-acs-session"].value
    return client.get(answer.url)


def test_one_signs_in_by_a_signed_assertion(company_saml: SignInProvider, insider: Person) -> None:
    client = browser()
    question = asked(client)
    posted(client, response(question, assertion(question)))
    assert is_in(client)
    account = SocialAccount.objects.get()
    assert (account.provider, account.uid, account.user_id) == ("company-saml", "emp-1", insider.id)


def test_the_metadata_say_where_answers_go(company_saml: SignInProvider) -> None:
    text = browser().get("/sign-in/saml/company-saml/metadata/").content.decode()
    assert ACS in text
    assert AUDIENCE in text
    assert 'WantAssertionsSigned="true"' in text
    assert "SingleLogoutService" not in text


def test_who_the_provider_calls_by_a_passing_name_is_not_signed_in(
    company_saml: SignInProvider, insider: Person
) -> None:
    client = browser()
    question = asked(client)
    body = assertion(question, format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient")
    answer = posted(client, response(question, body))
    assert "transient NameID" in answer.content.decode()
    assert not is_in(client)


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": None},
        {"key": STRANGE},
        {"until": stamp(-10)},
        {"audience": "https://other.example/"},
        {"recipient": "https://other.example/acs/"},
        {"issuer": "https://evil.example/"},
        {"answers": "ONELOGIN_somebody_else"},
        {"answers": ""},
        {"verified": ""},
        {"verified": "false"},
        {"email": "stranger@example.com"},
    ],
    ids=[
        "unsigned",
        "signed by somebody else",
        "expired",
        "for another application",
        "for another address",
        "from somebody else",
        "asked by somebody else",
        "asked by nobody",
        "address not verified",
        "address said to be unverified",
        "nobody here",
    ],
)
def test_an_assertion_that_proves_nothing_lets_nobody_in(
    company_saml: SignInProvider, insider: Person, wrong: dict[str, Any]
) -> None:
    client = browser()
    question = asked(client)
    answer = posted(client, response(question, assertion(question, **wrong)))
    assert answer.status_code == 401
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_an_altered_assertion_lets_nobody_in(
    company_saml: SignInProvider, insider: Person, administrator: Person
) -> None:
    for old, new in (("insider@example.com", "administrator@example.com"), (">emp-1<", ">emp-2<")):
        client = browser()
        question = asked(client)
        body = assertion(question)
        assert old in body
        assert posted(client, response(question, body.replace(old, new))).status_code == 401
        assert not is_in(client)


def test_a_signed_assertion_beside_a_forged_one_lets_nobody_in(
    company_saml: SignInProvider, insider: Person, administrator: Person
) -> None:
    """Signature wrapping: the signature is right, but another assertion is read."""
    for order in (0, 1):
        client = browser()
        question = asked(client)
        real = assertion(question)
        forged = assertion(question, key=None, email="administrator@example.com", name_id="emp-9")
        body = real + forged if order else forged + real
        assert posted(client, response(question, body)).status_code == 401
        assert not is_in(client)
    client = browser()
    question = asked(client)
    real = assertion(question)
    forged = assertion(question, key=None, email="administrator@example.com", name_id="emp-9")
    inside = forged.replace("</saml:Subject>", f"</saml:Subject><saml:Advice>{real}</saml:Advice>")
    assert posted(client, response(question, inside)).status_code == 401
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_an_answer_works_once(company_saml: SignInProvider, insider: Person) -> None:
    client = browser()
    question = asked(client)
    message = response(question, assertion(question))
    posted(client, message)
    assert is_in(client)
    client.post("/sign-out/")
    assert posted(client, message).status_code == 401
    assert not is_in(client)
    thief = browser()
    assert posted(thief, message).status_code == 401
    assert not is_in(thief)


def test_an_answer_nobody_asked_for_lets_nobody_in(company_saml: SignInProvider, insider: Person) -> None:
    client = browser()
    asked(client)
    assert posted(client, response("", assertion(""))).status_code == 401
    assert posted(client, response("ONELOGIN_made_up", assertion("ONELOGIN_made_up"))).status_code == 401
    assert not is_in(client)


def test_an_assertion_seen_before_is_refused_in_another_wrapping(
    company_saml: SignInProvider, insider: Person
) -> None:
    client = browser()
    question = asked(client)
    body = assertion(question)
    posted(client, response(question, body))
    assert is_in(client)
    thief = browser()
    asked(thief)
    states = thief.session
    # As if the question had not been answered yet: only the memory of the assertion stands in the way.
    states["socialaccount_states"] = {question: next(iter(states["socialaccount_states"].values()))}
    states.save()
    assert posted(thief, response(question, body)).status_code == 401
    assert not is_in(thief)


@pytest.mark.parametrize(
    "message", ["", "x", "!!!", base64.b64encode(b"<x/>").decode(), base64.b64encode(b"\x00").decode()]
)
def test_garbage_is_refused_in_words(company_saml: SignInProvider, message: str) -> None:
    answer = posted(browser(), message)
    assert answer.status_code == 401
    assert "로그인하지 못했어요" in answer.content.decode()


def test_entities_from_outside_are_not_read(company_saml: SignInProvider, insider: Person, tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("insider@example.com")
    client = browser()
    question = asked(client)
    text = base64.b64decode(response(question, assertion(question))).decode()
    hostile = f'<!DOCTYPE r [<!ENTITY e SYSTEM "file://{secret}">]>{text}'
    assert posted(client, base64.b64encode(hostile.encode()).decode()).status_code == 401
    assert not is_in(client)


def test_an_administrator_sets_up_saml_by_the_form(administrator: Person, insider: Person) -> None:
    form = {
        "name": "회사 SAML",
        "key": "company-saml",
        "entity_id": IDP,
        "sso_url": SSO,
        "certificate": re.sub(r"-----[A-Z ]+-----|\s", "", OURS[1]),
        "is_active": "on",
    }
    path = "/settings/sign-in/new/saml/"
    refused = administrator.client.post(path, {**form, "certificate": "no certificate"})
    assert refused.status_code == 422
    assert "인증서가 아니에요" in refused.content.decode()
    assert administrator.client.post(path, form).status_code == 302
    client = browser()
    question = asked(client)
    posted(client, response(question, assertion(question)))
    assert is_in(client)


def test_settings_that_cannot_be_used_are_told_in_words(company_saml: SignInProvider) -> None:
    app = company_saml.app
    app.settings["idp"]["sso_url"] = "no address"
    app.save()
    answer = browser().post("/sign-in/with/company-saml/")
    assert answer.status_code == 401
    assert "올바르게 설정되지 않았어요" in answer.content.decode()
