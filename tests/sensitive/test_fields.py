"""Field paths of clear content."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.demo import trade
from quivive.sensitive.fields import FREE, MAX_VALUE, fields_of


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (b'{"a":{"b":["x","y"]},"n":7}', {"a.b[]": ["x", "y"], "n": ["7"]}),
        (b'{"a":1}\n{"a":2}\n', {"a": ["1", "2"]}),
        (b'{"inner":"{\\"a\\":\\"x\\"}"}', {"inner.a": ["x"]}),
        (b"iban;name\nX1;one\nX2;two\n", {"iban": ["X1", "X2"], "name": ["one", "two"]}),
        (b'<?xml version="1.0"?><a k="v"><b>one</b><b>two</b></a>', {"a@k": ["v"], "a/b": ["one", "two"]}),
        (b"a=1&b=%7B%22c%22%3A%22x%22%7D", {"a": ["1"], "b.c": ["x"]}),
        (b"UNB+UNOC:3+A+B'NAD+CN+C1::9++X ?+ Y'", {
            "UNB+UNOC:1.1": ["UNOC"], "UNB+UNOC:1.2": ["3"], "UNB+UNOC:2.1": ["A"], "UNB+UNOC:3.1": ["B"],
            "NAD+CN:1.1": ["CN"], "NAD+CN:2.1": ["C1"], "NAD+CN:2.3": ["9"],
            "NAD+CN:4.1": ["X + Y"],
        }),
        (b"just some words\nof a letter\n", {FREE: ["just some words\nof a letter\n"]}),
        (b"", {}),
    ],
)  # fmt: skip
def test_each_kind_of_content_has_its_paths(content, fields):
    assert fields_of(content) == fields


def test_a_partners_form_shows_what_its_content_holds():
    post = trade.partner_post(Random(1), "link.example", 5, 10**18)
    found = fields_of(post.partition(b"\r\n\r\n")[2])
    assert len(found["logistics_interface.parcels[].mailNo"]) == 5


def test_an_interchange_of_the_demonstration_is_read_by_segment():
    found = fields_of(trade.transport_order(Random(1), 4, 10**18))
    assert len(found["PCI+34:2.1"]) == 4
    assert found["NAD+CZ:4.1"] == ["KESTREL GEARS"]


def test_x12_is_read_by_its_own_separators():
    isa = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260915*1200*U*00401*000000001*0*P*>~"
    assert len(isa) == 106
    found = fields_of((isa + "ST*856*0001~N1*SF*Kestrel~").encode())
    assert found["N1*SF:2"] == ["Kestrel"]


def test_nesting_and_long_values_are_bounded():
    assert fields_of(b"[" * 5000 + b"]" * 5000) != {}
    assert max(map(len, fields_of(b'{"a":"' + b"x" * 5000 + b'"}')["a"])) == MAX_VALUE
    assert fields_of(b"<a>" * 3000 + b"x") != {}
    assert fields_of(b'{"n":1' + b"0" * 5000 + b"}") is not None


@given(st.binary(max_size=300))
def test_any_bytes_have_fields(content):
    for head in (b"", b"{", b'{"a":', b"UNA:+.? '", b"ISA*", b"<a ", b"a=", b"x,y\n1,2\n"):
        assert isinstance(fields_of(head + content), dict)
