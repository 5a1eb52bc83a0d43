"""Where allauth looks for the kinds of providers of an app."""

from dangol.identity.sso.openid import OpenIDProvider
from dangol.identity.sso.saml import StrictSAML

provider_classes = [OpenIDProvider, StrictSAML]
