"""The charge points' day, read back from masked and deflated frames."""

from __future__ import annotations

import json
import struct
import zlib
from collections import Counter

from quivive.demo import names
from tests.demo import independent

EXPECTED = Counter({
    "BootNotification": 1, "Authorize": 3, "StartTransaction": 3, "StopTransaction": 3, "MeterValues": 24,
    "StatusNotification": 11,
})  # fmt: skip


def _messages(stream, is_deflated):
    """Text messages of one side after its part of the upgrade."""
    at, inflate = stream.index(b"\r\n\r\n") + 4, zlib.decompressobj(-15)
    while at < len(stream):
        first, second, at = stream[at], stream[at + 1], at + 2
        size = second & 0x7F
        if size == 126:
            size, at = struct.unpack_from("!H", stream, at)[0], at + 2
        mask = stream[at : at + 4] if second & 0x80 else bytes(4)
        at += 4 * (second >> 7)
        payload = bytes(byte ^ mask[n % 4] for n, byte in enumerate(stream[at : at + size]))
        at += size
        assert bool(first & 0x40) == (is_deflated and first & 0x0F == 1)
        if first & 0x0F == 1:
            yield json.loads(inflate.decompress(payload + b"\0\0\xff\xff") if is_deflated else payload)


def test_three_charge_points_tell_their_day_call_by_call(streams):
    for number, post in enumerate(names.CHARGE_POINTS):
        (found,) = (talk for ends, talk in streams["station.pcap"].items() if (ends[0], ends[3]) == (post.ip, 80))
        upgrade = independent.stream(found, 0)
        assert upgrade.startswith(f"GET /ocpp/{post.name} HTTP/1.1\r\n".encode())
        calls = list(_messages(upgrade, number == 2))
        results = list(_messages(independent.stream(found, 1), number == 2))
        assert [call[1] for call in calls] == [result[1] for result in results]
        actions = Counter(call[2] for call in calls)
        assert actions.pop("Heartbeat") > 150
        assert actions == EXPECTED


def test_meters_never_run_backwards(streams):
    (found,) = (talk for ends, talk in streams["station.pcap"].items() if ends[0] == names.CHARGE_POINTS[0].ip)
    calls = _messages(independent.stream(found, 0), is_deflated=False)
    stands = [call[3].get("meterStart", call[3].get("meterStop")) for call in calls if "Transaction" in call[2]]
    assert stands == sorted(stands)
    assert stands[0] < stands[-1]
