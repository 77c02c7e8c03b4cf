import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import FiveTuple, Side
from quivive.model.tables import IDENTITIES
from quivive.protocols.ike import IKE, MAX_PAYLOADS, Ike

INITIATE = bytes.fromhex(
    "1c1869f6d29ba0cc 0000000000000000 2b 20 22 08 00000000 00000024"  # version 2, a vendor ID follows
    "00 00 0008 74657374"  # Vendor ID: test
)
AGGRESSIVE = bytes.fromhex(
    "0102030405060708 0000000000000000 05 10 04 00 00000000 0000003b"  # version 1, an identification follows
    "0d 00 0013 03 00 0000 616c69636540612e6f7267"  # ID: user name alice@a.org
    "00 00 000c 4a131c8107035845"  # Vendor ID
)
FLOW = Flow(1, FiveTuple("192.0.2.1", 500, "192.0.2.2", 500, 17))
BEHIND_NAT = Flow(1, FiveTuple("192.0.2.1", 4500, "192.0.2.2", 4500, 17))


def rows_of(payload, flow=FLOW):
    return list(Ike(flow).parse(Cursor(payload), Side.ORIGINATOR))


def test_the_first_message_is_a_row():
    assert rows_of(INITIATE) == [
        (
            IKE,
            {
                "is_orig": True,
                "ike_version": 2,
                "ike_exchange": "initiate",
                "ike_is_response": False,
                "ike_initiator": "1c1869f6d29ba0cc",
                "ike_responder": None,
                "ike_message_id": 0,
                "ike_vendors": ["test"],
            },
        )
    ]


def test_aggressive_mode_gives_the_name_away():
    (_, row), (table, identity) = rows_of(AGGRESSIVE)
    assert (row["ike_version"], row["ike_exchange"], row["ike_vendors"]) == (1, "aggressive", ["4a131c8107035845"])
    assert (table, identity["user"]) == (IDENTITIES, "alice@a.org")


def test_what_is_encrypted_is_not_read():
    ((_, row),) = rows_of(AGGRESSIVE[:19] + b"\1" + AGGRESSIVE[20:])
    assert row["ike_vendors"] == []


def test_on_the_other_port_a_mark_tells_it_from_what_it_shares_it_with():
    assert len(rows_of(bytes(4) + INITIATE, BEHIND_NAT)) == 1
    assert rows_of(b"\x12\x34\x56\x78\0\0\0\1" + bytes(60), BEHIND_NAT) == []
    assert rows_of(b"\xff", BEHIND_NAT) == []


@pytest.mark.parametrize("n", [MAX_PAYLOADS, MAX_PAYLOADS + 1])
def test_no_more_payloads_are_read_than_the_limit(n):
    payload = INITIATE[:28] + bytes.fromhex("2b000005 61") * n
    assert len(rows_of(payload)[0][1]["ike_vendors"]) == MAX_PAYLOADS


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (INITIATE, Match.YES),
        (AGGRESSIVE, Match.YES),
        (bytes(4) + INITIATE, Match.YES),
        (INITIATE + b"\0", Match.NO),
        (INITIATE[:-1], Match.NO),
        (INITIATE[:17] + b"\x21" + INITIATE[18:], Match.NO),
        (INITIATE[:18] + b"\x04" + INITIATE[19:], Match.NO),
        (bytes(8) + INITIATE[8:], Match.NO),
        (b"", Match.NO),
    ],
)
def test_version_exchange_and_length_make_it_sure(payload, match):
    assert Ike.probe(payload, Side.ORIGINATOR) is match


def test_an_unknown_version_is_malformed():
    with pytest.raises(Malformed):
        rows_of(INITIATE[:17] + b"\x30" + INITIATE[18:])


def test_cut_short_it_tells_less_or_is_malformed():
    for size in range(1, len(AGGRESSIVE)):
        if 4 < size < 28:
            with pytest.raises(Malformed):
                rows_of(AGGRESSIVE[:size])
        else:
            rows_of(AGGRESSIVE[:size])


@given(noise=st.binary(min_size=1, max_size=80))
def test_noise_gives_rows_or_is_malformed(noise):
    for payload in (noise, INITIATE[:28] + noise, AGGRESSIVE[:28] + noise):
        try:
            rows_of(payload)
        except Malformed:
            pass
        Ike.probe(payload, Side.ORIGINATOR)
