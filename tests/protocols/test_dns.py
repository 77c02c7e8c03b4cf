import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Carrier, FiveTuple, Side
from quivive.model.tables import ANOMALIES
from quivive.protocols.dns import DNS, Dns
from tests.messages.dns.dns_wire import messages

from .column_rows import messages_of, rows_of_bulk
from .stream_driver import rows_in_every_cut, rows_of

QUERY = bytes.fromhex(
    "1c2d 0120 0001 0000 0000 0001"  # id, RD AD, one question, one additional record
    "03 777777 07 6578616d706c65 03 636f6d 00  001c 0001"  # www.example.com AAAA IN
    "00 0029 04d0 00008000 000b"  # OPT: 1232 bytes, DNSSEC wanted
    "0008 0007 0001 18 00 c63364"  # client subnet 198.51.100.0/24
)
RESPONSE = bytes.fromhex(
    "1c2d 8180 0001 0002 0000 0000"
    "03 777777 07 6578616d706c65 03 636f6d 00  0001 0001"
    "c00c 0005 0001 00000e10 0011 03 776562 07 6578616d706c65 03 6e6574 00"  # is web.example.net for an hour
    "c02d 0001 0001 0000003c 0004 c0000250"  # which is 192.0.2.80 for a minute
)
QUERY_ROW = {
    "is_orig": True,
    "trans_id": 0x1C2D,
    "is_response": False,
    "opcode": "QUERY",
    "query": "www.example.com",
    "qtype": "AAAA",
    "qclass": "IN",
    "n_questions": 1,
    "n_answers": 0,
    "n_authorities": 0,
    "n_additionals": 1,
    "message_bytes": 55,
    "is_malformed": False,
    "answers": [],
    "answer_types": [],
    "answer_ttls": [],
    "aa": False,
    "tc": False,
    "rd": True,
    "ra": False,
    "ad": True,
    "cd": False,
    "is_dnssec_ok": True,
    "edns_bytes": 1232,
    "client_subnet": "198.51.100.0/24",
    "slack_bytes": 0,
}
RESPONSE_ROW = {
    "is_orig": False,
    "trans_id": 0x1C2D,
    "is_response": True,
    "opcode": "QUERY",
    "rcode": "NOERROR",
    "query": "www.example.com",
    "qtype": "A",
    "qclass": "IN",
    "n_questions": 1,
    "n_answers": 2,
    "n_authorities": 0,
    "n_additionals": 0,
    "message_bytes": 78,
    "is_malformed": False,
    "answers": ["web.example.net", "192.0.2.80"],
    "answer_types": ["CNAME", "A"],
    "answer_ttls": [3600, 60],
    "aa": False,
    "tc": False,
    "rd": True,
    "ra": True,
    "ad": False,
    "cd": False,
    "slack_bytes": 0,
}
BROKEN_OFF = {"place": "dns", "anomaly": "record is malformed", "offset_bytes": 62}
TCP = Flow(five_tuple=FiveTuple("192.0.2.1", 50_000, "192.0.2.53", 53, Carrier.TCP))


def framed(*payloads):
    return b"".join(len(payload).to_bytes(2, "big") + payload for payload in payloads)


def rows_by_reference(payload, side):
    try:
        return list(Dns().parse(Cursor(payload), Side(side)))
    except Malformed as error:
        return [(ANOMALIES, {"place": "dns", "anomaly": error.reason, "offset_bytes": error.offset})]


def test_query_becomes_one_row():
    assert rows_of(Dns, [(Side.ORIGINATOR, QUERY)]) == [(DNS, QUERY_ROW)]


def test_response_lists_its_answers_with_types_and_times():
    assert rows_of(Dns, [(Side.RESPONDER, RESPONSE)]) == [(DNS, RESPONSE_ROW)]


def test_a_message_that_breaks_off_keeps_what_came_before_and_is_an_anomaly():
    ((table, row), anomaly) = rows_by_reference(RESPONSE[:-1], Side.RESPONDER)
    assert table is DNS
    assert row == RESPONSE_ROW | {
        "message_bytes": 77,
        "is_malformed": True,
        "answers": ["web.example.net"],
        "answer_types": ["CNAME"],
        "answer_ttls": [3600],
    }
    assert anomaly == (ANOMALIES, BROKEN_OFF)


def test_bytes_behind_the_last_record_show():
    ((_, row),) = rows_by_reference(QUERY + b"secret", Side.ORIGINATOR)
    assert row["slack_bytes"] == 6


def test_over_tcp_messages_follow_one_another_behind_their_lengths():
    turns = [(Side.ORIGINATOR, framed(QUERY)), (Side.RESPONDER, framed(RESPONSE, RESPONSE))]
    assert rows_in_every_cut(Dns, turns, TCP) == [(DNS, QUERY_ROW), (DNS, RESPONSE_ROW), (DNS, RESPONSE_ROW)]


def test_behind_a_gap_a_tcp_side_is_given_up_and_the_other_goes_on():
    turns = [
        (Side.RESPONDER, framed(RESPONSE)),
        (Side.RESPONDER, 7),
        (Side.RESPONDER, b"?" * 9),
        (Side.ORIGINATOR, framed(QUERY)),
    ]
    assert rows_of(Dns(TCP), turns) == [(DNS, RESPONSE_ROW), (DNS, QUERY_ROW)]


@pytest.mark.parametrize("size", range(len(RESPONSE)))
def test_cut_at_any_byte_kernel_and_reference_agree(size):
    bulk = rows_of_bulk(Dns, messages_of([RESPONSE[:size], QUERY[:size]]))
    assert bulk[7] == rows_by_reference(RESPONSE[:size], 0)
    assert bulk[8] == rows_by_reference(QUERY[:size], 0)


@given(payloads=st.lists(messages(), min_size=1, max_size=4), side=st.integers(0, 1))
def test_many_messages_become_the_rows_of_the_reference(payloads, side):
    bulk = rows_of_bulk(Dns, messages_of(payloads, [side] * len(payloads)))
    assert [bulk[7 + k] for k in range(len(payloads))] == [rows_by_reference(payload, side) for payload in payloads]


@given(noise=st.binary(max_size=80))
def test_noise_becomes_the_rows_of_the_reference(noise):
    assert rows_of_bulk(Dns, messages_of([noise]))[7] == rows_by_reference(noise, 0)


def test_an_empty_datagram_takes_no_room_from_the_next():
    assert rows_of_bulk(Dns, messages_of([b"", QUERY]))[8] == [(DNS, QUERY_ROW)]


def test_no_messages_make_no_rows():
    assert rows_of_bulk(Dns, messages_of([])) == {}


@pytest.mark.parametrize("payload", [QUERY, RESPONSE, framed(QUERY), framed(RESPONSE, QUERY)])
def test_whole_messages_are_known_on_any_port(payload):
    assert Dns.probe(payload, Side.ORIGINATOR) is Match.YES


LLMNR = bytes.fromhex("1c2d 0000 0001 0000 0000 0000 07 7072696e746572 00 0001 0001")
MDNS = bytes.fromhex("0000 0000 0001 0000 0000 0000 04 5f697070 04 5f746370 05 6c6f63616c 00 000c 0001")
REFUSED = bytes.fromhex("1c2d 8105 0000 0000 0000 0000")


@pytest.mark.parametrize(
    "payload",
    [
        LLMNR,
        MDNS,
        REFUSED,
        QUERY[:26],  # cut by the snap length within the name
        QUERY + b"\0",
        framed(QUERY)[:-5],  # the first segment of a longer message
        QUERY.replace(b"\x01\x20", b"\x01\x60"),  # the reserved flag
        QUERY.replace(bytes.fromhex("001c 0001"), bytes.fromhex("ff00 0001")),  # a private record type
    ],
)
def test_what_could_be_its_relative_or_is_odd_is_known_on_its_port_only(payload):
    assert Dns.probe(payload, Side.ORIGINATOR) is Match.UNSURE


NETBIOS = (
    bytes.fromhex("8000 0110 0001 0000 0000 0000 20")
    + b"FHEPFCELEHFCEPFFFACACACACACACABL"
    + bytes.fromhex("00 0020 0001")
)


@pytest.mark.parametrize(
    "payload",
    [
        NETBIOS,
        b"",
        QUERY[:11],
        bytes(12),
        bytes(48),
        b"\x1c\x2d\x01\x20\x00\x11" + QUERY[6:],  # 17 questions
        b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
        bytes.fromhex(
            "30 29 02 01 00 04 06 7075626c6963 a01c 0204 7120dc10 0201 00 0201 00 300e 300c 06082b06010201010500 0500"
        ),
    ],
)
def test_what_is_none_is_refused(payload):
    assert Dns.probe(payload, Side.ORIGINATOR) is Match.NO
