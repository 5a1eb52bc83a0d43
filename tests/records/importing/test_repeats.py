"""The trap of files that name the same record twice: counted, told, and – where the mapping says so – turned away."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from dangol.commerce.models import Order, OrderLine
from dangol.customers.models import Customer
from dangol.records import registry
from dangol.records.importing import engine, rehearsals, rejects, runs, storage, telling, undoing
from dangol.records.importing.errors import MappingProblem
from dangol.records.importing.mapping import read_mapping
from dangol.records.importing.preview import preview
from dangol.records.models import ImportCounter, ImportRun, ImportState
from dangol.records.writing import Change, write
from tests.records.importing.conftest import CUSTOMERS, HEADER, SYSTEM, Importer
from tests.records.importing.test_engine import FLAT, LINES

TWICE = HEADER + (
    "C-100,한빛정밀,company,,\nC-200,서광테크,company,,\nC-300,두리상사,company,,\n"
    "C-100,한빛정밀㈜,company,02-123-4567,\nC-200,서광테크,company,,\nC-400,세종무역,company,,\n"
)


def mapping(**settings: Any) -> dict[str, Any]:
    """Customers, known by their number, with further settings of the record."""
    return {"name": "customers", "records": [{**CUSTOMERS["records"][0], **settings}]}


def names() -> dict[str, str]:
    return dict(Customer.objects.order_by("external_id").values_list("external_id", "name"))


def rejected(run: ImportRun) -> list[tuple[int, str]]:
    return list(run.rejects.order_by("number").values_list("number", "code"))


def draft(file: Callable[..., Path], content: str, data: dict[str, Any], chunk_rows: int = 2) -> ImportRun:
    path = file(content)
    size, sha256 = storage.measure(path)
    return runs.run_create(
        actor=SYSTEM,
        path=path,
        mapping=read_mapping(data),
        size=size,
        sha256=sha256,
        state=ImportState.DRAFT,
        chunk_rows=chunk_rows,
    )


class TestWhichRowCounts:
    @pytest.mark.parametrize("chunk_rows", [1, 2, 3, 100])
    def test_the_last_one_unless_something_else_is_said(self, bring_in: Importer, chunk_rows: int) -> None:
        run = bring_in(TWICE, CUSTOMERS, chunk_rows=chunk_rows)
        assert (run.imported, run.unchanged, run.rejected) == (5, 1, 0)
        assert names()["C-100"] == "한빛정밀㈜"

    @pytest.mark.parametrize("chunk_rows", [1, 2, 3, 100])
    def test_the_first_one_where_it_is_to_be_kept(self, bring_in: Importer, chunk_rows: int) -> None:
        run = bring_in(TWICE, mapping(repeated="keep"), chunk_rows=chunk_rows)
        assert (run.imported, run.unchanged, run.rejected) == (4, 2, 0)
        assert names()["C-100"] == "한빛정밀"
        assert Customer.objects.get(external_id="C-100").phone == ""
        assert run.repeats["customer"]["rows"] == 2
        assert run.repeats["customer"]["exact"] is True

    @pytest.mark.parametrize("chunk_rows", [1, 2, 3, 100])
    def test_only_the_first_goes_in_where_further_ones_are_rejected(
        self, bring_in: Importer, chunk_rows: int
    ) -> None:
        run = bring_in(TWICE, mapping(repeated="reject"), chunk_rows=chunk_rows)
        assert (run.imported, run.unchanged, run.rejected) == (4, 0, 2)
        assert rejected(run) == [(5, "repeated"), (6, "repeated")]
        assert names()["C-100"] == "한빛정밀"
        assert run.repeats == {
            "customer": {
                "type": "customer",
                "repeated": "reject",
                "rows": 2,
                "exact": True,
                "examples": [
                    {"number": 5, "first": 2, "key": "C-100"},
                    {"number": 6, "first": 3, "key": "C-200"},
                ],
            }
        }
        assert not ImportCounter.objects.exists()

    @pytest.mark.parametrize("repeated", ["keep", "reject"])
    @pytest.mark.parametrize("chunk_rows", [1, 100])
    def test_a_row_that_does_not_go_in_is_nothing_to_be_repeated(
        self, bring_in: Importer, repeated: str, chunk_rows: int
    ) -> None:
        content = HEADER + "C-1,가나,뭐지,,\nC-1,다라,company,,\nC-1,마바,company,,\n"
        run = bring_in(content, mapping(repeated=repeated), chunk_rows=chunk_rows)
        assert names() == {"C-1": "다라"}
        assert run.rejects.get(number=2).code == "choice"
        assert run.repeats["customer"]["examples"] == [{"number": 4, "first": 3, "key": "C-1"}]

    def test_a_record_that_was_there_before_the_file_takes_the_first_row(self, bring_in: Importer) -> None:
        bring_in(HEADER + "C-100,옛 이름,company,,\n")
        run = bring_in(TWICE, mapping(repeated="keep"))
        assert names()["C-100"] == "한빛정밀"
        assert run.updated["customer"] == 1
        again = bring_in(TWICE, mapping(repeated="keep"))
        assert (again.imported, again.unchanged) == (0, 6)

    @pytest.mark.parametrize("chunk_rows", [1, 2, 100])
    def test_what_the_file_itself_made_does_not_count_as_there_already(
        self, bring_in: Importer, chunk_rows: int
    ) -> None:
        bring_in(HEADER + "C-200,서광테크,company,,\n")
        run = bring_in(TWICE, mapping(existing="reject"), chunk_rows=chunk_rows)
        assert rejected(run) == [(3, "exists"), (6, "exists")]
        assert names()["C-100"] == "한빛정밀㈜"

    def test_a_mapping_without_key_cannot_say_it(self) -> None:
        record = {"type": "customer", "repeated": "reject", "fields": {"name": "이름"}}
        with pytest.raises(MappingProblem) as refused:
            read_mapping({"records": [record]})
        assert refused.value.path == "records[0].key"
        with pytest.raises(MappingProblem) as refused:
            read_mapping(mapping(repeated="last"))
        assert refused.value.path == "records[0].repeated"


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize(
    "options",
    [
        {"repeated": "keep"},
        {"repeated": "reject"},
        {"repeated": "reject", "existing": "reject"},
        {"repeated": "reject", "existing": "keep"},
        {"repeated": "reject", "missing": "skip"},
        {"repeated": "keep", "missing": "reject"},
    ],
    ids=str,
)
def test_what_comes_of_a_file_does_not_depend_on_where_its_chunks_end(
    bring_in: Importer, options: dict[str, str], number: int
) -> None:
    chosen = random.Random(number)
    bring_in(HEADER + "0,있던 고객,company,,\n1,있던 고객,,,\n")
    rows = [
        f"{chosen.choice('0123  ')},{chosen.choice(['가', '나', '다', ''])},"
        f"{chosen.choice(['company', 'person', '', '뭐지'])},{chosen.choice(['02-123-4567', '', '12'])},\n"
        for _row in range(14)
    ]
    outcomes = []
    for chunk_rows in (1, 2, 3, 5, 100):
        with transaction.atomic():
            run = bring_in(HEADER + "".join(rows), mapping(**options), chunk_rows=chunk_rows)
            stored = list(
                Customer.objects.order_by("external_id").values_list("external_id", "name", "kind", "phone")
            )
            told = run.repeats.get("customer")
            turned_away = list(run.rejects.order_by("number").values_list("number", "code", "reason"))
            numbers = (run.imported, run.unchanged, run.rejected, run.created)
            outcomes.append((stored, turned_away, told, numbers))
            transaction.set_rollback(True)
    for other in outcomes[1:]:
        assert other == outcomes[0]


class TestWhatAClerkReads:
    def test_in_korean(self, bring_in: Importer) -> None:
        run = bring_in(TWICE, mapping(repeated="reject"), actor=replace(SYSTEM, language="ko"))
        reject = run.rejects.get(number=5)
        assert reject.reason == (
            "「고객 번호」 C-100: 이 파일의 2번째 행에 이미 있어요. 두 행 중 하나만 남기거나 값을 고쳐 주세요."
        )
        assert (reject.column, reject.value, reject.field) == ("번호", "C-100", "external_id")

    def test_in_english(self, bring_in: Importer) -> None:
        run = bring_in(TWICE, mapping(repeated="reject"), actor=replace(SYSTEM, language="en"))
        assert run.rejects.get(number=5).reason == (
            "“Customer number” C-100 already stands in row 2 of this file."
            " Keep one of the two rows, or correct the value."
        )

    def test_the_corrected_rejects_go_in_and_stay_apart(
        self, bring_in: Importer, file: Callable[..., Path]
    ) -> None:
        run = bring_in(TWICE, mapping(repeated="reject"))
        with_reasons = b"".join(rejects.rejects_csv(run, HEADER.strip().split(","), 0)).decode("utf-8-sig")
        corrected = with_reasons.replace(",C-100,한빛정밀㈜", ",C-500,한빛정밀㈜")
        assert corrected != with_reasons
        second = bring_in(corrected, mapping(repeated="reject"))
        assert (second.imported, second.unchanged, second.rejected) == (1, 1, 0)
        assert names()["C-500"] == "한빛정밀㈜"
        assert names()["C-100"] == "한빛정밀"

    @pytest.mark.parametrize("repeated", ["update", "keep", "reject"])
    def test_undo_takes_back_exactly_what_the_import_did(self, bring_in: Importer, repeated: str) -> None:
        bring_in(HEADER + "C-100,옛 이름,company,,\n")
        run = bring_in(TWICE, mapping(repeated=repeated), chunk_rows=2)
        assert len(names()) == 4
        undoing.undo(run, SYSTEM)
        assert names() == {"C-100": "옛 이름"}


class TestHowManyAreTold:
    def test_a_file_of_one_chunk_is_counted_exactly(self, bring_in: Importer) -> None:
        told = bring_in(TWICE, CUSTOMERS, chunk_rows=100).repeats["customer"]
        assert (told["rows"], told["exact"]) == (2, True)
        assert told["examples"][0] == {"number": 5, "first": 2, "key": "C-100"}

    def test_over_several_chunks_a_run_tells_at_least_what_it_saw(self, bring_in: Importer) -> None:
        run = bring_in(TWICE + "C-400,세종무역,company,,\n", CUSTOMERS, chunk_rows=4)
        told = run.repeats["customer"]
        assert (told["rows"], told["exact"]) == (2, False), "three rows repeat an earlier one"
        assert "2" in telling.told_of(run)[0]["text"]

    @pytest.mark.django_db(transaction=True)
    def test_the_dry_run_counts_all_and_the_result_says_so(self, file: Callable[..., Path]) -> None:
        run = draft(file, TWICE, CUSTOMERS, chunk_rows=2)
        runs.run_rehearse(run=run, actor=SYSTEM)
        rehearsals.rehearse(run, SYSTEM)
        run.refresh_from_db()
        told = run.rehearsed["repeats"]["customer"]
        assert (told["rows"], told["exact"]) == (2, True)
        assert told["examples"][0] == {"number": 5, "first": 2, "key": "C-100"}
        assert not ImportCounter.objects.exists()

        runs.run_start(run=run, actor=SYSTEM)
        done = engine.run(run, SYSTEM)
        assert done.repeats == {}, "no chunk of two rows names a record twice"
        (one,) = telling.told_of(done)
        assert (one["text"], len(one["examples"])) == (telling.sentence(told), 2)

    @pytest.mark.django_db(transaction=True)
    def test_rejected_repetitions_do_not_crowd_out_the_other_problems(
        self, file: Callable[..., Path]
    ) -> None:
        run = draft(file, TWICE + "C-500,네모,뭐지,,\n", mapping(repeated="reject"))
        runs.run_rehearse(run=run, actor=SYSTEM)
        rehearsals.rehearse(run, SYSTEM)
        run.refresh_from_db()
        assert run.rehearsed["rejected"] == 3
        assert [reason["field"] for reason in run.rehearsed["reasons"]] == ["kind"]
        assert run.rehearsed["repeats"]["customer"]["rows"] == 2

    def test_the_preview_tells_of_the_first_rows(self, db: None, file: Callable[..., Path]) -> None:
        seen = preview(draft(file, TWICE, CUSTOMERS), SYSTEM)
        assert seen.repeats["customer"]["rows"] == 2
        assert not Customer.objects.exists()

    def test_the_head_of_a_document_is_no_repetition(self, bring_in: Importer) -> None:
        run = bring_in(FLAT, LINES, chunk_rows=100)
        assert run.repeats == {}

    def test_a_mapping_may_say_that_only_the_first_line_of_a_document_counts(
        self, bring_in: Importer
    ) -> None:
        data = json.loads(json.dumps(LINES))
        data["records"][2] |= {"repeated": "reject", "existing": "update"}
        run = bring_in(FLAT, data, chunk_rows=2)
        assert rejected(run) == [(3, "repeated"), (4, "repeated"), (7, "repeated")]
        assert run.repeats["order"]["rows"] == 3
        assert (Order.objects.count(), OrderLine.objects.count()) == (3, 3)


def test_what_was_turned_away_is_the_same_after_a_crash(
    bring_in: Importer, db: None, file: Callable[..., Path]
) -> None:
    run = draft(file, TWICE, mapping(repeated="reject"), chunk_rows=2)
    runs.run_start(run=run, actor=SYSTEM)

    class Killed(BaseException):
        pass

    def die(progress: engine.Progress) -> None:
        if progress.rows == 4:
            raise Killed

    with pytest.raises(Killed):
        engine.run(run, SYSTEM, die)
    assert ImportCounter.objects.filter(run=run).count() == 3
    done = engine.run(run, SYSTEM)
    assert done.state == ImportState.FINISHED
    assert rejected(done) == [(5, "repeated"), (6, "repeated")]
    assert done.repeats["customer"]["rows"] == 2
    assert not ImportCounter.objects.exists()


def test_the_pages_offer_the_choice_and_tell_what_was_repeated(
    administrator: Any, file: Callable[..., Path]
) -> None:
    from tests.records.importing.filled import filled
    from tests.records.importing.test_pages import send

    content = "external_id,name\nC-100,한빛정밀\nC-100,한빛정밀㈜\n"
    address = send(administrator.client, content)["Location"]
    page = administrator.client.get(address).content.decode()
    form = filled(page)
    assert form["p0-repeated"] == "update"
    preview_at = administrator.client.post(address, {**form, "action": "next"})["Location"]
    told = administrator.client.get(preview_at).content.decode()
    assert "뒤 행의 값이 남아요" in told
    assert "3행(2행과 같음)" in told
    assert "어느 행의 값을 쓸지 정하기" in told

    administrator.client.post(address, {**form, "p0-repeated": "reject", "action": "next"})
    run = ImportRun.objects.get()
    assert run.mapping["records"][0]["repeated"] == "reject"
    assert 'value="reject" selected' in administrator.client.get(address).content.decode()
    told = administrator.client.get(preview_at).content.decode()
    assert "뒤 행은 반려돼요" in told
    runs.run_start(run=run, actor=administrator.actor)
    engine.run(run, administrator.actor)
    told = administrator.client.get(preview_at).content.decode()
    assert "뒤 행은 반려돼요" in told
    assert "2번째 행에 이미 있어요" in told
    assert names() == {"C-100": "한빛정밀"}


def test_a_record_changed_by_others_meanwhile_is_left_alone_by_further_rows(
    bring_in: Importer, db: None, file: Callable[..., Path]
) -> None:
    run = draft(file, TWICE, mapping(repeated="keep"), chunk_rows=3)
    runs.run_start(run=run, actor=SYSTEM)

    def change(progress: engine.Progress) -> None:
        if progress.rows == 3:
            found = Customer.objects.get(external_id="C-100")
            write(registry.get("customer"), [Change({"name": "그새 바뀐 이름"}, id=found.pk)], actor=SYSTEM)

    engine.run(run, SYSTEM, change)
    assert names()["C-100"] == "그새 바뀐 이름"


def test_a_run_that_is_cancelled_while_it_rests_leaves_no_keys_behind(
    bring_in: Importer, db: None, file: Callable[..., Path]
) -> None:
    run = draft(file, TWICE, mapping(repeated="keep"), chunk_rows=2)
    runs.run_start(run=run, actor=SYSTEM)

    def pause(_progress: engine.Progress) -> None:
        if ImportRun.objects.get().state == ImportState.RUNNING:
            runs.run_pause(run=run, actor=SYSTEM)

    engine.run(run, SYSTEM, pause)
    run.refresh_from_db()
    assert run.state == ImportState.PAUSED
    assert ImportCounter.objects.filter(run=run).exists()
    runs.run_cancel(run=run, actor=SYSTEM)
    assert not ImportCounter.objects.exists()
