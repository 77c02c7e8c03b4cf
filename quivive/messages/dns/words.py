"""What the numbers of DNS and its relatives stand for (IANA DNS parameters), and the fields their tables share."""

from __future__ import annotations

from quivive.model.schema import Field

RESPONSE = 0x8000
AA, TC, RD, RA, AD, CD = 0x0400, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010


def _numbered(words: str, first: int) -> dict[int, str]:
    return dict(enumerate(words.split(), first))


OPCODES = {0: "QUERY", 1: "IQUERY", 2: "STATUS", 4: "NOTIFY", 5: "UPDATE", 6: "DSO"}

RCODES = {
    **_numbered(
        "NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE DSOTYPENI", 0
    ),
    **_numbered("BADVERS BADKEY BADTIME BADMODE BADNAME BADALG BADTRUNC BADCOOKIE", 16),
}

CLASSES = {1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY"}

TYPES = {
    **_numbered("A NS MD MF CNAME SOA MB MG MR NULL WKS PTR HINFO MINFO MX TXT RP AFSDB X25 ISDN RT NSAP NSAP-PTR", 1),
    **_numbered("SIG KEY PX GPOS AAAA LOC NXT EID NIMLOC SRV ATMA NAPTR KX CERT A6 DNAME SINK OPT APL DS SSHFP", 24),
    **_numbered("IPSECKEY RRSIG NSEC DNSKEY DHCID NSEC3 NSEC3PARAM TLSA SMIMEA", 45),
    **_numbered("HIP NINFO RKEY TALINK CDS CDNSKEY OPENPGPKEY CSYNC ZONEMD SVCB HTTPS DSYNC", 55),
    **_numbered("SPF UINFO UID GID UNSPEC NID L32 L64 LP EUI48 EUI64", 99),
    **_numbered("TKEY TSIG IXFR AXFR MAILB MAILA ANY URI CAA AVC DOA AMTRELAY RESINFO WALLET CLA IPN", 249),
    128: "NXNAME",
    32768: "TA",
    32769: "DLV",
}

OTHER_TYPE, OTHER_CLASS, OTHER_OPCODE, OTHER_RCODE = "TYPE", "CLASS", "OPCODE", "RCODE"
"""What precedes the number of one without a name (RFC 3597, 5)."""

TRANS_ID = Field("trans_id", "int32", "Number that ties a name query to its response.")
QUERY = Field("query", "text", "Name asked for, in lower case without the final dot; dots within a label are \\x2e.")
QTYPE = Field("qtype", "text", "Record type asked for: its mnemonic, or TYPE and a number.")
QCLASS = Field("qclass", "text", "Class asked for: its mnemonic, or CLASS and a number.")
OPCODE = Field("opcode", "text", "Kind of operation a name message asks for.")
RCODE = Field("rcode", "text", "How the name server answered; empty in a query.")
IS_RESPONSE = Field("is_response", "bool", "Whether the message is a response.")
N_QUESTIONS = Field("n_questions", "int32", "Questions that the header announces.")
N_ANSWERS = Field("n_answers", "int32", "Records that the header announces in the answer section.")
N_AUTHORITIES = Field("n_authorities", "int32", "Records that the header announces in the authority section.")
N_ADDITIONALS = Field("n_additionals", "int32", "Records that the header announces in the additional section.")
MESSAGE_BYTES = Field("message_bytes", "int32", "Length of the message.", "bytes")
IS_MALFORMED = Field(
    "is_malformed", "bool", "Whether the message breaks off or breaks a rule; what came before is shown."
)

COUNTS = (N_QUESTIONS, N_ANSWERS, N_AUTHORITIES, N_ADDITIONALS)

ANSWERS = Field("answers", "texts", "Data of each answer record, as in a zone file; what is not ASCII is \\xNN.")
ANSWER_TYPES = Field("answer_types", "texts", "Type of each answer record, in the order of the answers.")
ANSWER_TTLS = Field(
    "answer_ttls", "ints", "Seconds that each answer record may be kept, in the order of the answers.", "s"
)


def type_name(number: int) -> str:
    """Return the mnemonic of a record type."""
    return TYPES.get(number) or f"{OTHER_TYPE}{number}"


def class_name(number: int) -> str:
    """Return the mnemonic of a class."""
    return CLASSES.get(number) or f"{OTHER_CLASS}{number}"


def opcode_name(number: int) -> str:
    """Return the mnemonic of an operation."""
    return OPCODES.get(number) or f"{OTHER_OPCODE}{number}"


def rcode_name(number: int) -> str:
    """Return the mnemonic of a response code, the extended ones of RFC 6891 among them."""
    return RCODES.get(number) or f"{OTHER_RCODE}{number}"
