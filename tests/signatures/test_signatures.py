"""The shelf of names: each pattern claims its own, none claims another's, none claims noise."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest

from quivive import signatures
from quivive.engine.identify import LANES, OTHERS, Catalogue, pattern
from quivive.kit import signature_file
from quivive.kit.protocol import SURE_BITS, Signature
from quivive.model.five_tuple import Carrier, Side

SAMPLES = tomllib.loads((Path(__file__).parent / "samples.toml").read_text(encoding="utf-8"))
NAMED = signature_file.load(signatures)
WITH_PATTERNS = [name for name, named in NAMED.items() if named.signatures]
FOREIGN_PORT = 40_001
N_NOISE = 200_000
NOISE_BYTES = 96
MAX_CHANCE = 1e-5
"""How often noise may be claimed: less than once in 100,000 payloads, all patterns of a carrier together."""

MIN_NAMES = 300
APART_BITS = 16
"""Of two patterns that fix as many bits, a payload of one may fit the other once in 65,536."""


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue()


def patterns(catalogue):
    """Yield lane, service name, signature, value and mask of every pattern of both shelves."""
    for service in catalogue.services:
        lanes = {LANES.get(carrier, OTHERS) for carrier in service.kind.carriers}
        for declared, lane in itertools.product(service.kind.signatures, sorted(lanes)):
            signature = declared if isinstance(declared, Signature) else Signature(declared)
            yield lane, service.name, signature, *pattern(signature.pattern)


def n_bits(mask):
    return int.from_bytes(mask).bit_count()


def sample(name):
    said = SAMPLES[name]
    carrier = signature_file.CARRIERS[said["carrier"]]
    return bytes.fromhex(said["hex"]), carrier, said["port"], signature_file.SIDES[said["side"]]


def test_the_shelf_names_enough(catalogue):
    assert len(WITH_PATTERNS) + sum(service.parser is not None for service in catalogue.services) >= MIN_NAMES


def test_every_sample_is_of_a_name():
    assert set(SAMPLES) == set(WITH_PATTERNS)


@pytest.mark.parametrize("name", WITH_PATTERNS)
def test_its_sample_is_claimed_by_it(name, catalogue):
    payload, carrier, port, side = sample(name)
    found = catalogue.identify_payload(payload, carrier, port or FOREIGN_PORT, side)
    assert catalogue.names[found] == name


@pytest.mark.parametrize("name", WITH_PATTERNS)
def test_its_sample_is_claimed_by_no_other_from_anybody(name, catalogue):
    payload, carrier, port, _ = sample(name)
    found = {
        catalogue.names[catalogue.identify_payload(payload, carrier, wherever, side)]
        for side in Side
        for wherever in (port or FOREIGN_PORT, FOREIGN_PORT)
    }
    assert found <= {name, ""}


@pytest.mark.parametrize("name", WITH_PATTERNS)
def test_what_needs_its_port_is_not_believed_elsewhere(name, catalogue):
    payload, carrier, port, side = sample(name)
    if port and carrier is not Carrier.IP:
        assert catalogue.identify_payload(payload, carrier, FOREIGN_PORT, side) == 0


@pytest.mark.parametrize("name", WITH_PATTERNS)
def test_a_short_pattern_has_a_port_to_stand_on(name):
    short = [s for s in NAMED[name].signatures if n_bits(pattern(s.pattern)[1]) < SURE_BITS]
    assert not short or NAMED[name].ports


def test_no_two_equally_telling_patterns_fit_one_payload(catalogue):
    sure = [found for found in patterns(catalogue) if n_bits(found[4]) >= SURE_BITS]
    clashes = {
        (a[1], b[1], str(a[2].pattern), str(b[2].pattern))
        for a, b in itertools.combinations(sure, 2)
        if a[0] == b[0] and a[1] != b[1] and n_bits(a[4]) == n_bits(b[4]) and bits_apart(a, b) < APART_BITS
    }
    assert not clashes


def bits_apart(a, b):
    """Return how many more bits of a payload must be as b wants them once it fits a; 64 where it never can."""
    (_, _, first, value_a, mask_a), (_, _, second, value_b, mask_b) = a, b
    if None not in (first.side, second.side) and first.side != second.side:
        return 64
    open_bits = 0
    for at, (value, mask) in enumerate(zip(value_b, mask_b, strict=True), second.offset - first.offset):
        fixed = mask_a[at] if 0 <= at < len(mask_a) else 0
        if fixed and (value ^ value_a[at]) & mask & fixed:
            return 64
        open_bits += (mask & ~fixed).bit_count()
    return open_bits


def test_noise_is_claimed_by_nothing_sure(catalogue):
    noise = np.random.default_rng(20_250_101).integers(0, 256, (N_NOISE, NOISE_BYTES), np.uint8)
    for _, name, signature, value, mask in patterns(catalogue):
        end = signature.offset + len(value)
        if n_bits(mask) < SURE_BITS or end > NOISE_BYTES:
            continue
        left = np.arange(N_NOISE)
        for at in range(len(value)):
            if mask[at]:
                left = left[noise[left, signature.offset + at] & mask[at] == value[at]]
        assert not left.size, (name, signature)


@pytest.mark.parametrize("lane", range(3))
def test_noise_is_hardly_ever_claimed(lane, catalogue):
    bits = [n_bits(mask) for of, _, _, _, mask in patterns(catalogue) if of == lane and n_bits(mask) >= SURE_BITS]
    assert sum(2.0**-n for n in bits) < MAX_CHANCE


@pytest.mark.parametrize("carrier", [Carrier.TCP, Carrier.UDP])
@pytest.mark.parametrize("payload", [bytes(400), b" " * 400, b"\xaa" * 400, b"A" * 400, bytes(range(256)) * 2])
def test_monotony_is_claimed_by_nothing(carrier, payload, catalogue):
    for side in Side:
        assert catalogue.names[catalogue.identify_payload(payload, carrier, FOREIGN_PORT, side)] == ""
