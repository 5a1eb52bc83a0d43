"""Whether a key may be used for this call: from where, and how often."""

from __future__ import annotations

import time
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from django.db import connection

from dangol.identity.models import Token

MINUTE = 60
_COUNT = """
INSERT INTO identity_token_use AS known (token_id, minute, calls) VALUES (%s, %s, 1)
ON CONFLICT (token_id) DO UPDATE
SET calls = CASE WHEN known.minute = EXCLUDED.minute THEN known.calls + 1 ELSE 1 END, minute = EXCLUDED.minute
RETURNING calls
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many calls a key may make a minute, how many are left, and in how many seconds it begins anew."""

    limit: int
    left: int
    seconds: int

    @property
    def is_used_up(self) -> bool:
        return self.left < 0

    def headers(self) -> dict[str, str]:
        """As the draft of the IETF has them (draft-ietf-httpapi-ratelimit-headers-06)."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(self.left, 0)),
            "RateLimit-Reset": str(self.seconds),
        }


def is_at_home(token: Token, address: str | None) -> bool:
    """Whether a call from this address may use the key."""
    if token.networks is None:
        return True
    try:
        found = ip_address(address or "")
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    return any(
        found in network for network in map(ip_network, token.networks) if network.version == found.version
    )


def call_counted(token: Token) -> Allowance | None:
    """Count a call; None for a key without limit. One query, in a table without log."""
    if token.per_minute is None:
        return None
    now = time.time()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [token.pk, int(now // MINUTE)])
        (calls,) = cursor.fetchone()
    return Allowance(token.per_minute, token.per_minute - calls, MINUTE - int(now % MINUTE))
