"""URLs and times as the kernels tell them; whole conversations are tried in test_http_lane.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.kernels.text import ABSENT
from quivive.kernels.wire import span
from quivive.messages.http.fields import columns_of_request
from quivive.messages.http.head_kernels import SLOT, SLOTS
from quivive.messages.http.lane import said_in
from quivive.messages.http.turn_kernels import Told, mark_of, put_url
from quivive.model.limits import TEXT_BYTES
from tests.messages.http.http_conversations import Piece, streams_of


def url_of(host, uri):
    """Return host and URL as the kernel tells them, None where it refuses."""
    data = np.frombuffer((host + uri).encode(), np.uint8)
    told = Told(np.full((len(SLOTS), 1), ABSENT, np.int64), np.zeros(len(host + uri) + 10, np.uint8))
    told.cell[SLOT["host"], 0] = span(np.int64(0), np.int64(len(host)))
    told.cell[SLOT["uri"], 0] = span(np.int64(len(host)), np.int64(len(uri)))
    end = int(put_url(data, told, np.int64(0), np.int64(3)))
    if end < 0:
        return None
    size = int(told.cell[SLOT["host"], 0]) & 0xFFFF
    assert told.cell[SLOT["url"], 0] == span(np.int64(3), np.int64(end - 3))
    return host[:size], told.arena[3:end].tobytes().decode()


HOSTS = st.one_of(st.just("example.org:80"), st.text("a.:1[]", min_size=1, max_size=8))
TARGETS = st.one_of(st.just("http://x.org/"), st.text("/a:*?=", min_size=1, max_size=20))


@given(HOSTS, TARGETS)
def test_urls_are_those_of_the_parser(host, uri):
    told = url_of(host, uri)
    row = columns_of_request("GET", uri, {"host": host})
    assert told in (None, (row.get("host"), row["url"]))


def test_the_usual_url_is_told():
    assert url_of("example.org:8080", "/a?b=c") == ("example.org", "http://example.org:8080/a?b=c")
    assert url_of("example.org", "http://other.org/") == ("example.org", "http://other.org/")
    assert url_of(":80", "/") is None
    assert url_of("example.org", "*") is None


@pytest.mark.parametrize("spare", [0, 1])
def test_a_url_too_long_for_the_table_is_refused(spare):
    uri = "/" + "a" * (TEXT_BYTES - len("http://example.org/") + spare)
    assert (url_of("example.org", uri) is None) == (spare == 1)


def test_a_byte_has_the_mark_of_its_piece():
    said = said_in(streams_of([[Piece(0, b"ab", 1), Piece(0, b"c", 2), Piece(1, b"x", 3)]]))
    begin = int(said.begin[0])
    found = [int(mark_of(said, np.int64(0), np.int64(0), np.int64(begin + k))) for k in range(5)]
    assert found == [0, 0, 1, 1, 1]
