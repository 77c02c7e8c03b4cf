"""Winnowing: as the paper says it, and SipHash as its authors print it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quivive.kernels.winnowing import FOLDED, GRAM, WINDOW, fold, keyed, sip_hash, winnow

MASK = (1 << 64) - 1
BASE, SPREAD = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93


def ordered(text):
    """Return the order of every gram, made anew from its signs."""
    found = []
    for at in range(len(text) - GRAM + 1):
        rolling = 0
        for sign in text[at : at + GRAM]:
            rolling = (rolling * BASE + sign) & MASK
        order = rolling * SPREAD & MASK
        found.append(order ^ order >> 32)
    return found


def plain(text):
    """Return hash and place of each fingerprint: of every window the smallest, of equal ones the last."""
    orders = ordered(text)
    picked = {}
    for first in range(max(len(orders) - WINDOW + 1, min(len(orders), 1))):
        window = orders[first : first + WINDOW]
        least = min(window)
        picked[first + len(window) - 1 - window[::-1].index(least)] = least
    return [(picked[place], place) for place in sorted(picked)]


def winnowed(text):
    found, place = np.empty(len(text) + 1, np.uint64), np.empty(len(text) + 1, np.int64)
    data = np.frombuffer(bytes(text), np.uint8)
    count = winnow(data, np.int64(data.size), np.empty(WINDOW, np.uint64), found, place)
    return list(zip(found[:count].tolist(), place[:count].tolist(), strict=True))


texts = st.binary(max_size=400) | st.text("ab", max_size=300).map(str.encode) | st.just(b"a" * 200)


@given(texts)
def test_fingerprints_are_those_of_the_paper(text):
    assert winnowed(text) == plain(text)


def test_a_text_shorter_than_a_gram_has_none_and_one_of_a_gram_has_one():
    assert winnowed(b"a" * (GRAM - 1)) == []
    assert len(winnowed(b"a" * GRAM)) == 1


@given(st.binary(min_size=GRAM + WINDOW - 1, max_size=80), st.binary(max_size=200), st.binary(max_size=200))
def test_what_two_texts_share_gives_a_shared_fingerprint(shared, before, after):
    first = {order for order, _ in winnowed(before + shared + after)}
    second = {order for order, _ in winnowed(after + shared + before)}
    assert first & second


@given(st.binary(max_size=300))
def test_signs_that_count_are_kept_in_small(data):
    out, origin = np.empty(len(data), np.uint8), np.empty(len(data), np.int64)
    n = fold(np.frombuffer(data, np.uint8), FOLDED, out, origin)
    expected = [(at, ord(chr(sign).lower()) if sign < 128 else sign) for at, sign in enumerate(data)
                if sign >= 128 or chr(sign).isalnum()]  # fmt: skip
    assert list(zip(origin[:n].tolist(), out[:n].tolist(), strict=True)) == expected


def test_sip_hash_gives_its_authors_answer():
    """The vector for eight bytes 00 01 .. 07 under the key 00 01 .. 0f, from the paper's reference code."""
    low, high = (np.uint64(int.from_bytes(bytes(range(first, first + 8)), "little")) for first in (0, 8))
    assert int(sip_hash(low, low, high)).to_bytes(8, "little").hex() == "6224939a79f5f593"


def test_another_key_gives_other_hashes():
    words = np.arange(5, dtype=np.uint64)
    one, two = words.copy(), words.copy()
    keyed(one, np.int64(5), np.uint64(1), np.uint64(2))
    keyed(two, np.int64(5), np.uint64(1), np.uint64(3))
    assert not set(one.tolist()) & set(two.tolist())
    assert one.tolist() == [int(sip_hash(word, np.uint64(1), np.uint64(2))) for word in words]
