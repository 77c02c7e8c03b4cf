"""Names of ICMP types and codes (IANA ICMP and ICMPv6 parameters)."""

from __future__ import annotations

ICMP_NAMES = {
    0: "echo reply",
    3: "destination unreachable",
    4: "source quench",
    5: "redirect",
    8: "echo request",
    9: "router advertisement",
    10: "router solicitation",
    11: "time exceeded",
    12: "parameter problem",
    13: "timestamp request",
    14: "timestamp reply",
    15: "information request",
    16: "information reply",
    17: "address mask request",
    18: "address mask reply",
    30: "traceroute",
    40: "photuris",
    42: "extended echo request",
    43: "extended echo reply",
}

ICMPV6_NAMES = {
    1: "destination unreachable",
    2: "packet too big",
    3: "time exceeded",
    4: "parameter problem",
    128: "echo request",
    129: "echo reply",
    130: "multicast listener query",
    131: "multicast listener report",
    132: "multicast listener done",
    133: "router solicitation",
    134: "router advertisement",
    135: "neighbor solicitation",
    136: "neighbor advertisement",
    137: "redirect",
    138: "router renumbering",
    139: "node information query",
    140: "node information response",
    141: "inverse neighbor solicitation",
    142: "inverse neighbor advertisement",
    143: "multicast listener report v2",
    144: "home agent discovery request",
    145: "home agent discovery reply",
    146: "mobile prefix solicitation",
    147: "mobile prefix advertisement",
    148: "certification path solicitation",
    149: "certification path advertisement",
    151: "multicast router advertisement",
    152: "multicast router solicitation",
    153: "multicast router termination",
    155: "RPL control",
    157: "duplicate address request",
    158: "duplicate address confirmation",
    160: "extended echo request",
    161: "extended echo reply",
}

UNREACHABLE = dict(
    enumerate(
        (
            "network unreachable",
            "host unreachable",
            "protocol unreachable",
            "port unreachable",
            "fragmentation needed",
            "source route failed",
            "network unknown",
            "host unknown",
            "source isolated",
            "network prohibited",
            "host prohibited",
            "network unreachable for this service",
            "host unreachable for this service",
            "prohibited by filter",
            "host precedence violation",
            "precedence cutoff",
        )
    )
)

ICMP_REASONS = {
    3: UNREACHABLE,
    5: {0: "for network", 1: "for host", 2: "for service and network", 3: "for service and host"},
    11: {0: "hop limit", 1: "reassembly time"},
}

ICMPV6_REASONS = {
    1: dict(
        enumerate(
            (
                "no route",
                "prohibited by filter",
                "beyond scope of source",
                "address unreachable",
                "port unreachable",
                "source prohibited",
                "route rejected",
                "error in source route",
            )
        )
    ),
    3: {0: "hop limit", 1: "reassembly time"},
    4: {0: "header field", 1: "next header unknown", 2: "option unknown"},
}


def icmp_name(number: int, *, is_v6: bool) -> str:
    """Return what a type is called."""
    return (ICMPV6_NAMES if is_v6 else ICMP_NAMES).get(number, f"type {number}")


def icmp_reason(number: int, code: int, *, is_v6: bool) -> str | None:
    """Return what a code means, nothing where its type has no codes."""
    codes = (ICMPV6_REASONS if is_v6 else ICMP_REASONS).get(number)
    return codes.get(code, f"code {code}") if codes else None
