"""Who logs in over HTTP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quivive.messages.http.login import (
    FORMS,
    MAX_FORM_FIELDS,
    MAX_NAME,
    Login,
    form_reader,
    kind_of,
    login_in_form,
    login_in_query,
    login_of,
    mask_uri,
)


@pytest.mark.parametrize(("authorization", "login"), [
    ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", Login("Basic", "Aladdin", secret_size=11)),
    ("basic dGVzdDoxMjPCow==", Login("basic", "test", secret_size=5)),  # RFC 7617, 2.1
    ("Basic dGVzdDphOmI=", Login("Basic", "test", secret_size=3)),  # the secret has a colon
    ("Basic bm9jb2xvbg==", None),
    ("Basic", None),
    ("Basic x", None),
    ("Bearer mF_9.B5f-4.1JqM", Login("Bearer", secret_size=15)),
    ("Token abc", Login("Token", secret_size=3)),
    ('Digest username="Mufasa", realm="me@host.com", response="66"', Login("Digest", "Mufasa", "me@host.com")),
    ("Digest username*=UTF-8''J%C3%A4s%C3%B8n, realm=\"api\"", Login("Digest", "J\u00e4s\u00f8n", "api")),
    ("Digest realm=x", None),
    ("NTLM TlRMTVNTUAAB", Login("NTLM", message=b"NTLMSSP\x00\x01")),
    ("Negotiate a", None),
    ("AWS4-HMAC-SHA256 Credential=x", None),
    ("", None),
])  # fmt: skip
def test_authorization_tells_who_and_how_but_not_the_secret(authorization, login):
    assert login_of(authorization) == login


@pytest.mark.parametrize(("form", "login"), [
    ("user=bob&password=secret&go=1", Login("form", "bob", secret_size=6)),
    ("j_username=a%40b&j_password=%C3%A9", Login("form", "a@b", secret_size=1)),
    ("log=admin&pwd=12345678&wp-submit=Log+In", Login("form", "admin", secret_size=8)),
    ("identifiant=bob&mdp=x", Login("form", "bob", secret_size=1)),
    ("login%5Bemail%5D=a&login%5Bpassword%5D=b", Login("form", "a", secret_size=1)),
    ("password=b", Login("form", None, secret_size=1)),
    ("password=", None),
    ("user=bob&compass=north", None),
    ("passenger=3", None),
    ("", None),
    ("&&&=&=", None),
])  # fmt: skip
def test_form_is_a_login_if_a_field_is_named_like_a_password(form, login):
    assert login_in_form(form, "form") == login


def test_form_is_looked_at_up_to_a_number_of_fields():
    filler = "a=1&" * (MAX_FORM_FIELDS - 1)
    assert login_in_form(filler + "pass=x", "form") is not None
    assert login_in_form("a=1&" + filler + "pass=x", "form") is None


def test_name_of_a_form_field_is_looked_at_up_to_a_length():
    assert login_in_form("a" * (MAX_NAME - 8) + "password=x", "form") is not None
    assert login_in_form("a" * (MAX_NAME - 7) + "password=x", "form") is None


@pytest.mark.parametrize(("content_type", "body", "login"), [
    ("application/x-www-form-urlencoded; charset=utf-8", "user=bob&pass=12", Login("form", "bob", secret_size=2)),
    ("application/json", '{"user": "bob", "a": {"password": "s\\"x"}}', Login("json", "bob", secret_size=4)),
    ("application/json", '{"user": "bob", "pwd": 12}', None),
    (
        "multipart/form-data; boundary=x",
        '--x\r\nContent-Disposition: form-data; name="user"\r\n\r\nbob\r\n--x\r\n'
        'Content-Disposition: form-data; name="pwd"\r\nContent-Type: text/plain\r\n\r\n123\r\n--x--\r\n',
        Login("form", "bob", secret_size=3),
    ),
])  # fmt: skip
def test_body_is_read_by_its_type(content_type, body, login):
    assert form_reader(content_type)(body.encode()) == login


def test_other_bodies_are_not_looked_at():
    assert form_reader("text/html") is None
    assert form_reader("") is None


def test_login_in_a_query_is_seen():
    assert login_in_query("/login?user=bob&pass=12#top") == Login("query", "bob", secret_size=2)
    assert login_in_query("/login#pass=12") is None


@pytest.mark.parametrize(("uri", "masked"), [
    ("/a?user=bob&password=secret&x=1", "/a?user=bob&password=***&x=1"),
    ("/a?p%61ssword=secret#end", "/a?p%61ssword=***#end"),
    ("/a;jsessionid=ABC?b=c", "/a;jsessionid=***?b=c"),
    ("/a?password=what? no;&b=c", "/a?password=***&b=c"),
    ("/cb#access_token=abc&state=1", "/cb#access_token=***&state=1"),
    ("/a?api_key=1&X-Amz-Signature=2&sid=3", "/a?api_key=***&X-Amz-Signature=***&sid=***"),
    ("ftp://bob:secret@a.example/x", "ftp://***@a.example/x"),
    ("http://a.example/x@y:z@w", "http://a.example/x@y:z@w"),
    ("/a?password=&b=c", "/a?password=&b=c"),
    ("/a?side=left&signal=9", "/a?side=left&signal=9"),
])  # fmt: skip
def test_passwords_and_tokens_in_a_uri_are_masked(uri, masked):
    assert mask_uri(uri) == masked


def test_names_are_told_apart():
    assert [kind_of(name) for name in ("passwd", "auth_token", "e-mail", "color")] == ["password", "token", "user", ""]


@given(st.text(max_size=80))
def test_any_text_is_read(text):
    for authorization in (text, f"Basic {text}", f"Digest {text}", f"Negotiate {text}"):
        login_of(authorization)
    for reader in FORMS.values():
        reader(b"pass" + text.encode("utf-8", "surrogatepass"))
    mask_uri(text)
