"""What HTTP messages tell, as columns."""

import pytest

from quivive.messages.http.fields import FIELDS, columns_of_request, columns_of_response
from quivive.model.limits import TEXT_BYTES


def test_request_fills_its_columns():
    assert columns_of_request(
        "POST",
        "/edi?x=1",
        {
            "host": "hub.example:8443",
            "user-agent": "curl/8",
            "origin": "http://a.example",
            "referer": "http://a.example/?token=abc",
            "content-type": "text/xml",
            "content-disposition": 'attachment; filename="order.xml"',
            "soapaction": '"urn:order"',
            "as2-from": "ACME",
            "as2-to": "HUB",
            "cookie": "session=secret",
            "via": "1.1 proxy",
            "x-forwarded-for": "192.0.2.7",
            "upgrade": "h2c",
        },
    ) == {
        "method": "POST",
        "uri": "/edi?x=1",
        "url": "http://hub.example:8443/edi?x=1",
        "host": "hub.example",
        "user_agent": "curl/8",
        "http_origin": "http://a.example",
        "referrer": "http://a.example/?token=***",
        "request_content_type": "text/xml",
        "file_name": "order.xml",
        "soap_action": '"urn:order"',
        "as2_from": "ACME",
        "as2_to": "HUB",
        "has_cookie": True,
        "x_forwarded_for": "192.0.2.7",
        "proxied": ["via: 1.1 proxy", "x-forwarded-for: 192.0.2.7"],
        "upgrade": "h2c",
    }


@pytest.mark.parametrize(("method", "uri", "headers", "url", "host"), [
    ("GET", "/a", {"host": "b.example"}, "http://b.example/a", "b.example"),
    ("GET", "/a", {"host": "[2001:db8::1]:80"}, "http://[2001:db8::1]:80/a", "[2001:db8::1]"),
    ("GET", "http://b.example:81/a", {}, "http://b.example:81/a", "b.example"),
    ("GET", "http://bob:x@b.example/a", {}, "http://***@b.example/a", "b.example"),
    ("CONNECT", "b.example:443", {}, "b.example:443", "b.example"),
    ("OPTIONS", "*", {"host": "b.example"}, "http://b.example", "b.example"),
    ("GET", "/a", {}, "http:///a", None),
])  # fmt: skip
def test_url_is_put_together(method, uri, headers, url, host):
    row = columns_of_request(method, uri, headers)
    assert (row["url"], row.get("host")) == (url, host)


def test_response_fills_its_columns():
    assert columns_of_response(
        {
            "content-type": "text/html",
            "server": "nginx",
            "content-encoding": "gzip",
            "transfer-encoding": "chunked",
            "content-range": "bytes 0-1/2",
            "location": "/next?token=abc",
            "set-cookie": "session=secret",
            "content-disposition": "attachment; filename=a.zip",
            "www-authenticate": 'Digest realm="x"',
            "upgrade": "h2c",
        }
    ) == {
        "content_type": "text/html",
        "response_server": "nginx",
        "content_encoding": "gzip",
        "transfer_encoding": "chunked",
        "content_range": "bytes 0-1/2",
        "location": "/next?token=***",
        "has_cookie": True,
        "file_name": "a.zip",
        "auth_scheme": "Digest",
        "upgrade": "h2c",
    }


def test_long_texts_are_cut():
    row = columns_of_request("GET", "/" + "a" * 9000, {"user-agent": "b" * 9000}) | columns_of_response(
        {"server": "c" * 9000}
    )
    assert {len(row[name]) for name in ("uri", "url", "user_agent", "response_server")} == {TEXT_BYTES}


def test_every_column_is_declared():
    names = {field.name for field in FIELDS}
    headers = dict.fromkeys(
        ("host", "referer", "cookie", "content-disposition", "via", "location", "www-authenticate"), "x"
    )
    assert columns_of_request("GET", "/", headers).keys() | columns_of_response(headers).keys() <= names
