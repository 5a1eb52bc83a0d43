"""The server dies in every way during writes, and nothing is half-written.

A real installation is written to through its API by several clients, each of which repeats a request until it is
answered, while web processes, workers, single database connections, the database server and the whole tree are killed
with SIGKILL. Afterwards every acknowledged write is there exactly once, with everything that belongs to it.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

import psutil
import psycopg
import pytest

from dangol.config import environment
from dangol.config.supervisor import LONGEST_PAUSE
from dangol.records.search.index import type_code
from tests.config.installation import COMMAND, Installation

pytestmark = pytest.mark.slow

CLIENTS = 3
LINES = 3
PATIENCE = 60.0


@pytest.fixture
def installation(place):
    installation = Installation(place / "data")
    yield installation
    installation.end()


class Client(threading.Thread):
    """Writes customers with all that hangs on them, one after the other, and keeps what was acknowledged."""

    def __init__(self, number: int, port: int, token: str) -> None:
        super().__init__(daemon=True)
        self.number = number
        self.port = port
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.chance = random.Random(number)
        self.stop = threading.Event()
        self.acknowledged: list[tuple[str, int]] = []
        self.updated: list[tuple[int, str]] = []
        self.repeats = 0
        self.replays = 0
        self.problem: BaseException | None = None

    def run(self) -> None:
        try:
            for unit in itertools.count():
                if self.stop.is_set():
                    return
                self._unit(f"c{self.number}-{unit}")
        except BaseException as problem:  # noqa: BLE001 - told by the test
            self.problem = problem

    def _unit(self, key: str) -> None:
        customer = self._create("customers", key, {"name": f"고객 {key}", "external_id": key})
        self._create("contacts", key, {"name": f"담당 {key}", "customer": customer, "external_id": key})
        order = self._create(
            "orders", key, {"number": key, "customer": customer, "ordered_at": "2026-11-01T10:00:00+09:00"}
        )
        for ordinal in range(1, LINES + 1):
            self._create(
                "order-lines",
                f"{key}-{ordinal}",
                {"order": order, "ordinal": ordinal, "description": f"품목 {ordinal}", "quantity": ordinal, "unit_price": "1250.5"},
            )  # fmt: skip
        self._create("interactions", key, {"kind": "note", "subject": f"메모 {key}", "customer": customer})
        self._ask("PATCH", f"/api/v1/customers/{customer}", {"city": f"도시 {key}"}, {})
        self.updated.append((customer, f"도시 {key}"))

    def _create(self, records: str, key: str, values: dict[str, object]) -> int:
        made = self._ask("POST", f"/api/v1/{records}", values, {"Idempotency-Key": f"{records}-{key}"})
        self.acknowledged.append((records, made["id"]))
        return made["id"]

    def _ask(
        self, method: str, path: str, values: dict[str, object], headers: dict[str, str]
    ) -> dict[str, int]:
        """The answer, however often it takes to get one."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=8)
                try:
                    connection.request(method, path, json.dumps(values), {**self.headers, **headers})
                    if self.chance.random() < 0.1:
                        time.sleep(self.chance.uniform(0, 0.05))
                        raise ConnectionAbortedError("the client dies, too")
                    answer = connection.getresponse()
                    body = answer.read()
                finally:
                    connection.close()
                if answer.status in (200, 201):
                    self.replays += answer.getheader("Idempotency-Replayed") == "true"
                    return dict(json.loads(body))
                unsettled = answer.status >= 500 or answer.status == 409
                assert unsettled, f"{method} {path}: {answer.status} {body[:300]!r}"
            except (OSError, http.client.HTTPException):
                pass  # it is dead; whether the write was done nobody knows, so it is asked for again
            self.repeats += 1
            assert time.monotonic() < end, f"{method} {path} is never answered"
            time.sleep(0.05)


def kill(*processes: psutil.Process) -> None:
    for process in processes:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue


def killers(installation: Installation, chance: random.Random) -> dict[str, Callable[[], None]]:
    """The ways to die, by name."""

    def backend() -> None:
        server = installation.processes()["postgres"].children()
        kill(chance.choice([one for one in server if f"{environment.DATABASE_USER} {environment.DATABASE} " in " ".join(one.cmdline())]))  # fmt: skip

    def tree() -> None:
        family = installation.family()
        kill(*family)
        assert installation.serving is not None
        installation.serving.wait()
        psutil.wait_procs(family, timeout=10)
        installation.serve()

    def web_process() -> None:
        kill(chance.choice(installation.processes()["web"].children() or [installation.processes()["web"]]))

    return {
        "web process": web_process,
        "one database connection": backend,
        "worker": lambda: kill(installation.processes()["worker"]),
        "database server": lambda: kill(installation.processes()["postgres"]),
        "web server": lambda: kill(installation.processes()["web"]),
        "everything": tree,
        "database server again": lambda: kill(installation.processes()["postgres"]),
        "web process again": web_process,
    }


def database(installation: Installation) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(environment.embedded_url(installation.data), autocommit=True)


def rows(connection: psycopg.Connection, statement: str, *parameters: object) -> list[tuple]:
    return connection.execute(statement, parameters).fetchall()


def until_all_stand(installation: Installation) -> None:
    # After many deaths the pauses are at their longest: the database's, and then that of who died for want of it.
    end = time.monotonic() + PATIENCE + 2 * LONGEST_PAUSE
    while set(installation.processes()) != {"postgres", "web", "worker", "analytics"}:
        assert time.monotonic() < end, "what was killed does not come back"
        time.sleep(0.1)
    installation.wait_until_ready()


def test_after_any_death_every_write_is_whole_and_there_once(installation, record_property):
    installation.serve()
    token = installation.run("token", "create", "--user", "admin@dangol.local").splitlines()[-1]
    chance = random.Random(int(os.environ.get("DANGOL_CHANCE", "14911")))
    clients = [Client(number, installation.port, token) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for name, act in killers(installation, chance).items():
        before = sum(len(client.acknowledged) for client in clients)
        end = time.monotonic() + PATIENCE
        while sum(len(client.acknowledged) for client in clients) < before + 8:
            problems = [client.problem for client in clients if client.problem]
            assert not problems, problems
            assert time.monotonic() < end, f"no write goes through before: {name}"
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.3))
        end = time.monotonic() + PATIENCE
        while True:
            try:
                act()
                break
            except (KeyError, IndexError):  # not back yet from the round before
                assert time.monotonic() < end, name
                time.sleep(0.1)
    time.sleep(1)
    for client in clients:
        client.stop.set()
    for client in clients:
        client.join(PATIENCE)
    assert [client.problem for client in clients if client.problem] == []
    until_all_stand(installation)
    repeats, replays = sum(client.repeats for client in clients), sum(client.replays for client in clients)
    assert min(repeats, replays) > 0, "nothing was ever interrupted; the test proves nothing"
    with database(installation) as connection:
        counts = assert_whole(connection, clients)
    record_property("writes", counts)
    record_property("repeats", repeats)
    print(f"\n{counts}, asked again {repeats}, answered from memory {replays}")  # noqa: T201 - figures for -s


TABLES = {
    "customers": ("customers_customer", "customer"),
    "contacts": ("customers_contact", "contact"),
    "orders": ("commerce_order", "order"),
    "order-lines": ("commerce_orderline", "order_line"),
    "interactions": ("interactions_interaction", "interaction"),
}


def assert_whole(connection: psycopg.Connection, clients: list[Client]) -> dict[str, int]:
    acknowledged = [item for client in clients for item in client.acknowledged]
    assert max(Counter(acknowledged).values()) == 1, "two requests were answered with the same record"
    counts = {}
    for records, (table, name) in TABLES.items():
        ids = {record_id for path, record_id in acknowledged if path == records}
        stored = {record_id for (record_id,) in rows(connection, f"SELECT id FROM {table}")}
        assert stored == ids, f"{records}: lost {ids - stored}, unasked for {stored - ids}"
        counts[records] = len(ids)

        announced = Counter(
            record_id
            for (payload,) in rows(
                connection,
                "SELECT payload FROM events_event WHERE name = 'records.written' AND payload->>'record_type' = %s",
                name,
            )
            for record_id in payload["created"]
        )
        assert announced == Counter(ids), f"{records}: events and records differ"

        versions = rows(
            connection,
            f"SELECT t.id FROM {table} t WHERE t.version <> 1 +"
            ' (SELECT count(*) FROM records_change c WHERE c."table" = %s AND c.record_id = t.id)',
            table,
        )
        assert versions == [], f"{records}: versions without history"
        if name != "order_line":
            scoped = rows(
                connection,
                "SELECT record_id FROM records_searchscope WHERE record_type = %s",
                type_code(name),
            )
            assert {record_id for (record_id,) in scoped} == ids, f"{records}: search scope"
            found = rows(
                connection,
                "SELECT record_id FROM records_searchentry WHERE record_type = %s"
                " UNION SELECT record_id FROM records_searchidentifier WHERE record_type = %s",
                type_code(name),
                type_code(name),
            )
            assert {record_id for (record_id,) in found} == ids, f"{records}: search entries"

    for client in clients:
        for customer, city in client.updated:
            assert rows(connection, "SELECT city FROM customers_customer WHERE id = %s", customer) == [
                (city,)
            ]
    one_order = sum(Decimal(ordinal) * Decimal("1250.5") for ordinal in range(1, LINES + 1))
    totals = rows(
        connection,
        "SELECT o.id FROM commerce_order o LEFT JOIN commerce_ordertotal t ON t.order_id = o.id"
        " LEFT JOIN (SELECT order_id, count(*) AS n, sum(quantity) AS q, sum(amount) AS s FROM commerce_orderline"
        "            GROUP BY order_id) l ON l.order_id = o.id"
        " WHERE t.lines IS DISTINCT FROM %s OR t.lines IS DISTINCT FROM l.n OR t.quantity IS DISTINCT FROM l.q"
        "    OR t.exact IS DISTINCT FROM l.s OR l.s IS DISTINCT FROM %s OR t.amount IS DISTINCT FROM round(l.s, 0)",
        LINES,
        one_order,
    )
    assert totals == [], "orders whose totals are not the sum of their lines"
    for name, table in (("order", "commerce_order"), ("interaction", "interactions_interaction")):
        told = rows(
            connection,
            f"SELECT t.id FROM {table} t WHERE 1 <> (SELECT count(*) FROM interactions_timelineentry e WHERE"
            " e.source_type = %s AND e.source_id = t.id AND e.subject_type = 'customer' AND e.subject_id = t.customer_id)",
            name,
        )
        assert told == [], f"{name} without its timeline entry"
    strays = rows(
        connection,
        "SELECT source_type, source_id FROM interactions_timelineentry WHERE"
        " (source_type = 'order' AND source_id NOT IN (SELECT id FROM commerce_order)) OR"
        " (source_type = 'interaction' AND source_id NOT IN (SELECT id FROM interactions_interaction))",
    )
    assert strays == []
    keys = rows(
        connection, "SELECT count(*) FILTER (WHERE status = 201), count(*) FROM records_idempotencykey"
    )
    assert keys == [(len(acknowledged), len(acknowledged))], "keys and effects differ"
    return counts


ROWS = 60_000
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def test_an_import_outlives_its_importer_and_its_database(installation, place):
    """Killed three ways while `dangol import` runs; run again it ends with the exact totals of the file."""
    file = place / "lines.csv"
    expected = Decimal()
    with file.open("w") as out:
        out.write(HEADER)
        for n in range(ROWS):
            quantity, price = n % 7 + 1, Decimal(n % 500 + 1) / 100
            expected += quantity * price
            out.write(f"{500_000 + n // 12},S{n % 300},Thing {n % 300},{quantity},2011-07-01 09:00:00,{price},{n // 60 % 900 + 1},UK\n")  # fmt: skip
    installation.serve()
    command = [*COMMAND, "import", "order-lines", str(file), "--mapping", "online-retail", "--json"]

    def importing() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, env=installation.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def come_to(part: int) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                with database(installation) as connection:
                    if (
                        rows(connection, "SELECT coalesce(max(rows), 0) FROM records_importrun")[0][0] or 0
                    ) >= part:
                        return
            except psycopg.OperationalError:
                pass
            time.sleep(0.02)
        raise AssertionError("the import does not go on")

    chance = random.Random(536365)
    process = importing()
    come_to(1)
    time.sleep(chance.uniform(0, 0.5))
    kill(
        installation.processes()["postgres"]
    )  # the importer waits for it to come back, or says that it did not
    come_to(20_000)
    process.kill()
    process.communicate()
    process = importing()
    time.sleep(chance.uniform(2, 3))
    family = installation.family()
    kill(*family, psutil.Process(process.pid))
    process.communicate()
    installation.serving.wait()
    psutil.wait_procs(family, timeout=10)  # a port is free when the last who held it is gone
    installation.serve()
    done = json.loads(installation.run(*command[len(COMMAND) :]))
    assert (done["rows"], done["imported"] + done["unchanged"], done["rejected"]) == (ROWS, ROWS, 0)
    again = json.loads(installation.run(*command[len(COMMAND) :]))
    assert (again["imported"], again["created"], again["updated"]) == (0, {}, {}) or again[
        "unchanged"
    ] == ROWS
    with database(installation) as connection:
        assert rows(connection, "SELECT count(*), sum(amount) FROM commerce_orderline") == [(ROWS, expected)]
        assert rows(connection, "SELECT count(*), sum(exact) FROM commerce_order o JOIN commerce_ordertotal t ON t.order_id = o.id") == [(ROWS // 12, expected)]  # fmt: skip
        assert rows(connection, "SELECT count(*) FROM customers_customer") == [(900,)]
        undelivered = rows(
            connection,
            "SELECT e.id FROM events_event e WHERE e.name = 'records.import_finished' AND NOT EXISTS"
            " (SELECT 1 FROM events_delivery d WHERE d.event_id = e.id)",
        )
        assert undelivered == []
