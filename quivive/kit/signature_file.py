"""Protocols that are named by their first bytes but not read: TOML files, one per family.

[[protocol]]
name = "git"                       # unique among all protocols
title = "Git smart protocol"
spec = "git gitprotocol-pack(5)"
family = "file"
carriers = ["tcp"]                 # tcp, udp, sctp; or ip with ports = IP protocol numbers
ports = [9418]
encrypted = false
text = ["git-upload-pack "]        # patterns as text ...
hex = ["30 30 3? ??"]              # ... or as hex digits, where ? stands for any half byte
rules = [{ hex = "FF", offset = 4, side = "resp", minimum = 12 }]   # patterns with conditions
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from quivive.kit.protocol import Signature
from quivive.model import shipped_toml
from quivive.model.errors import PluginError
from quivive.model.five_tuple import Carrier, Side

CARRIERS = {"tcp": Carrier.TCP, "udp": Carrier.UDP, "sctp": Carrier.SCTP, "ip": Carrier.IP}
SIDES = {"orig": Side.ORIGINATOR, "resp": Side.RESPONDER}
KEYS = {"name", "title", "spec", "family", "carriers", "ports", "encrypted", "text", "hex", "rules"}


@dataclass(frozen=True)
class NamedProtocol:
    """A protocol that can be named but not read."""

    name: str
    title: str
    spec: str
    family: str
    carriers: tuple[Carrier, ...]
    ports: tuple[int, ...]
    is_encrypted: bool
    signatures: tuple[Signature, ...]


def load(shelf: ModuleType) -> dict[str, NamedProtocol]:
    """Return every protocol of every TOML file on the shelf, by name, sorted."""
    found: dict[str, NamedProtocol] = {}
    for entry in sorted(Path(shelf.__path__[0]).glob("*.toml")):
        for declared in shipped_toml.read(entry).get("protocol", ()):
            protocol = _read(declared, entry.name)
            if protocol.name in found:
                raise PluginError(f"{entry.name}: {protocol.name!r} is declared twice")
            found[protocol.name] = protocol
    return dict(sorted(found.items()))


def _read(declared: dict[str, Any], file: str) -> NamedProtocol:
    unknown = set(declared) - KEYS
    if unknown:
        raise PluginError(f"{file}: {declared.get('name')}: unknown keys {sorted(unknown)}")
    try:
        signatures = [Signature(text.encode("latin-1")) for text in declared.get("text", ())]
        signatures += [Signature(digits) for digits in declared.get("hex", ())]
        signatures += [_rule(rule) for rule in declared.get("rules", ())]
        return NamedProtocol(
            declared["name"],
            declared["title"],
            declared["spec"],
            declared["family"],
            tuple(CARRIERS[word] for word in declared["carriers"]),
            tuple(declared.get("ports", ())),
            bool(declared.get("encrypted", False)),
            tuple(signatures),
        )
    except (KeyError, ValueError) as error:
        raise PluginError(f"{file}: {declared.get('name')}: {error!r}") from error


def _rule(rule: dict[str, Any]) -> Signature:
    pattern = rule["hex"] if "hex" in rule else rule["text"].encode("latin-1")
    side = SIDES[rule["side"]] if "side" in rule else None
    return Signature(pattern, side=side, offset=rule.get("offset", 0), minimum=rule.get("minimum", 0))
