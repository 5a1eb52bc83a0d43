"""The mapping page: what it suggests, what it asks, what it refuses, and several records of one row."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from dangol.commerce.models import Order, OrderLine
from dangol.customers.models import Customer
from dangol.records.importing import engine, undoing
from dangol.records.importing.choices import Part, linked_first
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.saved import mapping_forget, mapping_save
from dangol.records.models import ImportRun, SavedMapping
from tests.records.importing.conftest import SYSTEM
from tests.records.importing.filled import filled

LINES = (
    "주문번호,주문일,고객번호,고객명,설명,수량,단가\n"
    "SO-1,2026-01-05,C1,한빛정밀,부품,2,1000\n"
    "SO-1,2026-01-05,C1,한빛정밀,공임,1,500\n"
    "SO-2,2026-01-06,C2,서광테크,부품,3,1000\n"
)


class Clerk:
    """Somebody at the mapping page: sends what the page shows, with changes."""

    def __init__(self, client: Any, content: str | bytes, name: str = "파일.csv", **form: Any) -> None:
        self.client = client
        data = content if isinstance(content, bytes) else content.encode()
        answer = client.post(
            reverse("imports:new"), {"file": SimpleUploadedFile(name, data), "mapping": "auto", **form}
        )
        assert answer.status_code == 302, answer.context["form"].errors
        self.run = ImportRun.objects.latest("id")
        self.address = reverse("imports:mapping", args=[self.run.key])
        self.answer = client.get(self.address)

    @property
    def form(self) -> dict[str, Any]:
        return filled(self.answer.content.decode())

    def send(self, action: str = "", **changes: str) -> Any:
        values = {**self.form, **{name.replace("_", "-"): value for name, value in changes.items()}}
        self.answer = self.client.post(self.address, {**values, "action": action})
        return self.answer

    def bring_in(self) -> ImportRun:
        assert self.send("next").status_code == 302, self.answer.context["error"]
        self.run.refresh_from_db()
        return engine.run(self.run, SYSTEM)


def test_what_the_file_holds_is_found_out(administrator: Any) -> None:
    clerk = Clerk(administrator.client, "corp_code,corp_name,corp_eng_name\n00434003,다코,Daco\n")
    form = clerk.form
    assert (form["p0-type"], form["p0-f0"], form["p0-f1"], form["p0-key"]) == (
        "customer",
        "external_id",
        "name",
        "external_id",
    )
    assert clerk.bring_in().imported == 1
    assert Customer.objects.get().external_id == "00434003"


def test_choosing_changes_the_suggestion_and_is_there_when_one_comes_back(administrator: Any) -> None:
    clerk = Clerk(administrator.client, "고객 번호,이름,비고란\nC1,한빛,메모\n")
    clerk.send(p0_f2="description")
    assert clerk.form["p0-f2"] == "description"
    assert clerk.send("next").status_code == 302
    assert filled(administrator.client.get(clerk.address).content.decode())["p0-f2"] == "description"


def test_another_type_gets_its_own_suggestion(administrator: Any) -> None:
    clerk = Clerk(administrator.client, "고객 번호,이름\nC1,한빛\n", record_type="customer")
    clerk.send(p0_type="product")
    assert clerk.form["p0-was"] == "product"
    assert clerk.form["p0-f0"] != "external_id"


def test_an_open_question_stops_the_way_until_it_is_answered(administrator: Any) -> None:
    clerk = Clerk(administrator.client, "고객 번호,이름,거래 시작일\nC1,한빛,03/04/2021\n")
    answer = clerk.send("next")
    assert answer.status_code == 422
    assert "거래 시작일" in answer.context["error"]
    clerk.send(p0_o2="mdy")
    clerk.bring_in()
    assert str(Customer.objects.get().since) == "2021-03-04"


def test_values_that_settle_the_order_of_days_leave_nothing_to_be_asked(administrator: Any) -> None:
    clerk = Clerk(
        administrator.client, "고객 번호,이름,거래 시작일\nC1,한빛,03/04/2021\nC2,서광,25/12/2021\n"
    )
    assert clerk.bring_in().imported == 2
    assert str(Customer.objects.get(external_id="C1").since) == "2021-04-03"


def test_two_columns_for_one_field_are_refused_with_both_names(administrator: Any) -> None:
    clerk = Clerk(administrator.client, "고객 번호,이름,다른 이름\nC1,한빛,빛한\n")
    answer = clerk.send("next", p0_f2="name")
    assert answer.status_code == 422
    assert "이름" in answer.context["error"]
    assert "다른 이름" in answer.context["error"]


def test_required_fields_without_a_column_are_named(administrator: Any) -> None:
    clerk = Clerk(administrator.client, "고객 번호,메모\nC1,글\n", record_type="customer")
    assert [field.name for field in clerk.answer.context["blocks"][0].missing] == ["name"]


def test_a_file_read_in_another_way_shows_its_other_columns(administrator: Any) -> None:
    clerk = Clerk(administrator.client, "고객 번호,이름\nC1,한빛\n")
    clerk.send(source_header="0")
    header = clerk.answer.context["description"].header
    assert "이름" not in header
    assert len(header) == 2
    assert clerk.form["source-header"] == "0"


def test_what_cannot_be_read_that_way_is_said_and_nothing_is_lost(administrator: Any) -> None:
    clerk = Clerk(administrator.client, "고객 번호,이름\nC1,한빛\n".encode("cp949"))
    answer = clerk.send(source_encoding="no-such-encoding")
    assert answer.status_code == 422
    assert answer.context["error"]
    assert clerk.form["p0-f1"] == "name"


def test_who_is_there_already_can_be_left_alone_and_who_is_not_passed_over(administrator: Any) -> None:
    Clerk(administrator.client, "고객 번호,이름\nC1,한빛\n").bring_in()
    clerk = Clerk(administrator.client, "고객 번호,이름\nC1,다른 이름\nC2,새 고객\n")
    clerk.send(p0_existing="keep", p0_missing="skip")
    run = clerk.bring_in()
    assert run.rejected == 0
    assert list(Customer.objects.values_list("name", flat=True)) == ["한빛"]


def test_three_records_come_of_each_row_and_lines_are_counted_within_their_order(administrator: Any) -> None:
    clerk = Clerk(administrator.client, LINES, record_type="order")
    clerk.send("add")
    clerk.send("add", p1_type="customer")
    types = [clerk.form[f"p{place}-type"] for place in range(3)]
    assert types == ["order", "customer", "order_line"], types
    assert (clerk.form["p0-l-customer"], clerk.form["p2-l-order"]) == ("1", "0")
    assert clerk.form["p2-key"] == "order+ordinal"
    run = clerk.bring_in()
    assert run.rejected == 0, list(run.rejects.values_list("column", "value", "reason"))
    assert run.created == {"order": 2, "customer": 2, "order_line": 3}
    first = OrderLine.objects.filter(order__number="SO-1").order_by("ordinal")
    assert list(first.values_list("ordinal", "description")) == [(1, "부품"), (2, "공임")]
    assert Order.objects.get(number="SO-2").customer.name == "서광테크"


def test_a_record_of_the_same_row_can_be_taken_away_again(administrator: Any) -> None:
    clerk = Clerk(administrator.client, LINES, record_type="order")
    clerk.send("add")
    assert clerk.form["p0-l-customer"] == "1"
    clerk.send("drop-1")
    assert clerk.form["parts"] == "1"
    assert "p0-l-customer" not in clerk.form


def test_records_that_point_at_each_other_in_a_circle_are_refused() -> None:
    parts = [Part(type="order_line", links={"order": 1}), Part(type="order", links={"customer": 0})]
    with pytest.raises(ImportProblem):
        linked_first(parts)
    assert linked_first([parts[0], Part(type="order")]) == [1, 0]


def test_a_simple_mapping_that_was_written_out_can_be_changed_column_by_column(administrator: Any) -> None:
    clerk = Clerk(administrator.client, "가,나\nC1,한빛\n", record_type="customer")
    text = (
        '{"records": [{"type": "customer", "key": ["external_id"], "existing": "keep",'
        ' "fields": {"external_id": "가", "name": "나"}}]}'
    )
    clerk.client.post(f"{clerk.address}written/", {"mapping": "json", "json": text})
    clerk.answer = clerk.client.get(clerk.address)
    form = clerk.form
    assert (form["p0-f0"], form["p0-f1"], form["p0-existing"]) == ("external_id", "name", "keep")
    assert not clerk.answer.context["beyond"]


def test_a_mapping_that_does_more_than_the_page_shows_is_not_replaced_unsaid(administrator: Any) -> None:
    clerk = Clerk(administrator.client, "가,나\nC1,한빛\n", record_type="customer")
    text = (
        '{"records": [{"type": "customer", "key": ["external_id"],'
        ' "fields": {"external_id": "가", "name": {"template": "고객 {나}"}}}]}'
    )
    clerk.client.post(f"{clerk.address}written/", {"mapping": "json", "json": text})
    page = clerk.client.get(clerk.address)
    assert page.context["beyond"]
    assert "template" in page.context["written"].initial["json"]
    clerk.run.refresh_from_db()
    engine.run(clerk.run, SYSTEM)
    assert Customer.objects.get().name == "고객 한빛"


@pytest.mark.parametrize("nonsense", [{"parts": "99999999999"}, {"p0-f0": "no_such_field"}, {"p0-type": "x"}])
def test_nonsense_in_the_form_is_passed_over(administrator: Any, nonsense: dict[str, str]) -> None:
    clerk = Clerk(administrator.client, "고객 번호,이름\nC1,한빛\n")
    assert clerk.client.post(clerk.address, {**clerk.form, **nonsense}).status_code == 200


def test_htmx_gets_the_form_alone(administrator: Any) -> None:
    clerk = Clerk(administrator.client, "고객 번호,이름\nC1,한빛\n")
    part = clerk.client.post(clerk.address, clerk.form, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<form id="mapping"')
    assert "<html" not in part


def test_a_mapping_under_a_name_serves_the_next_file(administrator: Any) -> None:
    clerk = Clerk(administrator.client, "코드명,부르는 말\nC1,한빛\n", record_type="customer")
    clerk.send("next", p0_f0="external_id", p0_f1="name", p0_key="external_id")
    detail = reverse("imports:detail", args=[clerk.run.key])
    administrator.client.post(f"{detail}save/", {"title": "  거래처   대장 "})
    kept = SavedMapping.objects.get()
    assert kept.title == "거래처 대장"
    content = SimpleUploadedFile("다음.csv", "코드명,부르는 말\nC7,서광\n".encode("cp949"))
    answer = administrator.client.post(
        reverse("imports:new"), {"file": content, "mapping": f"saved:{kept.pk}"}
    )
    run = ImportRun.objects.latest("id")
    assert answer["Location"] == reverse("imports:detail", args=[run.key]), "nothing is to be chosen again"
    assert engine.run(run, SYSTEM).imported == 1
    assert Customer.objects.get().name == "서광"
    administrator.client.post(reverse("imports:forget", args=[kept.pk]))
    assert not SavedMapping.objects.exists()


def test_a_name_that_somebody_else_gave_is_not_taken_from_him(administrator: Any, manager: Any) -> None:
    clerk = Clerk(administrator.client, "고객 번호,이름\nC1,한빛\n")
    clerk.send("next")
    clerk.run.refresh_from_db()
    mapping_save(run=clerk.run, title="거래처", actor=administrator.actor)
    with pytest.raises(ImportProblem):
        mapping_save(run=clerk.run, title="거래처", actor=manager.actor)
    with pytest.raises(ImportProblem):
        mapping_forget(saved=SavedMapping.objects.get(), actor=manager.actor)
    assert SavedMapping.objects.get().owner_id == administrator.id


def test_a_mapping_without_a_name_is_not_kept(administrator: Any) -> None:
    clerk = Clerk(administrator.client, "고객 번호,이름\nC1,한빛\n")
    clerk.send("next")
    administrator.client.post(f"{reverse('imports:detail', args=[clerk.run.key])}save/", {"title": " "})
    assert not SavedMapping.objects.exists()


def test_rejects_of_a_workbook_come_as_csv_and_go_in_through_the_same_mapping(administrator: Any) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["고객 번호", "이름", "거래 시작일"], ["C1", "한빛", "2020-01-01"], ["C2", "서광", "어제"]):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    clerk = Clerk(administrator.client, content.getvalue(), "고객.xlsx")
    run = clerk.bring_in()
    assert (run.imported, run.rejected) == (1, 1)
    detail = reverse("imports:detail", args=[run.key])
    file = b"".join(administrator.client.get(f"{detail}rejects.csv").streaming_content)
    mended = file.decode("utf-8-sig").replace("서광,어제", "서광,2021-01-01")
    answer = administrator.client.post(
        f"{reverse('imports:new')}?like={run.key}", {"file": SimpleUploadedFile("고침.csv", mended.encode())}
    )
    again = ImportRun.objects.latest("id")
    assert answer["Location"] == reverse("imports:detail", args=[again.key])
    assert engine.run(again, SYSTEM).imported == 1
    assert str(Customer.objects.get(external_id="C2").since) == "2021-01-01"


def test_the_trial_names_each_reason_with_its_rows_and_an_example(administrator: Any) -> None:
    clerk = Clerk(
        administrator.client, "고객 번호,이름,거래 시작일\nC1,한빛,어제\nC2,서광,어제\nC3,다코,2020-01-01\n"
    )
    clerk.send("next", p0_f2="since")
    detail = reverse("imports:detail", args=[clerk.run.key])
    administrator.client.post(f"{detail}rehearse/")
    part = administrator.client.get(f"{detail}rehearsal/").content.decode()
    assert f'hx-get="{detail}rehearsal/"' in part
    clerk.run.refresh_from_db()
    clerk.run.rehearsed = {
        "state": "done",
        "share": 1,
        "rows": 3,
        "imported": 1,
        "unchanged": 0,
        "rejected": 2,
        "created": {"customer": 1},
        "updated": {},
        "reasons": [
            {
                "field": "since",
                "reason": "날짜가 아니에요.",
                "rows": 2,
                "example": {"number": 2, "value": "어제"},
            }
        ],
        "seconds": 0.1,
    }
    clerk.run.save()
    part = administrator.client.get(f"{detail}rehearsal/").content.decode()
    assert "hx-get" not in part
    assert "거래 시작일" in part
    assert "어제" in part


def test_undoing_is_asked_first_and_told_afterwards(administrator: Any) -> None:
    run = Clerk(administrator.client, "고객 번호,이름\nC1,한빛\nC2,서광\n").bring_in()
    detail = reverse("imports:detail", args=[run.key])
    assert "2건" in administrator.client.get(f"{detail}undo/").content.decode()
    assert Customer.objects.filter(deleted_at=None).count() == 2
    administrator.client.post(f"{detail}undo/")
    assert "HX-Refresh" not in administrator.client.get(f"{detail}undo/progress/").headers
    run.refresh_from_db()
    undoing.undo(run, administrator.actor)
    assert administrator.client.get(f"{detail}undo/progress/")["HX-Refresh"] == "true"
    page = administrator.client.get(detail).content.decode()
    assert 'id="undone"' in page
    assert not Customer.objects.filter(deleted_at=None).exists()
    assert administrator.client.get(f"{detail}undo/").status_code == 302, "there is nothing left to undo"


def test_the_list_shows_one_state(administrator: Any) -> None:
    Clerk(administrator.client, "고객 번호,이름\nC1,한빛\n", "끝난 것.csv").bring_in()
    Clerk(administrator.client, "고객 번호,이름\nC1,한빛\n", "시작 전.csv")
    page = administrator.client.get(f"{reverse('imports:list')}?state=finished").content.decode()
    assert "끝난 것.csv" in page
    assert "시작 전.csv" not in page
    page = administrator.client.get(f"{reverse('imports:list')}?state=failed").content.decode()
    assert "끝난 것.csv" not in page


def test_columns_are_guessed_in_the_eyes_of_whoever_looks(administrator: Any) -> None:
    Customer.objects.create(name="C-1", external_id="X")
    content = "이름,고객\n김지우,C-1\n"
    clerk = Clerk(administrator.client, content, record_type="contact")
    assert clerk.form["p0-f1"] == "customer@title", (
        "a customer is called so; by its looks it would be a number"
    )
    Customer.objects.update(name="다른 이름", external_id="C-1")
    assert Clerk(administrator.client, content, record_type="contact").form["p0-f1"] == "customer@external_id"


def test_a_file_with_only_a_header_says_so_and_offers_the_way_out(administrator: Any) -> None:
    page = Clerk(administrator.client, "고객 번호,이름,전화\n")
    shown = administrator.client.get(reverse("imports:mapping", args=[page.run.key])).content.decode()
    assert "머리글 아래에 행이 없어요" in shown
    full = Clerk(administrator.client, "고객 번호,이름,전화\nC1,한빛,02-123-4567\n")
    shown = administrator.client.get(reverse("imports:mapping", args=[full.run.key])).content.decode()
    assert "머리글 아래에 행이 없어요" not in shown
    page.send("next")
    preview = administrator.client.get(reverse("imports:detail", args=[page.run.key])).content.decode()
    assert "파일에 가져올 행이 없어요" in preview


def test_two_header_rows_over_customers_find_the_name(administrator: Any) -> None:
    clerk = Clerk(administrator.client, "고객,,연락처,\n번호,이름,전화,이메일\nT1,대원,02-111-2222,a@b.kr\n")
    shown = administrator.client.get(reverse("imports:mapping", args=[clerk.run.key]))
    assert "필수인데 맞는 열이 없어요" not in shown.content.decode()
    clerk.send("next")
    clerk.run.refresh_from_db()
    assert clerk.run.mapping["records"][0]["fields"]["name"] in ("고객 이름", {"column": "고객 이름"})


def test_a_draft_shows_no_numbers_in_the_list(administrator: Any) -> None:
    Clerk(administrator.client, "이름\n한빛\n")
    page = administrator.client.get(reverse("imports:list")).content.decode()
    assert page.count('<td class="num mut">–</td>') == 4
