"""tshark's protocol hierarchy, a second opinion and not the truth (corpus: tshark_phs.json)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oracles.adapter import Adapter, Score, Seen, names

THEIRS, OURS = "theirs that we name", "ours that they know"


class Tshark(Adapter):
    """Capture by capture: which protocols are there at all."""

    name = "tshark"
    title = "tshark (protocol hierarchy)"

    @classmethod
    def truths(cls, corpus: Path) -> dict[str, Any]:
        """Names of protocols by capture."""
        path = corpus / "tshark_phs.json"
        if not path.is_file():
            return {}
        return {file: sorted(said["protocols"]) for file, said in json.loads(path.read_text(encoding="utf-8")).items()}

    @classmethod
    def compare(cls, truth: Any, seen: Seen) -> Iterator[Score]:
        """Yield a score for each protocol that one of us names, in our words; headers are left out."""
        words = names("tshark")
        ours = _ours(seen)
        for word in truth:
            known = words.get(word, frozenset((word,)))
            if not known:
                continue
            agrees = bool(known & ours)
            yield Score(THEIRS, word, agrees, 1, "" if agrees else f"{word} <> {','.join(sorted(ours)) or '-'}")
        theirs = {name for word in truth for name in words.get(word, frozenset((word,)))}
        for name in sorted(_sure(seen)):
            yield Score(OURS, name, name in theirs, 1, "" if name in theirs else f"{name} <> {','.join(truth)[-150:]}")


def _ours(seen: Seen) -> set[str]:
    """Return services and tables: a protocol without a flow of its own (ARP) shows in its table only."""
    said = {name for flow in seen.flows for name in (flow["service_stack"] or flow["service"] or "").split(",")}
    layers = {layer for flow in seen.flows for layer in (flow["layer_path"] or "").split(".")}
    return {name for name in said | layers | set(seen.case.names()) if name}


def _sure(seen: Seen) -> set[str]:
    """Return services that content shows."""
    return {
        name
        for flow in seen.flows
        if flow["confidence"] != "port only"
        for name in (flow["service_stack"] or "").split(",")
        if name
    }
