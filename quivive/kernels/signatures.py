"""Many patterns against many first payloads: one kernel, with a bucket of candidates per carrier and first byte."""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from quivive.kernels.flow_row import CONFIDENCE, IS_SWAPPED, KEY_PORTS, SERVICE, SWAPPED
from quivive.kernels.headers import TCP, UDP
from quivive.kernels.jit import kernel

NONE, PORT, PROBED, PORT_AND_PATTERN, PATTERN = range(5)
CONFIDENCES = ("", "port only", "probe", "port and pattern", "pattern")

Signatures = namedtuple(
    "Signatures",
    "bucket candidate service carrier is_sure has_probe side size offset minimum value mask port_first port_next",
)
"""Compiled patterns, the most telling first.

bucket:     int32 (3 * 256 + 1,)  where the candidates of a carrier (TCP, UDP, other) and first byte begin
candidate:  int32 (n,) pattern numbers   side: int8, -1 for either   value, mask: uint8 (patterns, longest)
port_first: int32 (3, 65536)  first entry of the services a port suggests, -1 for none; port_next: int32 (entries, 2)
            service and next entry
"""

Asked = namedtuple("Asked", "flow packet service kind")
"""Questions for a probe: flow row, packet, service; kind 1: a port suggests it, 2: a pattern fits, 3: both."""


@kernel
def carrier_of(transport):
    """Return 0 for TCP, 1 for UDP, 2 for others."""
    if transport == TCP:
        return np.int64(0)
    return np.int64(1) if transport == UDP else np.int64(2)


@kernel
def fits(data, at, size, signatures, k):
    """Return whether a payload bears pattern k."""
    first, n = np.int64(signatures.offset[k]), np.int64(signatures.size[k])
    if size < first + n or size < signatures.minimum[k]:
        return False
    begin, row = np.uint64(at + first), np.uint64(k)
    for j in range(np.uint64(n)):
        if data[begin + j] & signatures.mask[row, j] != signatures.value[row, j]:
            return False
    return True


@kernel
def suggests(signatures, carrier, port, service):
    """Return whether a port suggests a service."""
    entry = np.int64(signatures.port_first[carrier, port])
    while entry >= 0:
        if signatures.port_next[entry, 0] == service:
            return True
        entry = np.int64(signatures.port_next[entry, 1])
    return False


@kernel
def ask(asked, count, flow, packet, service, kind):
    """Add a question, unless it stands there already or there is no room; returns their number."""
    for k in range(max(count - 8, 0), count):
        if asked.flow[k] == flow and asked.packet[k] == packet and asked.service[k] == service:
            asked.kind[k] |= kind
            return count
    if count < asked.flow.size:
        asked.flow[count], asked.packet[count], asked.service[count], asked.kind[count] = flow, packet, service, kind
        return count + 1
    return count


@kernel
def match(data, at, size, carrier, orig_port, resp_port, side, signatures, asked, count, flow, packet):
    """Return the service a payload shows, how sure that is, and the number of questions to be asked."""
    bucket = carrier * 256 + np.int64(data[at])
    for c in range(signatures.bucket[bucket], signatures.bucket[bucket + 1]):
        k = np.int64(signatures.candidate[c])
        if (signatures.side[k] >= 0 and signatures.side[k] != side) or not fits(data, at, size, signatures, k):
            continue
        service = np.int64(signatures.service[k])
        has_port = suggests(signatures, carrier, resp_port, service) or suggests(
            signatures, carrier, orig_port, service
        )
        if signatures.is_sure[k]:
            return service, np.int64(PATTERN), count
        if signatures.has_probe[service]:
            count = ask(asked, count, flow, packet, service, np.int64(3 if has_port else 2))
        elif has_port:
            return service, np.int64(PORT_AND_PATTERN), count
    return np.int64(0), np.int64(NONE), count


@kernel
def ask_ports(carrier, port, signatures, asked, count, flow, packet):
    """Add a question for every service with a probe that a port suggests; returns their number."""
    entry = np.int64(signatures.port_first[carrier, port])
    while entry >= 0:
        service = np.int64(signatures.port_next[entry, 0])
        if signatures.has_probe[service]:
            count = ask(asked, count, flow, packet, service, np.int64(1))
        entry = np.int64(signatures.port_next[entry, 1])
    return count


@kernel
def identify(data, arena, packets, row, first_flow, first_packet, n, signatures, asked, is_asked):
    """Name the service of every flow whose first payloads show it.

    first_flow, first_packet: the n payloads to be looked at, in order; payloads of flows of which something is asked
    are moved to the front, for another round once the probes have answered. is_asked: uint8 (rows,) zeros.
    Returns the number of questions for probes, and of payloads left.
    """
    count, n_left = np.int64(0), np.int64(0)
    for f in range(n):
        flow, i = np.int64(first_flow[f]), np.int64(first_packet[f])
        if row[flow, CONFIDENCE]:
            continue
        if is_asked[flow]:
            first_flow[n_left], first_packet[n_left] = flow, i
            n_left += 1
            continue
        before = count
        start, size = packets.payload_start[i], np.int64(packets.captured_bytes[i])
        ports = row[flow, KEY_PORTS]
        carrier = carrier_of(ports & 0xFF)
        low, high = ports >> 24, (ports >> 8) & 0xFFFF
        is_swapped = row[flow, IS_SWAPPED] & SWAPPED
        orig_port, resp_port = (high, low) if is_swapped else (low, high)
        if carrier == 2:
            orig_port, resp_port = np.int64(0), ports & 0xFF
        side = np.int64(packets.side[i])
        source, at = (data, start) if start >= 0 else (arena, ~start)
        service, confidence, count = match(
            source, at, size, carrier, orig_port, resp_port, side, signatures, asked, count, flow, i
        )
        if confidence:
            row[flow, SERVICE], row[flow, CONFIDENCE] = service, confidence
        else:
            count = ask_ports(carrier, resp_port, signatures, asked, count, flow, i)
            if orig_port != resp_port:
                count = ask_ports(carrier, orig_port, signatures, asked, count, flow, i)
            if count > before:
                is_asked[flow] = 1
    return count, n_left
