"""The cast: every machine and name of the demonstration. All are invented, and nothing is ever sent to any of them.

Names end in .example (RFC 2606). Inside addresses are private (RFC 1918) or for documentation (RFC 3849). Outside
machines for which a country must be seen stand at addresses of large public networks, because addresses for
documentation lie in no country; the machines at those addresses have no part in this story.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRM = "kestrel-gears.example"
REALM = "KESTREL-GEARS.EXAMPLE"
WINDOWS, LINUX, DEVICE = 128, 64, 255
"""First time-to-live of a packet, by which systems can be told apart."""


@dataclass(frozen=True)
class Host:
    """A machine: what its frames carry."""

    name: str
    mac: str
    ip: str
    ttl: int = LINUX
    vlan: int | None = None
    ip6: str = ""


def outside(name: str, ip: str, router: Host, hops: int = 12) -> Host:
    """Return a machine beyond the router: its frames come from the router, with fewer hops left."""
    return Host(name, router.mac, ip, LINUX - hops, router.vlan)


# The offices: 192.168.10.0/24, untagged.
FIREWALL = Host("firewall", "00:1b:17:10:00:01", "192.168.10.1", DEVICE)
DC1 = Host("dc1", "00:15:5d:10:00:10", "192.168.10.10", WINDOWS, ip6="2001:db8:10::10")
FILES1 = Host("files1", "00:15:5d:10:00:11", "192.168.10.11", WINDOWS)
MAIL1 = Host("mail1", "52:54:00:10:00:12", "192.168.10.12")
MONITOR1 = Host("monitor1", "52:54:00:10:00:13", "192.168.10.13")
BACKUP1 = Host("backup1", "52:54:00:10:00:14", "192.168.10.14")
INTRANET1 = Host("intranet.kestrel-gears.example", "52:54:00:10:00:15", "192.168.10.15", ip6="2001:db8:10::15")
PRINTER1 = Host("printer1", "00:17:c8:10:00:20", "192.168.10.20", DEVICE)
PCS = tuple(
    Host(f"pc{n:02}", f"e4:54:e8:10:01:{n:02x}", f"192.168.10.{100 + n}", WINDOWS, ip6=f"2001:db8:10::1{n:02}")
    for n in range(1, 13)
)
USERS = (
    "drawing1", "drawing2", "drawing3", "purchasing1", "purchasing2", "sales1",
    "sales2", "accounts1", "quality1", "workshop1", "reception", "director",
)  # fmt: skip

# What the offices reach outside.
RESOLVER = outside("dot.provider.example", "80.67.169.12", FIREWALL, 9)  # FR
PARTNER_MX = outside("mx1.steelworks-north.example", "88.198.10.25", FIREWALL, 14)  # DE
CUSTOMER_MX = outside("mx.windmill-parts.example", "130.89.1.26", FIREWALL, 15)  # NL
NEWS = outside("www.daily-courier.example", "51.68.20.30", FIREWALL)  # FR
SEARCH = outside("www.finder.example", "142.250.10.10", FIREWALL, 10)  # US
OFFICE_CLOUD = outside("mail.office-cloud.example", "13.107.20.10", FIREWALL, 11)  # US
VIDEO = outside("cdn.video-calls.example", "104.16.20.30", FIREWALL, 8)  # US
BANK = outside("www.merchants-bank.example", "195.154.10.10", FIREWALL, 13)  # FR
STANDARDS = outside("www.gear-standards.example", "5.9.10.10", FIREWALL, 14)  # DE
SUPPLIER = outside("shop.bearings-direct.example", "51.15.10.20", FIREWALL, 12)  # FR
CDN = outside("edge.big-cdn.example", "23.55.10.10", FIREWALL, 7)  # US
UPDATES = outside("download.office-updates.example", "23.55.10.80", FIREWALL, 7)  # US
BEACON_PEER = outside("api.weather-widget.example", "46.101.10.10", FIREWALL, 16)
WEB_PEERS = (NEWS, SEARCH, OFFICE_CLOUD, BANK, STANDARDS, SUPPLIER)

# The charging station: 10.77.0.0/24, untagged.
STATION_ROUTER = Host("router", "00:30:44:77:00:01", "10.77.0.1", DEVICE)
KIOSK = Host("kiosk", "b8:27:eb:77:00:10", "10.77.0.10")
CHARGE_POINTS = tuple(Host(f"CP-13E-{n}", f"00:04:a3:77:00:2{n}", f"10.77.0.2{n}") for n in range(1, 4))
METER = Host("meter", "00:80:f4:77:00:40", "10.77.0.40", DEVICE)
CENTRAL = outside("central.city-charging.example", "195.154.10.77", STATION_ROUTER, 11)  # FR
STATION_NTP = outside("ntp.city-charging.example", "195.154.10.78", STATION_ROUTER, 11)  # FR
STATION_BROKER = outside("mqtt.city-charging.example", "195.154.10.79", STATION_ROUTER, 11)  # FR
TECHNICIAN = Host("service-laptop", "54:ee:75:77:00:99", "10.77.0.99")

# The parcel hub: 192.168.40.0/24, VLAN 40.
HUB_VLAN = 40
HUB_ROUTER = Host("hub-router", "00:1b:17:40:00:01", "192.168.40.1", DEVICE, HUB_VLAN)
WMS1 = Host("wms1", "52:54:00:40:00:10", "192.168.40.10", LINUX, HUB_VLAN)
EDI1 = Host("edi1", "52:54:00:40:00:11", "192.168.40.11", LINUX, HUB_VLAN)
NAS1 = Host("nas1", "00:11:32:40:00:12", "192.168.40.12", LINUX, HUB_VLAN)
HUB_DNS = Host("hub-dns", "52:54:00:40:00:13", "192.168.40.13", LINUX, HUB_VLAN)
SCANNERS = tuple(Host(f"scanner{n}", f"00:a0:f8:40:00:6{n}", f"192.168.40.6{n}", LINUX, HUB_VLAN) for n in range(1, 7))
CARRIER_FTP = outside("edi.north-sea-carrier.example", "130.89.1.21", HUB_ROUTER, 15)  # NL
CUSTOMS = outside("as2.customs-portal.example", "194.57.10.10", HUB_ROUTER, 10)  # FR
LINK_GATEWAY = outside("link.partner-parcels.example", "163.181.1.1", HUB_ROUTER, 13)
STORAGE = outside("oss-ap-southeast-1.partner-storage.example", "47.254.128.1", HUB_ROUTER, 18)
