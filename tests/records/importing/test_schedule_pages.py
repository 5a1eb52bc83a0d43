"""The pages of scheduled imports, and who may see and do what there."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.identity.models import Grant
from dangol.records.importing.scheduling import services
from dangol.records.models import ImportRun, ImportSchedule
from tests.outbound.conftest import Site
from tests.records.importing.scheduling import fresh, look, put, saved_mapping, schedule, work

pytestmark = pytest.mark.django_db
LIST = "/imports/schedules/"
SECRET = "sehr-geheimes-token"


@pytest.fixture
def importer(insider: Any) -> Any:
    """The insider, who may import customers."""
    for action in ("import", "create", "edit", "view"):
        Grant.objects.update_or_create(
            role=insider.user.roles.get(), record_type="customer", action=action, defaults={"scope": "team"}
        )
    return insider


def typed(mapping: Any, **values: Any) -> dict[str, Any]:
    return {
        "name": "밤마다 고객", "mapping_name": f"saved:{mapping.pk}", "source": "folder", "location": "", "pattern": "*.csv",
        "after": "keep", "access": "", "username": "", "secret": "", "rule": "hourly", "every": "15", "at_time": "",
        "active": "on", **values,
    }  # fmt: skip


def page(person: Any, path: str) -> str:
    answer = person.client.get(path)
    assert answer.status_code == 200, path
    text: str = answer.content.decode()
    return text


def test_a_schedule_is_made_shown_run_and_switched_off_on_the_pages(importer: Any, inbox: Path) -> None:
    assert "imports/schedules/new/" in page(importer, LIST), "the empty list says how to begin"
    answer = importer.client.post(f"{LIST}new/", typed(saved_mapping(importer), location=str(inbox)))
    assert answer.status_code == 302, answer.content.decode()
    one = ImportSchedule.objects.get()
    assert (one.acts_as_id, one.active) == (importer.id, True)
    here = reverse("imports:schedule", args=[one.pk])
    assert answer["Location"] == here
    put(inbox)
    trial = importer.client.post(f"{here}test/").content.decode()
    assert "고객.csv" in trial
    assert not ImportRun.objects.exists()
    importer.client.post(f"{here}run/")
    importer.client.post(f"{here}run/")
    job = ProcrastinateJob.objects.get(task_name=services.LOOK_TASK)
    assert job.args == {"schedule_id": one.pk, "fresh": True}
    look(one)
    work()
    assert "고객.csv" in page(importer, here)
    run = ImportRun.objects.get()
    assert "밤마다 고객" in page(importer, reverse("imports:detail", args=[run.key])), (
        "the run names its schedule"
    )
    assert "밤마다 고객" in page(importer, "/imports/")
    importer.client.post(f"{here}switch/", {"active": "0"})
    assert not fresh(one).active
    importer.client.post(f"{here}switch/", {"active": "1"})
    assert fresh(one).state.next_at is not None
    importer.client.post(f"{here}remove/")
    assert not ImportSchedule.objects.exists()
    assert ImportRun.objects.get().schedule_id is None


@pytest.mark.parametrize("language", ["ko", "en"])
def test_each_state_of_a_schedule_has_its_page(administrator: Any, inbox: Path, language: str) -> None:
    administrator.user.language = language
    administrator.user.save()
    one = schedule(administrator, str(inbox), rule="weekdays", at_time=time(8, 30))
    here = reverse("imports:schedule", args=[one.pk])
    assert "08:30" in page(administrator, here)
    inbox.rmdir()
    for turn in range(1, 6):
        look(one)
        assert fresh(one).state.last_error.replace("'", "&#x27;") in page(administrator, here)
        assert page(administrator, LIST).count(str(turn)) > 0
    assert "밤마다 고객" in page(administrator, "/imports/"), "who opens the imports is told that it stopped"
    assert not fresh(one).active
    page(administrator, f"{here}edit/")


def test_a_form_that_makes_no_sense_comes_back_with_what_would_be_right(importer: Any, inbox: Path) -> None:
    mapping = saved_mapping(importer)
    wrong = [
        {"location": "/etc"},
        {"location": str(inbox), "name": ""},
        {"location": str(inbox), "mapping_name": "saved:999"},
        {"location": str(inbox), "rule": "daily"},
        {"location": str(inbox), "rule": "minutes", "every": "0"},
        {"location": str(inbox), "rule": "minutes", "every": ""},
        {
            "source": "sftp",
            "location": "files.example.com",
            "access": "password",
            "username": "x",
            "secret": "x",
        },
        {"source": "sftp", "location": "sftp://files.example.com/", "access": "token", "secret": "x"},
        {"source": "sftp", "location": "sftp://files.example.com/", "access": "password", "username": "x"},
        {"source": "http", "location": "http://127.1/"},
    ]
    for values in wrong:
        answer = importer.client.post(f"{LIST}new/", typed(mapping, **values))
        assert answer.status_code == 422, values
        assert re.search(r'role="alert"|class="note', answer.content.decode()), values
    assert not ImportSchedule.objects.exists()
    importer.client.post(f"{LIST}new/", typed(mapping, location=str(inbox)))
    again = importer.client.post(f"{LIST}new/", typed(mapping, location=str(inbox)))
    assert again.status_code == 422, "two of the same name"


@pytest.mark.usefixtures("loopback")
def test_a_secret_is_never_shown_again(importer: Any, inbox: Path, site: Site) -> None:
    mapping = saved_mapping(importer)
    web = {"source": "http", "location": site.url("/a.csv"), "access": "token"}
    refused = importer.client.post(f"{LIST}new/", typed(mapping, **web, secret=SECRET, name=""))
    assert SECRET not in refused.content.decode()
    importer.client.post(f"{LIST}new/", typed(mapping, **web, secret=SECRET))
    one = ImportSchedule.objects.get()
    site.give("/a.csv", b"", status=401)
    look(one)
    here = reverse("imports:schedule", args=[one.pk])
    trial = importer.client.post(f"{here}test/").content.decode()
    sealed = fresh(one).state.secret
    for text in (
        trial,
        page(importer, here),
        page(importer, f"{here}edit/"),
        page(importer, LIST),
        fresh(one).state.last_error,
    ):
        assert SECRET not in text
        assert sealed not in text
    answer = importer.client.post(f"{here}edit/", typed(mapping, **web, name="anderer Name"))
    assert answer.status_code == 302
    assert services.secret_of(fresh(one)) == SECRET, "an empty field keeps it"
    elsewhere = {**web, "location": "https://files.example.com/a.csv"}
    assert importer.client.post(f"{here}edit/", typed(mapping, **elsewhere)).status_code == 422


def test_one_sees_and_touches_only_schedules_that_act_in_ones_own_name(
    importer: Any, teammate: Any, administrator: Any, inbox: Path
) -> None:
    one = schedule(importer, str(inbox))
    here = reverse("imports:schedule", args=[one.pk])
    assert "밤마다 고객" not in page(teammate, LIST), "who shares the role may import, but this is not his"
    before = list(ImportSchedule.objects.values())
    for path in ("", "edit/"):
        assert teammate.client.get(f"{here}{path}").status_code == 404
    for path in ("edit/", "test/", "run/", "switch/", "trust/", "remove/"):
        assert teammate.client.post(f"{here}{path}").status_code == 404
    assert list(ImportSchedule.objects.values()) == before
    assert not ProcrastinateJob.objects.filter(task_name=services.LOOK_TASK).exists()
    assert "밤마다 고객" in page(administrator, LIST)
    assert "김지우" in page(administrator, here)


def test_acting_as_somebody_else_is_not_even_offered_to_others(
    importer: Any, teammate: Any, administrator: Any, inbox: Path
) -> None:
    mapping = saved_mapping(importer)
    assert 'name="acts_as"' not in page(importer, f"{LIST}new/")
    importer.client.post(f"{LIST}new/", typed(mapping, location=str(inbox), acts_as=teammate.id))
    assert ImportSchedule.objects.get().acts_as_id == importer.id
    assert 'name="acts_as"' in page(administrator, f"{LIST}new/")
    administrator.client.post(
        f"{LIST}new/", typed(mapping, location=str(inbox), acts_as=teammate.id, name="für andere")
    )
    assert ImportSchedule.objects.get(name="für andere").acts_as_id == teammate.id


def test_who_may_import_nothing_does_not_find_the_pages(
    reader: Any, nobody: Any, importer: Any, inbox: Path
) -> None:
    one = schedule(importer, str(inbox))
    for person in (reader, nobody):
        for path in (LIST, f"{LIST}new/", f"{LIST}{one.pk}/"):
            assert person.client.get(path).status_code == 404


def test_the_list_costs_the_same_whatever_there_is(
    administrator: Any, inbox: Path, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        schedule(administrator, str(inbox), name=f"Nr. {number}")
    administrator.client.get(LIST)
    with django_assert_max_num_queries(6):
        administrator.client.get(LIST)
