"""What names that were looked up carry: their labels joined in the order of asking, and decoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from quivive.encodings.chain import Kind, Reading, unwrap
from quivive.model.limits import UNWRAPPED_BYTES

CUTS = ((0, 0), (1, 0), (0, 1), (1, 1))
"""Labels left out at either end of each name: a counter or a session's number stands there."""


def carried(names: Sequence[str]) -> Reading | None:
    """Return what names carry below their common domain, asked in this order; None where nothing is told.

    names: the labels below the domain, joined by dots
    """
    best: Reading | None = None
    for text in _joined(names):
        reading = unwrap(text)
        if reading is not None and (best is None or reading.kind > best.kind):
            best = reading
        if best is not None and best.kind is Kind.TEXT:
            return best
    each = _each(names)
    return each if each is not None and (best is None or each.kind > best.kind) else best


def _joined(names: Sequence[str]) -> Iterator[bytes]:
    for first, last in CUTS:
        labels = [name.split(".") for name in names]
        kept = ["".join(of_name[first : len(of_name) - last]) for of_name in labels]
        if all(kept):
            yield "".join(kept).encode("ascii", "replace")[:UNWRAPPED_BYTES]


def _each(names: Sequence[str]) -> Reading | None:
    """Return what names carry that are encoded each by itself."""
    readings: list[Reading] = []
    size = 0
    for name in names:
        reading = unwrap(name.replace(".", "").encode("ascii", "replace"))
        if reading is None or (readings and reading.chain != readings[0].chain):
            return None
        readings.append(reading)
        size += len(reading.data)
        if size >= UNWRAPPED_BYTES:
            break
    if len(readings) < 2:
        return None
    data = b"".join(reading.data for reading in readings)[:UNWRAPPED_BYTES]
    return Reading(readings[0].chain, data, min(reading.kind for reading in readings))
