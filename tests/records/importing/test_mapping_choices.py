"""What a person chooses column by column becomes a mapping, and the mapping becomes the choices again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dangol.records import registry
from dangol.records.importing.errors import MappingProblem
from dangol.records.importing.guessing import ColumnChoice, build, choices_of, record_of
from dangol.records.importing.mapping import Mapping, read_mapping
from dangol.records.importing.mapping.sources import FORMATS
from dangol.records.importing.readers import SourceOptions

TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
ORDERS = ("", "ymd", "dmy", "mdy")
MARKS = ("", ".", ",")


def choice_for(name: str, field: Any) -> st.SearchStrategy[ColumnChoice]:
    if field.kind in ("date", "datetime"):
        return st.builds(ColumnChoice, TEXT, st.just(name), order=st.sampled_from(ORDERS))
    if field.numeric:
        return st.builds(ColumnChoice, TEXT, st.just(name), mark=st.sampled_from(MARKS))
    if field.kind == "reference" and field.target == "customer":
        return st.builds(
            ColumnChoice,
            TEXT,
            st.just(name),
            lookup=st.sampled_from(("", "title", "external_id")),
            make=st.booleans(),
        )
    return st.builds(ColumnChoice, TEXT, st.just(name))


@st.composite
def chosen(draw: st.DrawFn) -> tuple[str, list[ColumnChoice]]:
    record_type = registry.get(
        draw(st.sampled_from(["customer", "contact", "order", "order_line", "product"]))
    )
    names = draw(st.lists(st.sampled_from(sorted(record_type.editable_fields)), min_size=1, unique=True))
    return record_type.name, [draw(choice_for(name, record_type.fields[name])) for name in names]


sources = st.builds(
    SourceOptions,
    format=st.sampled_from((None, *FORMATS)),
    encoding=st.sampled_from((None, "utf-8", "cp949", "utf-16-le")),
    delimiter=st.sampled_from((None, ",", ";", "\t")),
    sheet=st.none() | TEXT,
    member=st.none() | TEXT,
    header=st.sampled_from((None, 0, 1, 2)),
    skip=st.none() | st.integers(0, 20),
    widths=st.none() | st.lists(st.integers(1, 50), min_size=1, max_size=4).map(tuple),
)


@given(
    chosen(),
    sources,
    st.sampled_from(["update", "keep", "reject"]),
    st.sampled_from(["create", "reject", "skip"]),
)
def test_choices_come_back_from_the_mapping_they_made(
    given_: tuple[str, list[ColumnChoice]], source: SourceOptions, existing: str, missing: str
) -> None:
    name, choices = given_
    record_type = registry.get(name)
    plain = [item.field for item in choices if record_type.fields[item.field].kind != "reference"]
    if not plain:
        existing, missing = "update", "create"
    data = build(
        record_type,
        choices,
        key=plain[0] if plain else "",
        existing=existing,
        missing=missing,
        source=source,
    )
    mapping = read_mapping(data)
    assert choices_of(mapping) == choices
    assert mapping.source == source
    own = mapping.records[-1]
    assert (own.type, own.existing, own.missing) == (name, existing, missing)
    assert own.key == tuple(plain[:1])


def test_columns_that_are_left_out_do_not_stand_in_the_mapping() -> None:
    data = build(
        registry.get("customer"),
        [ColumnChoice("이름", "name"), ColumnChoice("비고란", "")],
        key="",
        missing="create",
    )
    assert data["records"] == [{"type": "customer", "fields": {"name": {"column": "이름"}}}]


def test_several_records_of_one_row_are_put_together() -> None:
    customer = record_of(registry.get("customer"), [ColumnChoice("코드", "external_id")], key="external_id")
    contact = record_of(
        registry.get("contact"), [ColumnChoice("담당자", "name")], key="", links={"customer": "customer"}
    )
    mapping = read_mapping({"records": [customer, contact]})
    assert [plan.type for plan in mapping.records] == ["customer", "contact"]
    assert choices_of(mapping) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"name": {"template": "{a}"}},
        {"name": {"constant": "x"}},
        {"name": {"column": "a", "default": "x"}},
        {"name": {"column": "a", "transform": ["upper"]}},
        {"name": {"column": "a", "existing": "fill"}},
        {"since": {"column": "a", "transform": [{"date": {"format": "%Y"}}]}},
    ],
)
def test_a_mapping_that_does_more_than_choices_say_has_none(fields: dict[str, Any]) -> None:
    assert choices_of(mapping_of(fields)) is None


def test_a_mapping_with_a_condition_has_no_choices() -> None:
    record = {"type": "customer", "when": {"column": "a", "is": "filled"}, "fields": {"name": "a"}}
    assert choices_of(read_mapping({"records": [record]})) is None


def mapping_of(fields: dict[str, Any]) -> Mapping:
    return read_mapping({"records": [{"type": "customer", "fields": fields}]})


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ({"format": "pdf"}, "source.format"),
        ({"encoding": "hex"}, "source.encoding"),
        ({"encoding": 7}, "source.encoding"),
        ({"delimiter": "ab"}, "source.delimiter"),
        ({"sheet": ""}, "source.sheet"),
        ({"header": 3}, "source.header"),
        ({"header": True}, "source.header"),
        ({"skip": -1}, "source.skip"),
        ({"widths": []}, "source.widths"),
        ({"widths": [3, 0]}, "source.widths[1]"),
        ({"color": "red"}, "source.color"),
    ],
)
def test_a_wrong_source_names_the_place(source: dict[str, Any], path: str) -> None:
    with pytest.raises(MappingProblem) as refused:
        read_mapping({"source": source, "records": [{"type": "customer", "fields": {"name": "a"}}]})
    assert refused.value.path == path


def test_codecs_are_known_by_all_their_names() -> None:
    mapping = read_mapping(
        {"source": {"encoding": "MS949"}, "records": [{"type": "customer", "fields": {"name": "a"}}]}
    )
    assert mapping.source.encoding == "cp949"
