"""Settings pages: who gets in, and what they do."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from dangol.administration.urls import settings_pages
from dangol.events import queue, registry
from dangol.events import services as outbox
from dangol.events.models import Delivery
from dangol.events.models import Event as EventRow
from dangol.identity import selectors, services
from dangol.identity.actors import Actor
from dangol.identity.models import AccessChange, Role, Team, Territory, Token, User
from dangol.outbound.errors import OutboundProblem
from dangol.outbound.services import call_noted
from tests.cast import PASSWORD, Company, Person

pytestmark = pytest.mark.django_db

OWN_PAGES = {
    "overview",
    "profile",
    "password",
    "sessions-end",
    "session-end",
    "account-disconnect",
    "token-new",
    "token-revoke",
    "grant-revoke",
}


def address(name: str) -> str:
    pattern = next(page for page in settings_pages if page.name == name)
    kwargs = {}
    for part in ("pk", "webhook_id", "token_id", "app_id"):
        if part in pattern.pattern.converters:
            kwargs[part] = 1
    if "month" in pattern.pattern.converters:
        kwargs["month"] = 202610
    if "key" in pattern.pattern.converters:
        kwargs["key"] = "00000000-0000-4000-8000-000000000000"
    if "kind" in pattern.pattern.converters:
        kwargs["kind"] = "teams"
    if "record_type" in pattern.pattern.converters:
        kwargs["record_type"] = "customer"
    if "provider_kind" in pattern.pattern.converters:
        kwargs["provider_kind"] = "saml"
    return reverse(f"administration:{name}", kwargs=kwargs)


@pytest.mark.parametrize("name", [page.name for page in settings_pages])
def test_strangers_sign_in_first(client: Client, name: str) -> None:
    for method in (client.get, client.post):
        answer = method(address(name))
        assert answer.status_code in (302, 405)
        if answer.status_code == 302:
            assert answer["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("name", [page.name for page in settings_pages if page.name not in OWN_PAGES])
def test_only_those_who_administer_get_in(insider: Person, manager: Person, name: str) -> None:
    before = (User.objects.count(), Role.objects.count(), Team.objects.count(), AccessChange.objects.count())
    for person in (insider, manager):
        for method in (person.client.get, person.client.post):
            assert method(address(name)).status_code in (403, 405)
    assert (
        User.objects.count(),
        Role.objects.count(),
        Team.objects.count(),
        AccessChange.objects.count(),
    ) == before


@pytest.mark.parametrize(
    "name",
    [
        "overview",
        "profile",
        "password",
        "token-new",
        "users",
        "user-new",
        "trees",
        "node-new",
        "roles",
        "role-new",
        "work",
        "access-log",
        "calls",
        "sign-in",
        "provider-new",
        "apps",
        "app-new",
    ],
)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_opens_in_both_languages(administrator: Person, name: str, language: str) -> None:
    User.objects.filter(pk=administrator.id).update(language=language)
    answer = administrator.client.get(address(name))
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.content.decode()


def test_korean_pages_hold_no_english_sentence(administrator: Person) -> None:
    for name in (
        "overview",
        "profile",
        "users",
        "user-new",
        "trees",
        "roles",
        "role-new",
        "work",
        "access-log",
        "calls",
        "sign-in",
        "provider-new",
    ):
        text = administrator.client.get(address(name)).content.decode()
        main = re.sub(
            r"<(style|script|code|option|tbody)\b.*?</\1>",
            "",
            text.split("<main", 1)[1].split("</main>")[0],
            flags=re.DOTALL,
        )
        words = re.findall(r">\s*([A-Z][a-z]+(?: [a-z]+)+)", main)
        assert words == [], name


def test_the_overview_shows_only_what_one_may_open(insider: Person, administrator: Person) -> None:
    assert "/settings/users/" not in insider.client.get("/settings/").content.decode()
    assert "/settings/users/" in administrator.client.get("/settings/").content.decode()


def test_i_change_my_own_profile(insider: Person) -> None:
    answer = insider.client.post(
        "/settings/profile/",
        {"name": "김지우2", "language": "en", "time_zone": "Asia/Tokyo", "theme": "dark"},
    )
    assert answer.status_code == 302
    insider.user.refresh_from_db()
    assert (insider.user.name, insider.user.language, insider.user.theme) == ("김지우2", "en", "dark")


def test_an_error_stands_beside_its_field(insider: Person) -> None:
    answer = insider.client.post(
        "/settings/profile/", {"name": "", "language": "ko", "time_zone": "Mars/Base", "theme": "auto"}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'id="id_name_error"' in page
    assert 'id="id_time_zone_error"' in page


def test_a_new_password_keeps_this_session_and_ends_the_others(insider: Person) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        client.post("/sign-in/", {"login": insider.user.email, "password": PASSWORD})
        assert client.get("/settings/profile/").status_code == 200
    wrong = here.post(
        "/settings/profile/password/", {"current": "no", "password": "a" * 12, "repeated": "b" * 12}
    )
    assert wrong.status_code == 422
    short = {"current": PASSWORD, "password": "short", "repeated": "short"}
    assert "id_password_error" in here.post("/settings/profile/password/", short).content.decode()
    assert there.get("/settings/profile/").status_code == 200
    right = {"current": PASSWORD, "password": "busan-autumn-wind", "repeated": "busan-autumn-wind"}
    assert here.post("/settings/profile/password/", right).status_code == 302
    assert here.get("/settings/profile/").status_code == 200
    assert there.get("/settings/profile/").status_code == 302


def test_i_sign_out_everywhere_else(insider: Person) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        client.post("/sign-in/", {"login": insider.user.email, "password": PASSWORD})
    here.post("/settings/profile/sessions/end/")
    assert here.get("/settings/profile/").status_code == 200
    assert there.get("/settings/profile/").status_code == 302


def test_a_token_is_shown_once(insider: Person) -> None:
    made = insider.client.post(
        "/settings/profile/tokens/new/", {"name": "ERP", "lives": "30", "read_only": "on"}
    )
    text = re.search(r'value="(dgl_[0-9a-f_]+)"', made.content.decode())
    assert text is not None
    assert "no-store" in made["Cache-Control"]
    token = selectors.token_for(text.group(1))
    assert token is not None
    assert (token.user_id, token.actions) == (insider.id, ["view"])
    profile = insider.client.get("/settings/profile/").content.decode()
    assert text.group(1) not in profile
    assert token.prefix in profile


def test_i_revoke_only_my_own_tokens(insider: Person, outsider: Person) -> None:
    token, _text = services.token_create(user=insider.user, name="ERP", actor=insider.actor)
    url = f"/settings/profile/tokens/{token.pk}/revoke/"
    assert outsider.client.post(url).status_code == 404
    assert Token.objects.get().revoked_at is None
    assert insider.client.post(url).status_code == 302
    assert Token.objects.get().revoked_at is not None


def user_data(company: Company, **changes: object) -> dict[str, object]:
    return {
        "name": "새 사람",
        "email": "new@example.com",
        "team": company.seoul.pk,
        "territory": "",
        "roles": [Role.objects.get(code="sales").pk],
        "language": "ko",
        "time_zone": "Asia/Seoul",
    } | changes


def test_an_administrator_adds_a_user_who_can_then_sign_in(administrator: Person, company: Company) -> None:
    made = administrator.client.post("/settings/users/new/", user_data(company)).content.decode()
    password = re.search(r'value="([A-Za-z2-9]{4}(?:-[A-Za-z2-9]{4}){3})"', made)
    assert password is not None
    user = User.objects.get(email="new@example.com")
    assert (user.team, list(user.roles.values_list("code", flat=True))) == (company.seoul, ["sales"])
    browser = Client()
    browser.post("/sign-in/", {"login": "new@example.com", "password": password.group(1)})
    assert browser.get("/settings/profile/").status_code == 200


def test_a_taken_address_is_said_beside_the_field(
    administrator: Person, company: Company, insider: Person
) -> None:
    answer = administrator.client.post(
        "/settings/users/new/", user_data(company, email=insider.user.email.upper())
    )
    assert answer.status_code == 422
    assert "id_email_error" in answer.content.decode()


def test_editing_deactivating_and_activating(
    administrator: Person, company: Company, insider: Person
) -> None:
    url = f"/settings/users/{insider.id}/"
    assert insider.client.get("/settings/").status_code == 200
    assert administrator.client.get(url).status_code == 200
    assert administrator.client.post(url, user_data(company, team=company.busan.pk)).status_code == 302
    insider.user.refresh_from_db()
    assert insider.user.team == company.busan
    administrator.client.post(f"{url}deactivate/")
    assert insider.client.get("/settings/").status_code == 302
    administrator.client.post(f"{url}activate/")
    insider.user.refresh_from_db()
    assert insider.user.is_active
    assert administrator.client.post(f"/settings/users/{administrator.id}/deactivate/").status_code == 302
    administrator.user.refresh_from_db()
    assert administrator.user.is_active


def test_users_are_found_by_part_of_the_name(
    administrator: Person, insider: Person, outsider: Person
) -> None:
    page = administrator.client.get("/settings/users/", {"q": "지우"}).content.decode()
    assert insider.user.email in page
    assert outsider.user.email not in page
    for wild in ("\x00", "%", "'", "<b>", "x" * 5000):
        assert (
            administrator.client.get("/settings/users/", {"q": wild, "page": "abc", "state": "?"}).status_code
            == 200
        )


@pytest.mark.parametrize(("kind", "model"), [("teams", Team), ("territories", Territory)])
def test_trees_are_built_moved_and_pruned(administrator: Person, kind: str, model) -> None:
    client = administrator.client
    client.post(f"/settings/{kind}/new/", {"name": "해외", "parent": ""})
    abroad = model.objects.get(name="해외")
    assert client.get(f"/settings/{kind}/new/?parent={abroad.pk}").status_code == 200
    client.post(f"/settings/{kind}/new/", {"name": "일본", "parent": abroad.pk})
    japan = model.objects.get(name="일본")
    assert japan.parent == abroad
    circle = client.post(f"/settings/{kind}/{abroad.pk}/", {"name": "해외", "parent": japan.pk})
    assert circle.status_code == 422
    client.post(f"/settings/{kind}/{abroad.pk}/delete/")
    assert model.objects.filter(pk=abroad.pk).exists()
    client.post(f"/settings/{kind}/{japan.pk}/delete/")
    client.post(f"/settings/{kind}/{abroad.pk}/delete/")
    assert not model.objects.filter(name__in=["해외", "일본"]).exists()
    assert client.get(f"/settings/{kind}/").status_code == 200


def test_a_role_is_made_in_the_matrix(administrator: Person) -> None:
    data = {
        "name": "분석",
        "code": "analyst",
        "description": "",
        "*:view": "all",
        "*:export": "team",
        "*:edit": "",
    }
    assert administrator.client.post("/settings/roles/new/", data).status_code == 302
    role = Role.objects.get(code="analyst")
    assert set(role.grants.values_list("record_type", "action", "scope")) == {
        ("*", "view", "all"),
        ("*", "export", "own"),
        ("*", "export", "team"),
    }
    page = administrator.client.get(f"/settings/roles/{role.pk}/").content.decode()
    assert '<option value="all" selected>' in page
    answer = administrator.client.post(f"/settings/roles/{role.pk}/", data | {"*:view": "galaxy"})
    assert answer.status_code == 422
    administrator.client.post(f"/settings/roles/{role.pk}/delete/")
    assert not Role.objects.filter(code="analyst").exists()


def test_saving_a_default_role_unchanged_changes_nothing(administrator: Person) -> None:
    for role in Role.objects.all():
        before = set(role.grants.values_list("record_type", "action", "scope"))
        page = administrator.client.get(f"/settings/roles/{role.pk}/").context["form"]
        data = {name: page.get_initial_for_field(field, name) or "" for name, field in page.fields.items()}
        assert administrator.client.post(f"/settings/roles/{role.pk}/", data).status_code == 302
        assert set(role.grants.values_list("record_type", "action", "scope")) == before


def test_a_dead_letter_is_sent_again_by_a_button(administrator: Person, insider: Person) -> None:
    row = EventRow.objects.create(name="test.lost", payload={})
    delivery = Delivery.objects.create(
        event=row, handler="test.gone", state="dead", attempts=8, last_error="ValueError: <b>no</b>"
    )
    page = administrator.client.get("/settings/work/").content.decode()
    assert "test.lost" in page
    assert "&lt;b&gt;no" in page
    url = f"/settings/work/deliveries/{delivery.pk}/retry/"
    assert insider.client.post(url).status_code == 403
    administrator.client.post(url)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("pending", 0)
    assert ProcrastinateJob.objects.filter(args={"event": row.pk}).exists()


def test_a_failed_job_is_put_back(administrator: Person, django_db_blocker) -> None:
    from django.db import connection

    job = queue.enqueue("test.nothing", number=1)
    url = f"/settings/work/jobs/{job}/retry/"
    assert administrator.client.post(url).status_code == 404
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [job])
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", [job])
    assert "test.nothing" in administrator.client.get("/settings/work/").content.decode()
    administrator.client.post(url)
    assert ProcrastinateJob.objects.get(pk=job).status == "todo"


def test_the_access_log_tells_who_changed_what(
    administrator: Person, insider: Person, company: Company
) -> None:
    administrator.client.post(
        f"/settings/users/{insider.id}/", user_data(company, name="김지우", email=insider.user.email)
    )
    services.user_update(user=insider.user, actor=Actor.system("hr"), name="<i>지우</i>")
    page = administrator.client.get("/settings/access-log/").content.decode()
    assert "hr" in page
    assert "&lt;i&gt;지우" in page


def test_a_write_without_csrf_token_is_refused(administrator: Person) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(administrator.user)
    before = User.objects.count()
    assert browser.post("/settings/users/new/", {"name": "x", "email": "x@example.com"}).status_code == 403
    assert User.objects.count() == before


def test_the_menu_choice_of_language_is_kept_with_the_user(insider: Person) -> None:
    insider.client.post("/preferences/", {"language": "en", "next": "/settings/"})
    insider.user.refresh_from_db()
    assert insider.user.language == "en"


def test_nothing_in_the_registry_is_left_over() -> None:
    assert registry.handler_named("test.gone") is None
    assert outbox.MAX_ATTEMPTS == 8


@pytest.mark.parametrize(
    "path", ["users/{}/", "teams/{}/", "roles/{}/", "users/{}/x/", "teamz/", "teams/{}/delete/"]
)
def test_addresses_that_lead_nowhere_are_404(administrator: Person, path: str) -> None:
    for number in (0, 999_999, 10**30):
        assert administrator.client.get("/settings/" + path.format(number)).status_code in (404, 405)
        assert administrator.client.post("/settings/" + path.format(number)).status_code == 404


def test_nonsense_in_forms_is_answered_beside_the_field(administrator: Person, company: Company) -> None:
    for wild in ("999999", "-1", "abc", "\x00", "10" * 40):
        data = user_data(company, team=wild, roles=[wild], time_zone=wild)
        assert administrator.client.post("/settings/users/new/", data).status_code == 422
        answer = administrator.client.post("/settings/teams/new/", {"name": "x", "parent": wild})
        assert answer.status_code == 422
        assert administrator.client.get("/settings/teams/new/", {"parent": wild}).status_code == 200
    assert not User.objects.filter(email="new@example.com").exists()


def test_outgoing_calls_are_listed_and_those_that_failed_by_themselves(
    administrator: Person, insider: Person
) -> None:
    with call_noted(
        purpose="import", method="GET", url="https://user:secret@files.example/a.csv?key=1"
    ) as noted:
        noted.status, noted.received = 200, 5_000
    with (
        pytest.raises(OutboundProblem),
        call_noted(purpose="sign_in", method="GET", url="https://login.example/"),
    ):
        raise OutboundProblem("nobody answers")
    page = administrator.client.get("/settings/calls/").content.decode()
    assert "https://files.example/a.csv?…" in page
    assert "secret" not in page
    assert "예약 가져오기" in page
    failed = administrator.client.get("/settings/calls/?show=failed").content.decode()
    assert "nobody answers" in failed
    assert "files.example" not in failed
    assert insider.client.get("/settings/calls/").status_code == 403
