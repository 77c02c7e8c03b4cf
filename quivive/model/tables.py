"""Tables that the engine and several protocols write together."""

from __future__ import annotations

from quivive.model.fields import DOMAIN, STAMP, USER
from quivive.model.schema import Field, Table

PROTOCOL = Field("protocol", "text", "Name of the protocol in which it was seen.")

ANOMALIES = Table(
    "anomalies",
    "Bytes that break a rule, bounds that were reached, data that could not be read.",
    (
        *STAMP,
        Field("capture", "text", "Name of the capture file."),
        Field("place", "text", "Stage or protocol that noticed it: capture, decode, reassemble, or a protocol's name."),
        Field("anomaly", "text", "What is odd, in a fixed short form that can be counted."),
        Field("detail", "text", "Particulars, such as the byte where reading failed."),
        Field(
            "offset_bytes", "int64", "Where in the capture file or message it stands; empty where not known.", "bytes"
        ),
        Field("lost_bytes", "int64", "How much could not be read because of it; empty where not known.", "bytes"),
    ),
)

CREDENTIALS = Table(
    "credentials",
    "Log-ins seen in clear; the secret itself is never stored.",
    (
        *STAMP,
        PROTOCOL,
        USER,
        DOMAIN,
        Field("login_method", "text", "How the secret was sent, as the protocol names it: PASS, PLAIN, Basic."),
        Field(
            "secret_mask", "text", "A mask of the secret that shows its length class only; empty where none was seen."
        ),
        Field("is_accepted", "bool", "Whether the server let the user in; empty where its answer was not seen."),
    ),
)

IDENTITIES = Table(
    "identities",
    "Who is on the wire: a user or machine name that a protocol tied to a flow.",
    (
        *STAMP,
        PROTOCOL,
        USER,
        DOMAIN,
        Field("workstation", "text", "Name of the user's machine as sent.", personal="host"),
        Field("identity_kind", "text", "What the name denotes: user, machine, service or mailbox."),
        Field("identity_addr", "text", "Address of the machine the identity speaks from."),
        Field("identity_evidence", "text", "Message that carried the name, as the protocol calls it."),
    ),
)

SHARED = (ANOMALIES, CREDENTIALS, IDENTITIES)
"""Tables that any protocol may write to."""


def secret_mask(size: int) -> str:
    """Return what may be shown of a secret: its length class, never a character of it."""
    if size == 0:
        return "(empty)"
    return "1-7 characters" if size < 8 else "8-15 characters" if size < 16 else "16 or more characters"


__all__ = ["ANOMALIES", "CREDENTIALS", "IDENTITIES", "PROTOCOL", "SHARED", "secret_mask"]
