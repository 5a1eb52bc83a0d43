"""SAML 2.0 by python3-saml, as strict as it can be: only signed assertions, for us, asked for by us, once."""

from __future__ import annotations

import hashlib
import time
from typing import Any, Final

from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from dangol.identity.sso.errors import AnswerRefused

REMEMBERED_FOR: Final = 3600
"""Seconds that a used assertion is remembered beyond its own end."""

TRANSIENT: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
STRICT: Final[dict[str, Any]] = {
    "strict": True,
    "want_assertion_signed": True,
    "want_name_id": True,
    "want_attribute_statement": False,
    "reject_deprecated_algorithm": True,
    "reject_idp_initiated_sso": True,
    "allow_single_label_domains": True,
}


def details(*, entity_id: str, sso_url: str, certificate: str) -> dict[str, Any]:
    """What allauth must know of an identity provider."""
    return {
        "idp": {"entity_id": entity_id, "sso_url": sso_url, "x509cert": certificate},
        "advanced": dict(STRICT),
    }


class StrictSAML(SAMLProvider):  # type: ignore[misc]  # allauth is not typed
    """An identity provider set up in the settings."""

    default_attribute_mapping: Final = {
        **SAMLProvider.default_attribute_mapping,
        "email": [*SAMLProvider.default_attribute_mapping["email"], "email", "mail", "emailAddress"],
        "name": [
            "urn:oid:2.16.840.1.113730.3.1.241",
            "http://schemas.microsoft.com/identity/claims/displayname",
            "displayName",
            "name",
            "cn",
        ],
        "first_name": [*SAMLProvider.default_attribute_mapping["first_name"], "givenName", "firstName"],
        "last_name": [
            *SAMLProvider.default_attribute_mapping["last_name"],
            "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
            "sn",
            "lastName",
        ],
    }

    def redirect(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """To the provider.

        Raises:
            AnswerRefused: the settings cannot be used, an address in them for example.
        """
        from onelogin.saml2.errors import OneLogin_Saml2_Error  # type: ignore[import-untyped]

        try:
            answer: HttpResponse = super().redirect(request, *args, **kwargs)
        except OneLogin_Saml2_Error as error:
            raise AnswerRefused(
                _("This provider is not set up correctly. Tell your administrator.")
            ) from error
        return answer

    def sociallogin_from_response(self, request: HttpRequest, response: Any) -> Any:
        """Who the assertion is about, once: only the assertion is signed, so it must itself name the question that it
        answers – else one that was caught elsewhere could be put into another wrapping.

        Raises:
            AnswerRefused: it was asked for by somebody else, or was seen before.
        """
        from onelogin.saml2.xml_utils import OneLogin_Saml2_XML  # type: ignore[import-untyped]

        question = response.get_last_response_in_response_to()
        document = OneLogin_Saml2_XML.to_etree(response.get_last_response_xml())
        answers = OneLogin_Saml2_XML.query(document, "//saml:SubjectConfirmationData")
        if question and any(answer.get("InResponseTo") != question for answer in answers):
            raise AnswerRefused(_("The answer of the provider does not belong to this sign-in."))
        seen = hashlib.sha256(
            f"{self.app.provider_id}:{response.get_last_assertion_id()}".encode()
        ).hexdigest()
        ends = response.get_last_assertion_not_on_or_after() or time.time() + REMEMBERED_FOR
        if not cache.add(f"dangol.saml.{seen}", 1, timeout=max(ends - time.time(), 0) + REMEMBERED_FOR):
            raise AnswerRefused(_("The answer of the provider was used already."))
        return super().sociallogin_from_response(request, response)

    def extract_uid(self, data: Any) -> str:
        """The subject id, else the NameID, unless that is made anew for every sign-in."""
        uid = self._extract(data).get("uid")
        if uid is None and data.get_nameid_format() == TRANSIENT:
            raise AnswerRefused(
                _("The provider sends a passing name (transient NameID). Let it send a persistent one.")
            )
        return str(uid if uid is not None else data.get_nameid())

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        """Only what tells who it is."""
        found = self._extract(data)
        return {key: found[key] for key in ("email", "name", "first_name", "last_name") if key in found}
