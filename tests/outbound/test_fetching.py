"""Files come over HTTP whole or not at all, and no secret goes where it does not belong."""

from __future__ import annotations

import gzip
import hashlib
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone, translation

from dangol.outbound import http, sealing, services
from dangol.outbound.errors import Answered, Forbidden, OutboundProblem, SealBroken
from dangol.outbound.models import OutboundCall
from tests.outbound.conftest import Site

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loopback")]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(http, "_PAUSE", 0.01)
    with translation.override("en"):
        yield


def fetch(path: Path, url: str, **options):
    with translation.override("en"):
        return http.fetch_to(
            path, url, **{"limit_bytes": 1 << 20, "timeout": 2.0, "purpose": "test", **options}
        )


def test_a_file_comes_as_it_is_and_the_call_is_noted_without_its_secrets(site: Site, tmp_path: Path) -> None:
    body = "번호,이름\n1,한빛정밀\n".encode()
    site.give("/a.csv?token=geheim", body, ETag='"v1"')
    got = fetch(tmp_path / "a", site.url("/a.csv?token=geheim"), headers={"Authorization": "Bearer geheim"})
    assert (tmp_path / "a").read_bytes() == body
    assert (got.status, got.size, got.sha256) == (200, len(body), hashlib.sha256(body).hexdigest())
    assert got.headers["etag"] == '"v1"'
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert site.asked[0][1]["authorization"] == "Bearer geheim"
    assert site.asked[0][1]["host"] == f"127.0.0.1:{site.port}"
    call = OutboundCall.objects.get()
    assert (call.status, call.received, call.purpose, call.error) == (200, len(body), "test", "")
    assert "geheim" not in str(OutboundCall.objects.values())


def test_without_the_setting_the_same_server_is_not_called(site: Site, tmp_path: Path, settings) -> None:
    settings.DANGOL_OUTBOUND_ALLOW = []
    with pytest.raises(Forbidden, match="internal network"):
        fetch(tmp_path / "a", site.url("/a.csv"))
    assert not site.asked
    assert "internal network" in OutboundCall.objects.get().error


def test_not_changed_since_is_an_answer_without_a_file(site: Site, tmp_path: Path) -> None:
    site.give("/a", b"", status=304)
    assert fetch(tmp_path / "a", site.url("/a"), headers={"If-None-Match": '"v1"'}).status == 304
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_same_server_keeps_the_credentials(site: Site, tmp_path: Path, status: int) -> None:
    site.give("/a", b"", status=status, Location="/b")
    site.give("/b", b"x")
    got = fetch(tmp_path / "a", site.url("/a"), headers={"Authorization": "Bearer geheim"})
    assert got.url == site.url("/b")
    assert site.asked[1][1]["authorization"] == "Bearer geheim"
    assert OutboundCall.objects.count() == 2


def test_secrets_are_not_sent_on_to_another_host(site: Site, tmp_path: Path) -> None:
    site.give("/a", b"", status=302, Location=site.url("/b", host="127.0.0.2"))
    secret = {"Authorization": "Bearer geheim", "Cookie": "geheim", "X-Api-Key": "geheim"}
    with pytest.raises(OutboundProblem):  # nobody listens there; what matters is what would be said
        fetch(tmp_path / "a", site.url("/a"), headers=secret)
    site.give("/a", b"", status=302, Location=site.url("/b", host="localhost"))
    site.give("/b", b"x")
    fetch(tmp_path / "a", site.url("/a"), headers=secret)
    path, headers = site.asked[-1]
    assert path == "/b"
    assert "geheim" not in str(headers)


def test_a_redirect_into_the_internal_network_is_not_followed(site: Site, tmp_path: Path, settings) -> None:
    settings.DANGOL_OUTBOUND_ALLOW = ["127.0.0.1/32"]
    for inside in (
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://0x7f.1/",
        "file:///etc/passwd",
    ):
        site.give("/a", b"", status=302, Location=inside)
        with pytest.raises(Forbidden):
            fetch(tmp_path / "a", site.url("/a"))
    assert not (tmp_path / "a").exists()


def test_redirects_end_after_five(site: Site, tmp_path: Path) -> None:
    for hop in range(6):
        site.give(f"/{hop}", b"", status=302, Location=f"/{hop + 1}")
    site.give("/6", b"far")
    with pytest.raises(OutboundProblem, match="address to address"):
        fetch(tmp_path / "a", site.url("/0"))
    assert fetch(tmp_path / "a", site.url("/1")).size == 3


def test_from_https_it_never_goes_on_without(site: Site, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(
        http, "_once", lambda url, *rest: http.Fetched(302, url, {"location": site.url("/a")})
    )
    with pytest.raises(Forbidden, match="from https to http"):
        fetch(tmp_path / "a", "https://127.0.0.1/a")
    assert not site.asked


def test_more_than_the_limit_is_refused_whether_announced_or_not(site: Site, tmp_path: Path) -> None:
    site.give("/a", b"x" * 5_000)
    with pytest.raises(OutboundProblem, match="larger than"):
        fetch(tmp_path / "a", site.url("/a"), limit_bytes=4_000)

    def endless(handler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        try:
            for _ in range(10_000):
                handler.wfile.write(b"x" * 10_000)
        except OSError:
            return

    site.pages["/b"] = endless
    with pytest.raises(OutboundProblem, match="larger than"):
        fetch(tmp_path / "a", site.url("/b"), limit_bytes=1_000_000)
    assert not (tmp_path / "a").exists()


def test_a_packed_bomb_stays_packed(site: Site, tmp_path: Path) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    site.give("/a", bomb, Content_Encoding="gzip")
    assert fetch(tmp_path / "a", site.url("/a")).size == len(bomb) < 100_000
    assert (tmp_path / "a").read_bytes() == bomb
    assert site.asked[0][1]["accept-encoding"] == "identity"


def test_a_file_that_breaks_off_is_not_taken(site: Site, tmp_path: Path) -> None:
    site.give("/a", b"half", Content_Length="8")
    with pytest.raises(OutboundProblem, match="4 of 8 bytes"):
        fetch(tmp_path / "a", site.url("/a"))
    assert not (tmp_path / "a").exists()


def test_a_server_that_is_silent_or_talks_for_ever_is_left(site: Site, tmp_path: Path) -> None:
    site.pages["/silent"] = lambda handler: time.sleep(0.8)
    with pytest.raises(OutboundProblem, match=r"did not answer within 0\.2"):
        fetch(tmp_path / "a", site.url("/silent"), timeout=0.2)

    def drip(handler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        try:
            for _ in range(200):
                handler.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            return

    site.pages["/drip"] = drip
    start = time.monotonic()
    with pytest.raises(OutboundProblem, match="did not answer within 2 "):
        fetch(tmp_path / "a", site.url("/drip"), timeout=0.2)
    assert time.monotonic() - start < 5
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("status", "words"), [(401, "refuses the access"), (404, "Check the path"), (500, "status 500")]
)
def test_a_refusal_says_what_would_be_right(site: Site, tmp_path: Path, status: int, words: str) -> None:
    site.give("/a", b"", status=status)
    with pytest.raises(Answered, match=words):
        fetch(tmp_path / "a", site.url("/a"))
    assert len(site.asked) == 1


def test_a_server_that_is_busy_is_asked_again(site: Site, tmp_path: Path) -> None:
    def first_busy(handler) -> None:
        body = b"there"
        handler.send_response(503 if len(site.asked) < 3 else 200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    site.pages["/a"] = first_busy
    assert fetch(tmp_path / "a", site.url("/a")).size == 5
    assert [call.status for call in OutboundCall.objects.order_by("pk")] == [503, 503, 200]


def test_a_host_that_nobody_knows_or_that_is_down_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(OutboundProblem, match="is not known"):
        fetch(tmp_path / "a", "https://nobody.invalid/a")
    with pytest.raises(OutboundProblem, match="port 1"):
        fetch(tmp_path / "a", "http://127.0.0.1:1/a")


def test_calls_are_forgotten_after_ninety_days() -> None:
    for days in (89, 91):
        OutboundCall.objects.create(
            purpose=str(days), method="GET", url="x", at=timezone.now() - timedelta(days=days)
        )
    assert services.calls_forget() == 1
    assert OutboundCall.objects.get().purpose == "89"


def test_a_sealed_secret_opens_only_here_and_only_for_its_purpose(settings) -> None:
    sealed = sealing.seal("암호", purpose="import 1")
    assert "암호" not in sealed
    assert sealing.unseal(sealed, purpose="import 1") == "암호"
    with pytest.raises(SealBroken):
        sealing.unseal(sealed, purpose="import 2")
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key of this installation"
    with pytest.raises(SealBroken):
        sealing.unseal(sealed, purpose="import 1")
    settings.SECRET_KEY_FALLBACKS = [old]
    assert sealing.unseal(sealed, purpose="import 1") == "암호"
