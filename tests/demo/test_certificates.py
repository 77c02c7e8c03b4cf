"""The demonstration's certificates, as cryptography reads them."""

from __future__ import annotations

from cryptography import x509

from quivive.demo import certificates
from quivive.demo.clock import DAY_START


def test_a_chain_is_signed_from_its_root_and_valid_on_the_day():
    leaf, root = map(x509.load_der_x509_certificate, certificates.chain("www.finder.example"))
    leaf.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["www.finder.example"]
    assert leaf.not_valid_before_utc < DAY_START < leaf.not_valid_after_utc


def test_a_device_signs_its_own_and_names_its_address():
    (own,) = map(x509.load_der_x509_certificate, certificates.self_signed("printer1", "192.168.10.20"))
    assert own.issuer == own.subject
    names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["192.168.10.20"]
