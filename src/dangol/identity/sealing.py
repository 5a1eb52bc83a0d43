"""Secrets of others – client secrets of sign-in providers, seeds of second factors – as they may lie in the database.

Sealed with a key derived from the installation's secret key, another one for each purpose: who reads a backup reads
none of them, and a sealed text copied into another place opens nothing there. `SECRET_KEY_FALLBACKS` still open.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


class SealBroken(Exception):
    """A sealed text cannot be opened here; the words say what to do."""


def seal(text: str, *, purpose: str) -> str:
    """The text so that only this installation can read it. `purpose` must be the same when it is opened."""
    return _box(purpose).encrypt(text.encode()).decode("ascii")


def unseal(sealed: str, *, purpose: str) -> str:
    """What was sealed.

    Raises:
        SealBroken: it was sealed with another secret key or for another purpose, or has been changed since.
    """
    from cryptography.fernet import InvalidToken

    try:
        return _box(purpose).decrypt(sealed.encode()).decode()
    except (InvalidToken, ValueError) as error:
        raise SealBroken(
            _(
                "The stored password or key cannot be opened, because the secret key of this installation is another one"
                " now. Enter it again."
            )
        ) from error


def _box(purpose: str) -> MultiFernet:
    from cryptography.fernet import Fernet, MultiFernet

    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key, purpose)) for key in keys])


def _derived(key: str, purpose: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"dangol.outbound:{purpose}".encode())
    return base64.urlsafe_b64encode(derived.derive(key.encode()))
