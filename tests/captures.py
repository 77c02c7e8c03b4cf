"""Captures made in tests: frames to pcap files."""

from __future__ import annotations

import struct


def pcap(path, frames, *, start_s=1_700_000_000, step_us=1000, link_type=1):
    """Write frames, evenly apart; returns the path."""
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, link_type)
    records = []
    for k, frame in enumerate(frames):
        at_us = start_s * 1_000_000 + k * step_us
        records.append(struct.pack("<4I", at_us // 1_000_000, at_us % 1_000_000, len(frame), len(frame)) + frame)
    path.write_bytes(head + b"".join(records))
    return path
