"""Every way of asking for an internal address that we know of, and that it does not work."""

from __future__ import annotations

import socket

import pytest

from dangol.outbound import addresses, http
from dangol.outbound.errors import Forbidden, OutboundProblem

PORTS = {80, 443}

INTERNAL = {
    "loopback": "127.0.0.1",
    "loopback, another one": "127.255.255.254",
    "this host": "0.0.0.0",
    "private 10": "10.1.2.3",
    "private 172.16": "172.31.255.255",
    "private 192.168": "192.168.0.1",
    "metadata of clouds": "169.254.169.254",
    "carrier's own (CGNAT)": "100.64.0.1",
    "metadata of Alibaba": "100.100.100.200",
    "protocol assignments": "192.0.0.8",
    "documentation": "203.0.113.7",
    "benchmarks": "198.18.0.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 loopback": "::1",
    "IPv6 unspecified": "::",
    "IPv6 link-local": "fe80::1",
    "IPv6 site-local": "fec0::1",
    "IPv6 unique local": "fd00:ec2::254",
    "IPv6 multicast": "ff02::1",
    "IPv6 documentation": "2001:db8::1",
    "IPv4-mapped": "::ffff:127.0.0.1",
    "IPv4-mapped in hex": "::ffff:7f00:1",
    "IPv4-mapped metadata": "::ffff:a9fe:a9fe",
    "IPv4-translated": "::ffff:0:7f00:1",
    "IPv4-compatible": "::127.0.0.1",
    "6to4 of loopback": "2002:7f00:1::",
    "6to4 of a private address": "2002:a00:1::",
    "NAT64 of loopback": "64:ff9b::7f00:1",
    "NAT64 of metadata": "64:ff9b::169.254.169.254",
    "local NAT64": "64:ff9b:1::a00:1",
    "Teredo": "2001:0:7f00:1::",
    "discard only": "100::1",
    "long form": "0000:0000:0000:0000:0000:0000:0000:0001",
}

DISGUISED = {
    "decimal": "2130706433",
    "octal": "0177.0.0.1",
    "hex": "0x7f000001",
    "hex by parts": "0x7f.0x0.0x0.0x1",
    "short": "127.1",
    "shorter": "127",
    "zero": "0",
    "mixed": "0x7f.1",
    "leading zeros": "127.000.000.001",
    "too large": "256.256.256.256",
    "full-width digits": "１２７.１",
    "circled digits": "①②⑦.①",
    "ideographic dots": "127。1",
    "zone": "fe80::1%eth0",
    "trailing dot": "127.1.",
    "name that ends in a number": "example.127",
    "blank inside": "127.0.0.1 example.com",
    "NUL": "example.com\0.internal",
    "empty": "",
}


@pytest.mark.parametrize("name", INTERNAL)
def test_an_internal_address_is_refused(name: str) -> None:
    with pytest.raises(Forbidden):
        addresses.checked(INTERNAL[name], 80, usual_ports=PORTS)


@pytest.mark.parametrize("name", DISGUISED)
def test_an_address_in_disguise_is_refused_before_anything_is_resolved(name: str, monkeypatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **o: pytest.fail("it was resolved"))
    with pytest.raises(Forbidden):
        addresses.checked(DISGUISED[name], 80, usual_ports=PORTS)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"]
)
def test_a_public_address_is_not(address: str) -> None:
    assert len(addresses.checked(address, 443, usual_ports=PORTS)) == 1


def test_full_width_digits_and_dots_are_the_address_they_mean() -> None:
    assert addresses.normalized("１２７。０。０。１") == "127.0.0.1"
    with pytest.raises(Forbidden):
        addresses.checked("１２７。０。０。１", 80, usual_ports=PORTS)


def resolving(monkeypatch, *answers: list[str]) -> list[str]:
    """Let names resolve to these, one answer after the other; returns what was asked."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def answer(host: str, port: int, *args: object, **options: object) -> object:
        if host.replace(".", "").isdigit() or ":" in host:
            return real(host, port, *args, **options)
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


def test_one_internal_address_among_public_ones_is_enough_to_refuse(monkeypatch) -> None:
    resolving(monkeypatch, ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(Forbidden, match="DANGOL_OUTBOUND_ALLOW"):
        addresses.checked("files.example.com", 443, usual_ports=PORTS)


def test_a_name_server_that_changes_its_mind_is_asked_only_once(monkeypatch) -> None:
    """DNS rebinding: public when it is checked, internal when it is used."""
    asked = resolving(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    connected = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(OutboundProblem, match="Connection refused"):
        addresses.connect("rebind.example.com", 443, usual_ports=PORTS, timeout=1)
    assert asked == ["rebind.example.com"]
    assert connected == [("93.184.216.34", 443)]


@pytest.mark.parametrize("port", [22, 25, 110, 6000, 6667])
def test_a_port_of_something_else_is_refused(port: int) -> None:
    with pytest.raises(Forbidden, match=str(port)):
        addresses.checked("8.8.8.8", port, usual_ports=PORTS)


def test_what_the_setting_names_may_be_called(settings, monkeypatch) -> None:
    settings.DANGOL_OUTBOUND_ALLOW = ["10.1.0.0/16", "erp.internal", "fd00::/64"]
    assert addresses.checked("10.1.2.3", 25, usual_ports=PORTS) == ["10.1.2.3"]
    assert addresses.checked("::ffff:10.1.2.3", 80, usual_ports=PORTS)
    assert addresses.checked("fd00::5", 80, usual_ports=PORTS) == ["fd00::5"]
    with pytest.raises(Forbidden):
        addresses.checked("10.2.0.1", 80, usual_ports=PORTS)
    resolving(monkeypatch, ["192.168.7.7"])
    assert addresses.checked("ERP.internal.", 8069, usual_ports=PORTS) == ["192.168.7.7"]
    with pytest.raises(Forbidden):
        addresses.checked("other.internal", 80, usual_ports=PORTS)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://files.example.com/x", "gopher://127.0.0.1:6379/_INFO", "//example.com/x", "example.com",
        "http://user:secret@example.com/", "http://example.com@127.0.0.1/", "http://127.0.0.1\\@example.com/",
        "http://example.com/x y", "http://example.com/\r\nX: y", "http://[::1", "http://example.com:99999/", "http://:80/",
        "http://example.com:0/", "http://①②⑦.⓪.⓪.①/", "http://[::ffff:7f00:1]/", "http://localhost/", "http://LOCALHOST./",
    ],
)  # fmt: skip
@pytest.mark.django_db
def test_an_address_that_is_none_or_leads_inside_is_refused(url: str, tmp_path) -> None:
    with pytest.raises(Forbidden):
        http.fetch_to(tmp_path / "x", url, limit_bytes=100, purpose="test")
    assert not (tmp_path / "x").exists()
