"""What stays closed: domains and hosts in any text, and what somebody marked as personal."""

from __future__ import annotations

import ipaddress
import re

import pytest

from quivive.mandate.closed import Closed
from quivive.mandate.parts import Exclusions, ProtectedHosts
from quivive.mandate.terms import Protected

NETWORKS = tuple(map(ipaddress.ip_network, ["192.0.2.64/29", "2001:db8::/64"]))
CLOSED = Closed(
    Exclusions(
        NETWORKS,
        ("bank.example", "b\u00fccher.example"),
        True,
        (ProtectedHosts(Protected.UNION, (), ("union.example",)),),
    )
)


@pytest.mark.parametrize("text", [
    "bank.example", "WWW.Bank.Example", "www.bank.example.", "http://my.bank.example/a?b", "a@bank.example",
    "CN=www.union.example,O=U", "x, union.example, y", "xn--bcher-kva.example", "www.b\u00fccher.example",
])  # fmt: skip
def test_an_excluded_domain_is_seen_in_any_text(text):
    assert CLOSED.excludes_name(text) and CLOSED.excludes("any", text)
    assert re.search(CLOSED.hint("any"), text)


@pytest.mark.parametrize("text", [
    "mybank.example", "bank.example.org", "bank-example", "bank.examples", "bank", "-bank.example", "",
    "reunion.example",
])  # fmt: skip
def test_other_domains_are_not(text):
    assert not CLOSED.excludes_name(text)


@pytest.mark.parametrize(("text", "expected"), [
    ("192.0.2.64", True), ("192.0.2.71", True), ("for=192.0.2.65;by=x", True), ("2001:db8::9", True),
    ("[2001:DB8:0::9]:80", True), ("http://192.0.2.66:80/x", True),
    ("::ffff:192.0.2.66", True), ("192.0.2.72", False), ("192.0.2.63", False), ("1.192.0.2.64", False),
    ("2001:db8:1::9", False),
    ("12:30:45", False), ("999.0.0.1", False),
])  # fmt: skip
def test_the_address_of_an_excluded_host_is_seen_in_any_text(text, expected):
    assert CLOSED.excludes_address(text) is expected
    assert not expected or re.search(CLOSED.hint("any"), text)


@pytest.mark.parametrize(("field", "text", "expected"), [
    ("mail_subject", "Personnel : rendez-vous", True),
    ("mail_subject", "[PRIV\u00c9] maison", True),
    ("mail_subject", "RE: Fwd: personal - school", True),
    ("mail_subject", "Personnel planning for 2026 - privately", True),
    ("mail_subject", "our private plane", False),
    ("mail_subject", "personality test", False),
    ("mailbox_name", "INBOX/Personnel", True),
    ("mailbox_name", "INBOX.Privat.2026", True),
    ("mailbox_name", "Personalities", False),
    ("file_name", "D:\\Perso\\photo.jpg", True),
    ("file_name", "personal-data-register.xlsx", False),
    ("uri", "/private/", False),
])  # fmt: skip
def test_what_is_marked_personal_is_closed(field, text, expected):
    assert CLOSED.excludes(field, text) is expected
    assert not expected or re.search(CLOSED.hint(field), text)


def test_marks_count_only_where_the_mandate_says_so():
    closed = Closed(Exclusions((), (), False))
    assert closed.is_empty and not closed.excludes("mail_subject", "Personnel") and closed.hint("mail_subject") == ""
