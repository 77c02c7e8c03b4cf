"""What HTTP messages tell, as columns: which header field fills which, and how a URL is put together (RFC 9110)."""

from __future__ import annotations

import re
from typing import Any

from quivive.messages.http.head import file_name_of
from quivive.messages.http.login import mask_uri
from quivive.messages.wire_text import cut
from quivive.model.fields import FILE_NAME, HOST, METHOD, STAMP, STATUS_CODE, STATUS_TEXT, USER_AGENT, VERSION
from quivive.model.schema import Field, Table

URL = Field("url", "text", "Full address that is asked for or named; passwords and tokens in it are masked.")

FIELDS = (
    *STAMP,
    Field("trans_depth", "int64", "Number of the request within its flow, from 1."),
    METHOD,
    HOST,
    Field("uri", "text", "Target of the request as sent; passwords and tokens in it are masked."),
    URL,
    Field("referrer", "text", "Page that led to the request; passwords and tokens in it are masked."),
    VERSION,
    USER_AGENT,
    Field("http_origin", "text", "Site whose script sent the request (Origin)."),
    Field("request_content_type", "text", "Media type of the request's body, as sent."),
    Field("request_body_bytes", "int64", "Size of the request's body as announced or counted.", "bytes"),
    Field("is_request_whole", "bool", "Whether all of the request was captured."),
    STATUS_CODE,
    STATUS_TEXT,
    Field("info_code", "int32", "Last interim answer code (1xx)."),
    Field("response_ts_ns", "int64", "When the response's head was captured, nanoseconds since 1970 UTC.", "ns"),
    Field("content_type", "text", "Media type of the response's body, as sent."),
    Field("response_body_bytes", "int64", "Size of the response's body as announced or counted.", "bytes"),
    Field("is_response_whole", "bool", "Whether all of the response was captured; empty where its end cannot be told."),
    Field("content_encoding", "text", "How the response's body is compressed."),
    Field("transfer_encoding", "text", "How the response's body is framed."),
    Field("content_range", "text", "Which part of the whole the response holds."),
    Field("response_server", "text", "Software the server says it is."),
    Field("location", "text", "Where the response sends the client; passwords and tokens in it are masked."),
    FILE_NAME,
    Field("has_cookie", "bool", "Whether the request carried a cookie or the response set one."),
    Field("x_forwarded_for", "text", "Whom a proxy forwarded the request for, as sent.", personal="host"),
    Field("proxied", "texts", "Header fields that show a proxy on the way.", personal="host"),
    Field("auth_scheme", "text", "How the client logs in (Authorization), or is asked to (WWW-Authenticate)."),
    Field("upgrade", "text", "Protocol the client or the server wants to change to."),
    Field("soap_action", "text", "Operation called over SOAP."),
    Field("as2_from", "text", "Sender of an AS2 business message (RFC 4130)."),
    Field("as2_to", "text", "Receiver of an AS2 business message (RFC 4130)."),
)
"""Columns of a request and its response."""

HTTP = Table("http", "Requests and their responses; a request without response and the reverse have a row too.", FIELDS)

OF_REQUEST = (
    ("user-agent", "user_agent"),
    ("origin", "http_origin"),
    ("content-type", "request_content_type"),
    ("upgrade", "upgrade"),
    ("soapaction", "soap_action"),
    ("as2-from", "as2_from"),
    ("as2-to", "as2_to"),
    ("x-forwarded-for", "x_forwarded_for"),
)

OF_RESPONSE = (
    ("content-type", "content_type"),
    ("server", "response_server"),
    ("content-encoding", "content_encoding"),
    ("transfer-encoding", "transfer_encoding"),
    ("content-range", "content_range"),
    ("upgrade", "upgrade"),
)

PROXY = (
    "via",
    "forwarded",
    "x-forwarded-for",
    "x-real-ip",
    "x-client-ip",
    "client-ip",
    "true-client-ip",
    "proxy-connection",
)

PORT = re.compile(r":\d*$")


def columns_of_request(method: str, uri: str, headers: dict[str, str]) -> dict[str, Any]:
    """Return the columns that a request's head fills."""
    row: dict[str, Any] = {"method": cut(method)}
    for header, column in OF_REQUEST:
        if header in headers:
            row[column] = cut(headers[header])
    authority = headers.get("host", "")
    uri = cut(mask_uri(uri)) if "=" in uri or "@" in uri or len(uri) > 1024 else uri
    if uri:
        row["uri"] = uri
    row["url"] = cut(_url(method, uri, authority))
    host = PORT.sub("", authority or _authority(row["url"]))
    if host:
        row["host"] = cut(host)
    if "referer" in headers:
        row["referrer"] = cut(mask_uri(headers["referer"]))
    if "cookie" in headers:
        row["has_cookie"] = True
    if "content-disposition" in headers:
        row["file_name"] = file_name_of(headers["content-disposition"])
    if not headers.keys().isdisjoint(PROXY):
        row["proxied"] = [cut(f"{name}: {headers[name]}") for name in PROXY if name in headers]
    return row


def columns_of_response(headers: dict[str, str]) -> dict[str, Any]:
    """Return the columns that a response's header fields fill."""
    row: dict[str, Any] = {}
    for header, column in OF_RESPONSE:
        if header in headers:
            row[column] = cut(headers[header])
    if "location" in headers:
        row["location"] = cut(mask_uri(headers["location"]))
    if "set-cookie" in headers:
        row["has_cookie"] = True
    if "content-disposition" in headers:
        row["file_name"] = file_name_of(headers["content-disposition"])
    asked = headers.get("www-authenticate") or headers.get("proxy-authenticate")
    if asked:
        row["auth_scheme"] = cut(asked.partition(" ")[0].rstrip(","))
    return row


def _url(method: str, uri: str, authority: str) -> str:
    """Return the target in full (RFC 9112, 3.3); the scheme is what a capture in clear shows."""
    if method == "CONNECT" or "://" in uri[:16]:
        return uri
    return f"http://{authority}{'' if uri == '*' else uri}"


def _authority(url: str) -> str:
    """Return the host and port of a URL; of a CONNECT target all."""
    rest = url.partition("://")[2] if "://" in url else url
    for mark in "/?#":
        rest = rest.partition(mark)[0]
    return rest.rpartition("@")[2]
