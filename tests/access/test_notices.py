"""Being told of a record gives no right to see it."""

import pytest

from dangol.interactions.notifications.services import notify
from tests.access.conftest import SECRET

pytestmark = pytest.mark.django_db

PLACES = (
    "/notifications/",
    "/notifications/?kind=mentioned",
    "/notifications/?unread=1",
    "/notifications/panel/",
)


@pytest.mark.parametrize("visitor", ["outsider", "nobody"])
def test_a_notice_about_what_one_may_not_see_shows_nothing(visitor, secrets, request):
    person = request.getfixturevalue(visitor)
    for name, pk in secrets.ids.items():
        notify(kind="mentioned", users=[person.id], target_type=name, target_id=pk)
    notify(kind="finished", users=[person.id], target_type="import_run", target_id=secrets.run.pk)
    for path in PLACES:
        assert SECRET not in person.client.get(path).content.decode(), path


def test_the_same_notice_shows_it_to_those_who_may(secrets, teammate):
    notify(kind="mentioned", users=[teammate.id], target_type="customer", target_id=secrets.ids["customer"])
    for path in PLACES:
        assert SECRET in teammate.client.get(path).content.decode(), path


def test_what_an_open_page_asks_tells_nothing_of_other_teams_records(secrets, outsider):
    for name, pk in secrets.ids.items():
        if name in ("product", "user_account", "team", "territory", "role"):
            continue  # there for all to see
        assert outsider.client.get(f"/live/present/?here={name}:{pk}").status_code == 404, name
        assert outsider.client.get(f"/live/changed/?here={name}:{pk}&on={name}:{pk}@0").status_code == 404, (
            name
        )
        assert outsider.client.get(f"/live/changed/?on={name}:{pk}@0").content.strip() == b"", name
