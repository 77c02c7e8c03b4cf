import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages import text_kernels as kernels
from quivive.messages import wire_text

ROOM = np.int64(5000)
ZERO = np.int64(0)
GROUPS = st.sampled_from([0, 0, 0, 1, 0xABCD, 0xFFFF])


def written(kernel, *arguments, limit=ROOM):
    arena = np.full(ROOM, 0x23, np.uint8)
    end = kernel(*arguments, arena, ZERO, np.int64(limit))
    assert (arena[end:] == 0x23).all(), "nothing is written behind the text"
    return arena[:end].tobytes().decode("ascii")


def array(raw):
    return np.array(bytearray(raw), np.uint8)


@given(raw=st.binary(max_size=80), special=st.sampled_from([wire_text.DOT, wire_text.COMMA, wire_text.QUOTE]))
def test_escaped_bytes_equal_the_reference(raw, special):
    text = written(kernels.put_escaped, array(raw), ZERO, np.int64(len(raw)), np.int64(special))
    assert text == wire_text.escape(raw, special)


@pytest.mark.parametrize("value", [0, 1, 9, 10, 99, 100, 65_535, 999_999_999, 1_000_000_000, 2**32 - 1])
def test_numbers_are_decimal(value):
    assert written(kernels.put_number, np.int64(value)) == str(value)


@given(raw=st.binary(max_size=40))
def test_a_glimpse_equals_the_reference(raw):
    assert written(kernels.put_glimpse, array(raw), ZERO, np.int64(len(raw))) == wire_text.glimpse(raw)


@given(raw=st.binary(min_size=4, max_size=4))
def test_ipv4_equals_the_reference(raw):
    assert written(kernels.put_ipv4, array(raw), ZERO) == wire_text.ipv4_text(raw)


@given(groups=st.lists(GROUPS, min_size=8, max_size=8))
def test_ipv6_equals_the_reference(groups):
    raw = b"".join(group.to_bytes(2, "big") for group in groups)
    assert written(kernels.put_ipv6, array(raw), ZERO) == wire_text.ipv6_text(raw)


def test_what_goes_beyond_the_limit_is_dropped():
    assert written(kernels.put_escaped, array(b"abc\n"), ZERO, np.int64(4), np.int64(0), limit=5) == r"abc\x"
    assert written(kernels.put_number, np.int64(12_345), limit=3) == "123"
