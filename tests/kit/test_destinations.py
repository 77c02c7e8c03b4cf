import re

import pytest

from quivive.kit.destinations import NOT_A_PLACE, is_background, registrable_domain


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("a.b.example.co.uk", "example.co.uk"),
        ("Host.Example.COM.", "example.com"),
        ("d111.cloudfront.net", "d111.cloudfront.net"),
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("\\x00\\xff.t.example.org", "example.org"),
        ("a..b", "a..b"),
        ("..", ""),
        ("", ""),
    ],
)
def test_domain_is_what_somebody_registered(name, domain):
    assert registrable_domain(name) == domain


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("v10.events.data.microsoft.com", True),
        ("windowsupdate.com", True),
        ("notwindowsupdate.com", False),
        ("onedrive.live.com", False),
        ("windowsupdate.com.example.org", False),
        ("", False),
    ],
)
def test_service_of_the_system_is_known_by_its_name(name, expected):
    assert is_background(name) is expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("224.0.0.251", True),
        ("239.255.255.250", True),
        ("255.255.255.255", True),
        ("0.0.0.0", True),
        ("169.254.7.7", True),
        ("ff02::fb", True),
        ("fe80::1", True),
        ("::", True),
        ("223.255.255.255", False),
        ("240.0.0.1", False),
        ("2001:db8::ff", False),
        ("fd00::1", False),
    ],
)
def test_addresses_that_are_nowhere_are_known(address, expected):
    assert bool(re.search(NOT_A_PLACE, address)) is expected
