"""What a certificate is for, and the table of certificates."""

import pytest

from quivive.messages.tls.certificate_reader import read_certificate
from quivive.messages.tls.certificates import CERTIFICATES, Certificate
from tests.protocols.tls_builder import LEAF


def test_what_a_certificate_says_has_columns():
    assert set(Certificate._fields) <= set(CERTIFICATES.names)


@pytest.mark.parametrize(
    ("name", "is_for"),
    [
        ("www.example.org", True),
        ("WWW.Example.ORG.", True),
        ("a.example.net", True),
        ("192.0.2.7", True),
        ("example.net", False),
        ("b.a.example.net", False),
        ("192.0.2.8", False),
        ("example.org", False),
    ],
)
def test_a_certificate_is_for_its_names_and_one_label_under_a_wildcard(name, is_for):
    assert read_certificate(LEAF).is_for(name) is is_for


def test_without_alternative_names_the_common_name_counts():
    read = Certificate("", "", certificate_subject="CN=a.example,O=B\\, Inc.")
    assert (read.is_for("a.example"), read.is_for("b.example")) == (True, False)


def test_beside_alternative_names_the_common_name_counts_for_nothing():
    read = Certificate("", "", certificate_subject="CN=a.example", san_dns=["b.example"])
    assert (read.is_for("a.example"), read.is_for("b.example")) == (False, True)
