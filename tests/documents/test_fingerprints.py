"""Fingerprints of long texts, piece by piece."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from quivive.documents.fingerprints import PIECE, fingerprints
from quivive.kernels.winnowing import FOLDED, GRAM, WINDOW, fold, keyed, winnow

KEY = bytes(range(16))


def words(n_bytes, seed=1):
    rng = Random(seed)
    return b" ".join(rng.randbytes(rng.randrange(2, 9)).hex().encode() for _ in range(n_bytes // 12))[:n_bytes]


def at_once(content):
    """Return hashes and places found without pieces."""
    data = np.frombuffer(content, np.uint8)
    text, origin = np.empty(data.size, np.uint8), np.empty(data.size, np.int64)
    n = int(fold(data, FOLDED, text, origin))
    found, place = np.empty(n + 1, np.uint64), np.empty(n + 1, np.int64)
    count = int(winnow(text, np.int64(n), np.empty(WINDOW, np.uint64), found, place))
    low, high = (np.uint64(half) for half in np.frombuffer(KEY, "<u8"))
    keyed(found, np.int64(count), low, high)
    return found[:count], place[:count], origin, n


@pytest.mark.parametrize("n_bytes", [0, 10, GRAM, 100, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 4321])
def test_pieces_give_what_the_whole_gives(n_bytes):
    content = words(n_bytes)
    found = fingerprints(content, KEY)
    hashes, places, origin, n = at_once(content)
    assert found.hashes.tolist() == hashes.tolist()
    assert found.places.tolist() == places.tolist()
    assert found.n_signs == n
    assert found.first.tolist() == origin[places].tolist()
    assert found.stop.tolist() == (origin[places + GRAM - 1] + 1).tolist()


def test_layout_and_capitals_do_not_matter():
    text = words(5_000)
    changed = text.upper().replace(b" ", b"\n   ")
    assert fingerprints(text, KEY).hashes.tolist() == fingerprints(changed, KEY).hashes.tolist()


def test_another_key_shares_nothing():
    text = words(5_000)
    assert not set(fingerprints(text, KEY).hashes.tolist()) & set(fingerprints(text, KEY[::-1]).hashes.tolist())


def test_mostly_other_bytes_leave_few_signs():
    found = fingerprints(b"\n" * (3 * PIECE) + b"a" * GRAM, KEY)
    assert (found.n_signs, found.hashes.size, found.first.tolist()) == (GRAM, 1, [3 * PIECE])
