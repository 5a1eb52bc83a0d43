"""Reading an ID token as OpenID Connect Core 1.0, section 3.1.3.7, asks for."""

from __future__ import annotations

import hmac
from typing import Any, Final

import jwt
from django.utils.translation import gettext as _

from dangol.identity.sso.errors import AnswerRefused

# Signatures that only the provider can make. "none" proves nothing; with HS256 the key of the provider, which everybody
# may read, could be used as a password.
ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
CLOCKS_DIFFER_BY: Final = 60


def claims_of(
    id_token: str, *, keys: dict[str, Any], issuer: str, client_id: str, nonce: str
) -> dict[str, Any]:
    """What the token says, after everything about it was checked.

    Args:
        id_token: as the token endpoint gave it.
        keys: the provider's key set (JWKS).
        issuer: whom the token must come from, exactly.
        client_id: for whom the token must be.
        nonce: what was sent along with this very sign-in.

    Raises:
        AnswerRefused: in words, what is wrong with it.
    """
    try:
        header = jwt.get_unverified_header(id_token)
        algorithm = str(header.get("alg"))
        if algorithm not in ALGORITHMS:
            raise AnswerRefused(_("The ID token is not signed in a way that proves where it comes from."))
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key=_key(keys, header.get("kid"), algorithm),
            algorithms=[algorithm],
            audience=client_id,
            issuer=issuer,
            leeway=CLOCKS_DIFFER_BY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.ExpiredSignatureError as error:
        raise AnswerRefused(_("The ID token has expired. Compare the clocks of both sides.")) from error
    except jwt.InvalidIssuerError as error:
        raise AnswerRefused(_("The ID token was issued by somebody else.")) from error
    except jwt.InvalidAudienceError as error:
        raise AnswerRefused(_("The ID token was issued for another application.")) from error
    except jwt.PyJWTError as error:
        raise AnswerRefused(_("The ID token or its signature is not valid.")) from error
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise AnswerRefused(_("The ID token was issued for another application."))
    if not nonce or not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise AnswerRefused(_("The ID token does not belong to this sign-in."))
    return claims


def _key(keys: dict[str, Any], kid: str | None, algorithm: str) -> Any:
    found = [
        key
        for key in keys.get("keys", [])
        if isinstance(key, dict)
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
        and key.get("kty") in ("RSA", "EC", "OKP")
    ]
    if len(found) != 1:
        raise AnswerRefused(_("The provider does not publish the key that this ID token was signed with."))
    return jwt.PyJWK.from_dict(found[0], algorithm=algorithm).key
