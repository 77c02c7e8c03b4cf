import numpy as np
import pytest

from quivive.messages.dns.bulk import NAME_TEXT, entries_at_most, is_malformed, queries, read_many
from quivive.messages.dns.message import ANSWERS, NAMES, QUESTIONS, TEXT_GAIN, TOO_LONG, read_message
from quivive.model.limits import TEXT_BYTES
from tests.messages.dns.test_message import RESPONSE
from tests.protocols.column_rows import messages_of, values_of

# A name of 255 bytes that is 1012 characters when written.
LONG_NAME = (b"\x3f" + b"." * 63) * 3 + b"\x3d" + b"." * 61 + b"\0"
LONG = bytes.fromhex("1234 8180 0001 0028 0000 0000") + LONG_NAME + b"\0\1\0\1" + bytes.fromhex(
    "c00c 0005 0001 00000000 0002 c00c"
) * 40  # fmt: skip


def test_texts_are_written_however_long_they_get_within_what_a_message_may_grow_to():
    name = ".".join(["\\x2e" * 63] * 3 + ["\\x2e" * 61])
    bulk = read_many(messages_of([LONG] * 20), ANSWERS)
    assert values_of(queries(bulk)) == [name] * 20
    n_kept = (TEXT_GAIN * len(LONG) + TEXT_BYTES) // len(name)
    assert n_kept == 10
    assert values_of(bulk.texts) == ([name] * n_kept + ["..."] * (40 - n_kept)) * 20
    assert bulk.heads.fault.tolist() == [TOO_LONG] * 20
    assert len(name) < NAME_TEXT


@pytest.mark.parametrize("wanted", [ANSWERS, ANSWERS | QUESTIONS | NAMES])
def test_what_grows_too_long_is_cut_as_in_the_reference(wanted):
    bulk = read_many(messages_of([LONG]), wanted)
    message = read_message(LONG, wanted)
    assert values_of(bulk.texts)[-40:] == [record.text for record in message.records]
    if wanted & NAMES:
        assert values_of(bulk.names) == [entry.name for entry in (*message.questions, *message.records)]
    assert (bulk.heads.fault[0], bulk.heads.fault_at[0]) == (message.fault, message.fault_at)
    assert not message.is_malformed
    assert not is_malformed(bulk.heads)[0]


def test_names_are_read_where_they_are_asked_for():
    bulk = read_many(messages_of([RESPONSE]), ANSWERS | QUESTIONS | NAMES)
    assert values_of(bulk.names) == ["example.com", "example.com"]
    assert values_of(bulk.texts) == ["", "192.0.2.1"]
    assert values_of(bulk.subnets) == ["198.51.100.0/24"]


def test_no_messages_are_read_as_such():
    bulk = read_many(messages_of([]), ANSWERS)
    assert values_of(queries(bulk)) == values_of(bulk.texts) == []


def test_room_for_entries_follows_from_the_size_of_messages():
    messages = messages_of([b"", bytes(12), bytes(12 + 22), bytes(65_535)])
    assert entries_at_most(messages, ANSWERS) == 0 + 0 + 2 + 512
    assert entries_at_most(messages, QUESTIONS) == 0 + 0 + 4 + 512


def test_messages_are_read_where_they_lie_in_the_buffer():
    messages = messages_of([RESPONSE, RESPONSE])
    messages.start[:] = messages.start[::-1].copy()
    messages.stop[:] = messages.stop[::-1].copy()
    assert values_of(read_many(messages, ANSWERS).texts) == ["192.0.2.1"] * 2
    assert np.all(np.diff(messages.start) < 0)
