"""The keys that an owner hands over with captures: from files, and from the secrets that captures carry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from quivive.engine.captures import CaptureSet
from quivive.engine.identify import Catalogue
from quivive.engine.opened import OPENED
from quivive.engine.pipeline import Arrival
from quivive.kit.tls_keys import read_keys
from quivive.mandate.grant import Grant
from quivive.mandate.terms import Level
from quivive.messages.tls.decrypted import DECRYPTED
from quivive.model.errors import UsageError


class OwnerKeys:
    """Keys of one reading. They are held in memory alone: a case is told how many flows they opened, no more."""

    def __init__(self, paths: tuple[Path, ...], grant: Grant) -> None:
        """Raises UsageError for a file that holds no key, and where the level allows no names from within."""
        self._may_open = grant.level is not Level.L0
        if paths and not self._may_open:
            raise UsageError("keys open what level L0 does not let in; leave out --keys, or read at L1")
        self._n_files = len(paths)
        self.keys = read_keys(paths)
        self._taken: dict[int, int] = {}
        self._fresh: list[bytes] = []

    def arrivals(self, captures: CaptureSet, catalogue: Catalogue) -> Iterator[Arrival]:
        """Pass batches on; once there are keys, whole streams are wanted of the services that they open."""
        for arrival in captures.arrivals():
            for tally in captures.tallies if self._may_open else ():
                secrets = tally.reader.info.secrets
                first = self._taken.get(id(tally), 0)
                self._fresh += [secret for kind, secret in secrets[first:] if kind == "tls"]
                self._taken[id(tally)] = len(secrets)
            if self.keys or self._fresh:
                for name in OPENED:
                    catalogue.head[catalogue.by_name[name].number] = 0
            yield arrival

    def settle(self) -> None:
        """Take the secrets of the batch just decoded: called while no batch is being read."""
        fresh, self._fresh = self._fresh, []
        for secret in fresh:
            self.keys.add_log(secret)

    def told(self, n_rows: dict[str, int]) -> dict[str, Any]:
        """Return what the case's manifest says of keys; nothing where there were none."""
        if not self.keys:
            return {}
        return {"owner_keys": {"n_files": self._n_files, "n_flows_opened": n_rows.get(DECRYPTED.name, 0)}}

    def words(self, granted: str, n_rows: dict[str, int]) -> str:
        """Return the line that says what was allowed, with what keys opened."""
        n_flows = n_rows.get(DECRYPTED.name, 0)
        if not n_flows:
            return granted
        flows = "1 flow was" if n_flows == 1 else f"{n_flows:,} flows were"
        return f"{granted.rstrip()} {flows} read with keys that the owner handed over."
