"""Initial packets are found where the reader of long headers finds them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.quic.packet import INITIAL, RETRY, read_long_header
from quivive.messages.quic.packet_kernels import ID_BYTES, is_read, read_head
from quivive.model.errors import Malformed
from tests.protocols.quic_builder import CLIENT_INITIAL, DRAFT_29, V1, V2, initial, varint
from tests.protocols.tls_builder import vector


def head(data):
    """Return what the kernel reads of a header, with bytes in place of spans; None where it refuses."""
    buffer = np.frombuffer(b"\xee\xee" + data + b"\xee", np.uint8).copy()
    kind, version, dcid, scid, number_at, end = read_head(buffer, np.int64(2), np.int64(2 + len(data)))
    if kind < 0:
        return None
    ids = [buffer[ref >> 16 : (ref >> 16) + (ref & 0xFFFF)].tobytes() for ref in (dcid, scid)]
    return int(kind), int(version), *ids, int(number_at) - 2, int(end) - 2


def plain_head(data):
    """Return the same as the reader of one header has it."""
    try:
        read = read_long_header(data, 0)
    except Malformed:
        return None
    if read.kind >= RETRY or not is_read(np.int64(read.version)) or max(len(read.dcid), len(read.scid)) > ID_BYTES:
        return None
    return tuple(read)


ids = st.binary(max_size=22).map(lambda one: vector(1, one))
sizes = st.integers(0, 70).map(varint) | st.binary(max_size=9)
headers = st.builds(
    lambda first, version, *rest: bytes([first]) + version.to_bytes(4, "big") + b"".join(rest),
    st.integers(0x80, 0xFF), st.sampled_from([V1, V2, DRAFT_29, 0, 0xFF000010, 0x51303530, 0xFACEB002]),
    ids, ids, sizes, st.binary(max_size=70), sizes, st.binary(max_size=70),
)  # fmt: skip


@given(headers | st.binary(max_size=60))
def test_headers_are_read_as_one_by_one(data):
    if data and data[0] & 0x80:
        assert head(data) == plain_head(data)


@given(st.integers(0, len(CLIENT_INITIAL)))
def test_a_packet_that_is_cut_is_refused(end):
    assert head(CLIENT_INITIAL[:end]) == (plain_head(CLIENT_INITIAL) if end == len(CLIENT_INITIAL) else None)


def test_version_2_numbers_its_packets_otherwise():
    assert [head(initial(b"\0", version=version))[0] for version in (V1, V2, DRAFT_29)] == [INITIAL] * 3


def test_drafts_count_from_the_first_with_these_headers():
    assert [bool(is_read(np.int64(0xFF000000 + draft))) for draft in (21, 22, 34)] == [False, True, True]
