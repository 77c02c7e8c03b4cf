import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import DissectError, Malformed
from quivive.model.five_tuple import Side
from quivive.protocols.bittorrent import BITTORRENT, Bittorrent
from tests.protocols.stream_driver import ORIG, outcome_of, rows_in_every_cut

HASH = bytes(range(20))
HANDSHAKE = b"\x13BitTorrent protocol" + bytes.fromhex("0000000000100005") + HASH + b"-TR2940-012345678901"
GET_PEERS = b"d1:ad2:id20:" + bytes(range(32, 52)) + b"9:info_hash20:" + HASH + b"e1:q9:get_peers1:t2:aa1:y1:qe"
ANSWER = b"d1:rd2:id20:" + bytes(range(32, 52)) + b"e1:t2:aa1:y1:re"
SEARCH = b"BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\nInfohash: " + HASH.hex().upper().encode()


def rows_of(payload):
    found = list(Bittorrent().parse(Cursor(payload), Side.ORIGINATOR))
    assert all(table is BITTORRENT for table, _ in found)
    return [row for _, row in found]


def test_a_handshake_tells_what_is_shared_by_which_program():
    assert rows_in_every_cut(Bittorrent, [(ORIG, HANDSHAKE + b"\0\0\0\1\2")]) == [
        (
            BITTORRENT,
            {
                "is_orig": True,
                "bittorrent_message": "handshake",
                "bittorrent_info_hash": HASH.hex(),
                "bittorrent_peer_id": "-TR2940-012345678901",
            },
        )
    ]


def test_a_query_of_the_table_tells_what_is_looked_for():
    assert rows_of(GET_PEERS) == [
        {
            "is_orig": True,
            "bittorrent_message": "get_peers",
            "bittorrent_info_hash": HASH.hex(),
            "bittorrent_node": bytes(range(32, 52)).hex(),
            "bittorrent_transaction": "6161",
        }
    ]


def test_an_announcement_tells_port_and_program_and_an_error_its_number():
    node = b"2:id20:" + bytes(range(32, 52))
    announce = b"d1:ad" + node + b"9:info_hash20:" + HASH + b"4:porti6881e5:token4:abcde1:q13:announce_peer"
    ((told,), (refused,), (sought,)) = (
        rows_of(announce + b"1:t2:aa1:v4:UT011:y1:qe"),
        rows_of(b"d1:eli201e23:A Generic Error Ocurrede1:t2:bb1:y1:ee"),
        rows_of(b"d1:ad" + node + b"6:target20:" + HASH + b"e1:q9:find_node1:t1:c1:y1:qe"),
    )
    assert (told["bittorrent_port"], told["bittorrent_program"]) == (6881, b"UT01".hex())
    assert (refused["bittorrent_message"], refused["bittorrent_error"], refused["bittorrent_transaction"]) == (
        "error",
        201,
        "6262",
    )
    assert (sought["bittorrent_target"], sought["bittorrent_transaction"]) == (HASH.hex(), "63")


def test_answers_trackers_and_searches_are_named():
    assert rows_of(ANSWER)[0]["bittorrent_message"] == "answer"
    assert rows_of(b"d1:eli201e5:oopse1:t2:aa1:y1:ee")[0]["bittorrent_message"] == "error"
    assert rows_of(bytes.fromhex("0000041727101980 00000000 11223344")) == [
        {"is_orig": True, "bittorrent_message": "tracker connect"}
    ]
    assert rows_of(SEARCH)[0]["bittorrent_info_hash"] == HASH.hex()


def test_transport_over_datagrams_makes_no_row():
    assert rows_of(bytes.fromhex("4100 5302 10eeb2f0 00000000 00000000 e7f5 0000")) == []


def test_another_stream_is_malformed():
    with pytest.raises(Malformed):
        list(Bittorrent().parse(Cursor(b"\x13BitTorrent prototype" + bytes(60), whole=False), Side.ORIGINATOR))


def test_a_port_proves_nothing():
    assert Bittorrent.probe(b"hello", Side.ORIGINATOR) is Match.NO


@given(noise=st.binary(min_size=1, max_size=80))
def test_noise_and_cuts_give_rows_or_are_malformed(noise):
    for payload in (noise, GET_PEERS[: len(noise)], HANDSHAKE[:20] + noise, GET_PEERS[:-20] + noise):
        try:
            rows_of(payload)
        except DissectError:
            pass
        outcome_of(Bittorrent, [(ORIG, payload)])
