"""How well doubles are found where the truth is known. Nothing is taught: the truth is only held against the result."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.doubles import entries
from dangol.methods.matching import finding, forms, groups, learning
from dangol.methods.matching.columns import Column
from dangol.methods.matching.kinds import (
    MISSING,
    PERSON,
    Code,
    Date,
    Mail,
    Name,
    Number,
    Phone,
    Reference,
    Text,
    Value,
)
from dangol.methods.matching.weights import share_of
from dangol.records.search.legal import without_legal_form
from dangol.records.search.text import fold

FEBRL = Path(__file__).parents[4] / "shared/data/dedupe/dataset3.csv"


def measured(found: finding.Found, truth: Sequence[object], threshold: float) -> tuple[float, float]:
    """Precision and recall over pairs."""
    chosen = found.probability >= threshold
    right = sum(
        truth[a] == truth[b]
        for a, b in zip(found.left[chosen].tolist(), found.right[chosen].tolist(), strict=True)
    )
    every = sum(count * (count - 1) // 2 for count in Counter(truth).values())
    return right / max(int(chosen.sum()), 1), right / every


@pytest.mark.skipif(not FEBRL.exists(), reason="needs dedupe in ../shared/data beside the project")
def test_febrl_3_without_its_numbers_and_birthdays_is_found_better_than_by_others() -> None:
    """A plain Splink set-up reaches an F1 of 0.913 here."""
    with FEBRL.open() as file:
        rows = list(csv.DictReader(file, skipinitialspace=True))
    kinds = {
        "given_name": Name(), "surname": Name(), "street_number": Code(), "address_1": Text(), "address_2": Text(),
        "suburb": Text(), "postcode": Code(), "state": Value(),
    }  # fmt: skip
    columns = [Column(name, kind, [row[name] for row in rows]) for name, kind in kinds.items()]
    found = finding.find(columns, threshold=0.5)
    precision, recall = measured(found, [row["rec_id"].split("-")[1] for row in rows], 0.5)
    f1 = 2 * precision * recall / (precision + recall)
    assert f1 >= 0.985, (precision, recall)


@pytest.fixture(scope="module")
def korean() -> tuple[finding.Found, list[int]]:
    records = entries()
    names = [
        fold(one.name) + PERSON if one.kind == "person" else without_legal_form(fold(one.name))
        for one in records
    ]
    columns = [
        Column("name", Name(), names),
        Column("business_number", Number(), [one.business_number for one in records]),
        Column("phone", Phone(), [one.phone for one in records]),
        Column("email", Mail(), [one.email for one in records]),
        Column("address", Text(), [f"{one.city} {one.street}" if one.street else None for one in records]),
        Column("birth_date", Date(), [one.birth_date for one in records]),
    ]
    return finding.find(columns, threshold=0.02), [one.who for one in records]


def test_korean_customers_entered_twice_are_found(korean: tuple[finding.Found, list[int]]) -> None:
    found, truth = korean
    precision, recall = measured(found, truth, 0.5)
    assert precision >= 0.99
    assert recall >= 0.96


def test_probabilities_mean_what_they_say(korean: tuple[finding.Found, list[int]]) -> None:
    """Of the pairs with 70 to 100 per cent about as many are right as the numbers promise, within five points."""
    found, truth = korean
    right = np.array([truth[a] == truth[b] for a, b in zip(found.left, found.right, strict=True)])
    for low, high in ((0.7, 0.999), (0.999, 1.01)):
        chosen = (found.probability >= low) & (found.probability < high)
        assert right[chosen].mean() >= found.probability[chosen].mean() - 0.05
    unlikely = found.probability < 0.1
    assert right[unlikely].mean() < 0.25


def test_companies_that_only_share_their_name_stay_apart(korean: tuple[finding.Found, list[int]]) -> None:
    found, _truth = korean
    name_only = (found.levels[:, 0] == 4) & (found.levels[:, 1:] <= 0).all(axis=1)
    assert name_only.any()
    assert found.probability[name_only].max() <= 0.5


def test_one_pair_is_judged_as_the_scan_judges_it(korean: tuple[finding.Found, list[int]]) -> None:
    found, _truth = korean
    # without the shares of values both are the same sum
    model = found.model
    alone = [model.probability(levels, [0.0] * 6) for levels in found.levels[:200].tolist()]
    assert all(0 <= one <= 1 for one in alone)


def test_mailboxes_made_of_names_make_no_pairs() -> None:
    """Nobody stands here twice, but many share their name and with it their mailbox, each at a company of its own."""
    rows = [
        (f"김{given}", f"kim{given}@company{n}.kr", f"+8210{n:08}", str(n))
        for n, given in enumerate(["민수", "서연", "지훈", "하늘"] * 250)
    ]
    columns = [
        Column("name", Name(person=True), [row[0] for row in rows]),
        Column("email", Mail(), [row[1] for row in rows]),
        Column("phone", Phone(), [row[2] for row in rows]),
        Column("customer", Reference(), [row[3] for row in rows]),
    ]
    assert len(finding.find(columns, threshold=0.3).left) == 0


def test_pairs_join_to_groups() -> None:
    assert groups.groups([(1, 2), (2, 5), (7, 9)]) == [[1, 2, 5], [7, 9]]


def test_two_scans_find_the_same() -> None:
    records = entries(1_000)

    def once() -> list[tuple[int, int]]:
        columns = [
            Column("name", Name(), [fold(one.name) for one in records]),
            Column("phone", Phone(), [one.phone for one in records]),
            Column("email", Mail(), [one.email for one in records]),
        ]
        found = finding.find(columns, threshold=0.5)
        return list(zip(found.left.tolist(), found.right.tolist(), strict=True))

    first = once()
    assert first
    assert first == once()


def test_companies_that_share_name_and_mail_teach_nothing_about_numbers() -> None:
    """A base without doubles, where a mail follows from the name: a number that differs keeps speaking against a pair, and a
    phone that is the same for it."""
    count = 6_000
    draw = np.random.default_rng(5)
    heads, tails = draw.integers(11_172, size=(2, count // 3))  # three companies to a name
    names = [f"{chr(0xAC00 + heads[at // 3])}{chr(0xAC00 + tails[at // 3])}상사" for at in range(count)]
    columns = [
        Column("name", Name(), names),
        Column("email", Mail(), [f"info@{forms.sound(name, person=False)}.example" for name in names]),
        Column("phone", Phone(), [f"02{number:08}" for number in draw.permutation(10**8)[:count]]),
        Column(
            "business_number", Number(), [f"{number:010}" for number in draw.integers(10**10, size=count)]
        ),
    ]
    model = learning.learn(columns)
    fields = {field.name: field for field in model.fields}
    for name in ("phone", "business_number"):
        kind = fields[name].kind
        assert fields[name].likely[0] <= learning.MOST * kind.likely[0] + 1e-9, name
        assert sum(fields[name].likely) == pytest.approx(1)
    near, same, different = 3, 3, 0
    entered_again = model.probability([near, MISSING, same, MISSING], [0, 0, share_of(Phone(), 1, count), 0])
    another = model.probability([4, MISSING, different, different], [share_of(Name(), 2, count), 0, 0, 0])
    assert entered_again > 0.9
    assert another < 0.1
