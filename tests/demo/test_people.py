"""Invented people, companies, places: distinct, in the right shares, valid, the same for the same seed."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from itertools import islice
from pathlib import Path

import phonenumbers
import pytest
from stdnum.kr import brn

from dangol.config.demo import companies, people, places
from dangol.config.demo.chance import stream

REAL_COMPANIES = Path(__file__).resolve().parents[3] / "shared" / "data" / "korean" / "dart_corp_codes.csv.gz"


def test_a_large_population_has_two_hundred_thousand_distinct_names() -> None:
    rng = stream("test", "people")
    names: set[str] = set()
    for _ in range(1_000_000):
        names.add(people.person(rng).name)
        if len(names) >= 200_000:
            break
    assert len(names) >= 200_000


def test_family_names_have_their_real_shares() -> None:
    rng = stream("test", "shares")
    drawn = Counter(people.person(rng).name[0] for _ in range(60_000))
    for family, share in (("김", 21.5), ("이", 14.7), ("박", 8.4), ("최", 4.7)):
        assert drawn[family] / 600 == pytest.approx(share, abs=0.9)


def test_given_names_are_two_syllables_of_their_decade() -> None:
    rng = stream("test", "given")
    for _ in range(2_000):
        person = people.person(rng)
        assert 3 <= len(person.name) <= 4
        assert 1960 <= person.born <= 2009


def test_titles_fit_the_age() -> None:
    rng = stream("test", "titles")
    assert {people.job_title(rng, 2000, 2026) for _ in range(300)} <= {"사원", "주임", "대리", "과장"}
    assert not {people.job_title(rng, 1965, 2026) for _ in range(300)} & {"사원", "주임", "대리"}


def test_the_same_seed_gives_the_same_people_and_another_one_others() -> None:
    def names(seed: str) -> list[str]:
        rng = stream(seed, "people")
        return [people.person(rng).name for _ in range(50)]

    assert names("a") == names("a")
    assert names("a") != names("b")


def test_names_are_spelt_in_latin_letters_for_addresses() -> None:
    assert people.romanised("이서윤") == "iseoyun"
    assert people.romanised("(주)한빛 A1") == "juhanbita1"


def test_forty_thousand_companies_have_distinct_names_in_every_legal_form() -> None:
    found = list(islice(companies.companies(stream("test", "firms")), 40_000))
    assert len({firm.bare for firm in found}) == 40_000
    for form in ("(주)", "㈜", "주식회사 ", " 주식회사", "유한회사 "):
        assert any(form in firm.name for firm in found)
    assert any(firm.name.startswith("(주)") for firm in found)
    assert any(firm.name.endswith("(주)") for firm in found)
    bare = sum(firm.name == firm.bare for firm in found)
    assert bare / 40_000 == pytest.approx(0.205, abs=0.02)


@pytest.mark.skipif(not REAL_COMPANIES.exists(), reason="the list of real companies is not on this machine")
def test_no_company_of_the_demo_bears_the_name_of_a_real_one() -> None:
    with gzip.open(REAL_COMPANIES, "rt", encoding="utf-8") as file:
        real = {
            re.sub(r"\(주\)|㈜|주식회사|유한회사|\s", "", row["corp_name"]) for row in csv.DictReader(file)
        }
    firms = islice(companies.companies(stream("dangol", "company names")), 3_000)
    assert [firm.bare for firm in firms if firm.bare in real] == []


def test_business_numbers_are_valid_and_distinct() -> None:
    numbers = list(islice(companies.business_numbers(stream("test", "numbers")), 5_000))
    assert len(set(numbers)) == 5_000
    assert all(brn.is_valid(number) for number in numbers)


def test_phone_numbers_are_valid_ones_of_their_region() -> None:
    rng = stream("test", "phones")
    for _ in range(1_500):
        address = places.address(rng)
        for number in (places.mobile(rng), places.landline(rng, address.region)):
            assert phonenumbers.is_valid_number(phonenumbers.parse(number)), number
    seoul = places.landline(rng, places.BY_NAME["서울"])
    assert seoul.startswith("+822")


def test_addresses_lie_in_their_region_with_its_postcode() -> None:
    rng = stream("test", "addresses")
    drawn = [places.address(rng) for _ in range(8_000)]
    for address in drawn:
        low, high = address.region.postcodes
        assert low <= int(address.postcode) < high
        assert len(address.postcode) == 5
        assert address.city in address.region.cities
        assert address.region.territory in places.TERRITORIES
    share = sum(address.region.name == "경남" for address in drawn) / len(drawn)
    assert share == pytest.approx(
        places.BY_NAME["경남"].share / sum(r.share for r in places.REGIONS), abs=0.02
    )
