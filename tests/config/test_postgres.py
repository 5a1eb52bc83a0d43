"""The wrapper round the embedded server, each test with a server of its own."""

import os
import signal
import subprocess
import sys
import time

import psutil
import psycopg
import pytest

from dangol.config import accounts, environment, postgres


@pytest.fixture
def data(place, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DANGOL_DATA", str(place / "data"))
    yield place / "data"
    if (server := postgres.find(place / "data")) is not None:
        postgres.stop(server)


def wait_until_gone(server):
    end = time.monotonic() + 10
    while server.is_running():
        assert time.monotonic() < end
        time.sleep(0.02)


def query(url, sql):
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone() if cursor.description else None


def test_the_run_has_a_database(db):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        assert int(cursor.fetchone()[0]) >= 150000


def test_it_keeps_what_was_written_and_listens_on_a_closed_socket_only(data):
    server = postgres.start(data, settings=postgres.QUICK_AND_UNSAFE)
    query(server.url(), "CREATE TABLE kept AS SELECT 1 AS x")
    assert query(server.url(), "SHOW listen_addresses") == ("",)
    assert environment.socket_directory(data).stat().st_mode & 0o077 == 0
    postgres.stop(server)
    assert postgres.find(data) is None
    server = postgres.start(data, settings=postgres.QUICK_AND_UNSAFE)
    assert query(server.url(), "SELECT x FROM kept") == (1,)


def test_starting_twice_finds_the_running_one(data):
    first = postgres.start(data)
    again = postgres.start(data)
    assert first.pid == again.pid


def test_a_killed_server_comes_back_with_what_was_committed(data):
    server = postgres.start(data)
    query(server.url(), "CREATE TABLE kept AS SELECT 1 AS x")
    os.kill(server.pid, signal.SIGKILL)
    wait_until_gone(server)
    server = postgres.start(data)
    assert query(server.url(), "SELECT x FROM kept") == (1,)


def test_a_server_killed_between_its_first_answer_and_the_first_question_is_said_to_have_gone(
    data, monkeypatch
):
    """Whoever tends it catches that error and starts it once more; any other would end the whole of `serve`."""
    server = postgres.start(data)
    os.kill(server.pid, signal.SIGKILL)
    wait_until_gone(server)
    ask = postgres._create_database

    def killed_first(folder):
        again = postgres.find(folder)
        os.kill(again.pid, signal.SIGKILL)
        wait_until_gone(again)
        ask(folder)

    with monkeypatch.context() as patch:
        patch.setattr(postgres, "_create_database", killed_first)
        with pytest.raises(postgres.PostgresError, match="went away"):
            postgres.start(data)
    assert postgres.start(data).is_running()


def test_lock_files_whose_number_another_program_got_do_not_keep_it_from_starting(data):
    server = postgres.start(data)
    os.kill(server.pid, signal.SIGKILL)
    wait_until_gone(server)
    # A living process of the very account that the server runs as: only then PostgreSQL believes the file.
    other = subprocess.Popen(["sleep", "60"], **accounts.as_server_user())
    try:
        for lock in (
            data / "postgres" / "postmaster.pid",
            environment.socket_directory(data) / f"{environment.SOCKET_NAME}.lock",
        ):
            lines = lock.read_text().splitlines()
            lock.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        assert postgres.find(data) is None
        assert postgres.start(data).pid != other.pid
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_half_made_cluster_is_made_anew(data):
    (data / "postgres.new").mkdir(parents=True)
    (data / "postgres.new" / "PG_VERSION").write_text("18")
    assert query(postgres.start(data).url(), "SELECT 1") == (1,)


def test_a_long_path_gets_a_short_socket(place, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    data = place / ("long-" * 18) / ("name-" * 10)
    assert (
        len(str(environment.socket_directory(data) / environment.SOCKET_NAME))
        <= environment.LONGEST_SOCKET_PATH
    )
    server = postgres.start(data, settings=postgres.QUICK_AND_UNSAFE)
    try:
        assert query(server.url(), "SELECT 1") == (1,)
    finally:
        postgres.stop(server)


def test_the_last_command_that_leaves_stops_it(data):
    with postgres.running(data) as url:
        with postgres.running(data) as same:
            assert same == url
        assert postgres.find(data) is not None
    assert postgres.find(data) is None


def test_a_command_leaves_the_server_of_somebody_else_alone(data):
    data.mkdir(parents=True)
    with postgres.in_use(data):
        server = postgres.start(data)
        with postgres.running(data):
            pass
        assert server.is_running()


def test_two_commands_that_start_at_once_share_one_server(data):
    code = (
        "import sys\nfrom dangol.config import environment, logs, postgres\nlogs.configure()\n"
        "with postgres.running():\n"
        "    print(postgres.find(environment.data_directory()).pid, flush=True)\n"
        "    sys.stdin.read()"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    pids = [int(process.stdout.readline().split()[-1]) for process in both if process.stdout]
    assert len(set(pids)) == 1
    for process in both:
        process.communicate("")
        assert process.returncode == 0
    end = time.monotonic() + 10
    while psutil.pid_exists(pids[0]) and time.monotonic() < end:
        time.sleep(0.05)
    assert not psutil.pid_exists(pids[0])


def test_a_data_folder_of_another_version_is_refused_with_the_way_out(data):
    server = postgres.start(data)
    postgres.stop(server)
    (data / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(postgres.PostgresError, match="backup"):
        postgres.start(data)


def test_an_address_from_outside_wins(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/else")
    with postgres.running() as url:
        assert url == "postgresql://somewhere/else"
