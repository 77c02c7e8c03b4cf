import base64
import gzip
import itertools
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.encodings.chain import Kind, is_text, unwrap
from quivive.model.limits import ENCODING_DEPTH, UNWRAPPED_BYTES

SENTENCE = b"The price list for the northern depots goes out on Monday."
ENCODERS = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "zlib": zlib.compress,
    "hex": lambda data: data.hex().encode(),
    "base32": lambda data: base64.b32encode(data).rstrip(b"=").lower(),
    "base64": lambda data: base64.b64encode(data).rstrip(b"="),
    "base64url": lambda data: base64.urlsafe_b64encode(data).rstrip(b"="),
}
CHAINS = [chain for size in (1, 2, 3) for chain in itertools.product(ENCODERS, repeat=size)]


def wrapped(data, chain):
    """Encode by a chain, the outermost first."""
    for name in reversed(chain):
        data = ENCODERS[name](data)
    return data


@pytest.mark.parametrize("chain", CHAINS, ids="-".join)
def test_every_chain_reads_again(chain):
    reading = unwrap(wrapped(SENTENCE, chain))
    assert (reading.data, reading.kind) == (SENTENCE, Kind.TEXT)
    assert [name.removesuffix("url") for name in reading.chain] == [name.removesuffix("url") for name in chain]


@given(st.lists(st.sampled_from(sorted(ENCODERS)), min_size=1, max_size=ENCODING_DEPTH - 2),
       st.text("abcdefgh ,.", min_size=20, max_size=300).filter(lambda text: " " in text))  # fmt: skip
def test_any_text_reads_again_through_any_chain(chain, text):
    reading = unwrap(wrapped(text.encode(), chain))
    assert reading is not None
    assert reading.data == text.encode()


@given(st.binary(max_size=400))
def test_noise_is_bounded_and_raises_nothing(noise):
    reading = unwrap(noise)
    assert reading is None or len(reading.data) <= UNWRAPPED_BYTES


@given(st.binary(max_size=200))
def test_noise_behind_a_magic_raises_nothing(noise):
    for magic in (b"\x1f\x8b\x08", b"\x78\x9c"):
        unwrap(magic + noise)


def test_bomb_is_cut():
    reading = unwrap(zlib.compress(b"a " * 10_000_000))
    assert len(reading.data) <= UNWRAPPED_BYTES


@pytest.mark.parametrize("data", [b"", b"abcdefg", b"www", b"static-assets", SENTENCE, b"\x1f\x8b\x08"])
def test_what_is_not_encoded_has_no_reading(data):
    assert unwrap(data) is None


def test_cut_stream_gives_what_is_there():
    assert SENTENCE.startswith(unwrap(zlib.compress(SENTENCE)[:-8]).data)


@pytest.mark.parametrize(
    ("data", "is_so"), [(b"eleven byte", False), (b"twelve bytes", True), (b"abcdefghijkl", False)]
)
def test_text_has_a_least_length_and_signs_that_encodings_have_not(data, is_so):
    assert is_text(data) is is_so


def test_words_tell_chain_and_size_but_nothing_of_the_text():
    assert unwrap(wrapped(SENTENCE, ("base32", "gzip"))).words == "base32, then gzip: 58 bytes of text"
