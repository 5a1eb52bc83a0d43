"""Who somebody is by the word of a provider: the address it proved, and the name."""

from __future__ import annotations

import re
from typing import Any

from allauth.socialaccount.models import SocialLogin

from dangol.identity.models import SignInProvider

_HANGUL = re.compile(r"[가-힣]")


def proven_address(login: SocialLogin, provider: SignInProvider, domains: list[str]) -> str:
    """The address in lower case that the provider has verified; "" when there is none.

    Kakao verifies an address and says apart whether it is still in use: both must hold. Naver says nothing: only its
    own addresses count. Of others, an address that is not said to be verified counts where the settings trust the
    provider with the allowed domains.
    """
    for found in login.email_addresses:
        address = str(found.email).strip().lower()
        domain = address.rpartition("@")[2]
        is_verified = found.verified is True
        if provider.kind == "kakao":
            account = login.account.extra_data.get("kakao_account", {})
            is_verified = is_verified and account.get("is_email_valid") is True
        elif provider.kind == "naver":
            is_verified = domain == "naver.com"
        if is_verified or (provider.trusts_mail and domain in domains):
            return address
    return ""


def is_allowed(address: str, domains: list[str]) -> bool:
    """Is the address in one of the allowed domains; without any, all are allowed."""
    return not domains or address.rpartition("@")[2] in domains


def shown_name(common: dict[str, Any], extra: dict[str, Any]) -> str:
    """The name to show: as given, else put together – in Korean the family name first and without a space."""
    profile = extra.get("kakao_account") or {}
    whole = common.get("name") or extra.get("name") or profile.get("name")
    if whole:
        return str(whole).strip()
    first, last = str(common.get("first_name") or "").strip(), str(common.get("last_name") or "").strip()
    if first and last:
        return f"{last}{first}" if _HANGUL.search(last) else f"{first} {last}"
    nickname = (profile.get("profile") or {}).get("nickname")
    return first or last or str(nickname or common.get("username") or "").strip()
