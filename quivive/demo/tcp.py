"""A TCP conversation as a tap beside its originator sees it: handshake, segments, acknowledgements, end (RFC 9293)."""

from __future__ import annotations

from typing import NamedTuple

from quivive.demo import wire
from quivive.demo.clock import MICROSECOND, MILLISECOND
from quivive.demo.names import WINDOWS, Host
from quivive.demo.tape import Tape
from quivive.demo.wire import ACK, FIN, PSH, RST, SYN

ORIG, RESP = 0, 1
SEGMENT_GAP_NS, ANSWER_NS = 12 * MICROSECOND, 30 * MICROSECOND
ACK_DELAY_NS = 40 * MILLISECOND
RETRANSMIT_NS = 210 * MILLISECOND
FIRST_WINDOW, LAST_WINDOW = 10, 64
"""Segments sent without waiting: at first (RFC 6928), and once the way is known to bear more."""

SYN_OPTIONS = {
    True: bytes.fromhex("020405b4 0103 0308 0101 0402"),
    False: bytes.fromhex("020405b4 0101 0402 0103 0307"),
}
"""Largest segment 1460, window scale, selective acknowledgement; in the order of Windows (True) or Linux."""


class Trouble(NamedTuple):
    """What goes wrong on the way: numbers of segments within one call of say."""

    late: frozenset[int] = frozenset()
    again: frozenset[int] = frozenset()


NO_TROUBLE = Trouble()


class Conversation:
    """One TCP connection; each call adds frames and moves the conversation's own clock, now_ns, on."""

    def __init__(self, tape: Tape, ends: tuple[Host, Host], port: int, *, at_ns: int, rtt_ns: int = 400_000,
                 over_ipv6: bool = False) -> None:  # fmt: skip
        self.tape, self.rng, self.ends = tape, tape.rng, ends
        self.ports = (tape.port(ends[ORIG]), port)
        self.now_ns, self.rtt_ns = at_ns, rtt_ns
        self._over_ipv6 = over_ipv6
        self._mss = 1440 if over_ipv6 else 1460
        self._seq = [self.rng.getrandbits(32), self.rng.getrandbits(32)]
        self._window = [FIRST_WINDOW, FIRST_WINDOW]
        self._speaker, self._owes = ORIG, False
        self._open()

    def say(self, side: int, payload: bytes, trouble: Trouble = NO_TROUBLE) -> None:
        """Send a message, cut into segments, as fast as the window lets it."""
        self._take_turn(side)
        chunks = [payload[at : at + self._mss] for at in range(0, len(payload), self._mss)]
        start = 0
        while start < len(chunks):
            stop = min(start + self._window[side], len(chunks))
            self._burst(side, [(n, chunks[n]) for n in range(start, stop)], stop == len(chunks), trouble)
            start = stop

    def pause(self, length_ns: int) -> None:
        """Let time pass; what was said last is acknowledged meanwhile."""
        if length_ns > ACK_DELAY_NS:
            self._settle(ACK_DELAY_NS)
        self.now_ns += length_ns

    def close(self, side: int = ORIG) -> None:
        """End the conversation in good order, this side first."""
        other = 1 - side
        self._take_turn(side)
        self._segment(side, FIN | ACK)
        self._take_turn(other)
        self._segment(other, FIN | ACK)
        self._take_turn(side)
        self._segment(side, ACK)

    def reset(self, side: int = ORIG) -> None:
        """Break the conversation off."""
        self._take_turn(side)
        self._segment(side, RST | ACK)

    def _open(self) -> None:
        options = SYN_OPTIONS[self.ends[ORIG].ttl == WINDOWS]
        self._segment(ORIG, SYN, options=options)
        self.now_ns += self.rtt_ns
        self._segment(RESP, SYN | ACK, options=options)
        self.now_ns += 60 * MICROSECOND
        self._segment(ORIG, ACK)

    def _burst(self, side: int, chunks: list[tuple[int, bytes]], is_last: bool, trouble: Trouble) -> None:
        """Send as many segments as the window allows; the other side acknowledges every second one."""
        missing: list[tuple[int, bytes]] = []
        repeated: list[tuple[int, bytes]] = []
        way_ns = self.rtt_ns if side == ORIG else ANSWER_NS
        for count, (number, chunk) in enumerate(chunks, 1):
            ends_here = count == len(chunks)
            if number in trouble.again:
                repeated.append((self._seq[side], chunk))
            if number in trouble.late:
                missing.append((self._seq[side], chunk))
                self._seq[side] += len(chunk)
            else:
                self._segment(side, ACK | PSH if ends_here and is_last else ACK, chunk)
            self.now_ns += SEGMENT_GAP_NS
            if missing or (count % 2 == 0 and not ends_here):
                reached = missing[0][0] if missing else self._seq[side]
                self._segment(1 - side, ACK, ack=reached, at_ns=self.now_ns + way_ns)
        self._mend(side, missing, repeated)
        self._owes = True
        self._window[side] = min(2 * self._window[side], LAST_WINDOW)
        if not is_last:
            self._settle(ANSWER_NS)
            self.now_ns += self.rtt_ns

    def _mend(self, side: int, missing: list[tuple[int, bytes]], repeated: list[tuple[int, bytes]]) -> None:
        """Send what was lost before the tap after one round trip, and what was lost beyond it after a time-out."""
        for delay_ns, segments in ((self.rtt_ns, missing), (RETRANSMIT_NS, repeated)):
            self.now_ns += delay_ns if segments else 0
            for seq, chunk in segments:
                self._segment(side, ACK, chunk, seq=seq)
                self.now_ns += SEGMENT_GAP_NS

    def _take_turn(self, side: int) -> None:
        """Let the time pass that the other's answer needs, or settle what is owed if the same side goes on."""
        if side == self._speaker:
            self._settle(ANSWER_NS)
            self.now_ns += self.rng.randrange(50, 200) * MICROSECOND
        else:
            way_ns = self.rtt_ns if side == RESP else 0
            self.now_ns += way_ns + self.rng.randrange(100, 900) * MICROSECOND
        self._speaker, self._owes = side, False

    def _settle(self, delay_ns: int) -> None:
        """Acknowledge what was said last, unless that is done."""
        if self._owes:
            way_ns = self.rtt_ns if self._speaker == ORIG else 0
            self._segment(1 - self._speaker, ACK, at_ns=self.now_ns + delay_ns + way_ns)
        self._owes = False

    def _segment(self, side: int, flags: int, payload: bytes = b"", *, seq: int | None = None, ack: int | None = None,
                 at_ns: int | None = None, options: bytes = b"") -> None:  # fmt: skip
        """Leave one segment on the tape; unless it is sent again, the sequence number moves on."""
        src, dst = self.ends[side], self.ends[1 - side]
        addresses = (src.ip6, dst.ip6) if self._over_ipv6 else (src.ip, dst.ip)
        ends = (addresses[0], self.ports[side], addresses[1], self.ports[1 - side])
        if ack is None:
            ack = self._seq[1 - side] if flags & ACK else 0
        window = 64240 if flags & SYN else 1026
        segment = wire.tcp(ends, self._seq[side] if seq is None else seq, ack, flags, payload,
                           window=window, options=options)  # fmt: skip
        send = self.tape.packet6 if self._over_ipv6 else self.tape.packet
        send(self.now_ns if at_ns is None else at_ns, src, dst, wire.TCP, segment)
        if seq is None:
            self._seq[side] += len(payload) + bool(flags & SYN) + bool(flags & FIN)
