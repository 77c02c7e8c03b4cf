"""Tables of places that the user brings."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.flows.place_table import SUFFIX, PlaceRow, load, read
from quivive.model.errors import UsageError

DAY = date(2026, 6, 17)


def table(tmp_path, text, **more):
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return read(path, source="a table", day=DAY, **more)


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ('198.51.100.0,198.51.100.255,45102,"Alibaba (US) Technology Co., Ltd."',
         PlaceRow(45102, "", "Alibaba (US) Technology Co., Ltd.")),
        ("198.51.100.0,198.51.100.255,DE", PlaceRow(0, "DE", "")),
        ("198.51.100.0\t198.51.100.255\t45102\tUS\tALIBABA-CN-NET", PlaceRow(45102, "US", "ALIBABA-CN-NET")),
        ("198.51.100.0/24,AS45102,Alibaba", PlaceRow(45102, "", "Alibaba")),
        ("198.51.100.7/24;45102;CN", PlaceRow(45102, "CN", "")),
        ("198.51.100.0/24", PlaceRow(0, "", "")),
    ],
)  # fmt: skip
def test_each_form_of_line_is_read(tmp_path, line, row):
    assert table(tmp_path, line + "\n").at("198.51.100.77") == row


def test_ends_of_a_range_belong_to_it_and_their_neighbours_do_not(tmp_path):
    found = table(tmp_path, "198.51.100.16,198.51.100.31,1,One\n2001:db8::/64,2,Two\n")
    assert [found.at(f"198.51.100.{last}") is not None for last in (15, 16, 31, 32)] == [False, True, True, False]
    inside, outside = ("2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"), "2001:db8:0:1::"
    assert all(found.at(address) for address in inside)
    assert found.at(outside) is None


def test_the_narrowest_range_counts(tmp_path):
    found = table(tmp_path, "10.0.0.0/8,1\n10.1.0.0/16,2\n10.1.2.0/24,3\n10.9.0.0/16,4\n")
    addresses = ("10.0.0.1", "10.1.0.1", "10.1.2.3", "10.1.3.0", "10.8.0.0", "10.9.9.9")
    assert [found.at(address).asn for address in addresses] == [1, 2, 3, 2, 1, 4]


def test_a_heading_comments_and_empty_lines_are_passed_over(tmp_path):
    found = table(tmp_path, "first,last,asn,name\n# made by hand\n\n10.0.0.0,10.0.0.255,7,Seven\n")
    assert (found.n_rows, found.at("10.0.0.9").asn) == (1, 7)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10.0.0.0,10.0.0.255,1\nnonsense,1\n", "line 2 does not begin with a range"),
        ("10.0.0.0/8,1\n10.0.0.9,10.0.0.1,1\n", "line 2"),
        ("10.0.0.0/8,1\n10.0.0.0/33,1\n", "line 2"),
        ("", "holds no range"),
        ("x" * 5000, "line 1 is longer"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_line(tmp_path, text, said):
    with pytest.raises(UsageError, match=said):
        table(tmp_path, text)


def test_a_table_is_kept_and_read_again(tmp_path):
    path = tmp_path / f"asn{SUFFIX}"
    table(tmp_path, "198.51.100.0/24,45102,DE,Alibaba\n", means="located").write(path)
    found = load(path)
    assert (found.at("198.51.100.1"), found.source, found.date, found.means, found.n_rows) == (
        PlaceRow(45102, "DE", "Alibaba"), "a table", DAY, "located", 1,
    )  # fmt: skip


def test_a_file_that_is_none_is_refused(tmp_path):
    path = tmp_path / f"bad{SUFFIX}"
    for content in (b"", b"PK\x03\x04 nonsense", b"\x93NUMPY"):
        path.write_bytes(content)
        with pytest.raises(UsageError, match="is no table of places"):
            load(path)


def test_a_pickle_is_never_opened(tmp_path):
    path = tmp_path / f"bad{SUFFIX}"
    with path.open("wb") as file:
        np.savez(file, first=np.array([{"a": 1}], dtype=object))
    with pytest.raises(UsageError, match="is no table of places"):
        load(path)


def test_what_is_no_address_is_nowhere(tmp_path):
    found = table(tmp_path, "0.0.0.0/0,1\n::/0,2\n")
    assert [found.at(text) for text in ("", "host.example", "10.0.0", "1.2.3.4.5")] == [None] * 4


@given(st.text(max_size=200))
def test_any_text_is_a_table_or_refused(tmp_path_factory, text):
    try:
        table(tmp_path_factory.getbasetemp(), text).at("10.0.0.1")
    except UsageError:
        pass
