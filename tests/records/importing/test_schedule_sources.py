"""Files from an SFTP server and from the web, end to end, and what is said when they do not come."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone, translation

from dangol.customers.models import Customer
from dangol.outbound import http
from dangol.outbound.errors import Forbidden
from dangol.outbound.models import OutboundCall
from dangol.records.importing.errors import ImportProblem
from dangol.records.importing.scheduling import services, taking
from dangol.records.models import Change, ImportRun, ImportSchedule, ImportScheduleState, SavedMapping
from tests.outbound.conftest import Site
from tests.records.importing.scheduling import (
    ANOTHER,
    LATER,
    ROWS,
    fresh,
    look,
    put,
    schedule,
    settings_of,
    work,
)
from tests.records.importing.sftp_server import PASSWORD, USER, SftpSite

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loopback", "english")]


@pytest.fixture
def english(administrator: Any) -> Iterator[None]:
    """Messages are those of whoever the schedule acts for."""
    administrator.user.language = "en"
    administrator.user.save()
    with translation.override("en"):
        yield


# --- the web -------------------------------------------------------------------------------------


def web(person: Any, site: Site, **values: Any) -> ImportSchedule:
    given = {"source": "http", "access": "token", "secret": "geheimes-token", **values}
    return schedule(person, site.url("/export/customers.csv"), **given)


def test_a_file_on_the_web_is_taken_and_not_again_until_it_changes(administrator: Any, site: Site) -> None:
    one = web(administrator, site)

    def answer(handler: Any) -> None:
        same = handler.headers.get("If-None-Match") == state["tag"]
        handler.send_response(304 if same else 200)
        body = b"" if same else state["body"].encode()
        handler.send_header("ETag", state["tag"])
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        state["sent"] += bool(body)

    state: dict[str, Any] = {"tag": '"1"', "body": ROWS, "sent": 0}
    site.pages["/export/customers.csv"] = answer
    assert look(one).taken == 1
    work()
    assert (Customer.objects.count(), ImportRun.objects.get().file_name) == (2, "customers.csv")
    assert site.asked[0][1]["authorization"] == "Bearer geheimes-token"
    look(one, due=False)
    for _ in range(2):
        looked = look(one)
        assert (looked.taken, looked.known) == (0, 1)
    assert state["sent"] == 1
    state.update(tag='"2"', body=ANOTHER)
    assert look(one).taken == 1
    work()
    assert Customer.objects.count() == 3


def test_a_server_without_tags_is_fetched_each_time_but_imported_once(administrator: Any, site: Site) -> None:
    site.give("/export/customers.csv", ROWS.encode(), Last_Modified="Fri, 20 Nov 2026 03:00:00 GMT")
    one = web(administrator, site, access="password", username="crm")
    for _ in range(2):
        look(one)
        work()
        look(one, due=False)
    assert ImportRun.objects.count() == 1
    assert site.asked[0][1]["authorization"].startswith("Basic ")
    assert site.asked[-1][1]["if-modified-since"] == "Fri, 20 Nov 2026 03:00:00 GMT"


def test_a_file_whose_import_failed_is_asked_for_without_conditions(administrator: Any, site: Site) -> None:
    site.give("/export/customers.csv", b"%PDF-1.4", ETag='"1"')
    one = web(administrator, site)
    look(one)
    work()
    assert look(one, due=False).why
    look(one)
    assert "if-none-match" not in site.asked[-1][1]


@pytest.mark.parametrize(
    ("status", "words"), [(401, "refuses the access"), (404, "Check the path"), (500, "status 500")]
)
def test_what_the_web_server_says_is_told_in_words(
    administrator: Any, site: Site, status: int, words: str
) -> None:
    site.give("/export/customers.csv", b"", status=status)
    one = web(administrator, site)
    assert words in look(one).why
    assert words in fresh(one).state.last_error
    assert fresh(one).state.failures == 1


def test_a_host_that_is_down_or_internal_is_told_in_words(
    administrator: Any, site: Site, settings: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(http, "_PAUSE", 0.01)
    one = schedule(administrator, "http://127.0.0.1:1/a.csv", source="http")
    assert "port 1" in look(one).why
    settings.DANGOL_OUTBOUND_ALLOW = []
    assert "DANGOL_OUTBOUND_ALLOW" in look(one).why


@pytest.mark.parametrize(
    "location",
    ["ftp://example.com/x", "https://user:pw@example.com/x", "https://127.1/x", "example.com", "http://[::1"],
)
def test_an_address_that_cannot_be_meant_is_refused_when_it_is_saved(
    administrator: Any, location: str
) -> None:
    with pytest.raises((ImportProblem, Forbidden)):
        schedule(administrator, location, source="http")


# --- SFTP ----------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpSite]:
    (tmp_path / "sftp").mkdir()
    found = SftpSite(tmp_path / "sftp")
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    yield found
    found.close()


def sftp(person: Any, server: SftpSite, *, trust: bool = True, **values: Any) -> ImportSchedule:
    given = {"source": "sftp", "access": "password", "username": USER, "secret": PASSWORD, **values}
    one = schedule(
        person, values.pop("location", server.location), **{k: v for k, v in given.items() if k != "location"}
    )
    if trust:
        trial = taking.try_out(fresh(one))
        assert trial.offered == server.fingerprint
        services.schedule_trust(schedule=fresh(one), key=trial.offered, actor=person.actor)
    return one


@pytest.mark.parametrize("after", ["keep", "move", "delete"])
def test_a_file_on_the_server_is_taken_and_put_away(administrator: Any, server: SftpSite, after: str) -> None:
    one = sftp(administrator, server, after=after)
    path = put(server.root, age=7_200)
    assert look(one).taken == 1
    work()
    assert Customer.objects.count() == 2
    look(one, due=False)
    assert path.exists() == (after == "keep")
    assert (server.root / "done" / path.name).exists() == (after == "move")
    for _ in range(2):
        assert look(one).taken == 0
    assert ImportRun.objects.count() == 1


def test_with_a_private_key_it_is_let_in_as_well(administrator: Any, server: SftpSite) -> None:
    text = io.StringIO()
    server.client_key.write_private_key(text)
    one = sftp(administrator, server, access="key", secret=text.getvalue())
    put(server.root, age=7_200)
    assert look(one).taken == 1


def test_a_file_that_is_young_waits_for_a_second_look(administrator: Any, server: SftpSite) -> None:
    one = sftp(administrator, server)
    put(server.root, age=120)
    now = timezone.now()
    assert look(one, now=now).growing == 1
    assert look(one, due=False, now=now + LATER).taken == 1


def test_no_password_is_told_to_a_server_whose_key_nobody_has_confirmed(
    administrator: Any, server: SftpSite
) -> None:
    one = sftp(administrator, server, trust=False)
    put(server.root, age=7_200)
    looked = look(one)
    assert server.fingerprint in looked.why
    assert fresh(one).state.offered_key == server.fingerprint
    assert not server.signed_in
    assert not ImportRun.objects.exists()


def test_a_server_with_another_key_than_the_confirmed_one_is_not_talked_to(
    administrator: Any, server: SftpSite
) -> None:
    import paramiko

    one = sftp(administrator, server)
    asked = list(server.signed_in)
    server.key = paramiko.ECDSAKey.generate()
    why = look(one).why
    assert "another key" in why
    assert server.fingerprint in why
    assert server.signed_in == asked


def test_only_the_key_that_was_shown_can_be_confirmed(administrator: Any, server: SftpSite) -> None:
    one = sftp(administrator, server, trust=False)
    taking.try_out(fresh(one))
    with pytest.raises(ImportProblem):
        services.schedule_trust(
            schedule=fresh(one), key="ssh-ed25519 SHA256:another", actor=administrator.actor
        )
    assert fresh(one).host_key == ""


def test_a_wrong_password_key_or_folder_is_told_in_words(administrator: Any, server: SftpSite) -> None:
    one = sftp(administrator, server, secret="falsch")
    assert "does not let “crm” in" in look(one).why
    ImportSchedule.objects.all().delete()
    one = sftp(administrator, server, access="key", secret="no key at all")
    assert "no private key" in look(one).why
    ImportSchedule.objects.all().delete()
    one = sftp(administrator, server, location=f"{server.location}nowhere")
    assert "/nowhere is not there" in look(one).why


def test_a_server_that_lets_nothing_be_moved_says_so_and_nothing_is_imported_twice(
    administrator: Any, server: SftpSite
) -> None:
    one = sftp(administrator, server, after="move")
    put(server.root, age=7_200)
    server.readonly = True
    look(one)
    work()
    assert "고객.csv" in look(one, due=False).why
    put(server.root, "zwei.csv", ANOTHER, age=7_200)
    looked = look(one)
    assert "고객.csv" in looked.why
    assert looked.taken == 1, "the others go in all the same"
    work()
    server.readonly = False
    assert not look(one).why
    assert {path.name for path in (server.root / "done").iterdir()} == {"고객.csv", "zwei.csv"}
    assert ImportRun.objects.count() == 2


def test_names_that_lead_elsewhere_and_links_are_passed_over(
    administrator: Any, server: SftpSite, tmp_path: Path
) -> None:
    import paramiko

    (tmp_path / "secret.csv").write_text(ROWS)
    (server.root / "link.csv").symlink_to(tmp_path / "secret.csv")
    for name in ("../secret.csv", "a/b.csv", "x\ny.csv", "..", ""):
        entry = paramiko.SFTPAttributes.from_stat((tmp_path / "secret.csv").stat())
        entry.filename = name
        server.smuggled.append(entry)
    assert look(sftp(administrator, server)).result == "nothing"
    assert not server.opened


def test_an_internal_server_needs_to_be_allowed_for_sftp_too(
    administrator: Any, server: SftpSite, settings: Any
) -> None:
    one = sftp(administrator, server)
    settings.DANGOL_OUTBOUND_ALLOW = []
    asked = len(server.transports)
    assert "DANGOL_OUTBOUND_ALLOW" in look(one).why
    assert len(server.transports) == asked


def test_calls_by_sftp_stand_in_the_log_too(administrator: Any, server: SftpSite) -> None:
    look(sftp(administrator, server))
    call = OutboundCall.objects.latest("id")
    assert (call.method, call.url, call.error) == ("SFTP", server.location, "")


def test_without_the_library_the_message_says_what_to_install(
    administrator: Any, server: SftpSite, monkeypatch: Any
) -> None:
    one = sftp(administrator, server)
    monkeypatch.setitem(__import__("sys").modules, "paramiko", None)
    assert "dangol[sftp]" in look(one).why


# --- secrets -------------------------------------------------------------------------------------


def test_a_secret_lies_sealed_and_in_no_history(administrator: Any, server: SftpSite) -> None:
    one = sftp(administrator, server)
    state = ImportScheduleState.objects.get()
    assert PASSWORD not in state.secret
    assert services.secret_of(fresh(one)) == PASSWORD
    mapping = SavedMapping.objects.get()
    values = settings_of(
        administrator, server.location, mapping, source="sftp", access="password", username=USER, name="neu"
    )
    services.schedule_save(actor=administrator.actor, schedule=fresh(one), values=values, secret="ein-neues")
    services.schedule_remove(schedule=fresh(one), actor=administrator.actor)
    told = str(list(Change.objects.values())) + str(list(OutboundCall.objects.values()))
    assert PASSWORD not in told
    assert "ein-neues" not in told
    assert state.secret not in told


@pytest.mark.parametrize(
    "change",
    [{"location": "sftp://127.0.0.9/"}, {"location": "sftp://127.0.0.1:2022/"}, {"username": "root"}, {"access": "key"},
     {"source": "http", "location": "https://evil.example/"}],
)  # fmt: skip
def test_a_stored_secret_goes_to_nobody_but_the_server_it_was_entered_for(
    administrator: Any, server: SftpSite, change: dict[str, Any]
) -> None:
    one = sftp(administrator, server)
    values = settings_of(
        administrator,
        server.location,
        SavedMapping.objects.get(),
        source="sftp",
        access="password",
        username=USER,
    )
    save = {"actor": administrator.actor, "schedule": fresh(one)}
    services.schedule_save(**save, values={**values, "location": f"{server.location}sub", "name": "anders"})
    assert fresh(one).host_key == server.fingerprint
    with pytest.raises(ImportProblem, match="only to the server"):
        services.schedule_save(actor=administrator.actor, schedule=fresh(one), values={**values, **change})
    services.schedule_save(
        actor=administrator.actor, schedule=fresh(one), values={**values, **change}, secret="neu"
    )
    assert services.secret_of(fresh(one)) == "neu"
    assert (fresh(one).host_key == "") == ("location" in change)


def test_a_secret_of_another_key_of_the_installation_is_said_to_be_lost(
    administrator: Any, server: SftpSite, settings: Any
) -> None:
    one = sftp(administrator, server)
    settings.SECRET_KEY = "the folder with the key was lost"
    assert "Enter it again" in look(one).why


def test_trying_out_lists_the_files_and_changes_nothing(
    administrator: Any, server: SftpSite, site: Site
) -> None:
    one = sftp(administrator, server, after="delete")
    path = put(server.root, age=7_200)
    put(server.root, "other.txt")
    trial = taking.try_out(fresh(one))
    assert [(file.name, taken) for file, taken in trial.files] == [(path.name, True)]
    assert not server.opened
    assert path.exists()
    assert not fresh(one).files.exists()
    site.give("/export/customers.csv", ROWS.encode())
    trial = taking.try_out(fresh(web(administrator, site, name="web")))
    assert [(file.name, file.size) for file, _taken in trial.files] == [("customers.csv", len(ROWS.encode()))]
    assert not ImportRun.objects.exists()
