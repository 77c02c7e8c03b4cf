import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Side
from quivive.protocols.tftp import TFTP, Tftp

from .stream_driver import rows_of

REQUEST = b"\0\1sw-1.cfg\0octet\0blksize\x001428\0tsize\x000\0"
AGREED = b"\0\6blksize\x001428\0"
REFUSED = b"\0\5\0\1File not found\0"


def data(block, size=512):
    return b"\0\3" + block.to_bytes(2, "big") + bytes(size)


def ack(block):
    return b"\0\4" + block.to_bytes(2, "big")


def talk(*turns):
    """Return the rows of datagrams, told from the originator in turn."""
    protocol, found = Tftp(), []
    for side, payload in turns:
        found += protocol.parse(Cursor(payload), side)
    return found + list(protocol.close())


ORIG, RESP = Side.ORIGINATOR, Side.RESPONDER


def test_request_becomes_one_row():
    assert rows_of(Tftp, [(ORIG, REQUEST)]) == [
        (TFTP, {
            "is_orig": True,
            "tftp_operation": "read request",
            "file_name": "sw-1.cfg",
            "tftp_mode": "octet",
            "tftp_options": "blksize=1428,tsize=0",
        })
    ]  # fmt: skip


def test_answers_become_a_row_each():
    assert talk((RESP, AGREED), (RESP, REFUSED)) == [
        (TFTP, {"is_orig": False, "tftp_operation": "option acknowledgement", "tftp_options": "blksize=1428"}),
        (TFTP, {
            "is_orig": False,
            "tftp_operation": "error",
            "tftp_error_code": 1,
            "tftp_error_text": "File not found",
        }),
    ]  # fmt: skip


def test_a_transfer_is_counted_once_though_blocks_come_again():
    turns = [(ORIG, data(1)), (RESP, ack(1)), (ORIG, data(1)), (ORIG, data(2)), (RESP, ack(2)), (ORIG, data(3, 100))]
    assert talk(*turns) == [
        (TFTP, {"is_orig": True, "tftp_operation": "transfer", "tftp_blocks": 3, "tftp_bytes": 1124})
    ]


def test_block_numbers_begin_again_after_65535():
    ((_, row),) = talk((RESP, data(65_535)), (RESP, data(0)), (RESP, data(1, 10)))
    assert (row["is_orig"], row["tftp_blocks"], row["tftp_bytes"]) == (False, 3, 1034)


def test_acknowledgements_alone_make_no_row():
    assert talk((ORIG, ack(0)), (ORIG, ack(1))) == []


@pytest.mark.parametrize("payload", [b"\0\1sw-1.cfg\0octet", b"\0\1name only\0", b"\0\7abc", b"\1\1abc", b"\0\3\0"])
def test_what_breaks_the_rules_is_malformed(payload):
    with pytest.raises(Malformed):
        talk((ORIG, payload))


@pytest.mark.parametrize("payload", [REQUEST, AGREED, REFUSED, data(1)])
def test_cut_at_any_byte_it_gives_rows_or_is_malformed(payload):
    for size in range(len(payload)):
        try:
            talk((ORIG, payload[:size]))
        except Malformed:
            continue


@given(noise=st.binary(max_size=60), number=st.integers(0, 8))
def test_noise_gives_rows_or_is_malformed(noise, number):
    payload = bytes([0, number]) + noise
    try:
        talk((ORIG, payload))
    except Malformed:
        pass
    Tftp.probe(payload, ORIG)
    Tftp.probe(noise, ORIG)


@pytest.mark.parametrize("payload", [REQUEST, AGREED, data(1), ack(0), ack(1), b"\0\2x\0NetASCII\0"])
def test_requests_and_first_blocks_are_known_on_any_port(payload):
    assert Tftp.probe(payload, ORIG) is Match.YES


def test_short_blocks_and_errors_are_known_on_its_port_only():
    assert Tftp.probe(data(1, 511), ORIG) is Match.UNSURE
    assert Tftp.probe(REFUSED, ORIG) is Match.UNSURE


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\0\1\0octet\0",
        b"\0\1x\0text\0",
        data(2),
        ack(2),
        ack(1) + b"\0",
        b"\0\6x\0y\0",
        b"\0\5\0\x09no\0",
        b"\0\1\0\0" + bytes(16),
    ],
)
def test_what_is_none_is_refused(payload):
    assert Tftp.probe(payload, ORIG) is Match.NO
