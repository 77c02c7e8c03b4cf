"""The planted things, measured in the captures as a detector would."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from quivive.demo import names, planted
from tests.demo import independent


def _between(streams, orig, resp):
    return [found for ends, found in streams.items() if (ends[0], ends[2]) == (orig.ip, resp.ip)]


def _name(message):
    labels, at = [], 12
    while size := message[at]:
        labels.append(message[at + 1 : at + 1 + size].decode())
        at += 1 + size
    return labels, int.from_bytes(message[at + 1 : at + 3], "big")


def test_the_tunnel_asks_hundreds_of_long_names_under_one_domain(packets):
    asked = [_name(packet.body) for packet in packets["office.pcapng"] if packet.protocol == 17 and packet.dport == 53]
    tunnel = [labels for labels, kind in asked if ".".join(labels[-2:]) == planted.TUNNEL_DOMAIN and kind == 16]
    assert len(tunnel) == len(set(map(tuple, tunnel))) == planted.N_TUNNEL_QUERIES
    assert all(len(labels[0]) == 56 and set(labels[0]) <= set("abcdefghijklmnopqrstuvwxyz234567") for labels in tunnel)
    others = Counter(len(".".join(labels)) for labels, _ in asked if labels not in tunnel)
    assert max(others) < 64 < min(len(".".join(labels)) for labels in tunnel)


def test_the_beacon_calls_every_minute_of_the_day_with_the_same_bytes(streams):
    calls = _between(streams["office.pcapng"], names.PCS[7], names.BEACON_PEER)
    starts = sorted(call[0].at_ns for call in calls)
    assert len(calls) == 1440
    assert all(58 * 10**9 <= later - earlier <= 62 * 10**9 for earlier, later in pairwise(starts))
    assert len({len(independent.stream(call, 0)) for call in calls}) == 1


def test_the_upload_goes_out_in_one_connection_and_is_the_largest_of_all(streams):
    (found,) = _between(streams["hub.pcap.gz"], names.WMS1, names.STORAGE)
    assert len(independent.stream(found, 0)) > planted.UPLOAD_BYTES
    assert len(independent.stream(found, 1)) < 10_000
    outwards = Counter()
    for connections in streams.values():
        for (_, _, resp, _), connection in connections.items():
            outwards[resp] += sum(len(packet.body) for packet in connection if packet.dst == resp)
    assert outwards.most_common(1)[0][0] == names.STORAGE.ip


def test_only_one_connection_shows_a_password(streams):
    user, password = planted.FTP_LOGIN
    marks = (password.encode(), b"\r\nPASS ", b" LOGIN ", b"Basic ")
    shown = [
        (name, ends[2], ends[3])
        for name, connections in streams.items()
        for ends, connection in connections.items()
        if any(mark in independent.stream(connection, 0) for mark in marks)
    ]
    assert shown == [("hub.pcap.gz", names.CARRIER_FTP.ip, 21)]
    talks = _between(streams["hub.pcap.gz"], names.EDI1, names.CARRIER_FTP)
    (control,) = (found for found in talks if found[0].dport == 21)
    assert f"USER {user}\r\nPASS {password}\r\n".encode() in independent.stream(control, 0)
    assert b"230 User" in independent.stream(control, 1)
