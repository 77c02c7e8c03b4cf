import numpy as np

from quivive.messages.dns.bulk import read_many
from quivive.messages.dns.message import ANSWERS, read_message
from quivive.messages.dns.rows import (
    EVERYTHING,
    answer_columns,
    answer_row,
    entry_columns,
    entry_row,
    fault_columns,
    fault_rows,
    head_columns,
    head_row,
    readable,
)
from quivive.model.five_tuple import Side
from quivive.model.tables import ANOMALIES
from tests.messages.dns.test_message import RESPONSE
from tests.protocols.column_rows import messages_of, values_of

HEAD = {
    "is_orig": False,
    "trans_id": 0x1234,
    "is_response": True,
    "opcode": "QUERY",
    "rcode": "NOERROR",
    "query": "example.com",
    "qtype": "A",
    "qclass": "IN",
    "n_questions": 1,
    "n_answers": 1,
    "n_authorities": 1,
    "n_additionals": 1,
    "message_bytes": 84,
    "is_malformed": False,
}
ANSWER = {"answers": ["192.0.2.1"], "answer_types": ["A"], "answer_ttls": [300]}


def test_one_message_becomes_one_row():
    message = read_message(RESPONSE, ANSWERS)
    assert head_row(message, Side.RESPONDER, len(RESPONSE)) == HEAD
    assert answer_row(message) == ANSWER
    assert list(fault_rows("dns", message)) == []


def test_many_messages_become_the_same_columns():
    bulk = read_many(messages_of([RESPONSE, b"short", RESPONSE], sides=[1, 0, 1]), ANSWERS)
    rows = readable(bulk)
    assert rows.tolist() == [0, 2]
    columns = head_columns(bulk, rows) | answer_columns(bulk, rows)
    values = {name: values_of(column) for name, column in columns.items()}
    assert values.pop("ts") == [0, 2_000_000]
    assert values.pop("ts_ns") == [0, 2_000_000_000]
    assert values.pop("flow_id") == [7, 9]
    assert values == {name: [value, value] for name, value in (HEAD | ANSWER).items()}


def test_faults_become_anomalies_of_their_place():
    ((table, columns),) = fault_columns("dns", read_many(messages_of([RESPONSE, b"short"]), ANSWERS))
    assert table is ANOMALIES
    assert columns["place"] == ["dns"]
    assert values_of(columns["anomaly"]) == ["message is shorter than its header"]
    assert np.asarray(columns["offset_bytes"]).tolist() == [0]


def test_without_a_question_the_query_is_empty():
    row = head_row(read_message(bytes(12), 0), Side.ORIGINATOR, 12)
    assert not {"query", "qtype", "qclass", "rcode"} & row.keys()


def test_questions_and_records_are_told_apart():
    wanted = read_many(messages_of([RESPONSE, b"short", RESPONSE]), EVERYTHING)
    columns = {name: values_of(column) for name, column in entry_columns(wanted, readable(wanted)).items()}
    row = entry_row(read_message(RESPONSE, EVERYTHING))
    assert row == {
        "questions": ["example.com"],
        "question_types": ["A"],
        "record_names": ["example.com", "example.com"],
        "record_types": ["A", "NS"],
        "record_data": ["192.0.2.1", "ns.example.com"],
        "record_ttls": [300, 86_400],
    }
    assert columns == {name: [value, value] for name, value in row.items()}
