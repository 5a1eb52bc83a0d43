"""Publishing scores and series, and reading them as fields of a record."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dangol.customers.models import Customer
from dangol.measures.fields import ScoreChoice, ScoreInteger, ScoreMoney
from dangol.measures.models import Score, Series
from dangol.measures.services import scores_publish, series_publish

TODAY = date(2026, 11, 20)
SEGMENT = ScoreChoice(
    "t.class", record_type="customer", needs="order", label="Class", choices=(("a", "A"), ("b", "B"))
)
COUNT = ScoreInteger("t.count", record_type="customer", needs="order", label="Count")
VALUE = ScoreMoney("t.value", record_type="customer", needs="order", label="Value")


def publish(rows, **options):
    table = pa.table(
        {
            "record_id": pa.array([row[0] for row in rows], pa.int64()),
            "t.class": pa.array([row[1] for row in rows], pa.string()),
            "t.count": pa.array([row[2] for row in rows], pa.int64()),
            "t.value": pa.array([row[3] for row in rows], pa.decimal128(28, 8)),
        }
    )
    return scores_publish(
        record_type="customer",
        model="test",
        as_of=TODAY,
        batches=table.to_reader(max_chunksize=2),
        currency="KRW",
        money=["t.value"],
        **options,
    )


@pytest.fixture
def people(db):
    return [Customer.objects.create(name=f"고객 {number}") for number in range(4)]


def stored():
    return {
        (score.record_id, score.name): score.label or score.value
        for score in Score.objects.filter(name__startswith="t.")
    }


def test_a_column_without_a_value_makes_no_score(db):
    assert publish([(1, "a", 3, Decimal("0.00000001")), (2, None, None, None), (3, None, 0, None)]) == 4
    assert Score.objects.get(record_id=1, name="t.value").value == Decimal("0.00000001")
    assert Score.objects.get(record_id=1, name="t.value").label == "KRW"
    assert Score.objects.get(record_id=3).value == 0
    assert not Score.objects.filter(record_id=2).exists()


def test_publishing_again_replaces_changes_and_deletes(db):
    publish([(1, "a", 3, Decimal(5)), (2, "b", 1, Decimal(6))])
    kept = Score.objects.get(record_id=1, name="t.class").pk
    publish([(1, "a", 4, None)])
    assert stored() == {(1, "t.class"): "a", (1, "t.count"): 4}
    assert Score.objects.get(record_id=1, name="t.class").pk == kept


def test_quotes_commas_and_line_breaks_survive_the_way(db):
    publish([(1, 'a,"b"\n한글', 1, None)])
    assert Score.objects.get(name="t.class").label == 'a,"b"\n한글'


def test_series_of_the_company_and_of_records_do_not_touch_each_other(db):
    def series(rows, record_type):
        table = pa.table(
            {
                "name": pa.array(["revenue"] * len(rows)),
                "record_id": pa.array([row[0] for row in rows], pa.int64()),
                "period": pa.array([row[1] for row in rows], pa.date32()),
                "value": pa.array([row[2] for row in rows], pa.decimal128(28, 8)),
            }
        )
        return series_publish(
            names=["revenue"], grain="month", as_of=TODAY, batches=table.to_reader(), record_type=record_type
        )

    may, june = date(2026, 5, 1), date(2026, 6, 1)
    series([(None, may, Decimal(10)), (None, june, Decimal(20))], "")
    series([(1, may, Decimal(4)), (2, may, Decimal(6))], "customer")
    series([(None, may, Decimal("10.00000001"))], "")
    assert list(Series.objects.filter(record_type="").values_list("period", "value")) == [
        (may, Decimal("10.00000001"))
    ]
    assert Series.objects.filter(record_type="customer").count() == 2


scores = st.tuples(st.sampled_from([None, "a", "b"]), st.one_of(st.none(), st.integers(-3, 3)))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(scores, min_size=4, max_size=4), st.integers(-3, 3))
def test_a_filter_over_scores_means_what_it_means_in_python(people, given_scores, bound):
    publish([(one.pk, label, count, None) for one, (label, count) in zip(people, given_scores, strict=True)])
    by_id = {one.pk: pair for one, pair in zip(people, given_scores, strict=True)}

    def found(condition):
        return set(Customer.objects.filter(condition, pk__in=by_id).values_list("pk", flat=True))

    def meant(test):
        return {pk for pk, (label, count) in by_id.items() if test(label, count)}

    assert found(SEGMENT.q("=", "a")) == meant(lambda label, _: label == "a")
    assert found(SEGMENT.q("!=", "a")) == meant(lambda label, _: label != "a")
    assert found(SEGMENT.q("in", ("a", "b"))) == meant(lambda label, _: label is not None)
    assert found(SEGMENT.q("is empty", None)) == meant(lambda label, _: label is None)
    assert found(COUNT.q("is not empty", None)) == meant(lambda _, count: count is not None)
    assert found(COUNT.q(">=", bound)) == meant(lambda _, count: count is not None and count >= bound)
    assert found(COUNT.q("<", bound)) == meant(lambda _, count: count is not None and count < bound)
    assert found(COUNT.q("between", (bound, 3))) == meant(
        lambda _, count: count is not None and bound <= count <= 3
    )


def test_a_score_is_read_and_sorted_as_a_column(people):
    publish([(people[0].pk, "a", 2, Decimal("5.5")), (people[1].pk, "b", 9, Decimal(1))])
    value, currency = VALUE.select()
    rows = Customer.objects.filter(pk__in=[one.pk for one in people]).annotate(
        place=COUNT.expression(), value=value, currency=currency
    )
    ordered = list(rows.order_by("-place").filter(place__isnull=False).values_list("pk", "value", "currency"))
    assert ordered == [(people[1].pk, Decimal(1), "KRW"), (people[0].pk, Decimal("5.5"), "KRW")]
    amount = VALUE.value_of([Decimal("5.5"), "GBP"])
    assert (amount, amount.currency) == (Decimal("5.5"), "GBP")
    assert VALUE.value_of([None, None]) is None


def test_a_score_field_refuses_an_operator_it_has_not(db):
    with pytest.raises(ValueError, match="no operator"):
        COUNT.q("~", 1)
