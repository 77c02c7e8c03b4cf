"""Where a log-in or a secret may stand: the kernels never say no where login.py finds one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kernels.wire import span
from quivive.messages.http import login as http_login
from quivive.messages.http.login import FORM_BYTES, form_reader, is_secret, mask_uri
from quivive.messages.http.secret_kernels import (
    IN_FIELDS,
    IN_JSON,
    IN_PARTS,
    SUSPICIOUS,
    holds,
    is_suspicious,
    may_hold_secret,
    may_log_in,
    suspicious_words,
    where,
)

WORDS = suspicious_words()
ALL_WORDS = [word for words in SUSPICIOUS.values() for word in words.split()]
OTHERS = [
    "user",
    "q",
    "x-",
    "_",
    "[a]",
    "1",
    ".",
    "%70",
    "+",
    "Pass",
    "PIN",
    "\u017f",
    "pa\u017f\u017fword",
    "log",
    "j_",
]
NAMES = st.lists(st.sampled_from(ALL_WORDS + OTHERS), min_size=1, max_size=4).map("".join)
PIECES = st.lists(st.one_of(NAMES, st.sampled_from([*'?&;#/=@:"\r\n ', 'name="', "://", "=x"])), max_size=12)


def said_by(kernel, text, *more):
    data = np.frombuffer(text, np.uint8)
    return kernel(data, np.int64(0), np.int64(data.size), *more)


@pytest.mark.parametrize("name", ["password", "old_Passwd2", "API_KEY", "my-token", "pw", "j_pass", "%70w", "a+b"])
def test_names_of_secrets_are_suspicious(name):
    assert said_by(is_suspicious, name.encode(), WORDS)


@pytest.mark.parametrize("name", ["q", "shopping", "design", "tokens", "compass", "side", "", "pi", "a" * 70])
def test_names_that_only_look_like_them_are_not(name):
    assert not said_by(is_suspicious, name.encode(), WORDS)


@given(NAMES)
def test_no_name_of_a_secret_is_missed(name):
    raw = name.encode()
    if http_login.kind_of(name) == "password" or is_secret(name):
        assert said_by(is_suspicious, raw, WORDS) or not raw.isascii()


@given(PIECES.map("".join))
def test_no_secret_in_an_address_is_missed(uri):
    if mask_uri(uri) != uri:
        assert said_by(may_hold_secret, uri.encode(), WORDS)


def test_the_log_in_before_a_host_is_suspected_and_a_mail_address_is_not():
    assert said_by(may_hold_secret, b"http://user:x@example.org/", WORDS)
    assert not said_by(may_hold_secret, b"/a?mail=a@example.org&tokens=2", WORDS)


def test_every_reader_of_bodies_has_its_mark_here():
    assert {mark.tobytes().decode() for mark in (IN_FIELDS, IN_PARTS, IN_JSON)} == set(http_login.FORMS)


def log_in_seen(media_type, body, there=None):
    data = np.frombuffer(media_type + body, np.uint8)
    at, stop = len(media_type), len(media_type) + (len(body) if there is None else there)
    ends = (np.int64(at), np.int64(len(body)), np.int64(stop))
    return may_log_in(data, *ends, span(np.int64(0), np.int64(at)), WORDS)


@given(st.sampled_from(["application/JSON", "multipart/Form-Data", "x-www-form-urlencoded", "text/plain"]), PIECES)
def test_no_log_in_in_a_body_is_missed(media_type, pieces):
    body = "".join(pieces)
    reader = form_reader(media_type)
    if reader and reader(body.encode()):
        assert log_in_seen(media_type.encode(), body.encode())


PART = b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\nx\r\n--b--\r\n'


def test_bodies_of_forms_are_looked_at():
    assert log_in_seen(b"multipart/form-data", PART % b"password")
    assert not log_in_seen(b"multipart/form-data", PART % b"a")
    assert log_in_seen(b"text/json", b'{"passwd": "x"}')
    assert not log_in_seen(b"text/json", b'{"pas": "x"}')
    assert not log_in_seen(b"text/plain", b"password=x")


def test_a_part_behind_one_whose_name_has_no_end_is_looked_at():
    assert log_in_seen(b"multipart/form-data", b'name="\r\n' + PART % b"password")


def test_what_is_not_there_of_a_form_may_hold_a_log_in():
    assert log_in_seen(b"x-www-form-urlencoded", b"a=b", there=2)
    assert not log_in_seen(b"text/plain", b"a=b", there=2)
    assert not log_in_seen(b"x-www-form-urlencoded", b"a" * FORM_BYTES + b"&pw=b", there=FORM_BYTES)
    assert log_in_seen(b"x-www-form-urlencoded", b"a" * FORM_BYTES + b"&pw=b", there=FORM_BYTES - 1)


@given(st.binary(max_size=12), st.sampled_from([b"ab", b"a", b"abc-"]))
def test_words_are_found_where_they_stand(text, word):
    """The bit that tells cases apart is not looked at in other bytes either."""
    folded = bytes(byte | 0x20 for byte in text)
    at = folded.find(word)
    assert said_by(where, text, np.frombuffer(word, np.uint8)) == (at if at >= 0 else len(text))
    assert bool(said_by(holds, text, np.frombuffer(word, np.uint8))) == (at >= 0)
