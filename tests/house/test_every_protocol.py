"""What every protocol promises, tried on each file of the shelf: a new one is tried the day it lands."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive import protocols
from quivive.engine import registry
from quivive.engine.identify import Catalogue
from quivive.kit import shelf
from quivive.kit.cursor import Cursor
from quivive.kit.protocol import Match, Protocol
from quivive.model.errors import DissectError
from quivive.model.five_tuple import Carrier, Side

SAMPLES = Path(__file__).parents[1] / "samples"
SHELF = shelf.load(protocols, Protocol)
PYTHON = {
    "bool": bool,
    "text": str,
    "bytes": bytes,
    "float64": (float, int),
    "texts": (list, tuple),
    "ints": (list, tuple),
    "int16": int,
    "int32": int,
    "int64": int,
    "ts": int,
}
SIDES = (Side.ORIGINATOR, Side.RESPONDER)


def samples(name):
    for path in sorted((SAMPLES / name).glob("*.hex")):
        lines = (line.partition("#")[0] for line in path.read_text(encoding="utf-8").splitlines())
        yield path.stem, bytes.fromhex("".join(lines))


EVERY_SAMPLE = [pytest.param(name, payload, id=f"{name}-{stem}") for name in SHELF for stem, payload in samples(name)]


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue()


def read(name, payload, side, *, whole):
    """Read all messages of a payload, as the engine does; returns rows."""
    parser, cursor, rows = SHELF[name](), Cursor(payload, whole=whole), []
    while cursor.at < cursor.stop:
        at = cursor.at
        rows += parser.parse(cursor, side)
        assert cursor.at > at or cursor.skipping or cursor.is_done or cursor.handover, "a message of no bytes"
        if cursor.skipping or cursor.is_done or cursor.handover:
            break
    return [*rows, *parser.close()]


def is_stream(name):
    return Carrier.TCP in SHELF[name].carriers and Carrier.UDP not in SHELF[name].carriers


@pytest.mark.parametrize("name", SHELF)
def test_it_has_a_sample(name):
    assert list(samples(name))


@pytest.mark.parametrize("name", SHELF)
def test_its_tables_are_registered(name):
    for table in SHELF[name].tables:
        assert registry.tables()[table.name] is table


@pytest.mark.parametrize(("name", "payload"), EVERY_SAMPLE)
def test_its_sample_is_claimed_by_it_alone(name, payload, catalogue):
    if (
        Carrier.LINK in SHELF[name].carriers
        or Carrier.ICMP in SHELF[name].carriers
        or Carrier.IP in SHELF[name].carriers
    ):
        pytest.skip("named by number, not by content")
    found = set()
    for carrier in SHELF[name].carriers:
        for side in SIDES:
            port = SHELF[name].ports[0] if SHELF[name].ports else 50_000
            number = catalogue.identify_payload(payload, carrier, port, side)
            found.add(catalogue.names[number])
    assert name in found
    assert found <= {name, ""}


@pytest.mark.parametrize(("name", "payload"), EVERY_SAMPLE)
def test_its_rows_hold_what_its_tables_declare(name, payload):
    for side in SIDES:
        try:
            rows = read(name, payload, side, whole=not is_stream(name))
        except DissectError:
            continue
        for table, values in rows:
            kinds = {field.name: field.kind for field in table.fields}
            for key, value in values.items():
                assert value is None or isinstance(value, PYTHON[kinds[key]]), (table.name, key, value)


@pytest.mark.parametrize(("name", "payload"), EVERY_SAMPLE)
def test_cut_short_it_asks_for_more_or_refuses(name, payload):
    for size in range(len(payload)):
        for side in SIDES:
            for whole in (False, True):
                try:
                    read(name, payload[:size], side, whole=whole)
                except DissectError:
                    pass


@given(data=st.data(), noise=st.binary(max_size=60))
@pytest.mark.parametrize(("name", "payload"), EVERY_SAMPLE)
def test_noise_gives_rows_or_a_dissect_error(name, payload, data, noise):
    at = data.draw(st.integers(0, len(payload)))
    for side in SIDES:
        assert SHELF[name].probe(payload[:at] + noise, side) in tuple(Match)
        for whole in (False, True):
            try:
                read(name, payload[:at] + noise + payload[at:], side, whole=whole)
            except DissectError:
                pass
