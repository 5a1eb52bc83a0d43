"""What the frame shows to whom."""

from types import SimpleNamespace

from django.test import RequestFactory

from dangol.web.context import Shell, shell
from dangol.web.menu import Group, Menu, MenuItem


def test_entries_stand_in_order_and_only_where_they_may_be_seen():
    menu = Menu()
    menu.add(
        MenuItem("b", "B", url="/b/", order=2),
        MenuItem("a", "A", url="/a/", order=1, visible=lambda actor: actor == "boss"),
        MenuItem("gone", "Gone", url_name="no:such_route"),
    )
    assert [item.key for item in menu.shown_to("boss")] == ["a", "b"]
    assert [item.key for item in menu.shown_to("clerk")] == ["b"]


def test_a_badge_of_nothing_is_not_shown_and_not_asked_for_hidden_entries():
    asked = []

    def badge(actor):
        asked.append(actor)
        return 0

    menu = Menu()
    menu.add(MenuItem("a", "A", url="/a/", badge=badge))
    menu.add(MenuItem("b", "B", url="/b/", badge=badge, visible=lambda actor: False))
    assert [item.badge for item in menu.shown_to("x")] == [None]
    assert asked == ["x"]


def test_adding_a_key_again_replaces_the_entry():
    menu = Menu()
    menu.add(MenuItem("a", "A", url="/a/"))
    menu.add(MenuItem("a", "B", url="/b/"))
    assert [item.label for item in menu.shown_to(None)] == ["B"]


def test_the_open_entry_is_the_one_with_the_longest_fitting_address(monkeypatch):
    menu = Menu()
    menu.add(
        MenuItem("home", "Home", url="/"),
        MenuItem("customers", "Customers", url="/customers/"),
        MenuItem("value", "Value", url="/customers/value/", also="/worth/"),
    )
    monkeypatch.setattr("dangol.web.context.menu", menu)

    def place(path):
        request = RequestFactory().get(path)
        request.actor = SimpleNamespace(theme="auto")
        return Shell(request).place

    assert place("/") == "home"
    assert place("/customers/7/") == "customers"
    assert place("/customers/value/") == "value"
    assert place("/customersx/") == ""
    assert place("/worth/7/") == "value"


def _shell(monkeypatch, groups, *items):
    menu = Menu()
    menu.add(*items)
    monkeypatch.setattr("dangol.web.context.menu", menu)
    monkeypatch.setattr("dangol.web.context.groups", groups)
    monkeypatch.setattr("dangol.web.menu.groups", groups)
    request = RequestFactory().get("/")
    request.actor = "clerk"
    return Shell(request)


def test_an_entry_joins_the_department_in_whose_stretch_it_stands(monkeypatch):
    shell = _shell(
        monkeypatch,
        {"insight": Group("insight", "Insight", "chart", 60, range(60, 80))},
        MenuItem("value", "Value", url="/value/", order=70),
        MenuItem("effects", "Effects", url="/effects/", order=75, badge=lambda actor: 3, hot=True),
        MenuItem("home", "Home", url="/", order=0),
        MenuItem("strategy", "Strategy", url="/strategy/", order=80),
    )
    home, insight, strategy = shell.departments
    assert (home["item"].key, strategy["item"].key) == ("home", "strategy")
    assert (insight["label"], insight["keys"], insight["hot"]) == ("Insight", ["value", "effects"], 3)
    assert shell.groups == []


def test_a_department_of_one_page_is_that_page_and_a_missing_one_hides_nothing(monkeypatch):
    shell = _shell(
        monkeypatch,
        {"sales": Group("sales", "Sales", "target", 20), "data": Group("data", "Data", "database", 200)},
        MenuItem("orders", "Orders", url="/orders/", group="sales", order=20),
        MenuItem("deals", "Deals", url="/deals/", group="sales", order=21, visible=lambda actor: False),
        MenuItem("lathe", "Lathe", url="/lathe/", group="no_such", order=50),
        MenuItem("imports", "Imports", url="/imports/", group="data", order=910),
        MenuItem("settings", "Settings", url="/settings/", order=990),
    )
    assert [one["item"].key for one in shell.departments] == ["orders", "lathe"]
    assert [group["keys"] for group in shell.groups] == [["imports"]]
    assert [item.key for item in shell.foot] == ["settings"]


def test_nobody_signed_in_sees_no_entries_and_costs_nothing(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        context = shell(RequestFactory().get("/"))
        assert list(context["menu"]) == []
        assert context["shell"].search_url == ""
        assert str(context["theme"]) == "auto"
