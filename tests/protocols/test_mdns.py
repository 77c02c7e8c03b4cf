import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match
from quivive.model.errors import Malformed
from quivive.model.five_tuple import Side
from quivive.model.tables import ANOMALIES
from quivive.protocols.mdns import MDNS, Mdns
from tests.messages.dns.dns_wire import messages

from .column_rows import messages_of, rows_of_bulk

QUERY = bytes.fromhex(
    "0000 0000 0002 0001 0000 0000"
    "04 5f697070 04 5f746370 05 6c6f63616c 00  000c 8001"  # _ipp._tcp.local PTR, answered to the asker alone
    "05 5f68747470 c011  000c 0001"  # _http._tcp.local PTR
    "c00c 000c 0001 00000e10 000a 07 506c6f74746572 c00c"  # it knows of Plotter
)
RESPONSE = bytes.fromhex(
    "0000 8400 0000 0001 0000 0003"
    "04 5f697070 04 5f746370 05 6c6f63616c 00  000c 0001 00001194 000a 07 506c6f74746572 c00c"
    "c027 0021 8001 00000078 0010 0000 0000 0277 07 706c6f74746572 c016"  # port 631 of plotter.local
    "c027 0010 8001 00001194 0009 08 74793d4142433132"  # ty=ABC12
    "c043 0001 8001 00000078 0004 c000024d"  # 192.0.2.77
)


def rows_by_reference(payload, side):
    try:
        return list(Mdns().parse(Cursor(payload), Side(side)))
    except Malformed as error:
        return [(ANOMALIES, {"place": "mdns", "anomaly": error.reason, "offset_bytes": error.offset})]


def test_query_lists_its_questions_and_what_it_knows():
    assert rows_by_reference(QUERY, Side.ORIGINATOR) == [
        (MDNS, {
            "is_orig": True,
            "trans_id": 0,
            "is_response": False,
            "opcode": "QUERY",
            "query": "_ipp._tcp.local",
            "qtype": "PTR",
            "qclass": "IN",
            "n_questions": 2,
            "n_answers": 1,
            "n_authorities": 0,
            "n_additionals": 0,
            "message_bytes": 67,
            "is_malformed": False,
            "questions": ["_ipp._tcp.local", "_http._tcp.local"],
            "question_types": ["PTR", "PTR"],
            "record_names": ["_ipp._tcp.local"],
            "record_types": ["PTR"],
            "record_data": ["plotter._ipp._tcp.local"],
            "record_ttls": [3600],
            "is_unicast_wanted": True,
        })
    ]  # fmt: skip


def test_response_tells_what_a_device_is():
    ((table, row),) = rows_by_reference(RESPONSE, Side.RESPONDER)
    assert table is MDNS
    assert list(zip(row["record_names"], row["record_types"], row["record_data"], row["record_ttls"], strict=True)) == [
        ("_ipp._tcp.local", "PTR", "plotter._ipp._tcp.local", 4500),
        ("plotter._ipp._tcp.local", "SRV", "0 0 631 plotter.local", 120),
        ("plotter._ipp._tcp.local", "TXT", '"ty=ABC12"', 4500),
        ("plotter.local", "A", "192.0.2.77", 120),
    ]
    assert (row["questions"], row["rcode"]) == ([], "NOERROR")
    assert not {"query", "is_unicast_wanted"} & row.keys()


@pytest.mark.parametrize("size", range(len(RESPONSE)))
def test_cut_at_any_byte_kernel_and_reference_agree(size):
    bulk = rows_of_bulk(Mdns, messages_of([RESPONSE[:size], QUERY[:size]]))
    assert bulk[7] == rows_by_reference(RESPONSE[:size], 0)
    assert bulk[8] == rows_by_reference(QUERY[:size], 0)


@given(payloads=st.lists(messages(), min_size=1, max_size=3), side=st.integers(0, 1))
def test_many_messages_become_the_rows_of_the_reference(payloads, side):
    bulk = rows_of_bulk(Mdns, messages_of(payloads, [side] * len(payloads)))
    assert [bulk[7 + k] for k in range(len(payloads))] == [rows_by_reference(payload, side) for payload in payloads]


@pytest.mark.parametrize("payload", [QUERY, RESPONSE, b"\0\x0a" + QUERY[2:]])
def test_names_of_the_local_network_make_it_sure(payload):
    assert Mdns.probe(payload, Side.ORIGINATOR) is Match.YES


def test_without_such_a_name_it_is_known_on_its_port_only():
    assert Mdns.probe(QUERY.replace(b"local", b"corpo"), Side.ORIGINATOR) is Match.UNSURE
    assert Mdns.probe(QUERY + b"\0", Side.ORIGINATOR) is Match.UNSURE
    assert Mdns.probe(RESPONSE[:-1], Side.ORIGINATOR) is Match.UNSURE


@pytest.mark.parametrize("payload", [b"", bytes(12), bytes(40), QUERY[:2] + b"\1" + QUERY[3:], QUERY[:20]])
def test_what_is_none_is_refused(payload):
    assert Mdns.probe(payload, Side.ORIGINATOR) is Match.NO
