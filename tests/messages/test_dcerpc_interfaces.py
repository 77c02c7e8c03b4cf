"""Interfaces and operations have the names of their specifications."""

import re

import pytest

from quivive.messages.dcerpc_interfaces import INTERFACES, interface_name, operation_name

SAMR = "12345778-1234-abcd-ef00-0123456789ac"


@pytest.mark.parametrize(
    ("uuid", "number", "name"),
    [
        (SAMR, 0, "SamrConnect"),
        (SAMR, 64, "SamrConnect5"),
        ("e3514235-4b06-11d1-ab04-00c04fc2dcd2", 3, "IDL_DRSGetNCChanges"),
        ("12345678-1234-abcd-ef00-01234567cffb", 30, "NetrServerPasswordSet2"),
        ("4b324fc8-1670-01d3-1278-5a47bf6ee188", 15, "NetrShareEnum"),
        ("367abb81-9844-35f1-ad32-98f038001003", 12, "RCreateServiceW"),
        ("9556dc99-828c-11cf-a37e-00aa003240c7", 24, "ExecMethod"),
    ],
)
def test_operation_has_its_name(uuid, number, name):
    assert operation_name(uuid, number) == name


def test_what_is_not_known_keeps_its_number():
    assert operation_name(SAMR, 4) == "operation 4"
    assert operation_name("00000000-0000-0000-0000-000000000001", 9) == "operation 9"
    assert interface_name("00000000-0000-0000-0000-000000000001") == "00000000-0000-0000-0000-000000000001"
    assert interface_name(SAMR) == "samr"


def test_every_key_is_a_uuid_in_lower_case():
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uuid) for uuid in INTERFACES)
