"""Favourites in the left menu, through the doors of browsers and programs."""

from __future__ import annotations

import re

import pytest

from dangol.records import favourites
from dangol.records.models import Favourite, SavedView

pytestmark = pytest.mark.django_db


def kept(person, name="지켜볼 고객", audience="private", **state):
    person.client.post("/customers/views/", {"name": name, "audience": audience, **state})
    return SavedView.objects.get(name=name).pk


def favour(person, view, off="0"):
    return person.client.post(f"/customers/views/{view}/", {"act": "favourite", "off": off})


def menu_of(person):
    """The favourites as the page's menu asks for them."""
    page = person.client.get("/customers/").content.decode()
    address = re.search(r'hx-get="(/favourites/[^"]*)"', page)[1]
    return address, person.client.get(address).content.decode()


def test_a_view_stands_in_the_menu_with_what_one_sees_of_it(insider, outsider, administrator, some):
    view = kept(administrator, audience="everyone", filter="stage = active")
    favour(insider, view)
    _address, mine = menu_of(insider)
    assert "지켜볼 고객" in mine
    assert f"/customers/?view={view}" in mine
    assert '<span class="n">2</span>' in mine
    _address, other = menu_of(outsider)
    assert "지켜볼 고객" not in other
    favour(outsider, view)
    _address, other = menu_of(outsider)
    assert '<span class="n">1</span>' in other


def test_what_a_browser_keeps_is_asked_for_anew_after_a_change(insider, some):
    view = kept(insider, filter="stage = active")
    before, empty = menu_of(insider)
    assert "지켜볼" not in empty
    favour(insider, view)
    after, shown = menu_of(insider)
    assert after != before
    assert "지켜볼" in shown
    answer = insider.client.get(after)
    assert "private" in answer["Cache-Control"]
    assert "max-age=60" in answer["Cache-Control"]
    favour(insider, view, off="1")
    assert "지켜볼" not in menu_of(insider)[1]


def test_nobody_favours_a_view_that_they_do_not_find(insider, teammate, some):
    view = kept(insider, filter="stage = active")
    assert favour(teammate, view).status_code == 404
    assert teammate.api.put(f"/api/v1/views/customers/{view}/favourite").status_code == 404
    assert not Favourite.objects.exists()


def test_programs_favour_and_read_it(insider, some):
    view = kept(insider)
    address = f"/api/v1/views/customers/{view}"
    assert insider.api.get(address).json()["favourite"] is False
    for _twice in range(2):
        assert insider.api.put(f"{address}/favourite").status_code == 204
    assert insider.api.get(address).json()["favourite"] is True
    assert Favourite.objects.count() == 1
    assert insider.api.delete(f"{address}/favourite").status_code == 204
    assert insider.api.get(address).json()["favourite"] is False


def test_the_menu_has_an_end(insider, some, monkeypatch):
    monkeypatch.setattr(favourites, "MOST", 1)
    first, second = kept(insider, "하나"), kept(insider, "둘")
    favour(insider, first)
    page = insider.client.get(favour(insider, second).url).content.decode()
    assert "1개까지" in page
    assert Favourite.objects.count() == 1
    assert insider.api.put(f"/api/v1/views/customers/{second}/favourite").status_code == 422


def test_a_favourite_goes_with_its_view_and_stands_without_a_number_when_its_filter_is_broken(insider, some):
    view, broken = kept(insider, "가는 것"), kept(insider, "깨진 것")
    favour(insider, view)
    favour(insider, broken)
    SavedView.objects.filter(pk=broken).update(state={"filter": "nothing = 3"})
    insider.client.post(f"/customers/views/{view}/", {"act": "delete"})
    _address, shown = menu_of(insider)
    assert "가는 것" not in shown
    assert "깨진 것" in shown
    assert 'class="n"' not in shown
