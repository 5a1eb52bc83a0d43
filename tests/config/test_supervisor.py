"""The supervisor is tried from outside, as a process with children of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

SUPERVISOR = """
import sys
from pathlib import Path
from dangol.config import supervisor
folder = Path(sys.argv[1])
child = '''
import os, signal, sys, time
from pathlib import Path
name, folder, deaf = sys.argv[1], Path(sys.argv[2]), sys.argv[3] == "deaf"
def told(*_):
    with (folder / "order").open("a") as file:
        file.write(name + " ")
    if not deaf:
        sys.exit(0)
signal.signal(signal.SIGTERM, told)
(folder / (name + ".pid.new")).write_text(str(os.getpid()))
(folder / (name + ".pid.new")).rename(folder / (name + ".pid"))
while True:
    time.sleep(0.05)
'''
def make(name, order, deaf="hears"):
    return supervisor.Child(name, [sys.executable, "-c", child, name, str(folder), deaf], order=order, patience=0.5)
children = [make("web", 0), make("worker", 1), make("deaf", 2, "deaf")]
run = supervisor.Supervisor(children)
with run.signals():
    run.run()
(folder / "ended").write_text("yes")
"""


def wait_for(question, seconds=15.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := question():
            return answer
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def pid_of(folder: Path, name: str, other_than: int = 0) -> int:
    def look():
        path = folder / f"{name}.pid"
        number = int(path.read_text()) if path.exists() else 0
        return number if number and number != other_than else None

    return wait_for(look)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def supervised(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(tmp_path)],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    pids = {name: pid_of(tmp_path, name) for name in ("web", "worker", "deaf")}
    yield process, tmp_path, pids
    if process.poll() is None:
        process.kill()
    process.wait()
    # The deaf one hears nothing else.
    if not is_gone(pids["deaf"]):
        os.kill(pids["deaf"], signal.SIGKILL)


def test_a_child_that_died_is_started_again(supervised):
    _, folder, pids = supervised
    os.kill(pids["worker"], signal.SIGKILL)
    assert pid_of(folder, "worker", other_than=pids["worker"])
    assert not is_gone(pids["web"])


def test_children_stop_in_order_and_one_that_does_not_hear_is_killed(supervised):
    process, folder, pids = supervised
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert (folder / "order").read_text().split() == ["web", "worker", "deaf"]
    assert (folder / "ended").exists()
    assert all(is_gone(pid) for pid in pids.values())


def test_no_child_outlives_a_killed_supervisor(supervised):
    process, _, pids = supervised
    process.kill()
    process.wait()
    wait_for(lambda: is_gone(pids["web"]) and is_gone(pids["worker"]))
    os.kill(pids["deaf"], signal.SIGKILL)


def test_the_pauses_between_deaths_grow(tmp_path):
    from dangol.config.supervisor import Child

    child = Child("short", [sys.executable, "-c", "raise SystemExit(3)"])
    child.tend()
    pauses = []
    for _ in range(3):
        wait_for(lambda: child.process.poll() is not None)
        now = time.monotonic()
        child.tend()
        pauses.append(child.not_before - now)
        child.not_before = 0
        child.tend()
    assert pauses == sorted(pauses)
    assert pauses[-1] > pauses[0] * 3
    child.signal(signal.SIGKILL)
    child.process.wait()


def test_a_child_that_waits_is_started_after_the_others():
    from dangol.config.supervisor import Child, Supervisor

    sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]
    late, first = Child("late", sleeping, wait=0.8), Child("first", sleeping)

    def stop_when_both_run():
        run.stops_asked = int(first.is_running() and late.is_running())

    run = Supervisor([late, first], stop_when_both_run)
    run.run()
    assert late.started - first.started > 0.5
