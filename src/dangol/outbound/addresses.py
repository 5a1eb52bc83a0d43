"""Where calls may go: the guard against being used as a way into the internal network (SSRF).

A name is resolved once, every address it has is checked, and the connection goes to a checked address, so that a
name server cannot answer differently a moment later. Hosts and networks in `DANGOL_OUTBOUND_ALLOW` may be internal.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from dangol.outbound.errors import Forbidden, OutboundProblem

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Beside what Python itself calls not global; some of these it learnt only lately, and some it calls global.
NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
        "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
_NAT64 = IPv6Network("64:ff9b::/96")
# As browsers do: ports of services that can be talked into something by a request of HTTP.
_PORTS_OF_OTHERS = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, *range(6665, 6670), 6679, 6697, 10080}
)
_NUMBER = re.compile(r"(?:[0-9]+|0[xX][0-9a-fA-F]*)\Z")
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\Z")
LONGEST_NAME = 253


def normalized(host: str) -> str:
    """The host in ASCII and small letters, without the dot of the root; an IPv6 address without brackets.

    Raises:
        Forbidden: it is no host name, or a number written so that it hides which address is meant (`0x7f.1`, `127.1`,
            `2130706433`, `0177.0.0.1`).
    """
    bare = host.strip().removeprefix("[").removesuffix("]")
    if ":" in bare:
        try:
            return str(IPv6Address(bare)) if "%" not in bare else _no_host(host)
        except ValueError:
            _no_host(host)
    try:
        name = bare.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:
        _no_host(host)
    if not _NAME.match(name) or len(name) > LONGEST_NAME:
        _no_host(host)
    if _NUMBER.match(name.rpartition(".")[2]):
        try:
            return str(IPv4Address(name))
        except ValueError:
            raise Forbidden(
                _(
                    "“%(host)s” is a number in a form that hides the address. Write it as 203.0.113.7, or use the name."
                )
                % {"host": host[:100]}
            ) from None
    return name


def _no_host(host: str) -> str:
    raise Forbidden(_("“%(host)s” is not a host name.") % {"host": host[:100]}) from None


def is_public(address: Address) -> bool:
    """Whether an address lies in the public network. What embeds an IPv4 address is judged by that one."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    if any(address.version == network.version and address in network for network in NOT_PUBLIC):
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_loopback or address.is_unspecified
    )


def _allowed() -> tuple[frozenset[str], tuple[Network, ...]]:
    names: set[str] = set()
    networks: list[Network] = []
    for entry in settings.DANGOL_OUTBOUND_ALLOW:
        try:
            networks.append(ip_network(entry.strip("[]"), strict=False))
        except ValueError:
            names.add(normalized(entry))
    return frozenset(names), tuple(networks)


def _unwrapped(address: Address) -> Address:
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def checked(host: str, port: int, *, usual_ports: Iterable[int]) -> list[str]:
    """The addresses of a host to which a connection may go, as text. Resolves the name once.

    Args:
        host: a name or an address.
        usual_ports: those below 1024 that this kind of call may go to.

    Raises:
        Forbidden: the host or one of its addresses is internal, or the port is one of something else.
        OutboundProblem: nobody knows the name.
    """
    name = normalized(host)
    names, networks = _allowed()
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise OutboundProblem(
            _(
                "The host “%(host)s” is not known. Check the spelling, and that this server can reach a name server."
            )
            % {"host": name}
        ) from error
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    known = name in names or all(
        any(
            inner.version == network.version and inner in network
            for network in networks
            for inner in (_unwrapped(address),)
        )
        for address in addresses
    )
    if not known:
        # One internal address among public ones is how a name server tries to smuggle it in.
        if not all(is_public(address) for address in addresses):
            raise Forbidden(
                _(
                    "“%(host)s” lies in an internal network, where no call may go. Whoever runs the server can allow it:"
                    " DANGOL_OUTBOUND_ALLOW."
                )
                % {"host": name}
            )
        if port not in set(usual_ports) and (port < 1024 or port in _PORTS_OF_OTHERS):
            raise Forbidden(_("Port %(port)s is not one for such calls.") % {"port": port})
    return list(dict.fromkeys(str(address) for address in addresses))


def connect(host: str, port: int, *, usual_ports: Iterable[int], timeout: float) -> socket.socket:
    """A connection to a checked address of the host; tries them in the order of the resolver.

    Raises:
        Forbidden, OutboundProblem: as `checked`; or nobody answers there.
    """
    last: OSError | None = None
    for address in checked(host, port, usual_ports=usual_ports):
        try:
            return socket.create_connection((address, port), timeout=timeout)
        except OSError as error:
            last = error
    if isinstance(last, TimeoutError):
        raise OutboundProblem(
            _("“%(host)s” (port %(port)s) did not answer within %(seconds)s seconds.")
            % {"host": host, "port": port, "seconds": f"{timeout:g}"}
        ) from last
    raise OutboundProblem(
        _("No connection to “%(host)s”, port %(port)s: %(why)s. Is the server running, and the port right?")
        % {"host": host, "port": port, "why": (last.strerror if last else "") or "?"}
    ) from last
