"""Plaintext of TLS sessions whose keys are known (corpus: fq/decrypted.json)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from oracles.adapter import Adapter, Score, Seen

SIZES = "plaintext sizes"
TABLE = "decrypted"
"""The table that will say how much was decrypted of a flow; until there is one, nothing is."""


class Fq(Adapter):
    """Capture by capture: bytes that the client and the server said under TLS."""

    name = "fq"
    title = "fq (TLS decrypted with a key log)"
    bars: ClassVar = {SIZES: 1.0}

    @classmethod
    def truths(cls, corpus: Path) -> dict[str, Any]:
        """Sizes by capture, where fq and a second program agree."""
        path = corpus / "fq" / "decrypted.json"
        if not path.is_file():
            return {}
        said = json.loads(path.read_text(encoding="utf-8"))
        return {file: (one["client_bytes"], one["server_bytes"]) for file, one in said.items() if one["agree"]}

    @classmethod
    def compare(cls, truth: Any, seen: Seen) -> Iterator[Score]:
        """Yield one score."""
        rows = seen.rows(TABLE)
        ours = {(row["orig_plain_bytes"], row["resp_plain_bytes"]) for row in rows}
        agrees = tuple(truth) in ours
        note = "" if agrees else f"{truth} <> {sorted(ours) or 'TLS is not decrypted'}"
        yield Score(SIZES, "tls", agrees, 1, note)
