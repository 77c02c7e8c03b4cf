"""A command in a process of its own starts without what it does not need."""

from __future__ import annotations

import subprocess
import sys

import pytest

ARRAY = """
import sys
from quivive.cli.lean import start_lean
start_lean()
import pyarrow
print(pyarrow.array(["a", None]).to_pylist(), "pandas" in sys.modules)
"""


def run(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout


def test_the_first_array_of_a_command_reads_no_pandas():
    assert run(ARRAY) == "['a', None] False\n"


def test_other_modules_are_found_as_ever():
    assert (
        run("from quivive.cli.lean import start_lean; start_lean(); import colorsys; print(colorsys.ONE_SIXTH > 0)")
        == "True\n"
    )


STEADY = """
from quivive.cli.lean import steady_memory
steady_memory()
import numpy, pyarrow, resource
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
before = resident()
large = [numpy.ones(4 << 20, numpy.uint8) for _ in range(16)]
keep = [bytearray(1000) for _ in range(100)]
held = resident() - before
del large
print(pyarrow.default_memory_pool().backend_name, held > 60 << 20, resident() - before < 8 << 20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_large_blocks_go_back_to_the_system():
    assert run(STEADY) == "system True True\n"
