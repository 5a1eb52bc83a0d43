"""HTTPS: the certificate must be that of the name, whatever address the name was resolved to."""

from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import translation

from dangol.outbound import http as calls
from dangol.outbound.errors import OutboundProblem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loopback")]
BODY = b"a,b\n1,2\n"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for `localhost` and for nothing else, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def port(certificate: Path) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY)

        def log_message(self, *args: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that does not trust the certificate hangs up

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(tmp_path: Path, url: str) -> calls.Fetched:
    with translation.override("en"):
        return calls.fetch_to(tmp_path / "file", url, limit_bytes=1_000, timeout=5, purpose="test")


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda: real(cafile=str(certificate)))


@pytest.mark.usefixtures("trusted")
def test_the_name_is_checked_and_not_the_address_it_was_resolved_to(port: int, tmp_path: Path) -> None:
    assert fetch(tmp_path, f"https://localhost:{port}/a").size == len(BODY)
    assert (tmp_path / "file").read_bytes() == BODY


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_name_is_refused(port: int, tmp_path: Path) -> None:
    with pytest.raises(OutboundProblem, match="cannot be trusted"):
        fetch(tmp_path, f"https://127.0.0.1:{port}/a")
    assert not (tmp_path / "file").exists()


def test_a_certificate_that_nobody_vouches_for_is_refused(port: int, tmp_path: Path) -> None:
    with pytest.raises(OutboundProblem, match="cannot be trusted"):
        fetch(tmp_path, f"https://localhost:{port}/a")
