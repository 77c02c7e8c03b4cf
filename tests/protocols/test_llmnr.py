import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Flow, Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Carrier, FiveTuple, Side
from quivive.model.tables import ANOMALIES
from quivive.protocols.llmnr import LLMNR, Llmnr
from tests.messages.dns.dns_wire import messages

from .column_rows import messages_of, rows_of_bulk
from .stream_driver import rows_in_every_cut

QUERY = bytes.fromhex("3a5c 0000 0001 0000 0000 0000 07 706c6f74746572 00 0001 0001")
RESPONSE = bytes.fromhex(
    "3a5c 8400 0001 0001 0000 0000 07 706c6f74746572 00 0001 0001"  # and the name is in conflict
    "c00c 0001 0001 0000001e 0004 c000024d"
)
QUERY_ROW = {
    "is_orig": True,
    "trans_id": 0x3A5C,
    "is_response": False,
    "opcode": "QUERY",
    "query": "plotter",
    "qtype": "A",
    "qclass": "IN",
    "n_questions": 1,
    "n_answers": 0,
    "n_authorities": 0,
    "n_additionals": 0,
    "message_bytes": 25,
    "is_malformed": False,
    "answers": [],
    "answer_types": [],
    "answer_ttls": [],
    "is_name_conflict": False,
    "is_tentative": False,
}
RESPONSE_ROW = QUERY_ROW | {
    "is_orig": False,
    "is_response": True,
    "rcode": "NOERROR",
    "n_answers": 1,
    "message_bytes": 41,
    "answers": ["192.0.2.77"],
    "answer_types": ["A"],
    "answer_ttls": [30],
    "is_name_conflict": True,
}
TCP = Flow(five_tuple=FiveTuple("192.0.2.1", 50_000, "192.0.2.2", 5355, Carrier.TCP))


def rows_by_reference(payload, side):
    try:
        return list(Llmnr().parse(Cursor(payload), Side(side)))
    except Malformed as error:
        return [(ANOMALIES, {"place": "llmnr", "anomaly": error.reason, "offset_bytes": error.offset})]


def test_query_and_response_become_a_row_each():
    assert rows_by_reference(QUERY, Side.ORIGINATOR) == [(LLMNR, QUERY_ROW)]
    assert rows_by_reference(RESPONSE, Side.RESPONDER) == [(LLMNR, RESPONSE_ROW)]


def test_over_tcp_messages_stand_behind_their_lengths():
    turns = [(Side.ORIGINATOR, b"\0\x19" + QUERY), (Side.RESPONDER, b"\0\x29" + RESPONSE)]
    assert rows_in_every_cut(Llmnr, turns, TCP) == [(LLMNR, QUERY_ROW), (LLMNR, RESPONSE_ROW)]


@pytest.mark.parametrize("size", range(len(RESPONSE)))
def test_cut_at_any_byte_kernel_and_reference_agree(size):
    assert rows_of_bulk(Llmnr, messages_of([RESPONSE[:size]]))[7] == rows_by_reference(RESPONSE[:size], 0)


@given(payloads=st.lists(messages(), min_size=1, max_size=3), side=st.integers(0, 1))
def test_many_messages_become_the_rows_of_the_reference(payloads, side):
    bulk = rows_of_bulk(Llmnr, messages_of(payloads, [side] * len(payloads)))
    assert [bulk[7 + k] for k in range(len(payloads))] == [rows_by_reference(payload, side) for payload in payloads]


@pytest.mark.parametrize("payload", [QUERY, RESPONSE, b"\0\x19" + QUERY])
def test_the_address_of_a_name_of_one_label_makes_it_sure(payload):
    assert Llmnr.probe(payload, Side.ORIGINATOR) is Match.YES


@pytest.mark.parametrize(
    "payload",
    [
        QUERY.replace(bytes.fromhex("0001 0001"), bytes.fromhex("0002 0001")),  # name servers of a top-level domain
        QUERY.replace(b"\7plotter", b"\3plo\3ter"),  # two labels
        QUERY.replace(bytes.fromhex("3a5c 00"), bytes.fromhex("3a5c 01")),  # tentative, or recursion wanted
        b"\0\0" + QUERY[2:],
    ],
)
def test_what_name_servers_ask_too_is_known_on_its_port_only(payload):
    assert Llmnr.probe(payload, Side.ORIGINATOR) is Match.UNSURE


@pytest.mark.parametrize(
    "payload",
    [b"", bytes(12), QUERY[:-1], QUERY + b"\0", QUERY[:3] + b"\x10" + QUERY[4:], QUERY[:-1] + b"\3"],
)
def test_what_is_none_is_refused(payload):
    assert Llmnr.probe(payload, Side.ORIGINATOR) is Match.NO
