"""The pages of the model room, and lifetime value on the page of customer value."""

from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from dangol.identity.actors import Actor
from dangol.insight import lifetime_selectors, services
from dangol.insight.modelling import room
from dangol.insight.models import ModelSetting, ModelVersion
from dangol.insight.policies import sight_of
from dangol.measures.models import RefreshRun, Score
from dangol.records import filters, registry
from dangol.records.lists import rows_for
from tests.insight.market import bought, sell

SYSTEM = Actor.system("test")
PLACE = "/models/lifetime_value/"


@pytest.fixture
def market(shop, company):
    """A company whose customers belong half to Seoul, half to Busan; learnt and valued."""
    purchases = bought(300, seed=21)
    people = sell(purchases, team=company.seoul)
    for who, customer in people.items():
        if who % 2:
            customer.team = company.busan
            customer.save()
    services.refresh_all(actor=SYSTEM)
    return people


def behind(person, url):
    record_type = registry.by_path(urlsplit(url).path.strip("/"))
    tree = filters.parse(parse_qs(urlsplit(url).query)["filter"][0], record_type, actor=person.actor)
    return rows_for(person.actor, record_type, tree)


def total(name, ids=None):
    found = Score.objects.filter(name=name)
    if ids is not None:
        found = found.filter(record_id__in=ids)
    return sum((one for one in found.values_list("value", flat=True)), Decimal(0))


def test_the_pages_tell_value_model_and_proof(market, administrator, outsider):
    context = administrator.client.get("/value/").context
    # tiers open the customers they count
    chart = context["lifetime_tiers"]
    for value, url in zip(chart["series"][0]["values"], chart["urls"], strict=True):
        assert total("clv.3y", behind(administrator, url).values("pk")) == Decimal(value)
    assert sum(map(Decimal, chart["series"][0]["values"])) == total("clv.3y")
    assert sum(context["lifetime_spread"]["series"][0]["values"]) == len(market)
    # the bridge adds up, to the last digit
    before, *steps, after = map(Decimal, context["lifetime_bridge"]["series"][0]["values"])
    assert before == total("clv.month_ago")
    assert after == total("clv.3y") == before + sum(steps)
    # somebody of one team sees that team's, and nothing of the whole company
    theirs = outsider.client.get("/value/").context
    assert "lifetime_tracking" not in theirs
    seen = sum(map(Decimal, theirs["lifetime_tiers"]["series"][0]["values"]))
    busan = [one.pk for who, one in market.items() if who % 2]
    assert seen == total("clv.3y", busan)
    assert "small" not in theirs["kpis"][0]
    assert outsider.client.get("/models/").status_code == 404
    assert outsider.client.get(PLACE).status_code == 404
    # the page of the model
    version = ModelVersion.objects.get(purpose=room.LIFETIME)
    page = administrator.client.get(PLACE)
    body = page.content.decode()
    assert f"v{version.number}" in body
    shown = page.context["version"]
    assert shown["worst"]["name"].startswith("고객 ")
    assert shown["judged"][0]["came"] == f"{version.held['total']['came']:,}"
    assert {one["name"] for one in shown["parameters"]} >= {"r", "alpha", "p", "q", "gamma"}
    assert administrator.client.get(PLACE + "?v=9").status_code == 404
    assert administrator.client.get("/models/nothing/").status_code == 404
    assert "생애가치" in administrator.client.get("/models/").content.decode()


def test_every_step_of_the_bridge_is_that_of_its_customers(market, administrator):
    def marks(name):
        return dict(Score.objects.filter(name=name).values_list("record_id", "value"))

    was, now, alive, alive_then = map(marks, ("clv.month_ago", "clv.3y", "clv.alive", "clv.alive_before"))
    by_hand = dict.fromkeys(("won", "grew", "shrank", "lost"), Decimal(0))
    for who in was.keys() | now.keys():
        change = now.get(who, Decimal(0)) - was.get(who, Decimal(0))
        if not was.get(who):
            step = "won"
        elif change < 0 and alive[who] < Decimal("0.5") <= alive_then[who]:
            step = "lost"
        else:
            step = "grew" if change >= 0 else "shrank"
        by_hand[step] += change
    found = lifetime_selectors.bridge(sight_of(administrator.actor))
    assert {code: found.steps[code][1] for code in by_hand} == by_hand
    assert found.steps["model"] == (0, 0)


def test_what_a_new_model_says_otherwise_is_a_step_of_its_own(market, administrator):
    month = room.month_before(ModelVersion.objects.get(purpose=room.LIFETIME).as_of)
    ModelVersion.objects.filter(purpose=room.LIFETIME).update(published_at=f"{month.isoformat()}T00:00Z")
    room.setting_change(actor=SYSTEM, purpose=room.LIFETIME, margin=Decimal("0.5"))
    services.refresh_all(actor=SYSTEM)
    found = lifetime_selectors.bridge(sight_of(administrator.actor))
    assert found.after == found.before + sum(amount for _, amount in found.steps.values())
    assert found.steps["model"][1] == found.after - total("clv.old_model")
    assert found.steps["model"][1] < 0


def test_only_whoever_looks_after_the_company_decides(market, administrator, manager, nobody):
    for person in (manager, nobody):
        for act in ("learn", "publish", "retire", "settings"):
            assert person.client.post(f"{PLACE}{act}/").status_code == 404
    assert ModelVersion.objects.get(purpose=room.LIFETIME).state == ModelVersion.State.PUBLISHED
    assert administrator.client.post(f"{PLACE}retire/").status_code == 302
    assert ModelVersion.objects.get(purpose=room.LIFETIME).state == ModelVersion.State.RETIRED
    assert administrator.client.post(f"{PLACE}publish/", {"number": "1"}).status_code == 302
    version = ModelVersion.objects.get(purpose=room.LIFETIME)
    assert (version.state, version.published_name) == (ModelVersion.State.PUBLISHED, "관리자")
    assert administrator.client.post(f"{PLACE}publish/", {"number": "x"}).status_code == 404
    wrong = administrator.client.post(
        f"{PLACE}settings/", {"margin": "400", "yearly_rate": "10", "every_days": "7"}
    )
    assert wrong.status_code == 422
    said = {
        "margin": "32.5",
        "yearly_rate": "8",
        "held_days": "",
        "every_days": "30",
        "publishes_itself": "on",
    }
    assert administrator.client.post(f"{PLACE}settings/", said).status_code == 302
    setting = ModelSetting.objects.get(pk=room.LIFETIME)
    assert (setting.margin, setting.yearly_rate, setting.held_days) == (
        Decimal("0.325"),
        Decimal("0.08"),
        None,
    )
    assert (setting.every_days, setting.is_due) == (30, True)
    assert RefreshRun.objects.filter(state=RefreshRun.State.WAITING).exists()
    assert administrator.client.post("/value/stop/").status_code == 302
    assert not RefreshRun.objects.filter(state=RefreshRun.State.WAITING).exists()


def test_too_few_orders_say_what_is_needed(shop, administrator):
    shop.order(shop.customer(), "2026-11-01", 1000)
    services.refresh_all(actor=SYSTEM)
    assert "두 번 이상 산 고객 0 / 50" in administrator.client.get("/value/").content.decode()
    assert "배울 데이터가 모자라요" in administrator.client.get(PLACE).content.decode()


def test_what_the_model_cannot_tell_stands_on_its_page(market, administrator):
    version = ModelVersion.objects.get(purpose=room.LIFETIME)
    spend, order = "구간이 말하는 것보다 더 빗나갈 수", "줄 세우는지는 말할 수 없어요"
    for doubts, sure, told in (
        ([], True, (False, False)),
        (["spend"], True, (True, False)),
        ([], False, (False, True)),
    ):
        version.held |= {"doubts": doubts, "order": {**version.held["order"], "sure": sure}}
        ModelVersion.objects.filter(pk=version.pk).update(held=version.held)
        html = administrator.client.get(PLACE).content.decode()
        assert ("<b>말할 수 없는 것:</b>" in html) == any(told)
        assert (spend in html, order in html) == told
