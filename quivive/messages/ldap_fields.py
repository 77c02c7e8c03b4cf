"""The LDAP table and what the requests and results of RFC 4511 say, one function per operation."""

from __future__ import annotations

from typing import Any

from quivive.messages import ber
from quivive.messages.ldap_filter import Filter
from quivive.model.fields import STAMP, USER, VERSION
from quivive.model.limits import LIST_ITEMS
from quivive.model.schema import Field, Table

LDAP = Table(
    "ldap",
    "Requests to directories with their results; the entries a search found are counted, not kept.",
    (
        *STAMP,
        Field("ldap_message_id", "int64", "Number by which the client tells its requests apart."),
        Field(
            "ldap_operation", "text", "What is asked: bind, search, modify, add, delete, rename, compare, extended ..."
        ),
        Field("ldap_result", "text", "Name of the result code; empty where no answer was seen."),
        Field("ldap_diagnostic", "text", "What the server adds to the result in words."),
        USER,
        VERSION,
        Field("ldap_auth", "text", "How the client logs in: simple, anonymous, or the SASL mechanism."),
        Field(
            "ldap_dn",
            "text",
            "Object that is added, changed, removed or compared, or the base of a search.",
            personal="person",
        ),
        Field("ldap_new_dn", "text", "Name an object is given by a rename.", personal="person"),
        Field("ldap_scope", "text", "How deep a search goes: base, one level, subtree."),
        Field("ldap_filter", "text", "What a search looks for, as RFC 4515 writes it.", personal="person"),
        Field("ldap_filter_attributes", "texts", "Attributes that the filter asks about."),
        Field("ldap_attributes", "texts", "Attributes a search wants, or that are set, changed or compared."),
        Field("ldap_extended", "text", "Extended operation asked for."),
        Field("ldap_entries", "int64", "Number of entries the search returned."),
        Field("ldap_references", "int64", "Number of references to other servers the search returned."),
        Field("ldap_entries_bytes", "int64", "Size of the entries the search returned.", "bytes"),
    ),
)

RESULTS = {
    0: "success",
    1: "operationsError",
    2: "protocolError",
    3: "timeLimitExceeded",
    4: "sizeLimitExceeded",
    5: "compareFalse",
    6: "compareTrue",
    7: "authMethodNotSupported",
    8: "strongerAuthRequired",
    10: "referral",
    11: "adminLimitExceeded",
    12: "unavailableCriticalExtension",
    13: "confidentialityRequired",
    14: "saslBindInProgress",
    16: "noSuchAttribute",
    17: "undefinedAttributeType",
    18: "inappropriateMatching",
    19: "constraintViolation",
    20: "attributeOrValueExists",
    21: "invalidAttributeSyntax",
    32: "noSuchObject",
    33: "aliasProblem",
    34: "invalidDNSyntax",
    36: "aliasDereferencingProblem",
    48: "inappropriateAuthentication",
    49: "invalidCredentials",
    50: "insufficientAccessRights",
    51: "busy",
    52: "unavailable",
    53: "unwillingToPerform",
    54: "loopDetect",
    64: "namingViolation",
    65: "objectClassViolation",
    66: "notAllowedOnNonLeaf",
    67: "notAllowedOnRDN",
    68: "entryAlreadyExists",
    69: "objectClassModsProhibited",
    71: "affectsMultipleDSAs",
    80: "other",
    118: "canceled",
}
"""RFC 4511, appendix A.1; RFC 3909."""

SUCCESS, SASL_IN_PROGRESS = 0, 14

SCOPES = ("base", "one level", "subtree", "children")
CHANGES = ("add", "delete", "replace", "increment")

START_TLS = "1.3.6.1.4.1.1466.20037"
EXTENDED = {
    START_TLS: "StartTLS",
    "1.3.6.1.4.1.1466.20036": "notice of disconnection",
    "1.3.6.1.4.1.4203.1.11.1": "password modify",
    "1.3.6.1.4.1.4203.1.11.3": "who am I",
    "1.3.6.1.1.8": "cancel",
    "1.2.840.113556.1.4.1781": "fast bind",
    "1.3.6.1.4.1.1466.101.119.1": "refresh",
}

Span = tuple[int, int]


def octets(payload: bytes, at: int, stop: int) -> tuple[bytes, int]:
    """Return the content of the element at `at` and where it ends."""
    _, start, end = ber.read_tlv(payload, at, stop)
    return payload[start:end], end


def _text(payload: bytes, at: int, stop: int) -> tuple[str, int]:
    content, end = octets(payload, at, stop)
    return ber.read_text(content), end


def _number(payload: bytes, at: int, stop: int) -> tuple[int, int]:
    content, end = octets(payload, at, stop)
    return ber.read_integer(content), end


def read_result(payload: bytes, span: Span) -> tuple[int, dict[str, Any]]:
    """Return the code of an LDAPResult and its fields (4.1.9)."""
    code, at = _number(payload, *span)
    _, at = octets(payload, at, span[1])
    diagnostic, _ = _text(payload, at, span[1])
    return code, {"ldap_result": RESULTS.get(code, f"result {code}"), "ldap_diagnostic": diagnostic}


def read_search(payload: bytes, span: Span) -> tuple[dict[str, Any], Filter]:
    """Return the fields of a SearchRequest and its filter (4.5.1)."""
    start, stop = span
    base, at = _text(payload, start, stop)
    scope, at = _number(payload, at, stop)
    for _ in ("derefAliases", "sizeLimit", "timeLimit", "typesOnly"):
        _, at = octets(payload, at, stop)
    found = Filter()
    at = found.read(payload, at, stop)
    row = {
        "ldap_dn": base,
        "ldap_scope": SCOPES[scope] if 0 <= scope < len(SCOPES) else f"scope {scope}",
        "ldap_filter": found.text,
        "ldap_filter_attributes": found.attributes,
        "ldap_attributes": _names(payload, *ber.expect(payload, at, stop, ber.SEQUENCE)),
    }
    return row, found


def _names(payload: bytes, start: int, stop: int) -> list[str]:
    return [ber.read_text(payload[inner:end]) for _, inner, end in ber.children(payload, start, stop)]


def read_modify(payload: bytes, span: Span) -> dict[str, Any]:
    """Read a ModifyRequest: the object and which attributes change, never their values (4.6)."""
    name, at = _text(payload, *span)
    changes = []
    for _, start, stop in ber.children(payload, *ber.expect(payload, at, span[1], ber.SEQUENCE)):
        kind, inner = _number(payload, start, stop)
        attribute, _ = _text(payload, ber.expect(payload, inner, stop, ber.SEQUENCE)[0], stop)
        changes.append(f"{CHANGES[kind] if 0 <= kind < len(CHANGES) else kind} {attribute}")
    return {"ldap_dn": name, "ldap_attributes": changes}


def read_add(payload: bytes, span: Span) -> dict[str, Any]:
    """Read an AddRequest: the object and its attributes, never their values (4.7)."""
    name, at = _text(payload, *span)
    attributes = ber.children(payload, *ber.expect(payload, at, span[1], ber.SEQUENCE), limit=LIST_ITEMS)
    return {"ldap_dn": name, "ldap_attributes": [_text(payload, start, stop)[0] for _, start, stop in attributes]}


def read_delete(payload: bytes, span: Span) -> dict[str, Any]:
    """Read a DelRequest, which is just a name (4.8)."""
    return {"ldap_dn": ber.read_text(payload[span[0] : span[1]])}


def read_rename(payload: bytes, span: Span) -> dict[str, Any]:
    """Read a ModifyDNRequest: old name, new first part, and new place if there is one (4.9)."""
    name, at = _text(payload, *span)
    new_name, at = _text(payload, at, span[1])
    _, at = octets(payload, at, span[1])
    if at < span[1]:
        new_name += "," + _text(payload, at, span[1])[0]
    return {"ldap_dn": name, "ldap_new_dn": new_name}


def read_compare(payload: bytes, span: Span) -> dict[str, Any]:
    """Read a CompareRequest: the object and the attribute, not the value it is compared with (4.10)."""
    name, at = _text(payload, *span)
    start, stop = ber.expect(payload, at, span[1], ber.SEQUENCE)
    return {"ldap_dn": name, "ldap_attributes": [_text(payload, start, stop)[0]]}


def read_extended(payload: bytes, span: Span) -> dict[str, Any]:
    """Read which extended operation is asked for (4.12)."""
    oid, _ = _text(payload, *span)
    return {"ldap_extended": EXTENDED.get(oid, oid)}
