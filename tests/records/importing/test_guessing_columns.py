"""A file nobody has described: columns are understood by name, by content, by earlier files – or asked about."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.customers.models import Customer
from dangol.records import registry
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.guessing import ColumnChoice, Guess, choices_of, guess, likely_types
from dangol.records.importing.guessing.assignment import assign
from dangol.records.importing.guessing.names import squeezed
from dangol.records.importing.readers import SourceOptions
from dangol.records.models import ImportRun
from tests.records.importing.conftest import SYSTEM, Importer

DATA = Path(__file__).parents[4] / "shared/data"

pytestmark = pytest.mark.django_db


def of(record_type: str, header: Sequence[str], *rows: Sequence[str], **options: Any) -> Guess:
    return guess(registry.get(record_type), header, rows, **options)


def goes(found: Guess) -> dict[str, str]:
    """Column → field, with the way a reference is found by behind a slash."""
    return {
        item.column: f"{item.field}/{item.lookup}" if item.lookup else item.field
        for item in found.columns
        if item.field
    }


@pytest.mark.parametrize(
    ("record_type", "column", "field"),
    [
        ("customer", "상호", "name"),
        ("customer", "거래처명", "name"),
        ("customer", "Account Name", "name"),
        ("customer", "사업자등록번호", "business_number"),
        ("customer", "대표전화", "phone"),
        ("customer", "E-Mail *", "email"),
        ("customer", "도로명주소", "street"),
        ("customer", "BillingPostalCode", "postcode"),
        ("customer", "고객 등급", "grade"),
        ("customer", "비고", "description"),
        ("customer", "거래처 이메일(대표)", "email"),
        ("customer", "external_id", "external_id"),
        ("contact", "담당자", "name"),
        ("contact", "ACCOUNTID", "customer/external_id"),
        ("contact", "Account Name", "customer/title"),
        ("contact", "거래처코드", "customer/external_id"),
        ("contact", "customer.external_id", "customer/external_id"),
        ("product", "품번", "code"),
        ("order", "주문일자", "ordered_at"),
    ],
)
def test_a_column_is_known_by_what_people_call_it(record_type: str, column: str, field: str) -> None:
    assert goes(of(record_type, [column])) == {column: field}


@pytest.mark.parametrize("column", ["", "corp_eng_name", "modify_date", "결산월", "기타"])
def test_a_column_that_is_called_like_nothing_is_left_out(column: str) -> None:
    assert goes(of("customer", [column])) == {}


def test_labels_and_field_names_map_themselves() -> None:
    customer = registry.get("customer")
    labels = [str(customer.fields[name].label) for name in ("name", "phone")]
    found = of("customer", [*labels, "external_id", "E-mail", "우리만 아는 열"])
    assert set(goes(found).values()) == {"name", "phone", "external_id", "email"}
    assert found.mapping is not None
    assert found.mapping.records[0].key == ("external_id",)
    assert found.unused == ["우리만 아는 열"]


def test_what_gives_no_mapping_says_what_is_missing() -> None:
    found = of("customer", ["x", "y"])
    assert found.mapping is None
    assert [field.name for field in found.missing] == ["name"]


def test_a_name_that_stands_twice_is_used_by_neither() -> None:
    assert goes(of("customer", ["이름", "전화", "전화"])) == {"이름": "name"}


def test_two_columns_never_go_to_one_field() -> None:
    found = of("contact", ["Last Name", "Full Name", "Mobile", "Phone"])
    assert goes(found) == {"Full Name": "name", "Phone": "phone"}


def test_how_the_file_is_read_goes_into_the_mapping() -> None:
    found = of("customer", ["이름"], source=SourceOptions(encoding="cp949", header=2))
    assert found.mapping is not None
    assert found.mapping.source == SourceOptions(encoding="cp949", header=2)


# by content


def test_contents_tell_what_a_name_does_not() -> None:
    found = of(
        "customer",
        ["a", "b", "c", "d", "e"],
        ["한빛정밀", "124-81-00998", "info@hanbit.kr", "02-123-4567", "신규"],
        ["서광테크", "220-81-62517", "a@seokwang.co.kr", "010-1234-5678", "휴면"],
    )
    assert goes(found) == {"b": "business_number", "c": "email", "d": "phone", "e": "stage"}
    assert {item.why for item in found.columns if item.field} == {"content"}
    assert all(item.confidence < 0.6 for item in found.columns)


def test_numbers_with_a_wrong_check_digit_are_no_business_numbers() -> None:
    assert goes(of("customer", ["b"], ["124-81-00991"], ["220-81-62511"])) == {}


def test_a_name_is_not_believed_when_no_value_fits() -> None:
    assert "email" not in goes(of("customer", ["이름", "이메일"], ["가", "서울"], ["나", "부산"])).values()


def test_a_reference_is_found_by_what_the_records_are_known_by(insider: Any) -> None:
    Customer.objects.create(name="한빛정밀", external_id="C-1", team=insider.user.team, owner=insider.user)
    by_key = of("contact", ["이름", "고객"], ["김", "C-1"], actor=SYSTEM)
    by_title = of("contact", ["이름", "고객"], ["김", "한빛정밀"], actor=SYSTEM)
    assert goes(by_key)["고객"] == "customer/external_id"
    assert goes(by_title)["고객"] == "customer/title"


def test_a_record_that_is_not_visible_gives_no_hint(insider: Any, outsider: Any) -> None:
    Customer.objects.create(name="C 1", external_id="X", team=insider.user.team, owner=insider.user)
    row = ["이름", "고객"], ["김", "C 1"]
    assert goes(of("contact", *row, actor=outsider.actor)) == goes(of("contact", *row))
    seen = {item.column: item.confidence for item in of("contact", *row, actor=insider.actor).columns}
    blind = {item.column: item.confidence for item in of("contact", *row, actor=outsider.actor).columns}
    assert seen["고객"] > blind["고객"]


# how values are written


def test_one_value_settles_the_order_of_the_whole_column() -> None:
    found = of("customer", ["이름", "거래개시일"], ["가", "03/04/2021"], ["나", "25/12/2021"])
    assert found.questions == []
    assert found.columns[1].transforms == [{"date": {"order": "dmy"}}]


def test_an_order_that_no_value_tells_is_asked_and_not_guessed() -> None:
    header, row = ["이름", "거래개시일"], ["가", "03/04/2021"]
    found = of("customer", header, row)
    (question,) = found.questions
    assert (question.column, question.kind) == ("거래개시일", "date_order")
    assert [(answer, str(meant)[:10]) for answer, meant in question.choices] == [
        ("dmy", "2021-04-03"),
        ("mdy", "2021-03-04"),
    ]
    assert found.mapping is not None
    assert [plan.name for plan in found.mapping.records[0].fields] == ["name"]
    answered = of("customer", header, row, answers={"거래개시일": "mdy"})
    assert answered.questions == []
    assert answered.columns[1].transforms == [{"date": {"order": "mdy"}}]


def test_values_that_contradict_each_other_are_asked_about() -> None:
    found = of("customer", ["거래개시일"], ["25/12/2021"], ["12/25/2021"])
    assert [question.kind for question in found.questions] == ["date_order"]


def test_two_digits_of_a_year_are_asked_about() -> None:
    (question,) = of("customer", ["거래개시일"], ["26-11-21"]).questions
    assert [answer for answer, _meant in question.choices] == ["ymd", "dmy"]


def test_a_time_behind_a_day_is_left_out_only_by_a_step_that_says_so() -> None:
    found = of("customer", ["이름", "거래개시일"], ["가", "15 Apr, 2021 00:03:00"])
    assert found.columns[1].transforms == [{"date": {"order": "ymd"}}]


@pytest.mark.parametrize(
    ("values", "transforms"),
    [
        (["550", "4821"], []),
        (["1,234,000", "500"], []),
        (["1,234.50"], []),
        (["₩1,234"], []),
        (["1.234,50", "1.234"], [{"decimal": {"mark": ",", "group": "."}}]),
        (["0,5"], [{"decimal": {"mark": ",", "group": "."}}]),
    ],
)
def test_a_column_of_numbers_tells_its_decimal_mark(values: list[str], transforms: list[Any]) -> None:
    found = of("product", ["정가"], *([value] for value in values))
    assert found.questions == []
    assert found.columns[0].transforms == transforms


@pytest.mark.parametrize("values", [["1,234"], ["1.234"], ["1.234", "2,5", "2.5"]])
def test_a_decimal_mark_that_no_value_tells_is_asked(values: list[str]) -> None:
    (question,) = of("product", ["정가"], *([value] for value in values)).questions
    assert question.kind == "decimal_mark"
    assert {answer for answer, _meant in question.choices} == {".", ","}
    answered = of("product", ["정가"], *([value] for value in values), answers={"정가": ","})
    assert answered.questions == []
    assert answered.columns[0].transforms == [{"decimal": {"mark": ",", "group": "."}}]


def test_whole_numbers_have_no_decimals_to_be_asked_about() -> None:
    found = of("interaction", ["Duration"], ["1,234"])
    assert found.questions == []


def test_the_command_line_says_what_it_would_have_asked(bring_in: Importer) -> None:
    with pytest.raises(ImportProblem) as refused:
        bring_in("이름,거래개시일\n가,03/04/2021\n", "customer")
    assert "거래개시일" in str(refused.value)
    assert ImportRun.objects.count() == 0


# as a whole


def test_people_are_proposed_where_their_names_are_known(insider: Any) -> None:
    rows = ["상호", "담당자"], ["가", insider.user.name]
    assert goes(of("customer", *rows, actor=SYSTEM)) == {"상호": "name", "담당자": "owner/title"}
    assert goes(of("customer", *rows)) == {"상호": "name"}
    assert goes(of("customer", ["상호", "담당자"], ["가", "모르는 사람"], actor=SYSTEM)) == {"상호": "name"}


def test_a_guess_is_given_as_choices_to_change() -> None:
    found = of("customer", ["이름", "거래개시일", "x"], ["가", "25/12/2021", ""])
    assert found.choices == [
        ColumnChoice("이름", "name"),
        ColumnChoice("거래개시일", "since", order="dmy"),
        ColumnChoice("x", ""),
    ]
    assert found.mapping is not None
    assert choices_of(found.mapping) == found.choices[:2]


# which type


@pytest.mark.parametrize(
    ("header", "record_type"),
    [
        (["거래처명", "사업자번호", "대표전화", "주소"], "customer"),
        (["담당자명", "거래처명", "직책", "휴대폰"], "contact"),
        (["상품코드", "상품명", "단가"], "product"),
        (["주문번호", "주문일자", "거래처코드"], "order"),
        (["corp_code", "corp_name", "corp_eng_name", "stock_code", "modify_date"], "customer"),
    ],
)
def test_the_likeliest_type_comes_first(header: list[str], record_type: str) -> None:
    found = likely_types(header, [], registry.all_types())
    assert found[0][0].name == record_type
    assert all(0 < likelihood <= 1 for _type, likelihood in found)


def test_nothing_is_likely_for_a_file_of_something_else() -> None:
    assert likely_types(["rating", "xyz"], [["10", "a"]], [registry.get("order_line")]) == []


# what people really have


def test_the_register_of_companies_comes_in_without_a_mapping(bring_in: Importer) -> None:
    content = (
        "corp_code,corp_name,corp_eng_name,stock_code,modify_date\n"
        "00434003,다코,Daco corporation,,20170630\n"
        "00126380,삼성전자,SAMSUNG ELECTRONICS,005930,20240101\n"
    )
    run = bring_in(content, "customer")
    assert (run.imported, run.rejected) == (2, 0)
    assert dict(Customer.objects.values_list("external_id", "name")) == {
        "00434003": "다코",
        "00126380": "삼성전자",
    }
    assert bring_in(content, "customer").unchanged == 2


@pytest.mark.parametrize(
    ("path", "record_type", "expected"),
    [
        ("korean/dart_corp_codes.csv.gz", "customer", {"corp_code": "external_id", "corp_name": "name"}),
        ("korean/krx_listed_companies.csv.gz", "customer", {"회사명": "name", "업종": "industry"}),
        ("exports/zoho/Accounts.csv", "customer", {"ACCOUNTID": "external_id", "Account Name": "name"}),
        ("exports/zoho/Contacts.csv", "contact", {"Account Id": "customer/external_id", "Mobile": "phone"}),
        ("exports/zoho/Products.csv", "product", {"Product Code": "code", "Product Active": "is_active"}),
        ("exports/salesforce_headers/Account.header.csv", "customer", {"Id": "external_id", "Name": "name"}),
        ("maven_crm/accounts.csv", "customer", {"account": "name", "subsidiary_of": "parent/title"}),
    ],
)
def test_exports_of_others_are_understood(path: str, record_type: str, expected: dict[str, str]) -> None:
    source = DATA / path
    if not source.exists():
        pytest.skip(f"needs {path} in ../shared/data beside the project")
    opened = gzip.open if path.endswith(".gz") else open
    with opened(source, "rt", encoding="utf-8-sig", newline="") as lines:
        rows = [row for row, _number in zip(csv.reader(lines), range(100), strict=False)]
    header = rows[0]
    assert likely_types(header, rows[1:], registry.all_types())[0][0].name == record_type
    found = goes(of(record_type, header, *rows[1:]))
    assert {column: found.get(column) for column in expected} == expected


# the assignment


@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcd"), st.floats(min_value=0.125, max_value=1, width=16)),
        max_size=5,
    )
)
def test_no_other_assignment_is_worth_more(weights: list[dict[str, float]]) -> None:
    def best(index: int, taken: frozenset[str]) -> float:
        if index == len(weights):
            return 0.0
        options = [best(index + 1, taken)]
        options += [
            worth + best(index + 1, taken | {name})
            for name, worth in weights[index].items()
            if name not in taken
        ]
        return max(options)

    chosen = assign(weights)
    names = [name for name in chosen if name]
    assert len(names) == len(set(names))
    total = sum(weights[index][name] for index, name in enumerate(chosen) if name)
    assert total == pytest.approx(best(0, frozenset()))


@given(st.text(max_size=40))
def test_squeezing_a_name_twice_changes_nothing(name: str) -> None:
    assert squeezed(squeezed(name)) == squeezed(name)
