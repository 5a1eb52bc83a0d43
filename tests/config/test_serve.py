"""`dangol serve` as a whole: what dies comes back, what is told to stop stops, nothing is left behind."""

import signal
import time

import pytest

from tests.config.installation import Installation, gone

pytestmark = pytest.mark.slow


@pytest.fixture
def installation(place):
    installation = Installation(place / "data")
    yield installation
    installation.end()


def test_it_serves_survives_the_death_of_each_process_and_stops_in_time(installation):
    serving = installation.serve()
    before = installation.processes()
    assert set(before) == {"postgres", "web", "worker", "analytics"}

    for name in ("web", "worker", "analytics", "postgres"):
        family = before[name].children(recursive=True) if name == "web" else []
        before[name].send_signal(signal.SIGKILL)
        assert gone([before[name], *family])
    end = time.monotonic() + 60
    while set(installation.processes()) != set(before) and time.monotonic() < end:
        time.sleep(0.1)
    installation.wait_until_ready()
    after = installation.processes()
    assert all(after[name].pid != before[name].pid for name in before)

    complaint = installation.run("serve", fails=True)
    assert str(serving.pid) in complaint
    # A command uses the running database and leaves it running.
    assert "admin@dangol.local" in installation.run("user", "list")

    family = installation.family()
    start = time.monotonic()
    serving.terminate()
    assert serving.wait(15) == 0
    assert time.monotonic() - start < 10
    assert gone(family, 1)


def test_nothing_outlives_a_killed_supervisor_and_the_next_start_is_clean(installation):
    serving = installation.serve()
    password = (installation.data / "first-sign-in.txt").read_text()
    sealed = (installation.data / "prepared").stat()
    family = installation.family()
    serving.kill()
    serving.wait()
    assert gone(family)
    installation.serve()
    assert (installation.data / "prepared").stat().st_ino == sealed.st_ino, "nothing was to be prepared again"
    assert (installation.data / "first-sign-in.txt").read_text() == password
    assert (installation.data / "first-sign-in.txt").stat().st_mode & 0o077 == 0
    assert (installation.data / "secret-key").stat().st_mode & 0o077 == 0


def test_a_port_in_use_is_said_at_once(installation):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        installation.environment["DANGOL_PORT"] = str(taken.getsockname()[1])
        assert "DANGOL_PORT" in installation.run("serve", fails=True)
