"""Names in texts that are not only a name: mail addresses, query strings, home folders, log lines, names on a link.

What cannot be known from its form stays: a name in a subject, in a chat line, in the name of a file, or a machine
called after its owner in the organisation's own DNS.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from quivive.mandate.pseudonyms import MAIL, Pseudonyms

Rewrite = Callable[[Pseudonyms, str], str]

QUERY = re.compile(
    r"(?i)(?P<key>[?&;](?:user|username|user_?name|user_?id|uid|login|logon|log|email|e_?mail|mail|account|acct|"
    r"upn|sub|nick|phone|tel|msisdn|imsi|badge)=)(?P<value>[^&;#\s]+)"
)
USER_INFO = re.compile(r"(?P<key>://)(?P<value>[^/@\s:]+)(?P<rest>(?::[^/@\s]*)?@)")
MAIL_ENCODED = re.compile(r"(?P<local>[A-Za-z0-9._+~-]{1,64})%40(?P<domain>[A-Za-z0-9][A-Za-z0-9.-]{1,252})")
HOME = re.compile(
    r"(?i)(?P<key>(?:^|[\\/])(?:users|home|documents and settings|utilisateurs|benutzer)[\\/])(?P<value>[^\\/?#\s]+)"
)
PUBLIC_FOLDERS = {"public", "default", "all users", "default user"}
LOG_WORD = re.compile(
    r"(?i)(?P<key>\b(?:invalid user|illegal user|user(?:name)?|account|acct|login|logname|ruser|for)"
    r"\s{0,3}[=: ]\s{0,3}\"?)"
    r"(?!(?:from|by|name|session|invalid|illegal|user|the|a|is|was|to|of|on|in|at|not|has|unknown|uid)\b)"
    r"(?P<value>[A-Za-z0-9_][A-Za-z0-9._@\\+-]{0,63}\$?)"
)
SERVICE_LABEL = re.compile(r"_[\w-]+")
WELL_KNOWN = {"wpad", "isatap", "workgroup", "mshome", "localhost", "*", "\\x01\\x02__msbrowse__\\x02", "__msbrowse__"}
"""Names on a link that belong to nobody."""

LINK_NAMES = {"llmnr": ("query", "answers"), "nbns": ("nb_name", "nb_names")}
MDNS_NAMES = ("query", "questions", "record_names", "record_data")
"""Tables of names that machines call out on the link: as a rule their owner's."""

PATHS = {"file_name", "uri", "url", "cwd", "argument", "smb_share", "smb_new_name", "referrer", "location"}
URLS = {"uri", "url", "referrer", "location", "ssdp_location", "proxy_config_url", "san_uri", "asked_for"}
LOG_LINES = {"syslog_text", "syslog_data"}
NO_NAMES = {"mail_message_id", "in_reply_to", "alpn", "alpn_offered", "detail", "capture", "detector"}
"""Fields whose @ stands between other things than a person and a domain."""


class Rule(NamedTuple):
    """hint: RE2 pattern that a text must match for `rewrite` to change it."""

    hint: str
    rewrite: Rewrite


def rules_of(table: str, field: str) -> list[Rule]:
    """Return what is rewritten in a field that is no name as a whole."""
    if field in NO_NAMES or field.endswith(("_alg", "_algs")):
        return []
    rules = [Rule("@|%40", mail_addresses)]
    if field in URLS:
        rules += [Rule("://[^/]*@", user_info), Rule("[?&;][^=]*=", query)]
    if field in PATHS:
        rules.append(Rule(r"(?i)(users|home|settings|utilisateurs|benutzer)[\\/]", home))
    if field in LOG_LINES:
        rules.append(Rule("(?i)(user|account|acct|login|logname|for)", log_line))
    if field in LINK_NAMES.get(table, ()) or (table == "mdns" and field in MDNS_NAMES):
        rules.append(Rule(".", link_name))
    return rules


def mail_addresses(names: Pseudonyms, text: str) -> str:
    """Rewrite mail addresses, plain or in URLs."""
    return (
        MAIL_ENCODED.sub(names.mail_in, MAIL.sub(names.mail_in, text))
        if "%40" in text
        else MAIL.sub(names.mail_in, text)
    )


def user_info(names: Pseudonyms, text: str) -> str:
    """Rewrite the user in front of a URL's host (RFC 3986, 3.2.1)."""
    return USER_INFO.sub(lambda found: found["key"] + names.token("user", found["value"]) + found["rest"], text)


def query(names: Pseudonyms, text: str) -> str:
    """Rewrite the values of query keys that name a person."""
    return QUERY.sub(lambda found: found["key"] + _once(names, found["value"]), text)


def home(names: Pseudonyms, text: str) -> str:
    """Rewrite the owner of a home folder."""
    return HOME.sub(
        lambda found: (
            found["key"]
            + (found["value"] if found["value"].casefold() in PUBLIC_FOLDERS else _once(names, found["value"]))
        ),
        text,
    )


def log_line(names: Pseudonyms, text: str) -> str:
    """Rewrite who a log line speaks of."""
    return LOG_WORD.sub(lambda found: found["key"] + _once(names, found["value"]), text)


def link_name(names: Pseudonyms, text: str) -> str:
    """Rewrite a machine's own name on the link: one label, or one in front of .local or of a service's labels."""
    first, dot, rest = text.partition(".")
    labels = rest.rstrip(".").split(".") if rest else []
    is_own = not labels or labels[-1].casefold() == "local"
    if not first or not is_own or SERVICE_LABEL.fullmatch(first) or first.casefold() in WELL_KNOWN or " " in rest:
        return text
    if rest and re.fullmatch(r"[\d.]+", text):
        return text
    return str(names.host(first.replace(" ", "-").replace(",", "-")) if first else first) + dot + rest


def _once(names: Pseudonyms, value: str) -> str:
    """Return a pseudonym, unless one stands there already."""
    return (
        value
        if re.match(r"(?:user|mail|host)-[a-z2-7]{13}", value)
        else str(names.person(value) or names.token("user", ""))
    )
