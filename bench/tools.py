"""One run of one tool: wall seconds, CPU seconds, peak memory of its largest process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

FIELDS = (
    "frame.time_epoch",
    "ip.src",
    "ip.dst",
    "tcp.stream",
    "udp.stream",
    "dns.qry.name",
    "tls.handshake.extensions_server_name",
    "http.host",
)
NFSTREAM = """
import sys
from nfstream import NFStreamer
if __name__ == "__main__":
    print(sum(1 for _ in NFStreamer(source=sys.argv[1], n_dissections=20, n_meters=1)))
"""


class Run(NamedTuple):
    """What one run cost."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def run(command: list[str]) -> Run:
    """Run a command to its end. Raises SystemExit where it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:3])} ... failed with {process.returncode}")
    return Run(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def ours(path: Path, out: Path) -> list[str]:
    """Return our own command, everything on."""
    return [sys.executable, "-m", "quivive", "inspect", str(path), "--out", str(out), "--replace", "--quiet"]


def others(path: Path, scratch: Path) -> dict[str, list[str]]:
    """Return the commands of the tools that are installed; QUIVIVE_NFSTREAM names a Python that has nfstream."""
    found: dict[str, list[str]] = {}
    if shutil.which("ndpiReader"):
        found["ndpiReader"] = ["ndpiReader", "-i", str(path), "-n", "1", "-q"]
    if python := os.environ.get("QUIVIVE_NFSTREAM"):
        script = scratch / "flows.py"
        script.write_text(NFSTREAM, encoding="utf-8")
        found["nfstream"] = [python, str(script), str(path)]
    if shutil.which("tshark"):
        found["tshark fields"] = [
            "tshark",
            "-n",
            "-r",
            str(path),
            "-T",
            "fields",
            *(w for f in FIELDS for w in ("-e", f)),
        ]
    return found
