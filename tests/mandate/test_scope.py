"""Grants to ranges and times: zones, summer time, the edges of windows, and counts by reason."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime

import numpy as np
import pytest

from quivive.kernels import headers
from quivive.mandate.grant import NO_MANDATE
from quivive.mandate.parts import Hours, Window
from quivive.mandate.scope import Scope, ranges_of, spans_of
from quivive.model.errors import MandateError
from tests.kernels.frames import decoded
from tests.kernels.test_scope import frame
from tests.mandate.drafts import Office, draft

OFFICE = Office()
DAY = Window(datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC))


def told(spans):
    return [tuple(f"{datetime.fromtimestamp(ns // 10**9, UTC):%d %H:%M}" for ns in row) for row in spans.tolist()]


def test_ranges_that_touch_or_overlap_are_joined():
    texts = ["10.0.1.0/24", "10.0.0.0/24", "10.0.0.128/25", "10.0.3.0/24", "2001:db8::/32"]
    assert len(ranges_of(map(ipaddress.ip_network, texts))) == 3
    assert ranges_of([]).shape == (0, 4)


def test_a_window_without_hours_is_one_span():
    assert told(spans_of(DAY)) == [("28 00:00", "31 00:00")] * 2


def test_hours_follow_the_clock_of_their_zone_through_summer_time():
    """Clocks went forward in Paris on 29 March 2026: 08:00 is 07:00 UTC on Saturday and 06:00 UTC on Sunday."""
    hours = Hours("08:00", "24:00", "Europe/Paris", ("sat", "sun", "mon"))
    assert told(spans_of(Window(DAY.begins, DAY.ends, hours)))[1:] == [
        ("28 07:00", "28 23:00"),
        ("29 06:00", "29 22:00"),
        ("30 06:00", "30 22:00"),
    ]


def test_hours_are_cut_to_the_window_and_to_their_days():
    window = Window(datetime(2026, 3, 30, 9, tzinfo=UTC), datetime(2026, 3, 31, 7, tzinfo=UTC))
    hours = Hours("06:00", "22:00", "UTC", ("mon", "tue"))
    assert told(spans_of(Window(window.begins, window.ends, hours)))[1:] == [
        ("30 09:00", "30 22:00"),
        ("31 06:00", "31 07:00"),
    ]
    none = Hours("06:00", "22:00", "UTC", ("sun",))
    assert len(spans_of(Window(window.begins, window.ends, none))) == 1


def test_the_scope_of_a_grant_counts_what_it_cuts_off():
    scope = Scope(OFFICE.check(OFFICE.signed(draft(), "sec", "dpo")))
    now = int(datetime(2026, 4, 10, tzinfo=UTC).timestamp()) * 10**9
    frames = [frame("10.1.2.3", "192.0.2.1"), frame("10.0.77.8", "192.0.2.1"), frame("192.0.2.9", "192.0.2.1")]
    for times in ([now] * 3, [0] * 3):
        data, packets = decoded(frames, times)
        scope.mask(data, np.empty(0, np.uint8), packets)
    assert scope.counts == {"outside the networks": 1, "excluded host": 1, "outside the window": 3}
    assert packets.declined.tolist() == [headers.OUT_OF_SCOPE] * 3


def test_without_a_mandate_there_is_no_scope():
    with pytest.raises(MandateError, match="no mandate to take it from"):
        Scope(NO_MANDATE)
