"""Search as people type: how long each kind of query takes on many records, beside the bare SQL for the same.

    python benchmarks/search.py [ROWS] [--explain]

Makes ROWS people (1,000,000) with the real shares of Korean family names in a PostgreSQL of its own, enters them through
`records.search.index`, and prints p50 and p95 in milliseconds per kind of query: seen by somebody who may see all, under
a large and a small team scope, and for a salesperson who sees only own records. The floor is one hand-written statement
for the same rows, without ranking, scope or permission, sent by psycopg.
"""

# ruff: noqa: INP001

from __future__ import annotations

import argparse
import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SHARES = (
    ("김", 21.5),
    ("이", 14.7),
    ("박", 8.4),
    ("최", 4.7),
    ("정", 4.3),
    ("강", 2.4),
    ("조 윤", 2.1),
    ("장", 2.0),
    ("임", 1.7),
    ("한 오 서 신", 1.5),
    ("권 황 안 송", 1.4),
    ("전 홍", 1.1),
    ("유", 1.0),
    ("고 문 양 손", 0.9),
    ("배 백", 0.8),
    ("허", 0.7),
    ("노", 0.6),
    ("남 심 하", 0.5),
    ("곽 성 차 주 우 구", 0.4),
    ("민 류 나 진 지 엄 채 원", 0.3),
    ("천 방 공 현 함 변", 0.2),
    ("염 여 추 도 소 석 선 설 마 길 연 위 표 명 기 반", 0.1),
    ("왕 금 옥 육 인 맹 제 모 남궁", 0.05),
    ("탁 국 어", 0.04),
    ("은 편 용", 0.03),
    ("황보", 0.02),
    ("독고 선우", 0.01),
)
"""Family names by their share in per cent."""
FAMILY = {name: share for names, share in SHARES for name in names.split(" ")}
FIRST = (
    "영지민서정은재현성승수준경상미진동혜유하예태도윤기종인시연희순선주광병원창홍길건규나다라가강금남녹대덕두로루리린명무문범보복봉빈산상새"
    "석설세소송슬아안애언여옥완용우웅유율의이일자장전제조중차찬채철초춘치택표필학한해향혁형호화환효훈휘흥"
)
SECOND = (
    "희수영진호준우현민숙자순미정연경은아서원석철훈식환태규성혁욱빈율윤재용하주선란옥인일종찬화범섭균근길동만명복분상섬솔식신실애언엽예옥"
    "온완웅월의이익임장전제조중지창천춘택필한해향헌협형혜홍후흠흥희나다라람래련령례로록루리린모목무문미민배백별보봉비가각간갑강개건걸겸계고관광교구국군권귀극근금기"
)
ODD = "놈뷁"  # syllables in no name, for queries that find nothing


def people(rows: int, seed: int = 7) -> list[tuple[str, str, str, int, int]]:
    """(name, phone, e-mail, owner, team) for each row; the same for the same seed."""
    chance = random.Random(seed)
    families = chance.choices(list(FAMILY), list(FAMILY.values()), k=rows)
    first = chance.choices(FIRST, [1 / (rank + 6) ** 0.7 for rank in range(len(FIRST))], k=rows)
    second = chance.choices(SECOND, [1 / (rank + 6) ** 0.7 for rank in range(len(SECOND))], k=rows)
    domains = chance.choices(
        ["naver.com", "gmail.com", "daum.net", *(f"hanbit{n}.co.kr" for n in range(20_000))],
        [6_000, 4_000, 1_000, *([1] * 20_000)],
        k=rows,
    )
    # a few large teams, many small ones; 3,000 people with about as many customers each
    teams = chance.choices(range(1, 101), [1 / rank for rank in range(1, 101)], k=rows)
    return [
        (f + a + b, f"+8210{chance.randrange(10**8):08d}", f"user{n}@{domain}", team * 100 + n % 30, team)
        for n, (f, a, b, domain, team) in enumerate(zip(families, first, second, domains, teams, strict=True))
    ]


def timed(act: Callable[[str], Any], queries: list[str]) -> tuple[float, float, float]:
    """p50 and p95 in milliseconds, and the mean number of results."""
    act(queries[0])
    times, results = [], []
    for query in queries:
        start = time.perf_counter()
        found = act(query)
        times.append((time.perf_counter() - start) * 1000)
        results.append(len(found))
    cuts = statistics.quantiles(times, n=20)
    return statistics.median(times), cuts[18], statistics.mean(results)


def queries_of(sample: list[tuple[str, str, str, int, int]]) -> dict[str, list[str]]:
    """Queries of each kind, made from the people there are."""
    from dangol.records.search import text, typos

    names = {row[0] for row in sample}
    chance = random.Random(3)
    chosen = chance.sample(sample, 60)
    wrong = []
    for name, *_ in chosen:
        for vowel in (4, 2, 8, 1):  # the last vowel mistyped
            last = ord(name[-1]) - 0xAC00
            lead, middle, tail = last // 588, last % 588 // 28, last % 28
            typed = name[:-1] + chr(0xAC00 + lead * 588 + (middle + vowel) % 21 * 28 + tail)
            if typos.distance(text.key(typed), text.key(name), 2) == 1 and typed not in names:
                wrong.append(typed)
                break
    return {
        "one syllable, family name": [row[0][0] for row in chosen],
        "one syllable, any": [row[0][-1] for row in chosen],
        "one letter": list("ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ"),
        "part of a name": [row[0][1:] for row in chosen],
        "beginning of a name": [row[0][:2] for row in chosen],
        "whole name": [row[0] for row in chosen],
        "initials, two": [text.initials(row[0])[:2] for row in chosen],
        "initials, three": [text.initials(row[0]) for row in chosen],
        "name and initials": [row[0][0] + text.initials(row[0][1:]) for row in chosen],
        "typing error": wrong,
        "phone, last four digits": [row[1][-4:] for row in chosen],
        "phone, whole": ["0" + row[1][3:] for row in chosen],
        "mail domain, common": ["naver", "gmail", "daum", "naver.com"] * 5,
        "mail address": [row[2] for row in chosen],
        "two words": [f"{row[0]} {row[1][-4:]}" for row in chosen],
        "two words, frequent": ["김 naver", "이 gmail", "김 영수", "영 희", "김 이", "박 010"] * 4,
        "nothing": [ODD[0], ODD, "뷁뷁뷁", "zzzzqq", "999999999"] * 5,
    }


NAMED = (
    "SELECT t.token, e.record_id FROM records_searchtoken t JOIN records_searchentry e ON e.token_id = t.id "
    "WHERE t.kind = 1 AND {} LIMIT 20"
)
NUMBERED = "SELECT t.token, t.record_id FROM records_searchidentifier t WHERE t.kind = 4 AND {} LIMIT 20"
FLOORS: dict[str, tuple[str, Callable[[str, str], str]]] = {
    "whole name": (NAMED.format("t.token = %s"), lambda key, typed: key),
    "beginning of a name": (NAMED.format("t.token LIKE %s"), lambda key, typed: key + "%"),
    "one syllable, family name": (NAMED.format("t.token LIKE %s"), lambda key, typed: key + "%"),
    "one syllable, any": (NAMED.format("t.token LIKE %s"), lambda key, typed: f"%{key}%"),
    "part of a name": (NAMED.format("t.token LIKE %s"), lambda key, typed: f"%{key}%"),
    "initials, two": (NAMED.format("t.other <> '' AND t.other LIKE %s"), lambda key, typed: typed + "%"),
    "initials, three": (NAMED.format("t.other <> '' AND t.other LIKE %s"), lambda key, typed: typed + "%"),
    "typing error": (NAMED.format("t.token %% %s"), lambda key, typed: key),
    "phone, last four digits": (
        NUMBERED.format("t.other <> '' AND t.other LIKE %s"),
        lambda key, typed: typed[::-1] + "%",
    ),
    "phone, whole": (NUMBERED.format("t.token = %s"), lambda key, typed: typed[1:]),
}


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("rows", nargs="?", type=int, default=1_000_000)
    arguments.add_argument("--explain", action="store_true", help="print the plans of one query of each kind")
    arguments.add_argument("--data", type=Path, help="keep the database in this folder and use it again")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="dangol-bench-") as temporary:
        os.environ.pop("DATABASE_URL", None)
        folder = asked.data or Path(temporary)
        os.environ["DANGOL_DATA"] = str(folder)
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
        from dangol.config import postgres

        with postgres.running(folder) as url:
            os.environ["DATABASE_URL"] = url
            os.environ["DJANGO_SETTINGS_MODULE"] = "dangol.config.settings"
            import django

            django.setup()
            run(asked.rows, explain=asked.explain)


def run(rows: int, *, explain: bool) -> None:
    """Make the tables if they are not there, and time every kind of query."""
    import psycopg
    from django.db import connection, models

    from dangol.identity.actors import Actor
    from dangol.records.models import SearchEntry, SearchIdentifier, SearchScope, SearchToken
    from dangol.records.search import index, text
    from dangol.records.search.keys import Email, PersonName, Phone
    from dangol.records.search.query import search
    from dangol.records.types import Owned, RecordType

    class Person(models.Model):
        name = models.TextField()
        phone = models.TextField()
        email = models.TextField()
        owner_id = models.BigIntegerField()
        team_id = models.BigIntegerField()
        territory_id = models.BigIntegerField(null=True)
        deleted_at = models.DateTimeField(null=True)

        class Meta:
            app_label = "records"
            db_table = "bench_person"

    class PersonRecord(RecordType):
        name = "bench_person"
        path = "people"
        label = label_plural = "Person"
        model = Person
        scope = Owned()
        search = (PersonName("name"), Phone("phone"), Email("email"))

    person = PersonRecord()
    sample = people(rows)
    with connection.cursor() as cursor:
        ready = "bench_person" in connection.introspection.table_names(cursor)
    if not ready:
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        with connection.schema_editor() as editor:
            for model in (SearchToken, SearchIdentifier, SearchEntry, SearchScope, Person):
                editor.create_model(model)
        with connection.cursor() as cursor:
            with cursor.copy("COPY bench_person (name, phone, email, owner_id, team_id) FROM STDIN") as copy:
                for row in sample:
                    copy.write_row(row)
            start = time.perf_counter()
            count = index.rebuild(person)
            seconds = time.perf_counter() - start
            print(f"index: {count:,} records, {count / seconds:,.0f} records/s")
            cursor.execute("VACUUM ANALYZE")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records_searchtoken WHERE kind = 1")
        names = cursor.fetchone()[0]
        sizes = {}
        for table in ("token", "entry", "identifier", "scope"):
            cursor.execute("SELECT pg_total_relation_size(%s)", [f"records_search{table}"])
            sizes[table] = cursor.fetchone()[0] / 2**20
    sized = ", ".join(f"{table} {size:,.0f} MB" for table, size in sizes.items())
    print(f"{rows:,} people, {names:,} distinct names; {sized}", flush=True)

    teams = [row[4] for row in sample]
    view = {("*", "view"): frozenset({"team"})}
    actors = {
        "all": Actor(user_id=1, name="", grants={("*", "view"): frozenset({"all"})}),
        f"team of {teams.count(2):,}": Actor(user_id=1, name="", team_ids=frozenset({2}), grants=view),
        f"team of {teams.count(90):,}": Actor(user_id=1, name="", team_ids=frozenset({90}), grants=view),
        f"own {sum(1 for row in sample if row[3] == 105):,}": Actor(
            user_id=105, name="", grants={("*", "view"): frozenset({"own"})}
        ),
    }
    floor = psycopg.connect(
        connection.get_connection_params()["host"] and os.environ["DATABASE_URL"], autocommit=True
    )
    floor.prepare_threshold = None
    kinds = queries_of(sample)
    print(f"{'p50 / p95 ms (results)':32}" + "".join(f"{name:>24}" for name in ["floor", *actors]))
    for kind, typed in kinds.items():
        line = f"{kind:32}"
        if kind in FLOORS:
            sql, value = FLOORS[kind]

            def bare(word: str, sql: str = sql, value: Any = value) -> list[Any]:
                with psycopg.ClientCursor(floor) as cursor:
                    return cursor.execute(sql, [value(text.key(word), word)]).fetchall()

            line += "{:>12.1f} /{:5.1f} ({:2.0f})".format(*timed(bare, typed))
        else:
            line += " " * 24
        for actor in actors.values():
            line += "{:>12.1f} /{:5.1f} ({:2.0f})".format(
                *timed(lambda word, actor=actor: search(actor=actor, q=word, types=[person]), typed)
            )
        print(line, flush=True)
    floor.close()
    if explain:
        explained(connection, search, person, kinds, list(actors.values()))


def explained(
    connection: Any, search: Any, person: Any, kinds: dict[str, list[str]], actors: list[Any]
) -> None:
    """Print what PostgreSQL does for one query of each kind."""
    for (kind, typed), actor in itertools.product(kinds.items(), actors[:3]):
        statements: list[tuple[str, Any]] = []

        def noted(
            execute: Any, sql: str, parameters: Any, many: bool, context: Any, statements: Any = statements
        ) -> Any:
            statements.append((sql, parameters))
            return execute(sql, parameters, many, context)

        with connection.execute_wrapper(noted):
            search(actor=actor, q=typed[0], types=[person])
        for sql, parameters in statements:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN (ANALYZE, BUFFERS, COSTS) " + sql, parameters)
                plan = [row[0] for row in cursor.fetchall()]
            print(f"\n== {kind}: {typed[0]} – {sorted(actor.scopes('bench_person', 'view'))} – {plan[-1]}")
            print("\n".join(line for line in plan if "never executed" not in line))


if __name__ == "__main__":
    main()
