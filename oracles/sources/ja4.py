"""JA4 fingerprints as their authors publish them (corpus: ja4/*.ja4rs.yaml)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from oracles.adapter import Adapter, Score, Seen

VALUES = "ja4"
STREAM = re.compile(r"^- stream:.*?(?=^- stream:|\Z)", re.MULTILINE | re.DOTALL)
HELLOS = """
    WITH t AS (SELECT flow_id, ja4 FROM (FROM tls UNION ALL BY NAME FROM dtls UNION ALL BY NAME FROM quic))
    SELECT f.orig_port, f.resp_port, t.ja4 FROM t JOIN flows AS f USING (flow_id)
"""
FIELD = re.compile(r"^  (\w+): '?([^'\n]*)'?$", re.MULTILINE)


class Ja4(Adapter):
    """Value by value: the client's fingerprint of each stream that has one."""

    name = "ja4"
    title = "JA4 values of its authors"
    bars: ClassVar = {VALUES: 1.0}

    @classmethod
    def truths(cls, corpus: Path) -> dict[str, Any]:
        """Streams with a client's fingerprint, by capture."""
        found = {}
        for path in sorted((corpus / "ja4").glob("*.ja4rs.yaml")):
            streams = [dict(FIELD.findall(text)) for text in STREAM.findall(path.read_text(encoding="utf-8"))]
            named = [stream for stream in streams if "ja4" in stream]
            if named:
                found[str(path.relative_to(corpus)).removesuffix(".ja4rs.yaml")] = named
        return found

    @classmethod
    def compare(cls, truth: Any, seen: Seen) -> Iterator[Score]:
        """Yield a score for each value."""
        hellos = seen.asked(HELLOS)
        for said in truth:
            ports = {int(said["src_port"]), int(said["dst_port"])}
            ours = {hello["ja4"] for hello in hellos if {hello["orig_port"], hello["resp_port"]} == ports}
            agrees = said["ja4"] in ours
            yield Score(
                VALUES, said["transport"], agrees, 1, "" if agrees else f"{said['ja4']} <> {sorted(map(str, ours))}"
            )
