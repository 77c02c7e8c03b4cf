"""What tcpdump prints of a capture: packets, and who sent how much (corpus: tcpdump/expected.json)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oracles.adapter import Adapter, Score, Seen

PACKETS, ENDS = "packets read", "segments by ends"
NUMBERED = re.compile(r"^ {0,4}(\d+)  \d{4}-\d\d-\d\d ")
ADDRESS = r"(\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f:.]*?)"
SENT = re.compile(rf"(?:^|IP6? |\) ){ADDRESS}\.(\d+) > {ADDRESS}\.(\d+): (.*)")
SEGMENT = re.compile(r"Flags \[")
COMMON = 20
"""Ends compared in one capture."""


class Tcpdump(Adapter):
    """Capture by capture: numbered packets; TCP segments and their lengths by ends."""

    name = "tcpdump"
    title = "tcpdump (printed text)"

    @classmethod
    def truths(cls, corpus: Path) -> dict[str, Any]:
        """Lines by capture, of the test that printed most."""
        path = corpus / "tcpdump" / "expected.json"
        if not path.is_file():
            return {}
        said = json.loads(path.read_text(encoding="utf-8"))
        longest = {file: max((test["output"] or [] for test in tests), key=len) for file, tests in said.items()}
        return {file: lines for file, lines in longest.items() if any(map(NUMBERED.match, lines))}

    @classmethod
    def compare(cls, truth: Any, seen: Seen) -> Iterator[Score]:
        """Yield a score for the number of packets, and two for each pair of ends of TCP."""
        numbered = max(int(found[1]) for line in truth if (found := NUMBERED.match(line)))
        (row,) = seen.rows("captures")
        agrees = row["n_packets"] >= numbered
        yield Score(PACKETS, "packets", agrees, 1, "" if agrees else f"{numbered} <> {row['n_packets']}")
        sent = segments(truth)
        ours: Counter[tuple[str, str]] = Counter()
        for flow in seen.flows:
            if flow["transport"] == "tcp":
                ends = f"{flow['orig_addr']}.{flow['orig_port']}", f"{flow['resp_addr']}.{flow['resp_port']}"
                ours[ends] += flow["orig_packets"]
                ours[ends[::-1]] += flow["resp_packets"]
        for ends, count in sent.most_common(COMMON):
            agrees = ours[ends] == count
            note = "" if agrees else f"{count} segments {' > '.join(ends)} <> {ours[ends]}"
            yield Score(ENDS, "tcp segments", agrees, 1, note)


def segments(lines: list[str]) -> Counter[tuple[str, str]]:
    """Return how many TCP segments were printed from each end to another."""
    found = (SENT.search(line) for line in lines)
    return Counter(
        (f"{said[1]}.{said[2]}", f"{said[3]}.{said[4]}") for said in found if said and SEGMENT.match(said[5])
    )
