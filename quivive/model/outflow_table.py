"""The table of outflow: what left over the organisation's border, hour by hour."""

from __future__ import annotations

from quivive.model.schema import Field, Table

OUTFLOW = Table(
    "outflow",
    "What own hosts sent over the border: one row per hour, own host, service, destination and who opened.",
    (
        Field("hour", "ts", "Beginning of the hour (UTC)."),
        Field("own_addr", "text", "Address of the own host whose bytes left."),
        Field("is_opened_outside", "bool", "Whether the peer outside opened the sessions: its answers are outflow."),
        Field("service", "text", "Protocol by its content, outermost; by its port only where confidence says so."),
        Field("carries", "text", "What its requests carry, as their heads say: LINK form, EDIFACT, X12, AS2, a body."),
        Field("destination", "text", "Name of the peer outside, else its address."),
        Field(
            "destination_known_by", "text", "Where the name is from: server name, http host, dns answer, or address."
        ),
        Field("peer_addr", "text", "Address of the peer outside."),
        Field("peer_registered", "text", "Country in whose registry the peer's address is (ISO 3166)."),
        Field("peer_operator", "text", "Who runs the peer's address or, where that is not known, its name."),
        Field("peer_controlling", "text", "Country of the group that controls the peer's operator (ISO 3166)."),
        Field("out_bytes", "int64", "Application bytes that left, each counted once.", "bytes"),
        Field("in_bytes", "int64", "Application bytes that came in, each counted once.", "bytes"),
        Field("n_sessions", "int64", "Sessions that began in this hour."),
        Field("readability", "text", "clear, encrypted, or partial: some of it not recognised, lost or hidden."),
        Field("clear_out_bytes", "int64", "Of what left: in protocols that can be read.", "bytes"),
        Field("encrypted_out_bytes", "int64", "Of what left: in protocols that hide their content.", "bytes"),
        Field("unseen_out_bytes", "int64", "Bytes that left and are missing from the capture.", "bytes"),
        Field("is_spread", "bool", "Whether sessions longer than the hour are in it, spread evenly over their time."),
        Field("biggest_flow_id", "int64", "The flow that sent most of it."),
        Field("first_ts", "ts", "Begin of the earliest of its sessions (UTC)."),
        Field("last_ts", "ts", "End of the latest of its sessions (UTC)."),
    ),
)
