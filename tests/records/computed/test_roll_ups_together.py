"""Many people writing at once: no related record is forgotten, none counted twice, nobody waits for ever."""

import random
import threading

import pytest
from django.db import connection, connections

from dangol.identity import revisions
from dangol.records import registry, writing
from dangol.records.models import OwnField
from dangol.records.own import roll_checks, rolling, services
from tests.records.own.conftest import SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_trigger_stays(transactional_db):
    revisions.forget()
    revisions.look()
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE tgname LIKE 'dangol_roll%'")
        for name, table in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name} ON {table}")
    revisions.forget()


def made(name, function, value=""):
    return services.create(
        actor=SYSTEM, record_type="machine", name=name, kind="roll_up", label_ko=name,
        settings={"child": "repair", "through": "machine", "function": function, "value": value},
    )  # fmt: skip


def test_writers_at_the_same_time_and_a_roll_up_made_meanwhile(transactional_db):
    machines = registry.get("machine")
    repairs = registry.get("repair")
    ids = writing.write(
        machines, [writing.Change({"code": f"M-{n}", "name": "기계"}) for n in range(6)], actor=SYSTEM
    ).ids
    first = made("x_n", "count")
    rolling.settle(first.pk)
    problems = []

    def work(seed):
        chance = random.Random(seed)
        mine = []
        try:
            for _ in range(12):
                what = chance.random()
                if what < 0.5 or not mine:
                    changes = [
                        writing.Change(
                            {"title": "수리", "machine": chance.choice(ids), "cost": chance.randint(1, 9)}
                        )
                        for _ in range(chance.choice([1, 30]))
                    ]
                    mine += writing.write(repairs, changes, actor=SYSTEM).ids
                elif what < 0.8:
                    changes = [writing.Change({"machine": chance.choice(ids)}, id=one) for one in mine[:20]]
                    writing.write(repairs, changes, actor=SYSTEM)
                else:
                    writing.delete(repairs, [mine.pop()], actor=SYSTEM)
        except Exception as problem:  # noqa: BLE001 - told below
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    second = made("x_sum", "sum", "cost")
    rolling.settle(second.pk)
    for thread in threads:
        thread.join(timeout=120)
    assert problems == []
    for definition in OwnField.objects.filter(kind="roll_up"):
        assert roll_checks.check(definition, mend=False).drifted == 0
        assert definition.index_state == "ready"
