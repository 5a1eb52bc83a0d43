"""Content Security Policy for the whole product, in the form django-csp 4 takes.

Nothing inline, nothing evaluated, nothing from another host. Settings say
`CONTENT_SECURITY_POLICY = security.CONTENT_SECURITY_POLICY`.
"""

from typing import Any, Final

from csp.constants import NONE, SELF

DIRECTIVES: Final[dict[str, Any]] = {
    "default-src": [SELF],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "media-src": [SELF],
    "manifest-src": [SELF],
    "object-src": [NONE],
    "frame-src": [NONE],
    "worker-src": [SELF],
    "frame-ancestors": [NONE],
    "base-uri": [SELF],
    "form-action": [SELF],
}

CONTENT_SECURITY_POLICY: Final[dict[str, Any]] = {"DIRECTIVES": DIRECTIVES}

HEADERS: Final = {
    "SECURE_CONTENT_TYPE_NOSNIFF": True,
    "SECURE_REFERRER_POLICY": "same-origin",
    "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
    "X_FRAME_OPTIONS": "DENY",
}
"""Django settings that belong to the same decision; settings may update themselves with it."""
