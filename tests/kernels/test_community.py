"""Community ID against the specification's own examples, and against hashlib."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.flows.describe import community_ids

# Baseline values published with the specification (community-id-spec, baseline/baseline_deflt.json), seed 0.
PUBLISHED = [
    ("128.232.110.120", "66.35.250.204", 6, 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    ("66.35.250.204", "128.232.110.120", 6, 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    ("192.168.1.52", "8.8.8.8", 17, 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
    ("192.168.0.89", "192.168.0.1", 1, 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
    ("fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 58, 135, 136, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="),
]


def halves(address):
    high, low = struct.unpack(">qq", ipaddress.ip_address(address).packed.rjust(16, b"\0"))
    return (high, low | 0xFFFF << 32) if "." in address else (high, low)


def one(src, dst, transport, src_port, dst_port):
    columns = (*halves(src), src_port, *halves(dst), dst_port)
    spans = community_ids(tuple(np.array([value], np.int64) for value in columns), np.array([transport], np.int64))
    return spans.data.tobytes().decode()


@pytest.mark.parametrize(("src", "dst", "transport", "src_port", "dst_port", "expected"), PUBLISHED)
def test_published_examples(src, dst, transport, src_port, dst_port, expected):
    assert one(src, dst, transport, src_port, dst_port) == expected


@given(
    st.binary(min_size=4, max_size=4), st.binary(min_size=4, max_size=4), st.integers(0, 65535), st.integers(0, 65535)
)
def test_any_tcp_flow_hashes_as_hashlib_does(src, dst, src_port, dst_port):
    ordered = sorted([(src, src_port), (dst, dst_port)])
    text = b"\0\0" + ordered[0][0] + ordered[1][0] + b"\x06\0" + struct.pack(">HH", ordered[0][1], ordered[1][1])
    expected = "1:" + base64.b64encode(hashlib.sha1(text).digest()).decode()
    assert one(str(ipaddress.ip_address(src)), str(ipaddress.ip_address(dst)), 6, src_port, dst_port) == expected
