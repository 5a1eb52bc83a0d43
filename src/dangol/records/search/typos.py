"""Names that were typed wrong: which tokens to look at, and which of them are near enough.

The distance is that of keystrokes, not of syllables: 홍길둥 is one stroke from 홍길동, 게임 one from 개임 – near in the
way people mistype and mishear Hangul. Candidates come from the trigram index by patterns with one part left open.
"""

from __future__ import annotations

MOST_PATTERNS = 48
MOST_CANDIDATES = 1_000


def allowed(key: str) -> int:
    """How many wrong strokes to forgive: none for one syllable or a short Latin word, one for names, two for long ones."""
    units = key.split()
    strokes = sum(len(unit) for unit in units)
    if strokes < 4 or (len(units) == 1 and units[0].islower()):
        return 0
    return 2 if strokes >= 12 and (len(units) >= 4 or len(units) == 1) else 1


def patterns(key: str) -> list[str]:
    """LIKE patterns that cover the tokens within the distance; empty when the query is too short for typing errors."""
    if not allowed(key) or any(not unit.isalnum() for unit in key.split()):
        return []
    units = key.split()
    if len(units) >= 3:
        found = [" " + " ".join([*units[:i], "%", *units[i + 1 :]]) + "%" for i in range(len(units))]
        # a unit too many, typed by mistake
        found += [" " + " ".join([*units[:i], *units[i + 1 :]]) + "%" for i in range(len(units) - 1)]
    elif len(key) > 13:
        third = max(3, len(key.strip()) // 3)
        found = [
            f"%{part}%" for start in (0, third, 2 * third) if len(part := key.strip()[start:][:third]) >= 3
        ]
    else:
        found = []
        for i in range(1, len(key)):
            if key[i] != " ":
                found += [key[:i] + "_" + key[i + 1 :] + "%", key[:i] + key[i + 1 :] + "%"]
                if i + 1 < len(key) and " " != key[i + 1] != key[i]:
                    found.append(key[:i] + key[i + 1] + key[i] + key[i + 2 :] + "%")
            found.append(key[:i] + "_" + key[i:] + "%")
    return list(dict.fromkeys(found))[:MOST_PATTERNS]


def distance(one: str, other: str, limit: int) -> int:
    """Optimal string alignment distance – insert, delete, replace, swap neighbours – or `limit + 1` when beyond it."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        line = [i]
        for j, b in enumerate(other, 1):
            best = min(row[j] + 1, line[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            line.append(best)
        if min(line) > limit:
            return limit + 1
        before, row = row, line
    return min(row[-1], limit + 1)


def nearness(key: str, token: str) -> int | None:
    """How far a token is from the query: 2 × wrong strokes, + 1 when the token goes on. None when too far.

    The token may be longer than the query, but must go on with a new syllable or word.
    """
    limit = allowed(key)
    typed = key.replace(" ", "")
    units = token.split()
    count = len(key.split())
    best: int | None = None
    for taken in range(max(1, count - 1), min(len(units), count + 1) + 1):
        wrong = distance(typed, "".join(units[:taken]), limit)
        if wrong <= limit:
            far = 2 * wrong + (taken < len(units))
            best = far if best is None else min(best, far)
    return best
