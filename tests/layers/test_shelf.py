"""Every file of the layers shelf keeps the contract of kit/layer.py."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quivive.layers
from quivive.kit.layer import NOTHING, REFUSED, Layer
from quivive.kit.shelf import load
from quivive.messages.carried import ETHERNET, IPV4, IPV6

LAYERS = load(quivive.layers, Layer)
HERE = Path(__file__).parent
BIGGEST_CLAIM = 7 << 32  # namespaces are numbered 1 to 6


def test_no_two_layers_answer_to_one_claim():
    counts = Counter(number for layer in LAYERS.values() for number in layer.claims)
    assert [number for number, count in counts.items() if count > 1] == []


def test_no_layer_takes_what_the_fast_lane_reads():
    assert {ETHERNET, IPV4, IPV6}.isdisjoint(number for layer in LAYERS.values() for number in layer.claims)


@pytest.mark.parametrize("name", LAYERS)
def test_layer_has_its_test_title_and_specification(name):
    assert (HERE / f"test_{name}.py").exists()
    assert LAYERS[name].title
    assert LAYERS[name].spec
    assert LAYERS[name].claims


@pytest.mark.parametrize("name", LAYERS)
@given(noise=st.binary(min_size=1, max_size=120), ends=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120))))
def test_kernel_survives_random_bytes_at_random_ranges(name, noise, ends):
    data = np.frombuffer(bytearray(noise), np.uint8)
    start = np.array([min(a, b, data.size) for a, b in ends], np.int64)
    stop = np.array([min(max(a, b), data.size) for a, b in ends], np.int64)
    kind, inner_start, inner_stop, tag = (np.full(start.size, -99, np.int64) for _ in range(4))
    LAYERS[name].kernel(data, start, stop, kind, inner_start, inner_stop, tag)
    follows = kind >= 0
    assert np.isin(kind[~follows], (NOTHING, REFUSED)).all()
    assert (kind < BIGGEST_CLAIM).all()
    assert (start <= inner_start).all()
    assert (inner_start <= inner_stop)[follows].all()
    assert (inner_stop <= stop)[follows].all()
    assert (tag >= -1).all()


@pytest.mark.parametrize("name", LAYERS)
def test_kernel_is_compiled_for_one_signature_only(name):
    data, n = np.zeros(64, np.uint8), np.zeros(2, np.int64)
    LAYERS[name].kernel(data, n, n + 64, *(n.copy() for _ in range(4)))
    assert len(getattr(LAYERS[name].kernel, "signatures", [0])) == 1
