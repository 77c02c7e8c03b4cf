import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.dns.message import read_message
from quivive.messages.dns.record_kernels import MALFORMED, Wire
from quivive.messages.dns.records import read_name
from quivive.messages.dns.walk import Entries, Heads, skip_name, walk
from quivive.model.errors import Malformed
from tests.messages.dns.dns_wire import messages, names

ALL = 15


def walked(payloads):
    data = np.array(bytearray(b"".join(payloads) + b"\0"), np.uint8)
    stop = np.cumsum([len(payload) for payload in payloads], dtype=np.int64)
    start = stop - np.array([len(payload) for payload in payloads], np.int64)
    heads = Heads(*(np.full(len(payloads), -1, np.int64) for _ in Heads._fields))
    heads.fault[:] = heads.slack[:] = 0
    entries = Entries(*(np.empty(2000, np.int64) for _ in Entries._fields))
    return heads, entries, walk(data, start, stop, np.int64(ALL), heads, entries)


@given(name=names(), cut=st.integers(0, 2))
def test_the_byte_after_a_name_is_that_of_the_reference(name, cut):
    payload = b"\3abc\0" + name[: len(name) - cut]
    try:
        end = read_name(payload, 5)[1]
    except Malformed:
        end = int(MALFORMED)
    data = np.array(bytearray(payload), np.uint8)
    assert skip_name(Wire(data, np.int64(0), np.int64(len(payload))), np.int64(5)) == end


@given(payloads=st.lists(messages(), min_size=1, max_size=4))
def test_entries_are_those_of_the_reference(payloads):
    heads, entries, n = walked(payloads)
    assert heads.entry_stop[-1] == n
    begin = 0
    for k, payload in enumerate(payloads):
        end = heads.entry_stop[k]
        if len(payload) >= 12:
            message = read_message(payload, ALL)
            seen = [(entries.type[e], entries.class_[e], entries.ttl[e]) for e in range(begin, end)]
            questions = [(question.type, question.class_, -1) for question in message.questions]
            assert seen == questions + [(record.type, record.class_, record.ttl) for record in message.records]
            assert (heads.trans_id[k], heads.flags[k], heads.slack[k]) == (
                message.trans_id,
                message.flags,
                message.slack,
            )
        else:
            assert begin == end
        begin = end
