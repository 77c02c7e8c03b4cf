"""What LDAP requests and results say."""

import pytest

from quivive.messages.ldap_fields import read_extended, read_result, read_search
from quivive.model.errors import Malformed


def test_result_has_its_name_or_its_number():
    assert read_result(bytes.fromhex("0a0120 0400 0402 6e6f"), (0, 9)) == (
        32,
        {"ldap_result": "noSuchObject", "ldap_diagnostic": "no"},
    )
    assert read_result(bytes.fromhex("0a0163 0400 0400"), (0, 7))[1]["ldap_result"] == "result 99"


@pytest.mark.parametrize(("scope", "name"), [(0, "base"), (3, "children"), (4, "scope 4")])
def test_scope_has_its_name_or_its_number(scope, name):
    search = bytes.fromhex("0400 0a01") + bytes([scope]) + bytes.fromhex("0a0100 020100 020100 010100 8701 61 3000")
    row, asked = read_search(search, (0, len(search)))
    assert (row["ldap_scope"], asked.text) == (name, "(a=*)")


def test_extended_operation_has_its_name_or_its_number():
    assert read_extended(b"\x80\x031.2", (0, 5)) == {"ldap_extended": "1.2"}
    assert read_extended(b"\x80\x0b1.3.6.1.1.8", (0, 13)) == {"ldap_extended": "cancel"}


def test_search_cut_short_is_malformed():
    with pytest.raises(Malformed):
        read_search(bytes.fromhex("0400 0a0100"), (0, 5))
