"""Certificates: read once, strictly or as far as it goes."""

from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.tls import certificate_reader
from quivive.messages.tls.certificate_reader import CERTIFICATE_BYTES, REMEMBERED_BYTES, read_certificate
from quivive.messages.tls.certificates import Certificate
from tests.protocols.tls_builder import LEAF, ROOT

JANUARY_2024, JANUARY_2025 = 1_704_067_200_000_000, 1_735_689_600_000_000


def test_a_certificate_says_who_it_is_for():
    assert read_certificate(LEAF) == Certificate(
        certificate_sha256="e30f5bb1f102157f8e4bdd70b8838d21438338436589cd02c8ca51299c1ceafa",
        certificate_sha1="7957fd9d8e3e7064a3edc435a888a2c02df07ed0",
        x509_version=3,
        certificate_serial="0123",
        certificate_subject="CN=www.example.org,O=Example",
        certificate_issuer="CN=Example CA",
        certificate_not_before=JANUARY_2024,
        certificate_not_after=JANUARY_2025,
        key_algorithm="Ed25519",
        key_bits=256,
        signature_algorithm="Ed25519",
        san_dns=["www.example.org", "*.example.net"],
        san_ip=["192.0.2.7"],
        san_email=["a@example.org"],
        san_uri=["urn:x"],
        is_ca=False,
        is_self_signed=False,
        is_malformed=False,
    )


def test_an_authority_signs_itself():
    root = read_certificate(ROOT)
    assert (root.is_ca, root.is_self_signed, root.san_dns) == (True, True, None)


def test_a_certificate_met_before_is_not_read_again():
    assert read_certificate(LEAF) is read_certificate(bytes(bytearray(LEAF)))


def test_a_certificate_of_version_9_is_read_as_far_as_it_goes():
    odd = LEAF.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020108"))
    read = read_certificate(odd)
    assert read.is_malformed
    assert (read.certificate_subject, read.certificate_issuer) == ("CN=www.example.org,O=Example", "CN=Example CA")
    assert (read.certificate_serial, read.certificate_not_before) == ("0123", JANUARY_2024)
    assert (read.key_algorithm, read.signature_algorithm, read.key_bits) == ("Ed25519", "Ed25519", None)
    assert (read.san_dns, read.is_self_signed) == (["www.example.org", "*.example.net"], False)


def test_what_is_no_certificate_has_only_its_hashes():
    read = read_certificate(b"not a certificate")
    assert read == Certificate(read.certificate_sha256, read.certificate_sha1, is_malformed=True)


def test_a_certificate_beyond_the_bound_is_not_opened():
    longest = read_certificate(LEAF + bytes(CERTIFICATE_BYTES + 1 - len(LEAF)))
    assert longest.certificate_subject is None


def test_only_small_certificates_are_remembered():
    small, large = LEAF + bytes(REMEMBERED_BYTES - len(LEAF)), LEAF + bytes(REMEMBERED_BYTES + 1 - len(LEAF))
    assert read_certificate(small) is read_certificate(small)
    assert read_certificate(large) is not read_certificate(large)


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(certificate_reader, "REMEMBERED", 2)
    for number in range(9):
        read_certificate(bytes([number]))
        assert len(certificate_reader._KNOWN) <= 2


def test_cut_anywhere_it_is_malformed():
    assert all(read_certificate(LEAF[:size]).is_malformed for size in range(len(LEAF)))


@given(at=st.integers(0, len(LEAF) - 1), byte=st.integers(0, 255))
def test_any_byte_may_be_wrong(at, byte):
    assert isinstance(read_certificate(LEAF[:at] + bytes([byte]) + LEAF[at + 1 :]), Certificate)


@given(st.binary(max_size=60))
def test_noise_is_malformed(noise):
    assert read_certificate(noise).is_malformed
