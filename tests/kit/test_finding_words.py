import pytest

from quivive.kit.finding_words import LAST_NS, bytes_text, count_text, peer_text, short_text, span_text, when_text

SECOND = 1_000_000_000
MORNING_NS = 1_789_467_840 * SECOND  # 2026-09-15 10:24 UTC


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (99_949, "99.9 kB"), (99_950, "100 kB"), (11_534_336, "11.5 MB")],
)
def test_size_has_three_digits_at_most(size, words):
    assert bytes_text(size) == words


@pytest.mark.parametrize(("number", "words"), [(0, "0 flows"), (1, "1 flow"), (1_440, "1,440 flows")])
def test_number_agrees_with_its_noun(number, words):
    assert count_text(number, "flow") == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.25, "0.2 s"), (59.9, "59.9 s"), (60, "1 min 0 s"), (90_061, "1 d 1 h")]
)
def test_length_of_time_has_its_two_largest_units(seconds, words):
    assert span_text(seconds) == words


def test_time_is_told_to_the_minute():
    assert when_text(MORNING_NS, MORNING_NS + 59 * SECOND) == "on 2026-09-15 at 10:24 UTC"
    assert when_text(MORNING_NS, MORNING_NS + 1_320 * SECOND) == "on 2026-09-15 from 10:24 to 10:46 UTC"
    assert when_text(MORNING_NS, MORNING_NS + 86_400 * SECOND) == "from 2026-09-15 10:24 to 2026-09-16 10:24 UTC"


def test_clock_beyond_the_calendar_is_shown_at_its_ends():
    assert when_text(-5, 2 * LAST_NS) == "from 1970-01-01 00:00 to 9999-12-31 23:59 UTC"


def test_peer_is_told_by_name_address_and_registry():
    assert peer_text("192.0.2.1", "a.example", "NL") == "a.example (192.0.2.1, registered in NL)"
    assert peer_text("192.0.2.1", None, "NL") == "192.0.2.1 (registered in NL)"
    assert peer_text("192.0.2.1") == "192.0.2.1"
    assert peer_text(None) == "an unknown address"


def test_text_from_the_wire_is_cut_and_made_printable():
    assert short_text("a" * 81) == "a" * 80 + "..."
    assert short_text("a\x1b[2J\n") == "a\\x1b[2J\\n"
