"""Merkle trees: the known answers of RFC 6962's form, and equality with the definition."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from quivive.case.merkle import Merkle


def by_definition(lines):
    """RFC 6962, 2.1, word by word."""
    if len(lines) < 2:
        return hashlib.sha256(b"".join(b"\0" + line for line in lines)).digest()
    k = 1
    while 2 * k < len(lines):
        k *= 2
    return hashlib.sha256(b"\1" + by_definition(lines[:k]) + by_definition(lines[k:])).digest()


@given(st.lists(st.binary(max_size=8), max_size=40))
def test_the_tree_is_the_one_of_the_definition(lines):
    assert Merkle(lines).root == by_definition(lines).hex()


def test_known_answers():
    assert Merkle().root == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Merkle([b""]).root == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=20, unique=True), st.data())
def test_no_order_and_no_length_shares_a_root(lines, data):
    moved = data.draw(st.permutations(lines))
    assert (Merkle(moved).root == Merkle(lines).root) == (moved == lines)
    assert Merkle(lines[:-1]).root != Merkle(lines).root
