"""Pairs that hang together."""

from __future__ import annotations

from collections.abc import Iterable


def groups(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The records that pairs connect, directly or through others; each group and the groups in order."""
    head: dict[int, int] = {}

    def find(one: int) -> int:
        while head.setdefault(one, one) != one:
            head[one] = head[head[one]]
            one = head[one]
        return one

    for left, right in pairs:
        first, second = find(left), find(right)
        head[max(first, second)] = min(first, second)
    together: dict[int, list[int]] = {}
    for one in sorted(head):
        together.setdefault(find(one), []).append(one)
    return list(together.values())
