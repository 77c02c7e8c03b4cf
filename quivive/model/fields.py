"""Fields that several tables share: one name, one meaning, one type everywhere."""

from __future__ import annotations

from quivive.model.schema import Field

FLOW_ID = Field("flow_id", "int64", "Number of the flow within this case; empty for what has no flow.")
TS = Field("ts", "ts", "When it was captured (UTC).")
TS_NS = Field("ts_ns", "int64", "When it was captured, nanoseconds since 1970 UTC.", "ns")
IS_ORIG = Field("is_orig", "bool", "Whether the flow's originator sent it.")
USER = Field("user", "text", "User name as sent.", personal="person")
DOMAIN = Field("domain", "text", "Realm or Windows domain as sent.")
HOST = Field("host", "text", "Name of the host or service addressed, as sent.")
USER_AGENT = Field("user_agent", "text", "Software the client says it is.")
VERSION = Field("version", "text", "Version of the protocol as negotiated or announced.")
METHOD = Field("method", "text", "Request method or command word.")
COMMAND = Field("command", "text", "Command as the protocol names it.")
ARGUMENT = Field("argument", "text", "Argument of the command; secrets are masked.")
STATUS_CODE = Field("status_code", "int32", "Numeric answer code.")
STATUS_TEXT = Field("status_text", "text", "Answer in words, as sent.")
FILE_NAME = Field("file_name", "text", "Name of the file as sent.")
MAC = Field("mac", "text", "Hardware address, lower-case hex with colons.")
SERVER_NAME = Field("server_name", "text", "Server name the client asked for (TLS SNI, RFC 6066).")

STAMP = (FLOW_ID, TS, TS_NS)
"""How every protocol table begins; the engine fills these three."""
