"""What programmes changed: told where it can be, with an interval that holds the truth, and "cannot tell" where not."""

from __future__ import annotations

import html
import re
from datetime import date, datetime, timedelta
from math import sqrt
from statistics import mean, variance
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db.models import Q
from scipy.stats import t

from dangol.customers.models import Customer
from dangol.identity import revisions
from dangol.insight import services
from dangol.insight.effects import drawing, measured, outcomes, planning, rules
from dangol.insight.effects.windows import DAYS_PER_MONTH, State, Window, window
from dangol.insight.models import Programme, SegmentStay
from dangol.interactions.models import Interaction
from dangol.measures import lake
from dangol.methods import lift
from dangol.records import filters, registry, writing
from dangol.records.lists import rows_for
from dangol.records.merging import merge
from tests.insight.programmes import (
    DAYS,
    LAST,
    PROGRAMME,
    SEOUL,
    START,
    SYSTEM,
    found,
    make,
    measure,
    sell,
)  # fmt: skip
from tests.insight.programmes import (
    company as make_company,
)


@pytest.fixture(autouse=True)
def _fresh(shop):
    revisions.forget()
    revisions.look()


def members(segment_id):
    return set(
        SegmentStay.objects.filter(segment_id=segment_id, left_on=None).values_list("customer_id", flat=True)
    )


def test_a_fifth_more_purchases_is_found_inside_the_interval():
    treated, control = make_company(250, lift=0.2)
    result = found(make())
    assert result["state"] == State.MEASURED
    assert (result["treated"], result["control"], result["days"]) == (len(treated), len(control), DAYS)
    one = measure(result, "purchases")
    assert one["verdict"] == "more"
    assert one["low"] < 0.2 * 3.0 < one["high"]
    share, low, high = one["relative"]
    assert 0 < low < 0.2 < high
    assert low < share < high
    money = result["money"]
    assert 0 < money["low"] < money["amount"] < money["high"]
    assert money["amount"] == pytest.approx(
        measure(result, "revenue")["difference"] * DAYS / DAYS_PER_MONTH * len(treated)
    )


def test_where_nothing_changed_it_cannot_be_told():
    make_company(250)
    result = found(make())
    for name in ("purchases", "revenue"):
        one = measure(result, name)
        assert one["low"] < 0 < one["high"]
        assert (one["verdict"], one["reason"]) == ("cannot_tell", "interval_contains_zero")
        assert abs(one["apart"]) < 0.2


def test_groups_that_were_apart_before_are_called_so_and_their_distance_is_no_effect():
    make_company(250, apart=0.5)
    one = measure(found(make()), "purchases")
    assert one["apart"] > 0.1
    assert one["low"] < 0 < one["high"]


def test_groups_of_a_few_customers_say_nothing():
    make_company(20, lift=5.0)
    one = measure(found(make()), "purchases")
    assert (one["verdict"], one["reason"]) == ("cannot_tell", "too_few")


def test_every_figure_is_that_of_plain_python(shop):
    people = [
        Customer.objects.create(name=f"고객 {n}", city="서울" if n % 2 else "부산", since=date(2020, 1, 1))
        for n in range(9)
    ]
    rows = [(people[0], START - timedelta(days=DAYS), 1_000), (people[0], LAST, 2_000)]
    rows += [
        (
            who,
            START + timedelta(days=step * (n + 3) % (2 * DAYS) - DAYS),
            (n + 1) * 1_000 * (1 if step % 5 else -1),
        )
        for n, who in enumerate(people)
        for step in range(2, 9 + n)
    ]
    sell(rows)
    seen = []
    for n, who in enumerate(people):
        for step in range(n % 4):
            day = START + timedelta(days=step * 17 - 20)
            seen.append((who, day))
            moment = datetime(day.year, day.month, day.day, 9, tzinfo=SEOUL)
            Interaction.objects.create(kind="meeting", subject="방문", customer=who, occurred_at=moment)
            Interaction.objects.create(kind="call", subject="전화", customer=who, occurred_at=moment)
    result = found(make())
    months = DAYS / (365.25 / 12)
    first = START - timedelta(days=DAYS)

    def numbers(name, who, after):
        low, high = (START, LAST) if after else (first, START - timedelta(days=1))
        mine = [(day, amount) for one, day, amount in rows if one == who and low <= day <= high]
        orders = sum(amount > 0 for _day, amount in mine)
        return {
            "visits": sum(one == who and low <= day <= high for one, day in seen) / months,
            "purchases": orders / months,
            "revenue": sum(amount for _day, amount in mine) / months,
            "repeat": float(orders >= 2),
            "retention": float(orders >= 1),
        }[name]

    groups = [[who for who in people if who.city == city] for city in ("서울", "부산")]
    for name in ("visits", "purchases", "revenue", "repeat", "retention"):
        one = measure(result, name)
        before, after = (
            [[numbers(name, who, side) for who in group] for group in groups] for side in (False, True)
        )
        assert one["before"] == pytest.approx([mean(side) for side in before])
        assert one["after"] == pytest.approx([mean(side) for side in after])
        changes = [[b - a for a, b in zip(*pair, strict=True)] for pair in zip(before, after, strict=True)]
        difference = mean(changes[0]) - mean(changes[1])
        spreads = [variance(side) / len(side) for side in changes]
        error = sqrt(sum(spreads))
        assert one["difference"] == pytest.approx(difference)
        if error:
            freedom = error**4 / sum(s**2 / (len(c) - 1) for s, c in zip(spreads, changes, strict=True))
            reach = t.ppf(0.975, freedom) * error
            assert (one["low"], one["high"]) == pytest.approx((difference - reach, difference + reach))
        apart = mean(before[0]) - mean(before[1])
        spread = sqrt((variance(before[0]) + variance(before[1])) / 2)
        assert one["apart"] == pytest.approx(apart / spread if spread else 0.0)
    for step in result["line"]:
        since = date.fromisoformat(step["day"])
        until = since + timedelta(days=29)
        for name, group in zip(("treated", "control"), groups, strict=True):
            money = sum(amount for who, day, amount in rows if who in group and since <= day <= until)
            assert step[name] == pytest.approx(money / len(group))
    assert len(result["line"]) == 4


def test_the_relative_interval_leaves_out_zero_exactly_where_the_difference_does():
    make_company(120, lift=0.12)
    for one in found(make())["measures"]:
        if one["relative"]:
            share, low, high = one["relative"]
            assert (low > 0, high < 0) == (one["low"] > 0, one["high"] < 0)
            assert share == pytest.approx(one["difference"] / (one["after"][0] - one["difference"]))


def test_a_held_out_share_is_drawn_once_before_the_start_and_stays(monkeypatch):
    make_company(60)
    eve = START - timedelta(days=1)
    monkeypatch.setattr(rules, "today", lambda: eve)
    monkeypatch.setattr(drawing.snapshot, "today", lambda: eve)
    programme = make(control="held_out", held_out_percent=25, control_filter="")
    reached, kept = members(programme.reached_id), members(programme.compared_id)
    assert (len(reached), len(kept)) == (45, 15)
    assert not reached & kept
    assert {one.city for one in Customer.objects.filter(pk__in=reached | kept)} == {"서울"}
    assert (programme.drawn_on, programme.by_chance) == (eve, True)
    Customer.objects.filter(pk__in=list(kept)[:5]).update(city="대구")
    Customer.objects.create(name="새 고객", city="서울")
    result = found(programme)
    assert (members(programme.reached_id), members(programme.compared_id)) == (reached, kept)
    assert (result["by_chance"], result["treated"], result["control"]) == (True, 45, 15)
    for values in ({"held_out_percent": 40}, {"group_filter": 'city = "부산"'}, {"starts_on": LAST}):
        with pytest.raises(writing.WriteError) as refused:
            writing.update(PROGRAMME, programme.pk, values, actor=SYSTEM)
        assert [one.code for one in refused.value.errors] == ["drawn"]
    values = {"made": "filter", "condition": 'city = "부산"'}
    with pytest.raises(writing.WriteError) as refused:
        writing.update(registry.get("segment"), programme.compared_id, values, actor=SYSTEM)
    assert [one.code for one in refused.value.errors] == ["kept"]


def test_who_is_held_out_is_the_same_whenever_it_is_drawn():
    make_company(60)
    programme = make()
    again = Programme.objects.get(pk=programme.pk)
    from django.db import connection, transaction

    drawn = []
    for _turn in range(2):
        with transaction.atomic(), connection.cursor() as cursor:
            drawing._lots(cursor, again, drawing.group_of(again, SYSTEM))
            cursor.execute("SELECT customer_id FROM programme_lots ORDER BY place")
            drawn.append(cursor.fetchall())
    assert drawn[0] == drawn[1] != sorted(drawn[0])


def test_nothing_is_held_out_once_it_has_begun():
    make_company(5)
    with pytest.raises(writing.WriteError) as refused:
        make(control="held_out", control_filter="")
    assert [(one.field, one.code) for one in refused.value.errors] == [("starts_on", "too_late")]
    assert not Programme.objects.exists()


def test_the_others_are_those_who_were_there_before_and_are_not_reached(shop):
    treated, control = make_company(10, since=None)
    late = shop.customer("나중 고객", city="대구")
    shop.order(late, LAST, 1_000)
    programme = make(control="others", control_filter="")
    bought_before = {one.pk for one in control if one.orders.filter(ordered_at__date__lt=START).exists()}
    assert members(programme.compared_id) == bought_before
    assert members(programme.reached_id) <= {one.pk for one in treated}
    assert late.pk not in members(programme.compared_id)


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"group_filter": ""}, "group_filter", "one"),
        ({"control_filter": ""}, "control_filter", "required"),
        ({"control": "segment"}, "control_segment", "required"),
        ({"group_filter": 'city = "제주"'}, "group_filter", "empty"),
        ({"control_filter": 'city = "서울"'}, "control_filter", "empty"),
        ({"group_filter": "city = ("}, "group_filter", "filter"),
        ({"ends_on": START - timedelta(days=1)}, "ends_on", "order"),
        ({"name": "가, 나"}, "name", "name"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(values, field, code):
    make_company(5)
    with pytest.raises(writing.WriteError) as refused:
        make(**values)
    assert [(one.field, one.code) for one in refused.value.errors] == [(field, code)]


def test_a_segment_is_asked_as_it_was_on_the_first_day():
    treated, _control = make_company(10)
    revisions.look()
    segment = writing.create(
        registry.get("segment"), {"name": "서울 고객", "condition": 'city = "서울"'}, actor=SYSTEM
    )
    revisions.look()
    said = {"group_segment": segment, "group_filter": "", "control": "others", "control_filter": ""}
    with pytest.raises(writing.WriteError) as refused:
        make(**said)
    assert [(one.field, one.code) for one in refused.value.errors] == [("group_segment", "not_kept")]
    drawing.snapshot.take(day=START, segments=[segment])
    Customer.objects.filter(pk=treated[0].pk).update(city="부산")
    drawing.snapshot.take(segments=[segment])
    programme = make(**said)
    assert treated[0].pk in members(programme.reached_id)


def test_a_merged_customer_counts_once_and_a_list_that_is_gone_is_said(shop):
    treated, _control = make_company(40)
    programme = make()
    before = found(programme)
    merge(actor=SYSTEM, record_type=registry.get("customer"), into=treated[0].pk, others=[treated[1].pk])
    revisions.look()
    assert found(programme)["treated"] == before["treated"] - 1
    writing.delete(registry.get("segment"), [programme.reached_id], actor=SYSTEM)
    revisions.look()
    outcomes.compute()
    programme.refresh_from_db()
    assert programme.effect.found == {"state": "no_groups"}


def test_windows_are_equally_long_and_say_why_there_are_none():
    start = date(2026, 6, 1)
    first, last = date(2026, 1, 1), date(2026, 8, 31)
    assert window(start, None, first, last) == Window(start, 92)
    assert window(start, None, date(2026, 5, 1), last) == Window(start, 31)
    assert window(start, date(2026, 6, 30), first, last) == Window(start, 30)
    assert window(start, None, date(2020, 1, 1), date(2028, 1, 1)) == Window(start, 365)
    assert window(start, None, None, None) == State.NO_DATA
    assert window(start, None, first, date(2026, 5, 31)) == State.NOT_BEGUN
    assert window(start, None, first, date(2026, 6, 13)) == State.EARLY
    assert window(start, None, date(2026, 5, 20), last) == State.NO_BEFORE
    assert Window(start, 30).since == date(2026, 5, 2)
    assert Window(start, 30).until == date(2026, 6, 30)


def test_no_effect_without_a_refresh():
    make_company(5)
    make()
    assert outcomes.compute() == 0
    assert not Programme.objects.filter(~Q(effect=None)).exists()


def test_the_page_says_what_came_of_it_to_those_who_see_everything(administrator, insider, nobody):
    make_company(250, lift=0.2)
    programme = make()
    page = administrator.client.get(f"/effects/{programme.pk}/").content.decode()
    assert "계산하고 있어요" in page
    assert f'hx-get="/effects/{programme.pk}/"' in page, "the page that waits looks again by itself"
    result = found(programme)
    page = administrator.client.get(f"/effects/{programme.pk}/").content.decode()
    assert f'hx-get="/effects/{programme.pk}/"' not in page
    record = administrator.client.get(f"/programmes/{programme.pk}/").content.decode()
    assert f'href="/effects/{programme.pk}/"' in record
    assert f"<dd>{result['treated']}</dd>" in record
    share, low, high = (
        f"{number * 100:.1f}".removesuffix(".0") for number in measure(result, "purchases")["relative"]
    )
    assert re.search(rf"구매 횟수가 {share}\s?% 늘었어요 \({low}\s?% – {high}\s?%\)", page)
    assert "알 수 없음: " in page
    assert "대조군을 무작위로 뽑지 않았어요" in page
    assert page.count('class="whisker"') == 5
    assert '<svg class="lines"' in page
    for group, count in (("reached", result["treated"]), ("compared", result["control"])):
        url = administrator.client.get(f"/effects/{programme.pk}/").context[f"{group}_url"]
        assert html.escape(url) in page
        text = parse_qs(urlsplit(url).query)["filter"][0]
        tree = filters.parse(text, registry.get("customer"), actor=administrator.actor)
        assert rows_for(administrator.actor, registry.get("customer"), tree).count() == count
    listed = administrator.client.get("/effects/").content.decode()
    assert "방문 집중" in listed
    for person in (insider, nobody):
        for address in ("/effects/", "/effects/new/", "/effects/size/", f"/effects/{programme.pk}/"):
            assert person.client.get(address).status_code == 404
        assert person.client.get(f"/api/v1/programmes/{programme.pk}/effect").status_code == 403
    told = administrator.client.get(f"/api/v1/programmes/{programme.pk}/effect").json()
    assert (told["state"], told["treated"], told["by_chance"]) == ("measured", 250, False)
    one = next(one for one in told["measures"] if one["name"] == "purchases")
    assert float(one["difference"]) == pytest.approx(measure(result, "purchases")["difference"])
    assert one["verdict"] == "more"
    assert administrator.client.get("/api/v1/programmes/999999/effect").status_code == 404


def test_a_form_tells_the_smallest_effect_and_draws(administrator):
    make_company(100)
    assert "아직 프로그램이 없어요" in administrator.client.get("/effects/").content.decode()
    revisions.look()
    services.refresh_all(actor=SYSTEM)
    sent = {
        "name": "방문 늘리기", "starts_on": "2099-01-01", "group_filter": 'city = "서울"', "control": "held_out",
        "held_out_percent": "20",
    }  # fmt: skip
    size = administrator.client.get("/effects/size/", sent).content.decode()
    assert "<b>80</b>" in size
    assert "<b>20</b>" in size
    assert "반년치 주문" in size
    wrong = administrator.client.get("/effects/size/", {**sent, "group_filter": "city = ("}).content.decode()
    assert 'class="dn"' in wrong
    refused = administrator.client.post("/effects/new/", {**sent, "starts_on": "2020-01-01"})
    assert refused.status_code == 422
    assert "내일부터 시작하거나" in refused.content.decode()
    assert administrator.client.get("/effects/new/").status_code == 200
    made = administrator.client.post("/effects/new/", sent)
    programme = Programme.objects.get()
    assert made.headers["Location"] == f"/effects/{programme.pk}/"
    assert (len(members(programme.reached_id)), len(members(programme.compared_id))) == (80, 20)
    outcomes.compute()
    assert "시작 전" in administrator.client.get(f"/effects/{programme.pk}/").content.decode()


def test_the_smallest_effect_is_what_a_programme_without_effect_could_not_have_hidden():
    treated, control = make_company(60)
    sell([(treated[0], LAST - timedelta(days=400), 10_000)], prefix="Q")
    services.refresh_all(actor=SYSTEM)
    with lake.connect() as opened:
        small, large = (
            planning.smallest(
                opened, [one.pk for one in treated[:count]], [one.pk for one in control[:count]],
                span=(LAST - timedelta(days=400), LAST), currency="KRW", random=True,
            )
            for count in (15, 60)
        )  # fmt: skip
    for few, many in zip(small, large, strict=True):
        if few.name in ("purchases", "revenue"):
            assert 0 < many.effect < few.effect
            assert many.share is not None


def test_the_api_names_every_verdict_and_reason_there_is():
    assert set(measured.VERDICTS) == {one.value for one in lift.Verdict}
    assert set(measured.REASONS) == {one.value for one in lift.Reason}
