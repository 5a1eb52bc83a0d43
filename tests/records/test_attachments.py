"""Files on records: taken in by content, given out by the record's permission, gone when nobody needs them."""

import io
import uuid
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image, PngImagePlugin

from dangol.events.models import Event
from dangol.records import registry, writing
from dangol.records.attachments import preparing, scanning, services, storage
from dangol.records.attachments.errors import AttachmentProblem
from dangol.records.attachments.kinds import kind_of
from dangol.records.models import Attachment, StoredFile
from tests.cast import SYSTEM

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n" + b"contract " * 1000


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    settings.DATA = tmp_path


@pytest.fixture
def customer(insider):
    return writing.create(registry.get("customer"), {"name": "한빛정밀"}, actor=insider.actor)


def attach(who, record_id, content=PDF, name="계약서.pdf", record_type="customer"):
    return services.attach(
        actor=who.actor,
        record_type=registry.get(record_type),
        record_id=record_id,
        name=name,
        chunks=[content],
    )


def photograph(*, place=True, turned=False, kind="JPEG"):
    """A picture as a phone takes it: with the place in its metadata, perhaps lying on its side."""
    picture = Image.new("RGB", (60, 40), "white")
    picture.putpixel((0, 0), (255, 0, 0))
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    if turned:
        exif[0x0112] = 6
    if place:
        exif.get_ifd(0x8825)[1] = "N"
        exif.get_ifd(0x8825)[2] = (37.0, 33.0, 59.0)
    out = io.BytesIO()
    options = {}
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Author", "SecretPhone")
        options = {"pnginfo": text}
    picture.save(out, kind, exif=exif, **options)
    return out.getvalue()


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def status(answer):
    """The status of an answer that has been read to its end."""
    body(answer)
    return answer.status_code


def prepare_all():
    for pk in list(StoredFile.objects.values_list("pk", flat=True)):
        preparing.prepare(pk)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("customer", {"name": "한빛"}),
        ("interaction", {"kind": "note", "subject": "협의"}),
        ("machine", {"code": "M", "name": "선반"}),
    ],
)
def test_records_of_every_type_take_files_and_give_them_back(insider, teammate, name, values):
    record_type = registry.get(name)
    record_id = writing.create(record_type, values, actor=insider.actor)
    url = f"/{record_type.path}/{record_id}/files/"
    sent = insider.client.post(
        url, {"file": [SimpleUploadedFile("계약서.pdf", PDF), SimpleUploadedFile("b.txt", b"hello")]}
    )
    assert sent.status_code == 302
    found = Attachment.objects.get(name="계약서.pdf")
    answer = teammate.client.get(f"{url}{found.key}/")
    assert body(answer) == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "%EA%B3%84%EC%95%BD%EC%84%9C.pdf" in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    listed = teammate.api.get(f"/api/v1/{record_type.path}/{record_id}/attachments").json()["items"]
    assert [item["name"] for item in listed] == ["b.txt", "계약서.pdf"]
    assert body(teammate.api.get(listed[1]["content"])) == PDF


def test_ranges_are_answered_as_http_says(insider, customer):
    found = attach(insider, customer, b"0123456789 text")
    url = f"/customers/{customer}/files/{found.key}/"
    for asked, code, expected in (
        ("bytes=0-3", 206, b"0123"),
        ("bytes=4-", 206, b"456789 text"),
        ("bytes=-4", 206, b"text"),
        ("bytes=0-999", 206, b"0123456789 text"),
        ("bytes=99-", 416, b""),
        ("bytes=3-1", 200, b"0123456789 text"),
        ("bytes=0-1,3-4", 200, b"0123456789 text"),
        ("lines=1-2", 200, b"0123456789 text"),
    ):
        answer = insider.client.get(url, headers={"range": asked})
        assert (answer.status_code, body(answer)) == (code, expected), asked
    first = insider.client.get(url, headers={"range": "bytes=0-3"})
    assert first["Content-Range"] == "bytes 0-3/15"
    assert status(first) == 206
    stale = insider.client.get(url, headers={"range": "bytes=0-3", "if-range": '"other"'})
    assert status(stale) == 200


def test_other_teams_files_do_not_exist(insider, outsider, nobody, customer):
    """The same answer, by the same queries, whether there is a file, a record, or nothing."""
    found = attach(insider, customer)
    own = writing.create(registry.get("customer"), {"name": "남"}, actor=outsider.actor)
    for who in (outsider, nobody):
        who.client.get("/customers/")
        costs, bodies = set(), set()
        for record_id, key in (
            (customer, found.key),
            (customer, uuid.uuid4()),
            (999_999, found.key),
            (2**63, found.key),
        ):
            for suffix in ("", "preview/"):
                with CaptureQueriesContext(connection) as queries:
                    answer = who.client.get(f"/customers/{record_id}/files/{key}/{suffix}")
                assert answer.status_code == 404
                if record_id < 2**63:
                    costs.add(len(queries))
                bodies.add(len(answer.content))
        assert len(costs) == 1
        assert len(bodies) == 1
        for act in ("delete/", "restore/"):
            assert who.client.post(f"/customers/{customer}/files/{found.key}/{act}").status_code == 404
        assert who.client.get(f"/customers/{customer}/files/").status_code == 404
        upload = {"file": SimpleUploadedFile("x.txt", b"x")}
        assert who.client.post(f"/customers/{customer}/files/", upload).status_code == 404
        for path in ("", f"/{found.key}", f"/{found.key}/content"):
            assert who.api.get(f"/api/v1/customers/{customer}/attachments{path}").status_code in (403, 404)
    assert outsider.client.get(f"/customers/{own}/files/{found.key}/").status_code == 404, (
        "not by another record"
    )
    assert Attachment.objects.filter(deleted_at=None).count() == 1


def test_who_may_only_look_fetches_and_changes_nothing(insider, teammate, reader, customer):
    found = attach(insider, customer)
    for who in (teammate, reader):
        url = f"/customers/{customer}/files/"
        assert status(who.client.get(f"{url}{found.key}/")) == 200
        assert who.client.post(url, {"file": SimpleUploadedFile("x.txt", b"x")}).status_code == 404
        assert who.client.post(f"{url}{found.key}/delete/").status_code == 404
        api = f"/api/v1/customers/{customer}/attachments"
        assert who.api.post(api, {"file": SimpleUploadedFile("x.txt", b"x")}).status_code == 403
        assert who.api.delete(f"{api}/{found.key}").status_code == 403
    assert list(Attachment.objects.values_list("name", "deleted_at")) == [("계약서.pdf", None)]


def test_contents_are_kept_once_and_go_when_the_last_record_lets_go(insider, customer):
    one, two = attach(insider, customer), attach(insider, customer, name="사본.pdf")
    assert one.file_id == two.file_id
    place = storage.folder() / storage.place_of(one.file.digest)
    assert place.read_bytes() == PDF
    assert place.stat().st_mode & 0o077 == 0
    record_type = registry.get("customer")
    services.detach(actor=insider.actor, record_type=record_type, attachment=one)
    assert insider.client.get(f"/customers/{customer}/files/{one.key}/").status_code == 404
    restore = f"/customers/{customer}/files/{one.key}/restore/"
    assert status(insider.client.get(restore)) == 200
    insider.client.post(restore)
    assert status(insider.client.get(f"/customers/{customer}/files/{one.key}/")) == 200
    services.detach(actor=insider.actor, record_type=record_type, attachment=one)
    Attachment.objects.filter(pk=one.pk).update(deleted_at=timezone.now() - timedelta(days=31))
    StoredFile.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert (services.forget_binned(), services.remove_orphans()) == (1, 0)
    writing.purge(record_type, [customer], actor=SYSTEM)
    assert services.remove_orphans() == 1
    assert not place.exists()
    assert not StoredFile.objects.exists()


def test_files_that_no_row_names_are_swept_up(insider, customer):
    import os

    kept = attach(insider, customer)
    left = storage.folder() / "ab" / ("ab" * 32)
    left.parent.mkdir()
    left.write_bytes(b"of a transaction that never ended well")
    draft = storage.draft()
    for path in (left, draft, storage.folder() / storage.place_of(kept.file.digest)):
        os.utime(path, (1, 1))
    assert services.remove_orphans() == 1
    assert not left.exists()
    assert not draft.exists()
    assert (storage.folder() / storage.place_of(kept.file.digest)).exists()


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


DOCX = {"[Content_Types].xml": "x", "word__document.xml": "x"}


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        ("안녕.csv", "이름\n홍길동".encode("cp949"), "안녕.csv"),
        ("page.html", b"just words", "page.html.txt"),
        ("../../etc/passwd", b"words", "passwd.txt"),
        ("a\u202efdp.exe", PDF, "afdp.exe.pdf"),
        ("report.PDF", PDF, "report.PDF"),
        ("보고.docx", zipped(**DOCX), "보고.docx"),
        ("보고.zip", zipped(**DOCX), "보고.zip.docx"),
        ("hangul.hwpx", zipped(mimetype="application/hwp+zip"), "hangul.hwpx"),
        ("", PDF, "파일.pdf"),
    ],
)
def test_the_contents_decide_what_a_file_is(insider, customer, name, content, kept):
    assert attach(insider, customer, content, name).name == kept


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("x.svg", b'<?xml version="1.0"?><svg onload="alert(1)"/>', "type"),
        ("x.png", b"\xef\xbb\xbf <!DOCTYPE html><script>alert(1)</script>", "type"),
        ("x.pdf", b"MZ\x90\x00", "type"),
        ("x.txt", b"#!/bin/sh\nrm", "type"),
        ("x.docx", zipped(**DOCX, word__vbaProject__bin="x"), None),
        ("x.docm", zipped(**DOCX, **{"word__vbaProject.bin": "x"}), "type"),
        ("x.heic", b"\0\0\0\x18ftypheic\0\0", "type"),
        ("x.bin", b"\0\1\2\3" * 100, "type"),
        ("x.txt", b"", "empty"),
    ],
)
def test_what_could_harm_or_is_unknown_is_refused_with_a_reason(insider, customer, name, content, code):
    if code is None:
        assert attach(insider, customer, content, name)
        return
    with pytest.raises(AttachmentProblem) as refused:
        attach(insider, customer, content, name)
    assert refused.value.code == code
    assert str(refused.value.message)
    assert not StoredFile.objects.exists()
    assert not list(storage.folder().glob("**/.draft-*"))


def test_size_and_room_are_limited(insider, customer, settings):
    settings.DANGOL_FILES_MAX_MB = 1
    with pytest.raises(AttachmentProblem) as refused:
        attach(insider, customer, b"x" * (1 << 20) + b"y")
    assert refused.value.code == "too_large"
    settings.DANGOL_FILES_QUOTA_GB = 1
    StoredFile.objects.create(digest="0" * 64, size=(1 << 30) - 5, content_type="text/plain")
    with pytest.raises(AttachmentProblem) as full:
        attach(insider, customer, b"more than five")
    assert full.value.code == "quota"
    answer = insider.client.post(
        f"/customers/{customer}/files/",
        {"file": [SimpleUploadedFile("긴 것.txt", b"more than five"), SimpleUploadedFile("a.txt", b"ok")]},
        headers={"x-upload": "1"},
    )
    assert answer.status_code == 422
    assert "긴 것.txt" in answer.content.decode()
    assert [item.name for item in Attachment.objects.all()] == ["a.txt"], "the others are taken"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_pictures_lose_what_the_camera_wrote_before_anybody_can_fetch_them(insider, customer, kind):
    content = photograph(kind=kind)
    found = attach(insider, customer, content, "현장")
    url = f"/customers/{customer}/files/{found.key}/"
    assert insider.client.get(url).status_code == 404
    waiting = insider.api.get(f"/api/v1/customers/{customer}/attachments/{found.key}/content")
    assert (waiting.status_code, waiting["Retry-After"]) == (409, "5")
    original = storage.folder() / storage.place_of(found.file.digest)
    prepare_all()
    prepare_all()
    found.refresh_from_db()
    cleaned = body(insider.client.get(url))
    assert b"SecretPhone" not in cleaned
    with Image.open(io.BytesIO(cleaned)) as picture:
        assert picture.format == kind
        assert picture.size == (60, 40)
        assert not picture.getexif()
    assert found.file.has_preview
    assert (found.file.width, found.file.height) == (60, 40)
    if kind != "GIF":
        assert not original.exists()
    small = insider.client.get(f"{url}preview/")
    assert small["Content-Type"] == "image/webp"
    assert b"SecretPhone" not in body(small)
    again = attach(insider, customer, content, "noch einmal")
    prepare_all()
    again.refresh_from_db()
    assert again.file_id == found.file_id


def test_a_picture_on_its_side_is_set_upright(insider, customer):
    found = attach(insider, customer, photograph(turned=True))
    prepare_all()
    found.refresh_from_db()
    assert (found.file.width, found.file.height) == (40, 60)


def test_a_picture_that_cannot_be_read_is_refused_and_says_why(insider, customer):
    broken = photograph()[:200]
    found = attach(insider, customer, broken)
    huge = io.BytesIO()
    Image.new("1", (9000, 9000)).save(huge, "PNG")
    bomb = attach(insider, customer, huge.getvalue())
    prepare_all()
    for item in (found, bomb):
        item.refresh_from_db()
        assert item.file.state == "refused"
        assert "그림" in item.file.reason or "사진" in item.file.reason
        assert not (storage.folder() / storage.place_of(item.file.digest)).exists()
        assert insider.client.get(f"/customers/{customer}/files/{item.key}/").status_code == 404
    assert found.file.reason in insider.client.get(f"/customers/{customer}/files/").content.decode()


def test_a_scanner_looks_before_anybody_can_fetch(insider, customer):
    def look(path):
        data = path.read_bytes()
        if b"cannot" in data:
            raise OSError("the scanner is away")
        return "Eicar" if b"EICAR" in data else ""

    scanning.set_scanner(look)
    try:
        bad, good = attach(insider, customer, b"words EICAR"), attach(insider, customer, b"words")
        unseen = attach(insider, customer, b"words that cannot be looked at")
        for item in (bad, good):
            assert insider.client.get(f"/customers/{customer}/files/{item.key}/").status_code == 404
            preparing.prepare(item.file_id)
        with pytest.raises(OSError, match="away"):
            preparing.prepare(unseen.file_id)
    finally:
        scanning.set_scanner(None)
    states = dict(StoredFile.objects.values_list("pk", "state"))
    assert [states[item.file_id] for item in (bad, good, unseen)] == ["refused", "ready", "waiting"]
    assert insider.client.get(f"/customers/{customer}/files/{bad.key}/").status_code == 404
    assert status(insider.client.get(f"/customers/{customer}/files/{good.key}/")) == 200


def test_the_store_may_be_elsewhere(insider, customer, settings):
    settings.DANGOL_FILES = f"memory://{uuid.uuid4().hex}"
    found = attach(insider, customer)
    url = f"/customers/{customer}/files/{found.key}/"
    assert body(insider.client.get(url, headers={"range": "bytes=0-3"})) == b"%PDF"
    assert not (storage.folder() / storage.place_of(found.file.digest)).exists()
    later = timezone.now() + timedelta(days=1)
    assert list(storage.store().older_than(later)) == [storage.place_of(found.file.digest)]
    storage.store().remove(storage.place_of(found.file.digest))
    storage.store().remove(storage.place_of(found.file.digest))
    assert insider.client.get(url).status_code == 404


def test_history_and_events_tell_of_files(insider, customer):
    found = attach(insider, customer)
    services.detach(actor=insider.actor, record_type=registry.get("customer"), attachment=found)
    items = insider.api.get(f"/api/v1/customers/{customer}/history").json()["items"]
    assert [item["changes"] for item in items] == [
        [{"field": "attachments", "before": "계약서.pdf", "after": None}],
        [{"field": "attachments", "before": None, "after": "계약서.pdf"}],
    ]
    assert "계약서.pdf" in insider.client.get(f"/customers/{customer}/history/").content.decode()
    names = ["records.files_attached", "records.files_removed"]
    payloads = [event.payload for event in Event.objects.filter(name__in=names).order_by("pk")]
    expected = {"record_type": "customer", "record_id": customer, "by": insider.id, "files": [found.pk]}
    assert payloads == [expected, expected]


def test_the_api_says_what_is_wrong(insider, customer):
    url = f"/api/v1/customers/{customer}/attachments"
    made = insider.api.post(url, {"file": SimpleUploadedFile("a.txt", b"words")})
    assert made.status_code == 201
    assert made["Location"] == f"{url}/{made.json()['id']}"
    assert insider.api.get(made["Location"]).json() == made.json()
    head = insider.api.head(f"{made['Location']}/content")
    assert head["Content-Length"] == "5"
    assert insider.api.post(url, "{}", content_type="application/json").status_code == 415
    assert insider.api.post(url, {"other": "x"}).status_code == 422
    refused = insider.api.post(url, {"file": SimpleUploadedFile("a.svg", b"<svg/>")})
    assert (refused.status_code, refused.json()["code"]) == (422, "type")
    assert insider.api.get(f"{url}/nothing").status_code == 404
    assert insider.api.delete(made["Location"]).status_code == 204
    assert insider.api.get(made["Location"]).status_code == 404


def test_kinds_are_told_by_contents(tmp_path):
    for content, family in (
        (b"RIFF0000WEBPVP8 ", "image"),
        (b"RIFF0000WAVEfmt ", "audio"),
        (b"\0\0\0\x18ftypM4A \0", "audio"),
        (b"\0\0\0\x18ftypisom", "video"),
        (b"ID3\x04", "audio"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "HwpSummaryInformation".encode("utf-16-le"), "hwp"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"), "macro"),
        (b"PK\x03\x04 broken", "other"),
        (zipped(a="x"), "archive"),
        ("한글".encode("utf-16"), "text"),
        (b"<html><body>", "web"),
    ):
        path = tmp_path / "file"
        path.write_bytes(content)
        assert kind_of(path).family == family, content[:20]
