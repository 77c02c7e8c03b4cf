"""A command in a process of its own starts without what it does not need."""

from __future__ import annotations

import subprocess
import sys

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
