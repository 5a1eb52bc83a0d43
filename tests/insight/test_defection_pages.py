"""Who may leave on pages: everybody sees his own customers, and makes tasks with the reasons in them."""

import re
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db.models import Sum

from dangol.customers.models import Customer
from dangol.identity.actors import Actor
from dangol.insight import leaving_reasons, services
from dangol.insight.defection_pages import SHOWN, SHOWN_SHORT
from dangol.insight.modelling import room
from dangol.insight.models import ModelSetting, ModelVersion
from dangol.interactions.models import Interaction, Kind
from dangol.measures.models import Score
from dangol.records import filters, registry
from dangol.records.lists import rows_for
from tests.insight.market import sell
from tests.insight.regulars import regulars

SYSTEM = Actor.system("test")
AT_RISK = "defection.value_at_risk"
CUSTOMER = registry.get("customer")


@pytest.fixture
def market(shop, company, insider):
    """A company whose customers belong half to Seoul, half to Busan; those of Seoul to the insider."""
    ModelSetting.objects.create(purpose=room.LIFETIME, every_days=0)
    people = sell(regulars(), team=company.seoul)
    odd = [one.pk for who, one in people.items() if who % 2]
    Customer.objects.filter(pk__in=odd).update(team=company.busan)
    Customer.objects.exclude(pk__in=odd).update(owner=insider.user)
    services.refresh_all(actor=SYSTEM)
    return people


def behind(person, url):
    tree = filters.parse(parse_qs(urlsplit(url).query)["filter"][0], CUSTOMER, actor=person.actor)
    return rows_for(person.actor, CUSTOMER, tree)


def at_risk(**which):
    return Score.objects.filter(name=AT_RISK, value__gt=0, **which)


def test_pages_tell_who_may_leave_and_what_is_behind(market, administrator, outsider):
    context = administrator.client.get("/retention/").context
    first = at_risk().order_by("-value", "record_id")
    names = dict(Customer.objects.values_list("pk", "name"))
    assert [row["name"] for row in context["leaving_rows"]] == [
        names[who] for who in first.values_list("record_id", flat=True)[:SHOWN]
    ]
    assert all(row["reason"] for row in context["leaving_rows"])
    url = context["leaving_kpi"]["url"]
    total = at_risk(record_id__in=behind(administrator, url).values("pk")).aggregate(all=Sum("value"))["all"]
    assert total == at_risk().aggregate(all=Sum("value"))["all"]
    assert not context["leaving_by_lifetime"]
    # the same on the page of customer value, which shows fewer
    value = administrator.client.get("/value/").context
    assert value["leaving_rows"] == context["leaving_rows"][:SHOWN_SHORT]
    assert value["kpis"][-1] == context["leaving_kpi"]
    # a team sees its own customers, and nothing of the company's staying or of the model
    theirs = outsider.client.get("/retention/").context
    busan = {one.name for who, one in market.items() if who % 2}
    shown = [row["name"] for row in theirs["leaving_rows"]]
    assert shown
    assert set(shown) <= busan
    assert len(shown) == min(SHOWN, at_risk(record_id__in=behind(outsider, url).values("pk")).count())
    assert "cohorts" not in theirs
    assert not theirs["leaving_model_url"]
    assert outsider.client.get("/models/defection/").status_code == 404
    # the button that makes a segment has its condition
    asked = parse_qs(urlsplit(context["leaving_segment"]).query)
    likely = Score.objects.filter(name="defection.probability", value__gte=Decimal("0.5"))
    tree = filters.parse(asked["condition"][0], CUSTOMER, actor=administrator.actor)
    found = rows_for(administrator.actor, CUSTOMER, tree)
    assert set(found.values_list("pk", flat=True)) == set(likely.values_list("record_id", flat=True))
    form = administrator.client.get(context["leaving_segment"])
    assert form.context["sent"]["condition"] == asked["condition"][0]


def test_tasks_go_to_the_owners_with_the_reasons_of_each_customer(market, insider, nobody):
    assert nobody.client.post("/retention/tasks/").status_code == 404
    page = insider.client.post("/retention/tasks/")
    assert page.status_code == 200
    rows = insider.client.get("/retention/").context["leaving_rows"]
    assert page.context["seen"].changing == len(rows)
    assert not Interaction.objects.filter(kind=Kind.TASK).exists()
    done = insider.client.post(_bulk(page), {"step": "run", "plan": page.context["plan"]})
    assert done.status_code == 302
    made = Interaction.objects.filter(kind=Kind.TASK).select_related("customer")
    assert {one.customer.name for one in made} == {row["name"] for row in rows}
    by_name = {row["name"]: row for row in rows}
    for one in made:
        assert one.owner_id == insider.id
        assert one.customer.team.name == insider.user.team.name
        told = by_name[one.customer.name]
        # the amount is for those who may see revenue, and a task may be read by others
        assert told["at_risk"] not in one.body
        assert told["probability"] in one.body
        if told["reason"] != "–":
            assert told["reason"] in one.body
    # asked again, nothing is made twice
    again = insider.client.post("/retention/tasks/")
    assert (again.context["seen"].changing, again.context["seen"].already) == (0, len(rows))


def _bulk(page):
    """Where the button of the preview leads."""
    return re.search(r'action="([^"]*bulk[^"]*)"', page.content.decode())[1]


def test_lists_filter_sort_and_export_by_what_the_model_says(market, administrator):
    first = at_risk().order_by("-value", "record_id").first()
    page = administrator.client.get(
        "/customers/", {"filter": "defection.probability >= 0.5", "sort": f"-{AT_RISK}"}
    )
    assert page.status_code == 200
    likely = Score.objects.filter(name="defection.probability", value__gte=Decimal("0.5")).count()
    tree = filters.parse("defection.probability >= 0.5", CUSTOMER, actor=administrator.actor)
    assert rows_for(administrator.actor, CUSTOMER, tree).count() == likely > 0
    for code in ("late", "silent", "basket"):
        tree = filters.parse(f"defection.reasons contains {code}", CUSTOMER, actor=administrator.actor)
        having = Score.objects.filter(name="defection.reasons", label__contains=f"{code}:")
        assert rows_for(administrator.actor, CUSTOMER, tree).count() == having.count()
        other = filters.parse(f"defection.reasons not contains {code}", CUSTOMER, actor=administrator.actor)
        assert rows_for(administrator.actor, CUSTOMER, other).count() == len(market) - having.count()
    # exported with codes in words and figures
    asked = "/api/v1/customers/export?format=csv&fields=name,defection.reasons&reason=weekly+review"
    told = b"".join(administrator.api.get(asked).streaming_content).decode("utf-8-sig")
    label = Score.objects.get(name="defection.reasons", record_id=first.record_id).label
    name = Customer.objects.get(pk=first.record_id).name
    (line,) = (one for one in told.splitlines() if name in one)
    assert all(leaving_reasons.words(one, "ko") in line for one in leaving_reasons.parsed(label))


def test_a_customers_page_tells_probability_reasons_day_and_version(market, administrator):
    first = at_risk().order_by("-value", "record_id").first()
    row = administrator.client.get("/retention/").context["leaving_rows"][0]
    body = administrator.client.get(f"/customers/{first.record_id}/").content.decode()
    assert row["at_risk"] in body
    assert f"이탈 확률 {row['probability']}" in body
    assert row["reason"] in body
    assert "모델 v1" in body
    assert "2026-11-20" in body


def test_the_models_page_tells_definition_proof_and_what_it_got_wrong(market, administrator):
    version = ModelVersion.objects.get(purpose=room.DEFECTION)
    page = administrator.client.get("/models/defection/")
    shown = page.context["version"]
    assert shown["judged"][0]["better"] is True
    assert shown["worst"]["name"].startswith("고객 ")
    assert [one["day"] for one in shown["windows"]] == [one["day"] for one in version.data["windows"]]
    assert shown["calibration"]["series"][0]["values"] == [row[2] for row in version.held["bins"]]
    body = page.content.decode()
    assert f"최근 {version.data['gap']}일 안에 구매함" in body
    assert "gap_days" in page.context["form"].fields
    assert "margin" not in page.context["form"].fields
    assert "AUC" in administrator.client.get("/models/").content.decode()
    said = {"gap_days": "21", "every_days": "7", "publishes_itself": "on"}
    assert administrator.client.post("/models/defection/settings/", said).status_code == 302
    assert ModelSetting.objects.get(pk=room.DEFECTION).gap_days == 21
