"""The captures that are measured on: public traffic replayed at scale, else our own demonstration's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAKER = ROOT.parent / "shared" / "perf" / "make_perf.py"
CORPUS = ROOT.parent / "shared" / "corpus"
DATA = ROOT / "bench" / "data"
RECORD_HEADER = 16


def capture(size: str) -> Path:
    """Return a capture of about `size` ("300MB", "1GiB"), made at most once."""
    DATA.mkdir(exist_ok=True)
    path = DATA / f"perf-{size}.pcap"
    if path.exists():
        return path
    print(f"making {path.name} ...", file=sys.stderr)
    scratch = path.with_suffix(".new")
    if MAKER.exists() and CORPUS.exists():
        command = [sys.executable, str(MAKER), str(scratch), "--size", size, "--corpus", str(CORPUS)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    else:
        _repeat_demo(scratch, _bytes(size))
    scratch.replace(path)
    return path


def _bytes(size: str) -> int:
    units = {"GiB": 1 << 30, "MiB": 1 << 20, "GB": 10**9, "MB": 10**6}
    unit = next(unit for unit in units if size.endswith(unit))
    return int(float(size.removesuffix(unit)) * units[unit])


def _repeat_demo(path: Path, size: int) -> None:
    """Write the demonstration's station capture again and again, a day later each time."""
    from quivive.demo.story import write_demo

    made = write_demo(DATA / "demo")
    source = next(one for one in made if one.suffix == ".pcap").read_bytes()
    head, body = source[:24], source[24:]
    order = "big" if head[:2] == b"\xa1\xb2" else "little"
    with path.open("wb") as file:
        file.write(head)
        day = 0
        while file.tell() < size:
            file.write(_later(body, day * 86_400, order))
            day += 1


def _later(body: bytes, seconds: int, order: str) -> bytes:
    """Return records with their times moved on."""
    out, at = bytearray(body), 0
    while at + RECORD_HEADER <= len(out):
        moved = int.from_bytes(out[at : at + 4], order) + seconds  # type: ignore[arg-type]
        out[at : at + 4] = moved.to_bytes(4, order)  # type: ignore[arg-type]
        at += RECORD_HEADER + int.from_bytes(out[at + 8 : at + 12], order)  # type: ignore[arg-type]
    return bytes(out)
