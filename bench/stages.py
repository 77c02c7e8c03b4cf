"""Where the time goes: our stages inside one process with kernels warm, and the cost of walking the records alone."""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path
from typing import NamedTuple


class Warm(NamedTuple):
    """One run with kernels warm: wall and CPU seconds, packets, seconds by stage of the decoding thread."""

    wall_s: float
    cpu_s: float
    n_packets: int
    stages: dict[str, float]
    peak_mb: float


def warm(path: Path) -> Warm:
    """Return one run inside this process, after a first that loads the kernels."""
    from quivive import api

    with tempfile.TemporaryDirectory() as folder:
        api.inspect(path, Path(folder) / "first").close()
        stages: dict[str, float] = {}
        began, cpu = time.perf_counter(), time.process_time()
        last = began

        def measure(stage: str) -> None:
            nonlocal last
            now = time.perf_counter()
            stages[stage] = stages.get(stage, 0.0) + now - last
            last = now

        with api.inspect(path, Path(folder) / "second", measure=measure) as case:
            wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
            n_packets = sum(capture["n_packets"] for capture in case.manifest["captures"])
    return Warm(wall_s, cpu_s, n_packets, stages, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def walk_records(path: Path) -> float:
    """Return the seconds it takes to walk the record headers alone, second time round."""
    from quivive.engine.captures import CaptureSet

    seconds = 0.0
    for _ in range(2):
        with CaptureSet([path]) as captures:
            began = time.perf_counter()
            for _arrival in captures.arrivals():
                pass
            seconds = time.perf_counter() - began
    return seconds


def decode_and_track(path: Path) -> float:
    """Return the seconds of index, decode and track alone, second time round."""
    from quivive.engine.captures import CaptureSet
    from quivive.engine.decode import Decoder
    from quivive.engine.identify import Catalogue
    from quivive.flows.track import Timeouts, Tracker

    seconds, catalogue = 0.0, Catalogue()
    for _ in range(2):
        decoder, tracker = Decoder(link_claims=catalogue.link_claims()), Tracker(Timeouts(), catalogue.server_ports())
        with CaptureSet([path]) as captures:
            began = time.perf_counter()
            for arrival in captures.arrivals():
                tracker.track(arrival.buffer.data, decoder.decode(arrival.buffer, arrival.origin))
                tracker.forget()
            seconds = time.perf_counter() - began
    return seconds
