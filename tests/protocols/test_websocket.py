"""WebSocket messages."""

from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Handover
from quivive.kit.protocol import Flow, Match
from quivive.model.tables import ANOMALIES
from quivive.protocols.websocket import TABLE, WebSocket
from tests.protocols.stream_driver import ORIG, RESP, outcome_of, rows_in_every_cut, rows_of

HELLO = bytes.fromhex("81 85  37 fa 21 3d  7f 9f 4d 51 58")  # a client's "Hello" (RFC 6455, 5.7)
PIECES = bytes.fromhex("01 03 48 65 6c  89 00  80 02 6c 6f")  # a server's, in two frames with a ping between them
DEFLATED = bytes.fromhex("c1 07 f2 48 cd c9 c9 07 00")  # RFC 7692, 7.2.3.1
CLOSE = bytes.fromhex("88 05  03 e8  62 79 65")  # 1000, "bye"
BOOT = b'[2,"1","BootNotification",{"chargePointModel":"X","chargePointVendor":"Y"}]'


def test_message_becomes_one_row():
    flow = Flow(given={"subprotocol": "chat", "extensions": "", "path": "/", "host": "a.example"})
    assert rows_in_every_cut(WebSocket, [(ORIG, HELLO), (RESP, PIECES + CLOSE)], flow) == [
        (
            TABLE,
            {
                "is_orig": True,
                "ws_opcode": "text",
                "ws_bytes": 5,
                "n_frames": 1,
                "is_masked": True,
                "is_compressed": False,
                "subprotocol": "chat",
            },
        ),
        (
            TABLE,
            {
                "is_orig": False,
                "ws_opcode": "ping",
                "ws_bytes": 0,
                "n_frames": 1,
                "is_masked": False,
                "is_compressed": False,
                "subprotocol": "chat",
            },
        ),
        (
            TABLE,
            {
                "is_orig": False,
                "ws_opcode": "text",
                "ws_bytes": 5,
                "n_frames": 2,
                "is_masked": False,
                "is_compressed": False,
                "subprotocol": "chat",
            },
        ),
        (
            TABLE,
            {
                "is_orig": False,
                "ws_opcode": "close",
                "ws_bytes": 5,
                "n_frames": 1,
                "is_masked": False,
                "is_compressed": False,
                "subprotocol": "chat",
                "close_code": 1000,
                "close_reason": "bye",
            },
        ),
    ]


def test_size_is_as_sent():
    ((_, row),) = rows_in_every_cut(WebSocket, [(RESP, DEFLATED)])
    assert (row["ws_bytes"], row["is_compressed"]) == (7, True)


def test_tunnelled_protocol_is_named_once():
    ssh = b"\x82\x0aSSH-2.0-x\n"
    assert [row.get("ws_carries") for _, row in rows_in_every_cut(WebSocket, [(RESP, ssh + ssh)])] == ["ssh", None]


def test_charging_station_is_handed_over_unread():
    said = bytes([0x81, len(BOOT)]) + BOOT
    outcome = outcome_of(WebSocket(Flow(given={"path": "/cs1"})), [(ORIG, b"\x89\x00" + said)])
    assert [row["ws_opcode"] for _, row in outcome.rows] == ["ping"]
    assert outcome.handover == Handover("ocpp", {"path": "/cs1"})
    assert outcome.rest[ORIG] == said


def test_array_of_another_protocol_is_not_handed_over():
    wamp = b'[1,"realm1",{"roles":{"publisher":{}}}]'
    assert outcome_of(WebSocket, [(ORIG, bytes([0x81, len(wamp)]) + wamp)]).handover is None


def test_message_a_gap_falls_in_is_lost_and_the_next_is_read():
    rows = rows_of(WebSocket, [(RESP, PIECES[:5]), (RESP, 4), (RESP, CLOSE)])
    assert [row["ws_opcode"] for _, row in rows] == ["close"]


def test_broken_frame_is_an_anomaly():
    assert rows_of(WebSocket, [(RESP, b"\xff\xff")]) == [
        (ANOMALIES, {"place": "websocket", "anomaly": "reserved bits of a frame are set"})
    ]


def test_probe_knows_text_but_leaves_ocpp_alone():
    assert WebSocket.probe(HELLO, ORIG) is Match.YES
    assert WebSocket.probe(HELLO, RESP) is Match.NO
    mask = bytes(4)
    assert WebSocket.probe(bytes([0x81, 0x80 | len(BOOT)]) + mask + BOOT, ORIG) is Match.NO


def test_every_truncation_gives_rows():
    for size in range(len(PIECES + CLOSE)):
        rows_of(WebSocket, [(RESP, (PIECES + CLOSE)[:size])])


@given(at=st.integers(0, 20), noise=st.binary(max_size=30), chunk=st.integers(1, 9))
def test_noise_is_read_alike_in_every_cut(at, noise, chunk):
    turns = [(ORIG, (HELLO * 3)[:at] + noise + (HELLO * 3)[at:]), (RESP, PIECES[:at] + noise + CLOSE)]
    assert rows_of(WebSocket, turns, chunk=chunk) == rows_of(WebSocket, turns)
