"""The demonstration, written once for all its tests, and read back by a reader that shares no code with its writer."""

from __future__ import annotations

import pytest

from quivive.demo.story import write_demo
from tests.demo import independent


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The folder with the captures of seed 1."""
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return folder


@pytest.fixture(scope="session")
def packets(demo):
    """All packets of each capture, by file name."""
    return {path.name: independent.packets(path) for path in sorted(demo.glob("*.pcap*"))}


@pytest.fixture(scope="session")
def streams(packets):
    """The TCP connections of each capture, by file name."""
    return {name: independent.connections(found) for name, found in packets.items()}
