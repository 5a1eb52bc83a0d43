"""A command is measured by itself, not with whoever started it."""

from __future__ import annotations

import sys

from benchmarks.commands import ran


def test_time_output_and_exit_code_are_those_of_the_command():
    done = ran([sys.executable, "-c", "import sys, time; time.sleep(0.3); print('out'); sys.exit('in')"])
    assert done.code == 1
    assert (done.output, done.complaint) == ("out\n", "in")
    assert done.seconds >= 0.3


def test_memory_is_that_of_the_command():
    mine = bytearray(300 * 2**20)
    small = ran([sys.executable, "-c", "import time; time.sleep(0.3)"])
    large = ran([sys.executable, "-c", "import time; x = bytearray(200 * 2**20); time.sleep(0.3)"])
    assert 0 < small.megabytes < 100 < len(mine) / 2**20
    assert 200 < large.megabytes < 300
