"""What stays closed even in scope: rows that name an excluded domain or host, or mail and folders marked personal."""

from __future__ import annotations

import ipaddress
import re

from quivive.mandate.parts import Exclusions
from quivive.mandate.strict import Network

ADDRESS = re.compile(
    r"(?i)(?<![\w.:])(?:::ffff:)?\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)"
    r"|(?<![\w.:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])"
)
MARK = r"(?:personal|personnel|personnelle|privé|privée|prive|privee|private|privat|persönlich|perso)"
SUBJECT = re.compile(rf"(?i)\W*(?:(?:re|fwd?|tr|aw|wg|réf)\s?:\W*){{0,8}}{MARK}\b")
FOLDER = re.compile(rf"(?i)(?:^|[\\/.]){MARK}(?=$|[\\/.])")
MARKED = {"mail_subject": SUBJECT, "mailbox_name": FOLDER, "file_name": FOLDER, "cwd": FOLDER}
"""Fields in which a person marks what is private, and how (Cass. soc. 2 October 2001, Nikon; CCT 81, Art. 10)."""

NAME_SERVICES = ("dns", "mdns", "llmnr", "nbns")
"""Tables in which one flow speaks of many names: only the row goes."""


class Closed:
    """Judges texts of rows; made once per case from a mandate's exclusions."""

    def __init__(self, exclusions: Exclusions) -> None:
        self._networks = exclusions.all_hosts
        self._names = spellings(exclusions.all_domains)
        self._domains = _domain_pattern(self._names)
        self._marks = MARKED if exclusions.personal_mail else {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is excluded."""
        return not self._networks and self._domains is None and not self._marks

    def hint(self, field: str) -> str:
        """Return an RE2 pattern that every text to be judged matches, or nothing where none is to be judged."""
        parts = [re.escape(name).replace("\\-", "-") for name in self._names]
        if self._networks:
            parts += [r"[0-9]\.[0-9]", "[0-9a-fA-F]:[0-9a-fA-F:]"]
        if field in self._marks:
            parts.append("(?:pers|priv)")
        return f"(?i){'|'.join(parts)}" if parts else ""

    def excludes(self, field: str, text: str) -> bool:
        """Return whether a text of a field speaks of what is excluded."""
        marked = self._marks.get(field)
        return (
            self.excludes_name(text)
            or (marked is not None and (marked.match if marked is SUBJECT else marked.search)(text) is not None)
            or (bool(self._networks) and self.excludes_address(text))
        )

    def excludes_name(self, text: str) -> bool:
        """Return whether a text is or holds an excluded domain, or a name below one."""
        return self._domains is not None and self._domains.search(text) is not None

    def excludes_address(self, text: str) -> bool:
        """Return whether a text is or holds the address of an excluded host."""
        return any(self._is_excluded(found[0]) for found in ADDRESS.finditer(text))

    def _is_excluded(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(_holds(network, address) for network in self._networks)


def _holds(network: Network, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).version == network.version and (mapped or address) in network


def spellings(domains: tuple[str, ...]) -> tuple[str, ...]:
    """Return domains as they can stand in a text: as written, and in the ASCII form of the wire (RFC 3490)."""
    found: dict[str, None] = {}
    for name in domains:
        found[name.casefold()] = None
        try:
            found[name.encode("idna").decode("ascii").casefold()] = None
        except UnicodeError:
            continue
    return tuple(found)


def _domain_pattern(names: tuple[str, ...]) -> re.Pattern[str] | None:
    if not names:
        return None
    return re.compile(rf"(?i)(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-]|\.\w)")
