"""Blocks of the pcapng test files (corpus: pcapng-gen/**/*.pcapng.txt)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from oracles.adapter import Adapter, Score, Seen

PACKETS, DROPS = "packets read", "read to the end"
COUNT = re.compile(r"^\t([A-Z]+): (\d+)$", re.MULTILINE)
WITH_A_PACKET = ("EPB", "SPB", "OPB", "PB")


class PcapngGen(Adapter):
    """File by file: how many blocks hold a packet, and that the file was read to its end."""

    name = "pcapng_gen"
    title = "pcapng test suite (block counts)"
    bars: ClassVar = {PACKETS: 1.0, DROPS: 1.0}

    @classmethod
    def truths(cls, corpus: Path) -> dict[str, Any]:
        """Blocks by kind, by capture."""
        found = {}
        for path in sorted((corpus / "pcapng-gen").glob("**/*.pcapng.txt")):
            counted = {kind: int(count) for kind, count in COUNT.findall(path.read_text(encoding="utf-8"))}
            found[str(path.relative_to(corpus)).removesuffix(".txt")] = counted
        return found

    @classmethod
    def compare(cls, truth: Any, seen: Seen) -> Iterator[Score]:
        """Yield two scores."""
        (row,) = seen.rows("captures")
        theirs, ours = sum(truth.get(kind, 0) for kind in WITH_A_PACKET), row["n_packets"]
        yield Score(PACKETS, "blocks with a packet", ours == theirs, 1, "" if ours == theirs else f"{theirs} <> {ours}")
        faults = [fault for fault in seen.rows("anomalies") if fault["place"] == "capture" and fault["lost_bytes"]]
        yield Score(DROPS, "whole file", not faults, 1, "" if not faults else f"- <> {faults[0]['anomaly']}")
