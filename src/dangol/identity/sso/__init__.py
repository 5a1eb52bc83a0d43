"""Signing in through somebody who vouches: OpenID Connect, SAML, Kakao, Naver, Google."""
