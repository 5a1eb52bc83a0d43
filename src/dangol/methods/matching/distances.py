"""How far two texts are apart. Pure Python, for one pair at a time; `vectors` has the same for many."""

from __future__ import annotations

LONGEST = 32
"""Characters that are compared; texts that agree in so many and differ later are the same here."""


def edits(left: str, right: str) -> int:
    """Fewest insertions, deletions, substitutions and swaps of neighbours that turn one into the other.

    The restricted Damerau–Levenshtein distance: F. J. Damerau, "A technique for computer detection and correction of
    spelling errors", *CACM* 7(3), 1964, in the form of "optimal string alignment". Looks at `LONGEST` characters.
    """
    left, right = left[:LONGEST], right[:LONGEST]
    if left == right:
        return 0
    if not left or not right:
        return len(left) + len(right)
    before: list[int] = []
    above = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        row = [i]
        for j, b in enumerate(right, start=1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, above = above, row
    return above[-1]


def jaro_winkler(left: str, right: str) -> float:
    """Agreement from 0 to 1 that values a common beginning.

    W. E. Winkler, "String comparator metrics and enhanced decision rules in the Fellegi–Sunter model of record linkage",
    *Proc. Survey Research Methods, ASA*, 1990: M. A. Jaro's measure, raised by a tenth of what is missing for each of up
    to four first characters that agree. Looks at `LONGEST` characters.
    """
    left, right = left[:LONGEST], right[:LONGEST]
    if not left or not right:
        return 0.0
    window = max(max(len(left), len(right)) // 2 - 1, 0)
    taken = [False] * len(right)
    matched: list[str] = []
    for i, character in enumerate(left):
        for j in range(max(0, i - window), min(len(right), i + window + 1)):
            if not taken[j] and right[j] == character:
                taken[j] = True
                matched.append(character)
                break
    same = len(matched)
    if not same:
        return 0.0
    others = [character for character, is_taken in zip(right, taken, strict=True) if is_taken]
    swapped = sum(a != b for a, b in zip(matched, others, strict=True)) // 2
    jaro = (same / len(left) + same / len(right) + (same - swapped) / same) / 3
    prefix = 0
    for a, b in zip(left[:4], right[:4], strict=False):
        if a != b:
            break
        prefix += 1
    return jaro + prefix * 0.1 * (1 - jaro)
