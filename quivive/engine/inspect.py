"""The main job: captures to a case folder."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quivive.case.folder import CaseFolder
from quivive.engine.captures import CaptureSet, Tally
from quivive.engine.finish import finish
from quivive.engine.identify import Catalogue
from quivive.engine.keeping import Keeping
from quivive.engine.owner_keys import OwnerKeys
from quivive.engine.pipeline import Arrival, Pipeline
from quivive.engine.sink import Sink
from quivive.flows.places import OwnNetworks
from quivive.flows.track import Timeouts
from quivive.kernels import checksum
from quivive.kernels.headers import LINK_MESSAGE, OK, OUT_OF_SCOPE, REASONS
from quivive.kernels.jit import compile_heard
from quivive.mandate.grant import NO_MANDATE, Grant
from quivive.model.case_tables import CAPTURES

COLLECT_EVERY = 200_000
"""Objects made between two looks for reference cycles."""


@dataclass(frozen=True)
class Options:
    """How to inspect.

    own_networks: the organisation's ranges; without any, the mandate's, and without one private ones count as own
    """

    own_networks: tuple[str, ...] = ()
    grant: Grant = NO_MANDATE
    """What a mandate allows: what is outside is dropped before anything is stored."""
    pseudonym_key: Path | None = None
    """Key of the pseudonyms; the user's own by default."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    is_strict: bool = False
    """Under test: a fault in a plugin is raised instead of written down."""
    keys: tuple[Path, ...] = ()
    """Files with keys of encrypted sessions, from their owner."""
    with_findings: bool = True
    with_checksums: bool = False
    """Verify checksums and count the wrong ones; their packets are read all the same."""


@dataclass
class Progress:
    """How far reading has come; total_bytes -1 where it cannot be known."""

    stage: str
    n_packets: int = 0
    at_bytes: int = 0
    total_bytes: int = -1


Observer = Callable[[Progress], None]


def inspect(
    captures: CaptureSet,
    folder: CaseFolder,
    options: Options,
    observer: Observer = lambda _: None,
    measure: Callable[[str], None] = lambda _: None,
) -> None:
    """Read captures into a case folder that has been prepared.

    An interruption leaves a case that says it is partial, and is raised again.
    """
    with folder:
        _inspect(captures, folder, options, observer, measure)


def _inspect(
    captures: CaptureSet,
    folder: CaseFolder,
    options: Options,
    observer: Observer,
    measure: Callable[[str], None],
) -> None:
    observer(Progress("start"))
    keeping = Keeping(options.grant, folder.path, options.pseudonym_key)
    owner = OwnerKeys(options.keys, options.grant)
    for tally in captures.tallies:
        tally.reader.source.hash_async()
    catalogue, sink = Catalogue(), Sink(folder.tables, keeping.sieve, keeping.tables)
    pipeline = Pipeline(
        catalogue,
        sink,
        timeouts=options.timeouts,
        own=OwnNetworks(options.own_networks or map(str, options.grant.networks)),
        scope=keeping.scope,
        measure=measure,
        keys=owner.keys,
        is_strict=options.is_strict,
        with_checksums=options.with_checksums,
    )
    is_whole = False
    try:
        with (
            _rare_collections(),
            compile_heard(lambda kernel: observer(Progress("compile", total_bytes=captures.total_bytes))),
        ):
            pipeline.run(owner.arrivals(captures, catalogue), _heard(captures, observer, keeping, owner))
        is_whole = True
    finally:
        summary = _close(captures, pipeline, sink, is_whole)
        granted = owner.words(options.grant.words, sink.n_rows())
        told = keeping.told() | {"granted": granted} | owner.told(sink.n_rows())
        folder.finish(summary | told, is_whole=is_whole)
    measure("write")
    if options.with_findings:
        observer(Progress("detect"))
        finish(
            folder,
            is_partial=not is_whole,
            encrypted=catalogue.encrypted(),
            is_strict=options.is_strict,
            granted=granted,
        )
        measure("detect")


@contextlib.contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for reference cycles seldom while reading: rows hold none, and the search took a quarter of the time."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _heard(captures: CaptureSet, observer: Observer, keeping: Keeping, owner: OwnerKeys) -> Callable[[Arrival], None]:
    """Return what is called with each batch: it tells the observer how far reading has come, and stops in time."""
    progress = Progress("read", total_bytes=captures.total_bytes)

    def _batch_heard(arrival: Arrival) -> None:
        progress.n_packets += arrival.origin.size
        progress.at_bytes = captures.at_bytes
        observer(progress)
        owner.settle()
        keeping.refuse_expired()

    return _batch_heard


def _close(captures: CaptureSet, pipeline: Pipeline, sink: Sink, is_whole: bool) -> dict[str, Any]:
    """Write what concerns whole captures, and finish all files; returns what the case's manifest says of the input."""
    listed = []
    for tally in captures.tallies:
        declined = pipeline.declined.get(tally.number)
        row = _capture_row(tally, declined.tolist() if declined is not None else [0] * len(REASONS), is_whole)
        row |= _checked(pipeline.checksums, tally.number)
        if pipeline.has_scope:
            row["capture_comments"] = None  # what a capture's author wrote may speak of what is out of scope
        sink.add(CAPTURES, row, -1, 0)
        for offset, reason, lost_bytes in tally.reader.info.troubles:
            sink.anomaly(
                "capture",
                reason,
                ts_ns=tally.last_ns or 0,
                capture=tally.name,
                offset_bytes=offset,
                lost_bytes=lost_bytes if lost_bytes >= 0 else None,
            )
        listed.append(row)
    last_ns = max((tally.last_ns or 0 for tally in captures.tallies), default=0)
    for number, counts in sorted(pipeline.declined.items()):
        for reason in range(1, len(REASONS)):
            if counts[reason] and reason not in (LINK_MESSAGE, OUT_OF_SCOPE):
                sink.anomaly(
                    "decode",
                    REASONS[reason],
                    ts_ns=last_ns,
                    capture=captures.tallies[number].name,
                    detail=f"{counts[reason]} packets",
                )
    for reason, count in sorted(pipeline.decoder.unknown.items()):
        sink.anomaly("decode", reason, ts_ns=last_ns, detail=f"{count} packets")
    for (name, fault), count in sorted(pipeline.catalogue.faults.items()):
        sink.anomaly(name, "fault in the probe", ts_ns=last_ns, detail=f"{fault[:200]}, {count} times")
    for reason, n_datagrams, n_bytes in pipeline.decoder.troubles():
        sink.anomaly("fragments", reason, ts_ns=last_ns, detail=f"{n_datagrams} datagrams", lost_bytes=n_bytes)
    sink.close()
    return {"captures": listed, "tables": sink.n_rows(), "last_ns": last_ns}


def _checked(checksums: dict[int, NDArray[np.int64]] | None, number: int) -> dict[str, int]:
    """Return what is told of the checksums of a capture; nothing where they were not looked at."""
    if checksums is None:
        return {}
    found = checksums[number].tolist() if number in checksums else [0] * checksum.KINDS
    return {
        "n_checked": sum(found) - found[checksum.UNCHECKED],
        "n_wrong_ip_checksum": found[checksum.WRONG_IP],
        "n_wrong_checksum": found[checksum.WRONG_TRANSPORT],
    }


def _capture_row(tally: Tally, declined: list[int], is_whole: bool) -> dict[str, Any]:
    info, source = tally.reader.info, tally.reader.source
    return {
        "capture_id": tally.number,
        "capture": tally.name,
        "sha256": source.sha256() if tally.is_whole else None,
        "file_size_bytes": source.size_bytes if source.size_bytes >= 0 else None,
        "capture_format": info.format,
        "compression": source.compression,
        "link_types": ",".join(map(str, sorted(tally.link_types))),
        "n_packets": tally.n_packets,
        "capture_bytes": tally.capture_bytes,
        "on_wire_bytes": tally.on_wire_bytes,
        "n_snapped": tally.n_snapped,
        "n_dropped": info.n_dropped,
        "n_not_decoded": sum(declined) - declined[OK] - declined[LINK_MESSAGE] - declined[OUT_OF_SCOPE],
        "n_out_of_scope": declined[OUT_OF_SCOPE],
        "first_ts": None if tally.first_ns is None else tally.first_ns // 1000,
        "last_ts": None if tally.last_ns is None else tally.last_ns // 1000,
        "capture_application": info.application,
        "capture_comments": info.comments,
        "is_partial": not (is_whole and tally.is_whole),
    }
