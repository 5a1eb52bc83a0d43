"""A mail server that keeps what it gets, and what can be read in a PDF."""

from __future__ import annotations

import io
import socket
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

EIGHT = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)  # Monday, 8:00 in Seoul


def text_of(pdf: bytes) -> str:
    pypdf = pytest.importorskip("pypdf")
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@contextmanager
def smtp(settings):
    """A real mail server in this process, and what it took."""
    controller = pytest.importorskip("aiosmtpd.controller", reason="aiosmtpd is not installed")
    from aiosmtpd.handlers import Message

    received = []

    class Keep(Message):
        def handle_message(self, message):
            received.append(message)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = controller.Controller(Keep(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield received
    finally:
        server.stop()
