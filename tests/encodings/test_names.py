import base64
import gzip

from hypothesis import given
from hypothesis import strategies as st

from quivive.encodings.names import carried

SENTENCE = b"The price list for the northern depots goes out on Monday, to the usual address."


def names(data, size=20, counted=False):
    text = base64.b32encode(data).decode().lower().rstrip("=")
    parts = [text[start : start + size] for start in range(0, len(text), size)]
    halves = [f"{part[:10]}.{part[10:]}" if part[10:] else part for part in parts]
    return [f"{k:04x}.{half}" if counted else half for k, half in enumerate(halves)]


def test_labels_of_many_names_are_joined_in_order():
    reading = carried(names(gzip.compress(SENTENCE, mtime=0)))
    assert (reading.data, reading.chain) == (SENTENCE, ("base32", "gzip"))


def test_counters_before_the_data_are_left_out():
    assert carried(names(SENTENCE, counted=True)).data == SENTENCE


def test_names_that_are_encoded_each_by_itself_are_put_together():
    parts = [SENTENCE[start : start + 27] for start in range(0, len(SENTENCE), 27)]
    assert carried([base64.b32encode(part).decode().lower().rstrip("=") for part in parts]).data == SENTENCE


def test_ordinary_names_carry_nothing():
    assert carried(["www", "mail", "static-assets.eu", "api"]) is None
    assert carried([]) is None


@given(st.lists(st.text(max_size=40), max_size=20))
def test_any_names_raise_nothing(of_names):
    carried(of_names)
