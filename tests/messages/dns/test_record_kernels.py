import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.dns.record_kernels import MALFORMED, Wire, put_name, put_record
from quivive.messages.dns.records import generic_text, read_name, record_text
from quivive.model.errors import Malformed
from tests.messages.dns.dns_wire import DATA, TYPES, names

BEFORE = b"\3abc\7Example\0" + b"\xc0\x00" + b"\1x\xc0\x00"
"""Names for pointers to lead to."""


def wire_of(payload):
    """Return a message that does not begin where its buffer does."""
    data = np.array(bytearray(b"\x05\x05" + payload + b"\x07\x07"), np.uint8)
    return Wire(data, np.int64(2), np.int64(2 + len(payload)))


def name_by_kernel(payload, at):
    arena = np.zeros(1100, np.uint8)
    end, text_end = put_name(wire_of(payload), np.int64(2 + at), arena, np.int64(5), np.int64(5 + 1024))
    return None if end == MALFORMED else (arena[5:text_end].tobytes().decode("ascii"), end - 2)


def name_by_reference(payload, at):
    try:
        return read_name(payload, at)
    except Malformed:
        return None


@given(name=names(), cut=st.integers(0, 3))
def test_names_equal_the_reference(name, cut):
    payload = BEFORE + name[: len(name) - cut]
    assert name_by_kernel(payload, len(BEFORE)) == name_by_reference(payload, len(BEFORE))


def record_by_kernel(payload, type_, at, stop):
    arena = np.zeros(5000, np.uint8)
    is_whole, end = put_record(
        wire_of(payload), np.int64(type_), np.int64(2 + at), np.int64(2 + stop), arena, np.int64(3)
    )
    return bool(is_whole), arena[3:end].tobytes().decode("ascii")


def record_by_reference(payload, type_, at, stop):
    try:
        return True, record_text(payload, type_, at, stop)
    except Malformed:
        return False, generic_text(payload, at, stop)


@given(type_=TYPES, data=DATA, behind=st.binary(max_size=3))
def test_records_equal_the_reference(type_, data, behind):
    payload = BEFORE + data + behind
    at, stop = len(BEFORE), len(BEFORE) + len(data)
    assert record_by_kernel(payload, type_, at, stop) == record_by_reference(payload, type_, at, stop)
