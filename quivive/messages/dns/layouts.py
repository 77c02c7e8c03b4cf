"""How the data of each DNS record type lies on the wire: the one table that both readers of records go by."""

from __future__ import annotations

import numpy as np

END, U8, U16, U32, NAME, WORD, STRING, STRINGS, QUOTED, HEX, IPV4, IPV6, PARAMS, OMIT = range(14)
"""Parts of a record. WORD: a counted string, bare; STRING: a counted string, quoted; STRINGS: as many as are left;
QUOTED: the rest as one string; HEX: a glimpse of the rest; PARAMS: service parameters (RFC 9460, 2.2);
OMIT: the rest, which is not shown."""

LAYOUTS: dict[int, tuple[int, ...]] = {
    1: (IPV4,),  # A
    2: (NAME,),  # NS
    3: (NAME,),  # MD
    4: (NAME,),  # MF
    5: (NAME,),  # CNAME
    6: (NAME, NAME, U32, U32, U32, U32, U32),  # SOA
    7: (NAME,),  # MB
    8: (NAME,),  # MG
    9: (NAME,),  # MR
    12: (NAME,),  # PTR
    13: (STRING, STRING),  # HINFO
    14: (NAME, NAME),  # MINFO
    15: (U16, NAME),  # MX
    16: (STRINGS,),  # TXT
    17: (NAME, NAME),  # RP
    18: (U16, NAME),  # AFSDB
    28: (IPV6,),  # AAAA
    33: (U16, U16, U16, NAME),  # SRV
    35: (U16, U16, STRING, STRING, STRING, NAME),  # NAPTR
    36: (U16, NAME),  # KX
    39: (NAME,),  # DNAME
    43: (U16, U8, U8, HEX),  # DS
    44: (U8, U8, HEX),  # SSHFP
    46: (U16, U8, U8, U32, U32, U32, U16, NAME, OMIT),  # RRSIG, its signature left out
    47: (NAME, OMIT),  # NSEC, its bitmap of types left out
    48: (U16, U8, U8, HEX),  # DNSKEY
    52: (U8, U8, U8, HEX),  # TLSA
    53: (U8, U8, U8, HEX),  # SMIMEA
    59: (U16, U8, U8, HEX),  # CDS
    60: (U16, U8, U8, HEX),  # CDNSKEY
    64: (U16, NAME, PARAMS),  # SVCB
    65: (U16, NAME, PARAMS),  # HTTPS
    99: (STRINGS,),  # SPF
    256: (U16, U16, QUOTED),  # URI
    257: (U8, WORD, QUOTED),  # CAA
}
"""Parts of the record types that are shown in words; the others are shown as RFC 3597 shows unknown ones."""

PARAM_NAMES = ("mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp")
"""Service parameters by their key (IANA); others are written as key and a number."""

ALPN, PORT, IPV4HINT, IPV6HINT, DOHPATH = 1, 3, 4, 6, 7


def _grid() -> np.ndarray:
    grid = np.zeros((max(LAYOUTS) + 1, max(map(len, LAYOUTS.values())) + 1), np.int64)
    for number, parts in LAYOUTS.items():
        grid[number, : len(parts)] = parts
    return grid


LAYOUT_GRID = _grid()
"""LAYOUTS for kernels: one row per type, filled up with END; an empty row has no layout."""
