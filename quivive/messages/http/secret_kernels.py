"""Kernels that tell whether an address or a form may hold a log-in or a secret, which login.py then looks for.

They may say yes where there is none, never no where there is one; a test holds them to the patterns of login.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quivive.kernels.jit import kernel
from quivive.kernels.wire import span_size, span_start
from quivive.messages.http.login import FORM_BYTES, MAX_NAME

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Int = Any
"""An int64: what NumPy makes of one is no int to a type checker."""

ANYWHERE, AT_END, WHOLE = np.int64(0), np.int64(1), np.int64(2)

SUSPICIOUS = {
    ANYWHERE: "passwd password passphrase passcode pwd motdepasse mot_de_passe kennwort contrasena senha",
    AT_END: "token apikey api_key clientsecret client_secret sessionid session_id signature",
    WHOLE: "pass userpass user_pass loginpass login_pass j_pass logpass pw pin mdp "
    "phpsessid sid sig secret code_verifier",
}
"""Where in the name of an argument which word makes it one whose value is shown to nobody."""

IN_FIELDS, IN_PARTS, IN_JSON = (np.frombuffer(mark, np.uint8) for mark in (b"form-urlencoded", b"form-data", b"json"))
"""Marks of the media types in which login.py looks for a log-in."""
JSON_MARK = np.frombuffer(b"pass", np.uint8)
"""Without it login.py looks for none in JSON."""

PART_MARK = np.frombuffer(b'name="', np.uint8)

PERCENT, PLUS, QUOTE = b'%+"'
CASE = np.uint8(0x20)
"""The bit in which letters differ by case."""

PLAIN, DELIMITER, EQUALS, AT, COLON, NOT_ASCII = range(6)


class Words(NamedTuple):
    """Words to look for.

    text: uint8 (n, longest), CASE set   n_bytes, place: int64 (n,)
    """

    text: NDArray[np.uint8]
    n_bytes: Numbers
    place: Numbers


def suspicious_words() -> Words:
    """Return the words of SUSPICIOUS."""
    listed = [(word.encode(), place) for place, words in SUSPICIOUS.items() for word in words.split()]
    text = np.zeros((len(listed), max(len(word) for word, _ in listed)), np.uint8)
    for k, (word, _) in enumerate(listed):
        text[k, : len(word)] = np.frombuffer(word, np.uint8) | CASE
    return Words(
        text,
        np.array([len(word) for word, _ in listed], np.int64),
        np.array([place for _, place in listed], np.int64),
    )


def _kinds() -> Bytes:
    """Return what each byte is to `may_hold_secret`."""
    kinds = np.zeros(256, np.uint8)
    kinds[list(b"?&;#/")] = DELIMITER
    kinds[ord("=")], kinds[ord("@")], kinds[ord(":")] = EQUALS, AT, COLON
    kinds[0x80:] = NOT_ASCII
    return kinds


KIND = _kinds()


@kernel
def may_hold_secret(data: Bytes, at: Int, stop: Int, words: Words) -> bool:
    """Return whether an argument is named like a secret, a log-in may stand before a host, or a byte is not ASCII."""
    name_at, has_at, has_colon = at, False, False
    for k in range(at, stop):
        kind = KIND[data[k]]
        if kind == PLAIN:
            continue
        if kind == NOT_ASCII or (kind == EQUALS and is_suspicious(data, name_at, k, words)):
            return True
        if kind in (DELIMITER, EQUALS):
            name_at = k + 1
        has_at = has_at or kind == AT
        has_colon = has_colon or kind == COLON
    return has_at and has_colon


@kernel
def is_suspicious(data: Bytes, at: Int, stop: Int, words: Words) -> bool:
    """Return whether a name is like that of a secret; one with escapes may stand for any other."""
    for k in range(at, stop):
        if data[k] == PERCENT or data[k] == PLUS:
            return True
    for word in range(words.place.size):
        spare, place = stop - at - words.n_bytes[word], words.place[word]
        if spare < 0 or (place == WHOLE and spare > 0):
            continue
        first = at + spare if place == AT_END else at
        last = at + spare if place == ANYWHERE else first
        for k in range(first, last + 1):
            if n_equal(data, k, words, word) == words.n_bytes[word]:
                return True
    return False


@kernel
def n_equal(data: Bytes, at: Int, words: Words, word: Int) -> Int:
    """Return how many bytes from one on are those of a word, in either case."""
    k = np.int64(0)
    while k < words.n_bytes[word] and data[at + k] | CASE == words.text[word, k]:
        k += 1
    return k


@kernel
def may_log_in(data: Bytes, at: Int, n_bytes: Int, stop: Int, media_type: Int, words: Words) -> bool:
    """Return whether a log-in may stand in a request's body of a media type given as a span; unseen bytes may hold one.

    n_bytes: size of the body, of which the beginning is looked at    stop: where what is there of it ends
    """
    type_at = span_start(media_type)
    type_stop = type_at + span_size(media_type)
    is_form, is_json = holds(data, type_at, type_stop, IN_FIELDS), holds(data, type_at, type_stop, IN_JSON)
    has_parts, form_stop = holds(data, type_at, type_stop, IN_PARTS), at + min(n_bytes, FORM_BYTES)
    if form_stop > stop:
        return is_form or is_json or has_parts
    if has_parts and has_suspicious_part(data, at, form_stop, words):
        return True
    if is_json and holds(data, at, form_stop, JSON_MARK):
        return True
    return is_form and may_hold_secret(data, at, form_stop, words)


@kernel
def has_suspicious_part(data: Bytes, at: Int, stop: Int, words: Words) -> bool:
    """Return whether what stands in quotes behind name= is like the name of a secret, or is not ASCII."""
    while at < stop:
        at = where(data, at, stop, PART_MARK) + PART_MARK.size
        end = at
        while end < min(stop, at + MAX_NAME) and data[end] != QUOTE:
            if data[end] >= 0x80:
                return True
            end += 1
        if end > at and is_suspicious(data, at, end, words):
            return True
    return False


@kernel
def holds(data: Bytes, at: Int, stop: Int, word: Bytes) -> bool:
    """Return whether a word stands somewhere in a range of bytes, in either case."""
    return where(data, at, stop, word) < stop


@kernel
def where(data: Bytes, at: Int, stop: Int, word: Bytes) -> Int:
    """Return where in a range of bytes a word stands, in either case; the end where it does not."""
    for first in range(at, stop - word.size + 1):
        k = np.int64(0)
        while k < word.size and data[first + k] | CASE == word[k] | CASE:
            k += 1
        if k == word.size:
            return np.int64(first)
    return np.int64(stop)
