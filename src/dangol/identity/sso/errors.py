"""Why an answer of a provider is not taken."""

from __future__ import annotations

from allauth.socialaccount.providers.oauth2.client import OAuth2Error


class AnswerRefused(OAuth2Error):  # type: ignore[misc]  # allauth is not typed
    """The provider's answer proves nothing, or nobody who may come in; the text is for the visitor."""

    is_for_visitors = True
