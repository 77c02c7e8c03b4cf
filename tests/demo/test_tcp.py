"""Every TCP connection of the demonstration: it opens, agrees with itself, and ends."""

from __future__ import annotations

from random import Random

from quivive.demo import names
from quivive.demo.tape import Tape
from quivive.demo.tcp import ORIG, RESP, Conversation, Trouble
from tests.demo import independent
from tests.demo.independent import MODULO

FIN, SYN, PSH, ACK = 1, 2, 8, 16


def _talk():
    tape = Tape(Random(5))
    return tape, Conversation(tape, (names.PCS[0], names.NEWS), 443, at_ns=10**18, rtt_ns=10_000_000)


def _packets(tape):
    return [packet for at_ns, frame in tape.in_order() for packet in independent._packet(at_ns, frame)]


def test_a_short_talk_packet_by_packet():
    tape, talk = _talk()
    talk.say(ORIG, b"hello")
    talk.say(RESP, b"good day")
    talk.close()
    packets = _packets(tape)
    first, second = packets[0].seq, packets[1].seq
    seen = [(packet.sport == 443, packet.seq, packet.ack, packet.flags, packet.body) for packet in packets]
    assert seen == [
        (False, first, 0, SYN, b""),
        (True, second, first + 1, SYN | ACK, b""),
        (False, first + 1, second + 1, ACK, b""),
        (False, first + 1, second + 1, ACK | PSH, b"hello"),
        (True, second + 1, first + 6, ACK | PSH, b"good day"),
        (False, first + 6, second + 9, ACK | FIN, b""),
        (True, second + 9, first + 7, ACK | FIN, b""),
        (False, first + 7, second + 10, ACK, b""),
    ]


def test_what_was_late_and_what_came_twice_make_the_same_stream():
    tape, talk = _talk()
    sent = bytes(range(256)) * 80
    talk.say(RESP, sent, Trouble(late=frozenset({2, 11}), again=frozenset({5})))
    talk.close()
    packets = _packets(tape)
    assert independent.stream(packets, RESP) == sent
    pieces = [packet.seq for packet in packets if packet.body]
    assert pieces != sorted(pieces)
    assert len(pieces) == len(set(pieces)) + 1


def test_a_pause_lets_the_acknowledgement_go_alone():
    tape, talk = _talk()
    talk.say(ORIG, b"hello")
    talk.pause(10**9)
    last = _packets(tape)[-1]
    assert (last.sport, last.flags, last.body) == (443, ACK, b"")


def test_every_connection_opens_with_a_handshake_and_is_closed(streams):
    for connections in streams.values():
        for connection in connections.values():
            assert [packet.flags for packet in connection[:3]] == [SYN, SYN | ACK, ACK]
            assert sum(packet.flags & FIN for packet in connection) == 2
            assert connection[-1].flags == ACK


def test_nobody_acknowledges_what_was_not_sent_and_streams_have_no_gap(streams):
    for connections in streams.values():
        for connection in connections.values():
            independent.stream(connection, ORIG)
            independent.stream(connection, RESP)
            _check_acknowledgements(connection)


def _check_acknowledgements(connection):
    reached, seen = {}, {}
    for packet in connection:
        me, other = (packet.src, packet.sport), (packet.dst, packet.dport)
        size = len(packet.body) + bool(packet.flags & SYN) + bool(packet.flags & FIN)
        start = reached.setdefault(me, packet.seq)
        end = start + (packet.seq + size - start + MODULO // 2) % MODULO - MODULO // 2
        reached[me] = max(start, end)
        if packet.flags & ACK:
            ahead = (packet.ack - reached[other] + MODULO // 2) % MODULO - MODULO // 2
            assert ahead <= 0, packet
            back = (packet.ack - seen.get(me, packet.ack) + MODULO // 2) % MODULO - MODULO // 2
            assert back >= 0, packet
            seen[me] = packet.ack
