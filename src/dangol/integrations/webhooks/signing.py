"""Signatures as the specification has them: HMAC-SHA256 over `id.timestamp.body`, in the header `webhook-signature`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
SECRET_BYTES = 32


def secret_new() -> str:
    """A new secret as its receiver is given it: `whsec_` and 256 random bits in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """One signature, with its version: `v1,…`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(secrets_known: Iterable[str], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers; with several secrets – while one is being changed – each signs."""
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            signature(secret, message, timestamp, body) for secret in secrets_known
        ),
    }
