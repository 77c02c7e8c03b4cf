"""Papers of trade by their own marks (EDIFACT, X12, LINK, CN23), and credentials in content: counted, never kept."""

from __future__ import annotations

import re

MAX_BYTES = 1 << 20
EDIFACT = re.compile(rb"UNH\+[^+']{1,14}\+([A-Z]{6}):([^:+']{1,3}):")
X12 = re.compile(rb"ST[^A-Za-z0-9 ](\d{3})[^A-Za-z0-9 ]")
LINK = re.compile(rb"(?:^|&)msg_type=([A-Za-z0-9_]{1,80})")
FRENCH_CUSTOMS = rb"D(?:E|\xc3\x89|\xc3\xa9)CLARATION EN DOUANE"
CN23 = rb"\bCN ?2[23]\b(?=[^\n]{0,80}(?:customs|douane|UPU))"
CUSTOMS = re.compile(CN23 + rb"|CUSTOMS DECLARATION|" + FRENCH_CUSTOMS, re.IGNORECASE)
PARTY = re.compile(rb"(?:'|^)\s*NAD\+(CN|CZ|BY|SE|CA|FW|DP|SU)\+")
GOODS = re.compile(rb"(?:'|^)\s*(?:GID|LIN|GDS|PIA)\+")

CLOUD_KEY = rb"(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])|LTAI[A-Za-z0-9]{12,26}(?![A-Za-z0-9])"
TYPED = rb"""(?:password|passwd|pwd|mot_de_passe)["']?\s{0,3}[:=]\s{0,3}["']?[^\s"'&<>,;]{6,64}"""
WITH_LOGIN = rb"(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|redis|amqps?|ftp)://[^\s:/@]{1,64}:[^\s/@]{1,64}@"
SECRETS = {
    "private key": re.compile(rb"-----BEGIN (?:[A-Z]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"),
    "cloud access key": re.compile(rb"(?<![A-Za-z0-9])(?:" + CLOUD_KEY + rb")"),
    "repository token": re.compile(rb"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36}|glpat-[\w-]{20})(?![A-Za-z0-9])"),
    "signed token": re.compile(rb"(?<![\w-])eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{20,1000}"),
    "password": re.compile(rb"(?i)(?<![a-z])" + TYPED),
    "connection string": re.compile(rb"(?i)\b" + WITH_LOGIN),
}
NO_PASSWORD = re.compile(rb"(?i)[:=]\s{0,3}[\"']?(?:[$({<\[]|\*{3,}|x{3,}|none|null|true|false|self|str|os\.|get)")
"""What stands where a password would and is none: a variable, a mask, a word of a program."""


def papers_of(content: bytes) -> list[str]:
    """Return the papers that content holds: EDIFACT IFTMIN with 3 parties and 12 goods, LINK form HUB_PARCEL ..."""
    data = content[:MAX_BYTES]
    found = []
    for kind, directory in dict.fromkeys(EDIFACT.findall(data)):
        parties, goods = len(PARTY.findall(data)), len(GOODS.findall(data))
        found.append(f"EDIFACT {kind.decode()} {directory.decode('ascii', 'backslashreplace')}: "
                     f"{parties} parties, {goods} goods")  # fmt: skip
    if data.startswith(b"ISA"):
        found += [f"X12 {kind.decode()}" for kind in dict.fromkeys(X12.findall(data))]
    link = LINK.search(data)
    if link and b"logistics_interface=" in data:
        found.append(f"LINK form {link[1].decode()}")
    if CUSTOMS.search(data):
        found.append("customs declaration (CN22, CN23)")
    return found[:16]


def secrets_of(content: bytes) -> dict[str, int]:
    """Return how many credentials of each kind stand in content; nothing of them is kept."""
    data = content[:MAX_BYTES]
    found = {name: sum(1 for _ in pattern.finditer(data)) for name, pattern in SECRETS.items() if name != "password"}
    found["password"] = sum(1 for match in SECRETS["password"].finditer(data) if not NO_PASSWORD.search(match[0]))
    return {name: count for name, count in found.items() if count}
