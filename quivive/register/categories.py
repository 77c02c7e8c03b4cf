"""What kind of data a session carries and by what means, as far as its protocol and its requests' heads tell.

Content is not opened for it: where a protocol hides what it carries, the category is "not observable", never a guess.
"""

from __future__ import annotations

from typing import NamedTuple

NOT_OBSERVABLE = "not_observable"
HOUSEKEEPING = frozenset({
    "dns", "mdns", "llmnr", "nbns", "ntp", "dhcp", "dhcp6", "icmp", "igmp", "ssdp", "stun", "arp", "roughtime",
    "daytime", "time_rfc868", "ptp",
})  # fmt: skip
"""Services that find names, clocks and ways: no transfer of business data in themselves (tunnels in them are found by
detectors)."""

REMOTE = frozenset({
    "rdp", "rdp_udp", "rfb", "ssh", "telnet", "teamviewer", "nomachine", "radmin", "pcanywhere", "citrix_ica",
    "citrix_cgp", "spice", "rlogin", "rsh", "rexec", "x11", "xdmcp", "winbox", "vmware_auth",
})  # fmt: skip
MAIL = frozenset({"smtp", "imap", "pop3", "nntp", "managesieve"})
FILES = frozenset({
    "ftp", "smb", "nfs", "tftp", "rsync", "afp", "9p", "git", "svn", "cvs", "iscsi", "hdfs_data", "resilio_sync",
    "bacula", "amanda", "ndmp",
})  # fmt: skip
BACKUPS = frozenset({"bacula", "amanda", "ndmp"})
DATABASES = frozenset({
    "mysql", "postgresql", "tds", "oracle_tns", "mongodb", "redis", "cassandra_cql", "clickhouse", "elasticsearch",
    "drda", "firebird", "memcached", "neo4j_bolt", "sap_hana", "hbase_rpc", "tarantool", "aerospike",
})  # fmt: skip
TRADE = frozenset({"edifact", "x12", "iso20022_xml", "fix"})
REPORTS = frozenset({
    "mqtt", "mqtt_sn", "amqp", "kafka", "nats", "stomp", "syslog", "gelf", "lumberjack", "collectd", "netflow", "ipfix",
    "sflow", "zabbix", "snmp", "coap", "ocpp", "modbus", "opcua", "iec104", "tuya", "lwm2m",
})  # fmt: skip
VOICE = frozenset(
    {"sip", "rtp", "rtcp", "h225", "iax2", "zoom_media", "discord_voice", "skinny", "mgcp", "rtsp", "srt"}
)
VISITED = frozenset({"http1", "http2", "tls", "quic", "websocket"})


class Kind(NamedTuple):
    """category: what is carried; means: how; sensitivity: of it as a class; personal: yes, no or unknown."""

    category: str
    means: str
    sensitivity: str = "unknown"
    personal: str = "unknown"


CARRIED = {
    "LINK form": Kind("parcel_events", "api", "high"),
    "EDIFACT": Kind("trade_documents", "edi", "high"),
    "X12": Kind("trade_documents", "edi", "high"),
    "AS2": Kind("trade_documents", "edi", "high"),
    "a body": Kind("forms_and_files", "upload"),
}
BY_SERVICE = (
    (TRADE, Kind("trade_documents", "edi", "high")),
    (MAIL, Kind("mail", "mail", "unknown", "yes")),
    (BACKUPS, Kind("files", "backup")),
    (FILES, Kind("files", "upload")),
    (DATABASES, Kind("database_contents", "api", "high")),
    (REPORTS, Kind("telemetry", "telemetry", "medium")),
    (VOICE, Kind("voice", "voice", "unknown", "yes")),
)


def kind_of(service: str | None, carries: str | None, *, is_hidden: bool, is_opened_outside: bool) -> Kind:
    """Return what a session carries. is_hidden: nothing of its content can be read."""
    if service in REMOTE:
        return Kind("remote_access", "remote_access", "high")
    if is_opened_outside:
        return _taken(service, carries, is_hidden)
    if is_hidden:
        return Kind("mail", "mail", "unknown", "yes") if service in MAIL else Kind(NOT_OBSERVABLE, "upload")
    if carries in CARRIED:
        return CARRIED[carries]
    for services, kind in BY_SERVICE:
        if service in services:
            return kind
    return Kind("web_requests", "api", "low") if service in VISITED else Kind("unknown_protocol", "upload")


def _taken(service: str | None, carries: str | None, is_hidden: bool) -> Kind:
    """Return what somebody who came from outside took away."""
    if service in VISITED:
        return Kind("served_to_visitors", "remote_access", "low")
    if is_hidden:
        return Kind(NOT_OBSERVABLE, "remote_access")
    inner = kind_of(service, carries, is_hidden=False, is_opened_outside=False)
    return inner._replace(means="remote_access")
