"""Fingerprints against their published examples."""

from hashlib import md5

import pytest

from quivive.messages.tls.hello import ClientHello, ServerHello, read_client_hello
from quivive.messages.tls.ja import ja3, ja3s, ja4
from tests.protocols.tls_builder import (
    algorithms,
    alpn,
    client_hello,
    extension,
    groups,
    numbers,
    server_name,
    versions,
)

GREASE = 0xDADA

# The hello of the example in FoxIO's description of JA4, in the order it gives.
CIPHERS = "1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035"
EXTENSIONS = "001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015"
ALGORITHMS = "0403,0804,0401,0503,0805,0501,0806,0601"


def split(text):
    return tuple(int(number, 16) for number in text.split(","))


EXAMPLE = ClientHello(
    0x0303,
    0x0304,
    ciphers=numbers(*split(CIPHERS)),
    extensions=split(EXTENSIONS),
    algorithms=numbers(*split(ALGORITHMS)),
    alpn=(b"h2", b"http/1.1"),
)


def test_ja4_of_the_published_example():
    assert ja4(EXAMPLE, "t") == "t13d1516h2_8daaf6152771_e5627efa2ab1"


def test_ja4_of_the_published_example_without_signature_algorithms():
    assert ja4(EXAMPLE._replace(algorithms=b""), "t") == "t13d1516h2_8daaf6152771_6d807ffa2a79"


def test_ja4_ignores_grease_wherever_it_stands():
    greased = ClientHello(
        0x0303, 0x0304, ciphers=numbers(GREASE, *split(CIPHERS)), extensions=(GREASE, *split(EXTENSIONS), 0x0A0A),
        algorithms=numbers(0x1A1A, *split(ALGORITHMS)), alpn=(b"h2",),
    )  # fmt: skip
    assert ja4(greased, "t") == "t13d1516h2_8daaf6152771_e5627efa2ab1"


def test_ja4_counts_neither_more_nor_less_than_two_digits():
    many = ClientHello(0x0303, 0x0303, ciphers=numbers(*range(1, 101)), extensions=tuple(range(20, 120)))
    assert ja4(many, "t")[:10] == "t12i999900"
    assert ja4(many._replace(ciphers=numbers(*range(1, 100))), "t")[:10] == "t12i999900"
    assert ja4(many._replace(ciphers=numbers(*range(1, 99))), "t")[:10] == "t12i989900"


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        (b"h2", "h2"),
        (b"http/1.1", "h1"),
        (b"h", "hh"),
        (b"", "00"),
        (bytes.fromhex("ab"), "ab"),  # these five are the description's own
        (bytes.fromhex("abcd"), "ad"),
        (bytes.fromhex("30ab"), "3b"),
        (bytes.fromhex("3031abcd"), "3d"),
        (bytes.fromhex("30abcd31"), "01"),
    ],
)
def test_ja4_shows_the_ends_of_the_first_protocol_name(name, ends):
    assert ja4(EXAMPLE._replace(alpn=(name,)), "t")[8:10] == ends


def test_ja4_without_protocol_names_shows_zeros():
    assert ja4(EXAMPLE._replace(alpn=()), "t")[8:10] == "00"


@pytest.mark.parametrize(
    ("version", "shown"),
    [(0x0304, "13"), (0x0303, "12"), (0x0302, "11"), (0x0301, "10"), (0x0300, "s3"), (0x0002, "s2"), (0xFEFF, "d1"),
     (0xFEFD, "d2"), (0xFEFC, "d3"), (0x7F17, "00"), (0x0100, "00")],
)  # fmt: skip
def test_ja4_writes_versions_in_two_characters(version, shown):
    assert ja4(ClientHello(version, version), "d") == f"d{shown}i000000_000000000000_000000000000"


def test_ja4_of_nothing_but_a_name_has_no_extensions_to_hash():
    assert ja4(ClientHello(0x0303, 0x0303, extensions=(0, 16)), "q") == "q12d000200_000000000000_000000000000"


def test_ja4_of_a_hello_too_long_to_be_remembered_is_the_same():
    long = client_hello(*(extension(kind) for kind in range(600)), ciphers=tuple(range(600)))
    assert ja4(read_client_hello(long), "t")[:10] == "t12d999900"


# The examples in Salesforce's description of JA3.
def test_ja3_of_the_published_examples():
    hello = ClientHello(
        769, 769, ciphers=numbers(47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4), extensions=(0, 10, 11),
        groups=numbers(23, 24, 25), formats=b"\0",
    )  # fmt: skip
    assert ja3(hello) == "ada70206e40642a3e4461f35503241d5"
    bare = ClientHello(769, 769, ciphers=numbers(4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99))
    assert ja3(bare) == "de350869b8c85de67a350c8d186f11e6"


def test_ja3_ignores_grease():
    plain = client_hello(server_name("a"), groups(29, 23), versions(0x0304), ciphers=(0x1301,))
    greased = client_hello(
        extension(GREASE), server_name("a"), groups(GREASE, 29, 23), versions(0x0304), ciphers=(GREASE, 0x1301)
    )
    assert ja3(read_client_hello(greased)) == ja3(read_client_hello(plain))


def test_ja3s_is_of_version_suite_and_extensions():
    hello = ServerHello(769, 769, b"", 47, (65281, 0, 11, 35, 5, 16))
    assert ja3s(hello) == md5(b"769,47,65281-0-11-35-5-16").hexdigest()


def test_a_hello_from_the_wire_has_the_fingerprint_of_its_lists():
    hello = client_hello(server_name("a"), alpn(b"h2"), algorithms(0x0403), versions(0x0304), ciphers=(0x1301,))
    assert ja4(read_client_hello(hello), "t")[:10] == "t13d0104h2"
