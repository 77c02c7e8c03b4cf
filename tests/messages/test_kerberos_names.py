"""Names in Kerberos messages."""

import pytest

from quivive.messages.kerberos_names import etype_name, kind_of, principal, read_ap_req, read_ticket
from quivive.model.errors import Malformed

TICKET = bytes.fromhex(
    "6142 3040 a003020105"  # ticket, tkt-vno 5
    "a106 1b045745524b"  # realm WERK
    "a21b 3019 a003020102 a112 3010 1b066b7262746774 1b065745524b2e41"  # krbtgt, WERK.A
    "a314 3012 a003020117 a103020102 a206 0404aaaaaaaa"  # enc-part: rc4, key version 2
)


def test_ticket_names_service_realm_and_encryption():
    assert read_ticket(TICKET, (0, len(TICKET))) == {
        "kerberos_service_realm": "WERK",
        "kerberos_service": "krbtgt/WERK.A",
        "kerberos_etype": "rc4-hmac",
    }


def test_ap_req_without_a_ticket_shows_nothing():
    assert read_ap_req(bytes.fromhex("6e07 3005 a003020105"), (0, 9)) == {}


def test_ticket_cut_at_any_byte_is_malformed():
    for cut in range(len(TICKET)):
        with pytest.raises(Malformed):
            read_ticket(TICKET[:cut], (0, cut))


def test_principal_without_a_name_is_malformed():
    with pytest.raises(Malformed, match="principal has no name"):
        principal(bytes.fromhex("3005 a003020101"), (0, 7))


def test_principal_of_too_many_parts_is_malformed():
    parts = b"\x1b\x01a" * 8
    whole = b"\x30\x1c\xa1\x1a\x30\x18" + parts
    assert principal(whole, (0, len(whole))) == "a/a/a/a/a/a/a/a"
    whole = b"\x30\x1f\xa1\x1d\x30\x1b" + parts + parts[:3]
    with pytest.raises(Malformed):
        principal(whole, (0, len(whole)))


def test_encryption_type_without_a_name_is_its_number():
    assert etype_name(23) == "rc4-hmac"
    assert etype_name(-99) == "etype--99"


def test_name_tells_whom_it_denotes():
    assert [kind_of(name) for name in ("j.weber", "FS1$", "host/fs1", "http/fs1")] == [
        "user",
        "machine",
        "machine",
        "service",
    ]
