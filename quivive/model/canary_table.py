"""The table of canaries: what a case holds of the values that the organisation planted."""

from __future__ import annotations

from quivive.model.schema import Field, Table

CANARIES = Table(
    "canaries",
    "Values that the organisation planted to see them leave: salted hashes, never the values.",
    (
        Field("canary", "text", "Short name of the canary: kind, number and system."),
        Field("canary_kind", "text", "What it looks like: container, consignee or price."),
        Field("canary_system", "text", "System in which it was planted."),
        Field("canary_salt", "text", "Text that stands before the token when it is hashed."),
        Field("canary_digest", "text", "SHA-256 of salt and token, hex."),
    ),
)
