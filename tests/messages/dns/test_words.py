import pytest
from dns import opcode, rcode, rdataclass, rdatatype

from quivive.messages.dns import words as dns_words
from quivive.messages.dns.words import class_name, opcode_name, rcode_name, type_name

YOUNGER = {6: "DSO", 11: "DSOTYPENI"}
"""Names that dnspython does not have yet."""


@pytest.mark.parametrize(
    ("names", "peer"),
    [
        (dns_words.TYPES, rdatatype.to_text),
        (dns_words.CLASSES, rdataclass.to_text),
        (dns_words.OPCODES, opcode.to_text),
        (dns_words.RCODES, rcode.to_text),
    ],
)
def test_numbers_have_the_names_that_dnspython_knows(names, peer):
    different = {number: name for number, name in names.items() if peer(number) not in (name, YOUNGER.get(number))}
    assert [number for number in different if str(number) not in peer(number)] == []


def test_numbers_without_a_name_are_shown_as_numbers():
    assert (type_name(1), type_name(65_280)) == ("A", "TYPE65280")
    assert (class_name(1), class_name(2)) == ("IN", "CLASS2")
    assert (opcode_name(0), opcode_name(15)) == ("QUERY", "OPCODE15")
    assert (rcode_name(3), rcode_name(3841)) == ("NXDOMAIN", "RCODE3841")
