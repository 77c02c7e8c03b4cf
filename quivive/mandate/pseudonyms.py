"""Names to pseudonyms: HMAC-SHA-256 under a key that lives outside the case, the same in every table and every case.

Form: kind, a dash and 65 bits in base32: user-7k3f..., host-..., mail-...@domain. The domain of a mail address or
host stays: it says which organisation, and what left for a private mailbox cannot be told without it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
import tomllib
import unicodedata
from collections.abc import Callable
from pathlib import Path

from quivive.mandate import keys, settings
from quivive.mandate.refusal import Refusal
from quivive.model.errors import MandateError

KEY_BYTES = 32
LETTERS = 13
"""13 letters of base32 are 65 bits: two of a million names meet by chance once in 70 million cases."""

REMEMBERED = 65_536
"""Pseudonyms kept at hand: a name comes many times; more distinct ones are computed again."""

MAIL = re.compile(
    r"(?P<local>[^\s<>@,;:\"'()\[\]\\]{1,64})@(?P<domain>[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)"
)
DISTINGUISHED = re.compile(
    r"(?i)(?P<key>(?:^|[,+;/ ])(?:cn|uid|sn|gn|givenname|e|mail|emailaddress|userid|initials)=)"
    r"(?P<value>(?:\\.|[^,+;\\])+)"
)
ASSERTION = re.compile(r"(?P<key>\((?P<attribute>[A-Za-z0-9.;:-]+)(?:[<>~]?=))(?P<value>[^()]+)(?=\))")
PROXY_WORD = re.compile(r"(?i)[\d./:]*|https?(?:/[\d.]+)?|via|for|by|proto|host|unknown|[\w-]+:")
"""Words of a proxy's header that name no machine."""

SPEAKS_OF_KINDS = {"objectclass", "objectcategory", "samaccounttype", "useraccountcontrol", "grouptype"}
"""Attributes of directories whose values are no names."""

Seal = Callable[[str, str], None]
"""Hears of each pseudonym and the name behind it."""


class PseudonymKey:
    """The two secrets: one makes pseudonyms, the other seals the names behind them."""

    def __init__(self, pseudonym: bytes, seal: bytes, *, is_lasting: bool = True) -> None:
        self.pseudonym = pseudonym
        self.seal = seal
        self.is_lasting = is_lasting

    @property
    def fingerprint(self) -> str:
        """Short name of the key: equal ones give equal pseudonyms."""
        return hmac.new(self.pseudonym, b"fingerprint", hashlib.sha256).hexdigest()[:16]


def key_for(case: Path, named: Path | None = None) -> PseudonymKey:
    """Return the key, made on first use. Raises MandateError for one inside the case folder, or one that is none.

    Where nobody said where it is and no file can be written (a machine without a home), the key lasts for this case
    only: its pseudonyms meet no other case's, and no name can be opened.
    """
    try:
        path = settings.place_of("pseudonyms", named)
        if path.resolve().is_relative_to(case.resolve()):
            raise Refusal(
                str(path), "the key of the pseudonyms lies in the case that they protect", "keep it elsewhere"
            )
        if not path.exists():
            return _made(path)
    except MandateError:
        if settings.is_named("pseudonyms", named):
            raise
        return PseudonymKey(secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES), is_lasting=False)
    return _read(path)


def _made(path: Path) -> PseudonymKey:
    made = [base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() for _ in range(2)]
    text = f'# Whoever has this file can tell names from pseudonyms.\npseudonym = "{made[0]}"\nseal = "{made[1]}"\n'
    try:
        keys.write_private(path, text.encode("ascii"))
    except Refusal:
        if not path.exists():
            raise  # made by another process in the meantime, else
    return _read(path)


def _read(path: Path) -> PseudonymKey:
    try:
        held = tomllib.loads(keys.read_private(path).decode("utf-8"))
        parts = [base64.b64decode(held[name], validate=True) for name in ("pseudonym", "seal")]
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(str(path), "is no key of pseudonyms", "name the right file, or put it back") from error
    if any(len(part) != KEY_BYTES for part in parts):
        raise Refusal(str(path), "is no key of pseudonyms", "name the right file, or put it back")
    return PseudonymKey(*parts)


def normal(value: str) -> str:
    """Return the form in which equal names are equal."""
    return unicodedata.normalize("NFKC", value).strip().casefold()


class Pseudonyms:
    """Gives names their pseudonyms."""

    def __init__(self, key: PseudonymKey, seal: Seal = lambda pseudonym, name: None) -> None:
        self._key = key.pseudonym
        self._seal = seal
        self._known: dict[tuple[str, str], str] = {}

    def token(self, kind: str, name: str) -> str:
        """Return the pseudonym of one name: user-..., host-... or mail-..."""
        found = self._known.get((kind, name))
        if found is None:
            mac = hmac.new(self._key, f"{kind}\0{normal(name)}".encode("utf-8", "backslashreplace"), hashlib.sha256)
            found = f"{kind}-{base64.b32encode(mac.digest())[:LETTERS].decode().lower()}"
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[kind, name] = found
            self._seal(found, name)
        return found

    def person(self, value: str) -> str | None:
        """Return a person's name, log-in, mail address or directory entry with pseudonyms in the place of names."""
        text = value.strip()
        if not text:
            return value
        if text.startswith("(") and ASSERTION.search(text):
            return ASSERTION.sub(self._assertion, text)
        if "=" in text and DISTINGUISHED.search(text):
            return DISTINGUISHED.sub(lambda part: part["key"] + self._simple(part["value"]), text)
        name, opens, address = text.rpartition("<")
        mailbox = MAIL.fullmatch(address.rstrip("> ")) if opens else None
        if mailbox:
            name = name.strip("\"' ")
            return f"{self.token('user', name)} <{self._mail(mailbox)}>" if name else f"<{self._mail(mailbox)}>"
        return self._simple(text)

    def _simple(self, text: str) -> str:
        """Return a mail address, or a log-in with its domain, with the name rewritten."""
        mailbox = MAIL.fullmatch(text)
        if mailbox:
            return self._mail(mailbox)
        domain, slash, user = text.rpartition("\\")
        if user.endswith("$") and len(user) > 1:
            return f"{domain}{slash}{self.token('host', user[:-1])}$"
        return f"{domain}{slash}{self.token('user', user)}" if user else self.token("user", text)

    def host(self, value: str) -> str | None:
        """Return the name of a person's machine as a pseudonym; its domain stays, and so do addresses."""
        text = value.strip()
        if not text or is_address(text.strip("[]")):
            return value
        if any(between in text for between in ",;= "):
            return re.sub(r"[^\s,;=\"()]+", lambda part: self._word(part[0]), text)
        first, dot, domain = text.partition(".")
        return self.token("host", first) + dot + domain if first else self.token("host", text)

    def mail_in(self, found: re.Match[str]) -> str:
        """Return what stands for a mail address that a search found."""
        return self._mail(found)

    def _mail(self, found: re.Match[str]) -> str:
        return f"{self.token('mail', found['local'] + '@' + found['domain'])}@{found['domain']}"

    def _assertion(self, found: re.Match[str]) -> str:
        if found["attribute"].casefold() in SPEAKS_OF_KINDS or not found["value"].strip("* "):
            return found[0]
        return found["key"] + str(self.person(found["value"]))

    def _word(self, word: str) -> str:
        """Return one word of a proxy's header: addresses and versions stay."""
        is_known = is_address(word.strip("[]")) or PROXY_WORD.fullmatch(word) is not None
        return word if is_known else str(self.host(word))


class NoNames(Pseudonyms):
    """Leaves names out instead, where a mandate says persons = "none"."""

    def __init__(self) -> None:
        super().__init__(PseudonymKey(b"", b"", is_lasting=False))

    def token(self, kind: str, name: str) -> str:
        """Return what stands for any name."""
        return "(left out)"

    def person(self, value: str) -> str | None:
        """Return nothing."""
        return None

    def host(self, value: str) -> str | None:
        """Return addresses, and nothing else."""
        return value if is_address(value.strip().strip("[]")) else None


def is_address(text: str) -> bool:
    """Return whether a text is an IP address, perhaps with a port."""
    if not text or text[0] not in "0123456789abcdefABCDEF:":
        return False
    try:
        ipaddress.ip_address(text if text.count(":") != 1 else text.partition(":")[0])
    except ValueError:
        return False
    return True
