"""OAuth 2.0: third programs act for people who let them, without a key being copied.

The protocol is oauthlib's, its storage allauth's (`allauth.idp.oidc`); here stand the rules that are ours. The page on which
people are asked is `administration.views.consent`.
"""
