"""What one side of a flow said at one time, and when each piece of it was captured."""

from __future__ import annotations

import bisect
from typing import NamedTuple


class Times(NamedTuple):
    """When the pieces were captured that a turn was joined of: those numbered from `first` to before `stop`.

    begin, ts_ns: of all pieces of a batch    base: where the turn begins, counted as in `begin`
    """

    begin: list[int]
    ts_ns: list[int]
    first: int
    stop: int
    base: int

    def own(self) -> Times:
        """Return these times apart from those of the batch, for a turn that outlives it."""
        mine = slice(self.first, self.stop)
        return Times(self.begin[mine], self.ts_ns[mine], 0, self.stop - self.first, self.base)

    def at(self, offset: int) -> int:
        """Return when the byte at an offset of the turn was captured."""
        behind = bisect.bisect_right(self.begin, self.base + offset, self.first, self.stop)
        return self.ts_ns[max(behind - 1, self.first)]


class Turn(NamedTuple):
    """What one side said: stream bytes behind `gap` missing ones, or a datagram.

    ts_ns is of the first byte; times, where bytes were captured apart, tells that of others.
    """

    side: int
    said: bytes
    ts_ns: int
    gap: int
    is_datagram: bool
    times: Times | None = None
