"""Who logs in over HTTP: Authorization (RFC 7617, 7616, 6750), forms and queries; secrets stay out of it."""

from __future__ import annotations

import functools
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote, unquote_plus

from quivive.messages.wire_text import cut, plain
from quivive.model.limits import TEXT_BYTES

FORM_BYTES = 16_384
"""Bytes of a form that are looked at: a log-in form has a few hundred."""

MAX_FORM_FIELDS = 256

MAX_NAME = 64
"""Longest name of a form field or argument that is looked at."""

PASSWORD = re.compile(
    r"[\w.\[\]:$-]*(?:passw(?:or)?d|passphrase|passcode|pwd|motdepasse|mot_de_passe|kennwort|contrasena|senha)[\w.\[\]]*"
    r"|(?:user_?|login_?|j_|log)?pass|pw|pin|mdp",
    re.IGNORECASE,
)
TOKEN = re.compile(
    r"[\w.-]*(?:token|api_?key|client_?secret|session_?id|signature)|jsessionid|phpsessid|sid|sig|secret|code_verifier",
    re.IGNORECASE,
)
USER = re.compile(
    r"[\w.\[\]:$-]*(?:user_?name|user_?id|log_?in|identifiant|e[-_]?mail)[\w\]]*|(?:j_)?user|uname|usr|account|uid|log|mail",
    re.IGNORECASE,
)

KINDS = {"password": PASSWORD, "token": TOKEN, "user": USER}
SECRET = ("password", "token")

NAME = re.compile(r"[?&;#]([^?&;#=/]{1,64})=")
ARGUMENT = re.compile(r"([?&;#])([^?&;#=/]{1,64})=(?:(?<=sessionid=)[^?&;#]+|[^&#]+)", re.IGNORECASE)
USER_INFO = re.compile(r"://[^/?#\s@]*:[^/?#\s@]*@")

PART = re.compile(rb'name="([^"\r\n]{1,64})"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n){0,4}\r?\n([^\r\n]*)')
"""A field of multipart/form-data (RFC 7578)."""

JSON_PAIR = re.compile(r'"([^"\\]{1,64})"\s*:\s*"((?:[^"\\]|\\.)*)"')

FormReader = Callable[[bytes], "Login | None"]

DIGEST_PART = re.compile(r'(username\*?|realm)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))', re.IGNORECASE)

MASK = "***"


class Login(NamedTuple):
    """Who logs in and how; `secret_size` is None where the secret itself did not cross the wire."""

    scheme: str
    user: str | None = None
    domain: str | None = None
    secret_size: int | None = None
    message: bytes = b""
    """What Negotiate and NTLM carry (RFC 4559)."""


def login_of(authorization: str) -> Login | None:
    """Read the value of Authorization or Proxy-Authorization."""
    scheme, _, rest = authorization.partition(" ")
    rest = rest.strip()
    reader = SCHEMES.get(scheme.lower())
    return reader(scheme, rest) if reader and rest else None


def _basic(scheme: str, rest: str) -> Login | None:
    try:
        pair = b64decode(rest, validate=False)
    except (Base64Error, ValueError):
        return None
    user, colon, secret = pair.partition(b":")
    return Login(scheme, plain(user), secret_size=len(secret)) if colon else None


def _digest(scheme: str, rest: str) -> Login | None:
    parts = {name.lower(): quoted or plain for name, quoted, plain in DIGEST_PART.findall(rest[:TEXT_BYTES])}
    user = parts.get("username") or unquote(parts.get("username*", "").rpartition("'")[2], errors="backslashreplace")
    return Login(scheme, user, parts.get("realm")) if user else None


def _bearer(scheme: str, rest: str) -> Login:
    return Login(scheme, secret_size=len(rest))


def _negotiate(scheme: str, rest: str) -> Login | None:
    try:
        return Login(scheme, message=b64decode(rest, validate=False))
    except (Base64Error, ValueError):
        return None


SCHEMES = {
    "basic": _basic,
    "digest": _digest,
    "bearer": _bearer,
    "token": _bearer,  # OCPI and many others
    "negotiate": _negotiate,
    "ntlm": _negotiate,
}


def login_in_form(form: str, scheme: str) -> Login | None:
    """Return the log-in among URL-encoded fields: the first that is named like a password, and a user beside it."""
    fields = (field.partition("=") for field in form.split("&", MAX_FORM_FIELDS)[:MAX_FORM_FIELDS])
    return _login_among(((name, unquote_plus(value)) for name, equals, value in fields if equals), scheme)


def form_reader(content_type: str) -> FormReader | None:
    """Return what reads the log-in in a body of this type, None where there can be none."""
    return next((reader for mark, reader in FORMS.items() if mark in content_type.lower()), None)


def _in_fields(body: bytes) -> Login | None:
    return login_in_form(body.decode("utf-8", "backslashreplace"), "form")


def _in_parts(body: bytes) -> Login | None:
    # Only what matters becomes text: each byte of a file that is no UTF-8 costs more than all the rest.
    pairs = (
        tuple(part.decode("utf-8", "backslashreplace") for part in found.groups()) for found in PART.finditer(body)
    )
    return _login_among(islice(pairs, MAX_FORM_FIELDS), "form")


def _in_json(body: bytes) -> Login | None:
    if b"pass" not in body.lower():
        return None
    pairs = ((found[1], found[2]) for found in JSON_PAIR.finditer(body.decode("utf-8", "backslashreplace")))
    return _login_among(islice(pairs, MAX_FORM_FIELDS), "json")


def _login_among(pairs: Iterable[tuple[str, ...]], scheme: str) -> Login | None:
    found: dict[str, str] = {}
    for name, value in pairs:
        kind = kind_of(name) if len(name) <= MAX_NAME else ""
        if kind:
            found.setdefault(kind, value)
    secret = found.get("password")
    return Login(scheme, cut(found.get("user", "")) or None, secret_size=len(secret)) if secret else None


FORMS: dict[str, FormReader] = {"form-urlencoded": _in_fields, "form-data": _in_parts, "json": _in_json}
"""By a mark in the media type."""


def login_in_query(uri: str) -> Login | None:
    """Return the log-in among the arguments of a URI."""
    query = uri.partition("?")[2].partition("#")[0]
    return login_in_form(query, "query") if "=" in query else None


def mask_uri(uri: str) -> str:
    """Return a URI without the passwords and tokens among its arguments and without the log-in before its host."""
    if "=" in uri and any(map(is_secret, NAME.findall(uri))):
        uri = ARGUMENT.sub(_mask_argument, uri)
    if "@" in uri:
        uri = USER_INFO.sub(f"://{MASK}@", uri)
    return uri


@functools.lru_cache(maxsize=4096)
def kind_of(name: str) -> str:
    """Return what an argument of that name holds: password, token, user, or the empty string for anything else."""
    decoded = unquote_plus(name)
    return next((kind for kind, pattern in KINDS.items() if pattern.fullmatch(decoded)), "")


@functools.lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Return whether what an argument of that name holds is shown to nobody."""
    return kind_of(name) in SECRET


def _mask_argument(argument: re.Match[str]) -> str:
    mark, name = argument.groups()
    return f"{mark}{name}={MASK}" if is_secret(name) else argument[0]
