"""Everything about one person is handed over, and erased: afterwards nothing anywhere says who it was."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.db import DatabaseError, connection, transaction

from dangol.customers import standard
from dangol.interactions import comments
from dangol.measures import jobs as measures_jobs
from dangol.measures import lake
from dangol.records import registry, writing
from dangol.records.attachments import services as attachments
from dangol.records.importing import storage as imports
from dangol.records.importing.errors import Problem
from dangol.records.importing.rejects import make_reject
from dangol.records.models import Change, Erasure, ErasureState, ImportRun, ImportState, Look, SearchToken
from dangol.records.persons import erasing
from dangol.records.persons.identifying import name_pattern, number_pattern
from dangol.records.search.page import find
from tests.settling import settle

NAME, FORMER, PHONE, MAIL = "홍일동", "홍길석", "010-9876-5432", "hong.ildong@example.com"
DIGITS = ("9876-5432", "98765432")
TRACES = (NAME, FORMER, MAIL, *DIGITS)


@pytest.fixture
def data(settings, tmp_path):
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture
def person(transactional_db, data, insider, administrator):
    """Somebody who has left traces in all rooms: 360, contact, notes, comments, files, orders, rejects, other records."""
    standard.make()
    actor = insider.actor

    def make(name, values, by=actor):
        return writing.create(registry.get(name), values, actor=by)

    customer = make(
        "customer",
        {
            "name": FORMER,
            "kind": "person",
            "phone": "010-1111-2222",
            "street": "테헤란로 1",
            "birth_date": "1980-03-04",
        },
    )
    writing.update(
        registry.get("customer"),
        customer,
        {"name": NAME, "phone": PHONE, "email": MAIL, "industry": f"{NAME} 상회"},
        actor=actor,
    )
    contact = make("contact", {"name": NAME, "customer": customer, "phone": PHONE})
    make("contact_point", {"customer": customer, "kind": "email", "value": MAIL})
    order = make(
        "order",
        {
            "number": "SO-77",
            "customer": customer,
            "ordered_at": "2026-11-01T12:00:00+09:00",
            "memo": f"{NAME}님 {PHONE}",
        },
        administrator.actor,
    )
    make(
        "invoice",
        {
            "number": "INV-77",
            "subject": "대금",
            "customer": customer,
            "contact": contact,
            "issued_on": "2026-11-02",
            "total": "1000",
        },
        administrator.actor,
    )
    note = make(
        "interaction",
        {"kind": "note", "subject": f"{NAME} 방문", "customer": customer, "body": f"전화 {PHONE}"},
    )
    make(
        "consent", {"customer": customer, "purpose": {"code": "marketing"}, "channel": "sms", "act": "given"}
    )
    customers = registry.get("customer")
    comments.comment_add(
        actor=actor, record_type=customers, record_id=customer, text=f"{NAME} 고객은 {MAIL}로 연락"
    )
    attachments.attach(
        actor=actor,
        record_type=customers,
        record_id=customer,
        name=f"{NAME}.txt",
        chunks=[f"{NAME} {PHONE}".encode()],
    )
    other = make("customer", {"name": "다른 상회", "description": f"{NAME}님 소개, 연락처 {PHONE} {MAIL}"})
    run = ImportRun.objects.create(
        owner=insider.user, file_name="고객.csv", path=str(imports.folder() / "kept"), size=1, sha256="0", fingerprint="0",
        mapping={"records": []}, record_types=["customer"], state=ImportState.FINISHED,
    )  # fmt: skip
    (imports.folder() / "kept").write_bytes(f"이름,전화\n{NAME},{PHONE}\n".encode("cp949"))
    make_reject(run, 2, [NAME, PHONE, "서울"], Problem("x", "…", value=NAME)).save()
    return {"customer": customer, "contact": contact, "order": order, "note": note, "other": other}


def tables():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
        )
        return [name for (name,) in cursor.fetchall()]


def found_in_tables():
    """Every table as text – texts in JSON as ASCII, too – and where a trace stands in it."""
    found = []
    wanted = [*TRACES, *(json.dumps(text)[1:-1] for text in TRACES if not text.isascii())]
    with connection.cursor() as cursor:
        for table in tables():
            for trace in wanted:
                cursor.execute(f'SELECT t::text FROM "{table}" t WHERE position(%s IN t::text) > 0', [trace])
                found += [(table, trace, row) for (row,) in cursor.fetchall()]
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text ~ %s', ["010-?1111-?2222|1011112222"]
            )
            if cursor.fetchone()[0]:
                found.append((table, "former phone", ""))
    return found


def found_in_files(folder):
    """Files that hold a trace, in UTF-8 or CP949; of Parquet, what DuckDB reads in it."""
    import duckdb

    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == ".parquet":
            # as text: moments with a zone would want a library that nobody else needs
            content += str(
                duckdb.sql(f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM '{path}'").fetchall()
            ).encode()
        found += [
            (path.name, trace)
            for trace in TRACES
            if trace.encode() in content or trace.encode("cp949") in content
        ]
    return found


def erased(administrator, record_type, record_id, **more):
    erasure = erasing.erasure_ask(
        actor=administrator.actor,
        record_type=registry.get(record_type),
        record_id=record_id,
        reason="본인 요청",
        **more,
    )
    erasing.erase(erasure.pk)
    erasure.refresh_from_db()
    return erasure


@pytest.mark.slow
def test_after_an_erasure_no_table_parquet_file_attachment_or_kept_file_knows_the_person(
    person, administrator, insider, data
):
    settle()
    with lake.exclusive():
        lake.extract(full=True)
    assert {row[0] for row in found_in_tables()} >= {"customers_customer", "records_change", "commerce_order"}
    assert any(name.endswith(".parquet") for name, _trace in found_in_files(data))
    erasure = erased(administrator, "customer", person["customer"])
    assert erasure.state == ErasureState.LAKE
    settle()
    measures_jobs.rewrite_lake(erasures=[erasure.pk])
    erasure.refresh_from_db()
    assert erasure.state == ErasureState.FINISHED

    assert found_in_tables() == []
    assert found_in_files(data) == []
    assert not SearchToken.objects.filter(token__contains=NAME).exists()
    for question in (NAME, "5432", "ㅎㅇㄷ"):
        assert find(actor=insider.actor, q=question) == []


def test_business_records_stay_without_the_person(person, administrator):
    erasure = erased(administrator, "customer", person["customer"])
    order = registry.get("order").model.objects.get(pk=person["order"])
    assert (order.number, order.customer_id, order.memo) == ("SO-77", person["customer"], "●●●님 ●●●")
    customer = registry.get("customer").model.objects.get(pk=person["customer"])
    assert (customer.name, customer.phone, customer.birth_date) == (f"파기 {customer.pk}", "", None)
    assert customer.deleted_at is not None
    assert not registry.get("interaction").model.objects.filter(pk=person["note"]).exists()
    assert erasure.kept["order"] == 1
    assert (
        registry.get("customer").model.objects.get(pk=person["other"]).description
        == "●●●님 소개, 연락처 ●●● ●●●"
    )


def test_the_certificate_names_nobody_and_shows_if_it_was_changed(person, administrator):
    erasure = erased(administrator, "customer", person["customer"])
    assert erasing.is_genuine(erasure)
    assert not any(trace in erasing.certificate_text(erasure) for trace in TRACES)
    assert erasure.counts["attachments"] == 1
    assert erasure.counts["files:imports"] == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        Erasure.objects.filter(pk=erasure.pk).update(counts={})
    assert Look.objects.filter(act="erase", ids__contains=[person["customer"]]).exists()
    page = administrator.client.get(f"/settings/privacy/erasures/{erasure.key}/").content.decode()
    assert erasure.hash in page
    erasure.counts = {}
    assert not erasing.is_genuine(erasure)


def test_what_others_share_is_left_to_them(person, administrator, insider):
    namesake = writing.create(
        registry.get("customer"),
        {"name": NAME, "phone": PHONE, "email": "other@example.com"},
        actor=insider.actor,
    )
    erasure = erased(administrator, "customer", person["customer"])
    row = registry.get("customer").model.objects.get(pk=namesake)
    assert (row.name, row.phone) == (NAME, "+821098765432")
    assert erasure.kept["shared"] == 2
    assert [hit.id for hit in find(actor=insider.actor, q=NAME)] == [namesake]


def test_history_of_others_stays(person, administrator, insider):
    record_type = registry.get("customer")
    writing.update(record_type, person["other"], {"city": "서울시"}, actor=insider.actor)
    erased(administrator, "customer", person["customer"])
    changes = Change.objects.filter(table=record_type.table.name, record_id=person["other"])
    assert any("city" in change.changes for change in changes)


def test_only_administrators_see_hand_over_or_erase(person, insider, manager, administrator):
    page = f"/customers/{person['customer']}/person/"
    assert insider.client.get(page).status_code == manager.client.get(page).status_code == 404
    assert manager.client.post(f"{page}erase/", {"title": NAME, "reason": "본인 요청"}).status_code == 404
    assert manager.client.post(f"{page}export/", {"reason": "본인 요청"}).status_code == 404
    shown = administrator.client.get(page).content.decode()
    assert "전자상거래법" in shown
    assert (
        administrator.client.post(f"{page}erase/", {"title": "다른 이름", "reason": "본인 요청"}).status_code
        == 422
    )
    assert not Erasure.objects.exists()
    administrator.client.post(f"{page}erase/", {"title": NAME, "reason": "본인 요청", "everywhere": "on"})
    assert Erasure.objects.get().state == ErasureState.WAITING


def test_all_there_is_comes_as_a_file_to_read_and_one_for_programs(person, administrator):
    answer = administrator.client.post(
        f"/customers/{person['customer']}/person/export/", {"reason": "열람 요청 11월 20일"}
    )
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    data = json.loads(archive.read("data.json"))["records"]
    assert data["customer"][0]["phone"] == "+821098765432"
    assert data["order"][0]["number"] == "SO-77"
    assert {"contact", "contact_point", "interaction", "consent", "invoice"} <= data.keys()
    assert NAME in archive.read("data.html").decode()
    (file,) = (name for name in archive.namelist() if name.startswith("files/"))
    assert archive.read(file).decode() == f"{NAME} {PHONE}"
    assert Look.objects.filter(act="person", record_type="customer", about="열람 요청 11월 20일").count() == 1
    refused = administrator.client.post(f"/customers/{person['customer']}/person/export/", {"reason": "x"})
    assert refused.status_code == 422
    assert "5자 이상" in refused.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "swept"),
    [
        ("홍일동님께", "●님께"),
        ("홍일동(부장)", "●(부장)"),
        ("고객 홍일동", "고객 ●"),
        ("정홍일동산", "정홍일동산"),
        ("홍일동네떡집", "홍일동네떡집"),
        ("전화 010 9876 5432 또는 +82-10-9876-5432", "전화 ● 또는 ●"),
        ("1010-9876-54321", "1010-9876-54321"),
        ('{"n": 821098765432}', '{"n": 821098765432}'),
    ],
)
def test_a_name_is_blacked_out_as_a_word_and_a_number_however_it_is_grouped(text, swept):
    pattern = f"{name_pattern('홍일동')}|{number_pattern('+821098765432')}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT regexp_replace(%s, %s, '●', 'gi')", [text, pattern])
        assert cursor.fetchone()[0] == swept


def test_a_colleague_who_is_called_the_same_keeps_the_name(person, administrator, insider):
    from dangol.identity.models import User

    User.objects.filter(pk=insider.id).update(name=NAME)
    erased(administrator, "customer", person["customer"])
    assert User.objects.get(pk=insider.id).name == NAME
