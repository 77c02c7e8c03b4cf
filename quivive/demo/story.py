"""The whole demonstration: three captures of one working day, and the truth about what is in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from quivive.demo import hub, office, station
from quivive.demo.captures import NANOSECONDS, Timed, gzipped, pcap, pcapng
from quivive.demo.planted import Truth
from quivive.demo.tape import Tape

TRUTH_FILE = "truth.json"


class Scene(NamedTuple):
    """One capture point: its file, who fills it, and how the file is written."""

    file: str
    play: Callable[[Tape], list[Truth]]
    write: Callable[[list[Timed]], bytes]


def _office_file(frames: list[Timed]) -> bytes:
    return pcapng(frames, interface="mirror0", comment="Demonstration: offices. Nobody in it exists.")


def _station_file(frames: list[Timed]) -> bytes:
    return pcap(frames, order=">")


def _hub_file(frames: list[Timed]) -> bytes:
    return gzipped(pcap(frames, magic=NANOSECONDS))


SCENES = (
    Scene("office.pcapng", office.play, _office_file),
    Scene("station.pcap", station.play, _station_file),
    Scene("hub.pcap.gz", hub.play, _hub_file),
)
"""Each in another format, so that a demonstration shows the readers too."""


def write_demo(folder: Path, seed: int = 1) -> list[Path]:
    """Write the captures and the truth about them; the same seed gives the same bytes. Return all paths, truth last."""
    folder.mkdir(parents=True, exist_ok=True)
    paths, told = [], []
    for scene in SCENES:
        tape = Tape(Random(f"{seed} {scene.file}"))
        truths = scene.play(tape)
        path = folder / scene.file
        path.write_bytes(scene.write(tape.in_order()))
        paths.append(path)
        told += [{"capture": scene.file, **truth} for truth in truths]
    truth_path = folder / TRUTH_FILE
    truth_path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return [*paths, truth_path]
