import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import DissectError, Malformed
from quivive.model.five_tuple import Side
from quivive.protocols.stun import MAX_FOREIGN, STUN, Stun
from tests.protocols.stream_driver import ORIG, outcome_of, rows_in_every_cut

REQUEST = bytes.fromhex(
    "0001 001c 2112a442 0102030405060708090a0b0c"  # binding request, 28 bytes, cookie, transaction
    "0006 0009 616c6963653a626f62 000000"  # USERNAME alice:bob
    "8022 0008 6578616d706c6531"  # SOFTWARE example1
)
RELAY = bytes.fromhex(
    "0103 0018 2112a442 0102030405060708090a0b0c"  # allocate, success
    "0016 0008 0001 3252 e112a643"  # XOR-RELAYED-ADDRESS 192.0.2.1:4928
    "0020 0008 0001 3e82 e112a640"  # XOR-MAPPED-ADDRESS 192.0.2.2:8080
)
DENIED = bytes.fromhex(
    "0113 0018 2112a442 0102030405060708090a0b0c"  # allocate, error
    "0009 0006 0000 04 01 6e6f 0000"  # ERROR-CODE 401 "no"
    "0014 0006 722e74657374 0000"  # REALM r.test
)
CLASSIC = bytes.fromhex("0101 000c a1a2a3a4b1b2b3b4b5b6b7b8b9babbbc 0001 0008 0001 1f90 c0000201")
TRANSACTION = "0102030405060708090a0b0c"


def row_of(payload, stun=None):
    ((table, row),) = (stun or Stun()).parse(Cursor(payload), Side.ORIGINATOR)
    assert table is STUN
    return row


def test_a_request_tells_who_asks_with_what():
    assert row_of(REQUEST) == {
        "is_orig": True,
        "stun_message": "binding request",
        "stun_transaction": TRANSACTION,
        "user": "alice:bob",
        "stun_software": "example1",
        "is_classic_stun": False,
    }


def test_a_relay_tells_the_addresses_it_lends_and_sees():
    assert row_of(RELAY) == {
        "is_orig": True,
        "stun_message": "allocate success",
        "stun_transaction": TRANSACTION,
        "stun_relayed_addr": "192.0.2.1:4928",
        "stun_mapped_addr": "192.0.2.2:8080",
        "is_classic_stun": False,
    }


def test_an_error_is_number_and_words():
    row = row_of(DENIED)
    assert (row["stun_message"], row["stun_error_code"], row["stun_error_text"]) == ("allocate error", 401, "no")
    assert row["domain"] == "r.test"


def test_an_old_message_has_no_cookie():
    row = row_of(CLASSIC)
    assert (row["is_classic_stun"], row["stun_mapped_addr"]) == (True, "192.0.2.1:8080")
    assert row["stun_transaction"] == "a1a2a3a4b1b2b3b4b5b6b7b8b9babbbc"


def test_an_address_of_version_six_is_read_through_cookie_and_transaction():
    mask = bytes.fromhex("2112a442" + TRANSACTION)
    address = bytes(a ^ b for a, b in zip(bytes.fromhex("20010db8000000000000000000000001"), mask, strict=True))
    payload = bytes.fromhex("0101 0018 2112a442" + TRANSACTION + "0020 0014 0002 3e82") + address
    assert row_of(payload)["stun_mapped_addr"] == "[2001:db8::1]:8080"


def test_over_a_stream_messages_stand_one_after_another_bare_or_framed():
    bare = [row for _, row in rows_in_every_cut(Stun, [(ORIG, REQUEST + REQUEST)])]
    framed = [row for _, row in rows_in_every_cut(Stun, [(ORIG, len(REQUEST).to_bytes(2, "big") + REQUEST)])]
    assert len(bare) == 2
    assert framed == bare[:1]


def test_data_of_a_channel_is_stepped_over_in_a_stream():
    rows = rows_in_every_cut(Stun, [(ORIG, bytes.fromhex("4000 0005 0102030405 000000") + REQUEST)])
    assert [row["stun_message"] for _, row in rows] == ["binding request"]


def test_media_on_the_same_port_is_handed_over():
    cursor = Cursor(bytes.fromhex("8008 0001 00000000 00000001"))
    assert list(Stun().parse(cursor, Side.ORIGINATOR)) == []
    assert cursor.handover and cursor.handover.to == "rtp"


@pytest.mark.parametrize(("n", "is_done"), [(MAX_FOREIGN - 1, False), (MAX_FOREIGN, True)])
def test_a_side_that_says_other_things_is_left_alone(n, is_done):
    stun = Stun()
    for _ in range(n):
        cursor = Cursor(b"\x40\0\0\0")
        assert list(stun.parse(cursor, Side.ORIGINATOR)) == []
    assert cursor.is_done is is_done


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (CLASSIC, Match.YES),
        (REQUEST, Match.YES),
        (bytes.fromhex("0001 0000") + bytes(16), Match.UNSURE),
        (CLASSIC + b"\0", Match.NO),
        (CLASSIC[:-1], Match.NO),
        (CLASSIC[:20] + b"\x7f" + CLASSIC[21:], Match.NO),  # an attribute nobody knows
        (b"", Match.NO),
    ],
)
def test_without_a_cookie_length_and_attributes_decide(payload, match):
    assert Stun.probe(payload, Side.ORIGINATOR) is match


@pytest.mark.parametrize("payload", [REQUEST, RELAY, CLASSIC])
def test_cut_short_it_is_malformed(payload):
    for size in range(1, len(payload)):
        with pytest.raises(Malformed):
            row_of(payload[:size])


@given(noise=st.binary(min_size=1, max_size=80))
def test_noise_gives_rows_or_is_malformed(noise):
    for payload in (noise, REQUEST[:20] + noise):
        try:
            list(Stun().parse(Cursor(payload), Side.ORIGINATOR))
        except DissectError:
            pass
        outcome_of(Stun, [(ORIG, payload)])
