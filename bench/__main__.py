"""python -m bench [SIZE ...]: our tool and others in turn on the same capture; ratios of medians."""

from __future__ import annotations

import argparse
import multiprocessing
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import stages, tools
from bench.captures import capture
from bench.tools import Run

SLOW = ("nfstream", "tshark fields")
MOST_SLOW_BYTES = 400_000_000


def main() -> None:
    """Measure, and print one table per capture."""
    arguments = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    arguments.add_argument("sizes", nargs="*", default=["300MB"], help="sizes of the captures: 300MB 1GiB 3GB")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--slow", action="store_true", help="also run nfstream and tshark, once each")
    chosen = arguments.parse_args()
    print(
        f"machine: {platform.processor() or platform.machine()}, {multiprocessing.cpu_count()} cores, "
        f"Python {platform.python_version()}"
    )
    for size in chosen.sizes:
        report(capture(size), chosen.rounds, with_slow=chosen.slow)


def report(path: Path, rounds: int, *, with_slow: bool) -> None:
    """Print what one capture costs in each tool."""
    results: dict[str, list[Run]] = {}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        commands = {"quivive": tools.ours(path, scratch / "case")} | tools.others(path, scratch)
        if not with_slow or path.stat().st_size > MOST_SLOW_BYTES:
            commands = {tool: command for tool, command in commands.items() if tool not in SLOW}
        tools.run(commands["quivive"])  # the first run compiles
        warm = []
        for turn in range(rounds):
            warm.append(inside("warm", path))
            for tool, command in commands.items():
                if turn == 0 or tool not in SLOW:
                    results.setdefault(tool, []).append(tools.run(command))
    print_table(path, results, warm)


def inside(what: str, path: Path):
    """Run a function of bench.stages in a process of its own; returns what it returns."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(getattr(stages, what), (path,))


def print_table(path: Path, results: dict[str, list[Run]], warm: list[stages.Warm]) -> None:
    """Print medians and ratios."""
    n_packets = warm[0].n_packets
    print(f"\n{path.name}: {n_packets:,} packets, {path.stat().st_size / 1e6:,.0f} MB, medians of {len(warm)}")
    start_s = start_up()
    wall = statistics.median(one.wall_s for one in warm)
    rows = {
        "quivive, kernels warm": Run(
            wall, statistics.median(one.cpu_s for one in warm), max(one.peak_mb for one in warm)
        )
    }
    rows |= {
        tool: Run(*(statistics.median(column) for column in zip(*runs, strict=True))) for tool, runs in results.items()
    }
    reference = rows.get("ndpiReader")
    print(f"{'':24}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'kpackets/s':>12}  speed against ndpiReader")
    for tool, one in rows.items():
        ratio = f"{reference.wall_s / one.wall_s:.2f}" if reference else "-"
        rate = n_packets / one.wall_s / 1000
        print(f"{tool:24}{one.wall_s:>9.2f}{one.cpu_s:>9.2f}{one.peak_mb:>9.0f}{rate:>12.0f}  {ratio}")
    for slow in SLOW:
        if slow in rows:
            print(f"whole process against {slow}: {rows[slow].wall_s / rows['quivive'].wall_s:.1f} times as fast")
    shares = {name: statistics.median(one.stages.get(name, 0.0) for one in warm) / wall for name in warm[0].stages}
    print("share of the decoding thread: " + ", ".join(f"{name} {share:.0%}" for name, share in shares.items()))
    walk, track = inside("walk_records", path), inside("decode_and_track", path)
    print(f"walking the records alone: {walk:.3f} s; with decode and track at {walk / track:.2f} of that speed")
    print(f"start before the first packet (warm cache): {start_s:.2f} s")


def start_up() -> float:
    """Return the median seconds of a run on a capture of no packets."""
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.pcap"
        empty.write_bytes(bytes.fromhex("d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000"))
        command = tools.ours(empty, Path(folder) / "case")
        return statistics.median(tools.run(command).wall_s for _ in range(3))


if __name__ == "__main__":
    if sys.platform == "linux":
        subprocess.run(["sync"], check=False)
    main()
