"""Tables that the engine itself writes: what was read, who spoke to whom, what was found."""

from __future__ import annotations

from quivive.model.canary_table import CANARIES
from quivive.model.fields import FLOW_ID, MAC, SERVER_NAME, TS, TS_NS
from quivive.model.outflow_table import OUTFLOW
from quivive.model.risk_table import RISKS
from quivive.model.schema import Field, Table

CAPTURES = Table(
    "captures",
    "The capture files that were read.",
    (
        Field("capture_id", "int32", "Number of the file within this case, in order of reading."),
        Field("capture", "text", "Name of the capture file."),
        Field("sha256", "text", "SHA-256 of the file's bytes as they lay on disk."),
        Field("file_size_bytes", "int64", "Size of the file.", "bytes"),
        Field("capture_format", "text", "Capture format, as the reader's name."),
        Field("compression", "text", "Compression around the capture, outermost first; empty where there was none."),
        Field("link_types", "text", "LINKTYPE_ numbers of its packets."),
        Field("n_packets", "int64", "Packets read.", "packets"),
        Field("capture_bytes", "int64", "Captured bytes of all packets.", "bytes"),
        Field("on_wire_bytes", "int64", "Bytes of all packets as they were on the wire.", "bytes"),
        Field("n_snapped", "int64", "Packets that the capture cut short (snap length).", "packets"),
        Field("n_dropped", "int64", "Packets that the capturing system says it lost.", "packets"),
        Field("n_not_decoded", "int64", "Packets that hold nothing that could be decoded to a flow.", "packets"),
        Field("n_out_of_scope", "int64", "Packets dropped unread because the mandate does not cover them.", "packets"),
        Field("n_checked", "int64", "Packets whose checksums were verified; empty unless asked for.", "packets"),
        Field("n_wrong_ip_checksum", "int64", "Packets whose IPv4 header has a wrong checksum.", "packets"),
        Field("n_wrong_checksum", "int64", "Packets whose TCP, UDP, ICMP or SCTP checksum is wrong.", "packets"),
        Field("first_ts", "ts", "Time of its first packet (UTC)."),
        Field("last_ts", "ts", "Time of its last packet (UTC)."),
        Field("capture_application", "text", "Program that wrote it, as it says."),
        Field("capture_comments", "texts", "Comments in it."),
        Field("is_partial", "bool", "Whether reading stopped before its end."),
    ),
)

TCP_FLAG_BITS = "1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK, 32 URG, 64 ECE, 128 CWR"
"""RFC 9293, 3.1."""

FLOWS = Table(
    "flows",
    "Who spoke to whom: one row per flow, both directions.",
    (
        FLOW_ID,
        TS,
        TS_NS,
        Field("last_ts", "ts", "Time of the last packet (UTC)."),
        Field("last_ns", "int64", "Time of the last packet, nanoseconds since 1970 UTC.", "ns"),
        Field("orig_addr", "text", "Address of the originator, who opened the flow."),
        Field("orig_port", "int32", "Its port; for ICMP the message type."),
        Field("resp_addr", "text", "Address of the responder."),
        Field("resp_port", "int32", "Its port; for ICMP the code or the answering type."),
        Field("transport", "text", "tcp, udp, icmp, or the IP protocol's name or number."),
        Field("community_id", "text", "Community ID 1.0: the same in every tool that sees the flow."),
        Field("service", "text", "Protocol by its content, outermost; by its port only where confidence says so."),
        Field("service_stack", "text", "All protocols found in the flow, outermost first, joined by commas."),
        Field(
            "confidence",
            "text",
            "How it is known: pattern, port and pattern, probe, handed over, announced by another flow, port only.",
        ),
        Field("app", "text", "Application, by the names it used or asked for."),
        Field("app_category", "text", "What the application is for: mail, storage, remote help, ai ..."),
        SERVER_NAME,
        Field("ja3", "text", "JA3 fingerprint of the client's TLS hello."),
        Field("ja4", "text", "JA4 fingerprint of the client's TLS or QUIC hello."),
        Field("hassh", "text", "HASSH fingerprint of the SSH client."),
        Field("state", "text", "Zeek's connection state: S0, S1, SF, REJ, RSTO ..."),
        Field("history", "text", "Zeek's history: what each side sent, in order; capitals are the originator's."),
        Field("orig_tcp_flags", "int16", f"TCP flags that the originator ever set, added up: {TCP_FLAG_BITS}."),
        Field("resp_tcp_flags", "int16", f"TCP flags that the responder ever set, added up: {TCP_FLAG_BITS}."),
        Field("orig_packets", "int64", "Packets of the originator.", "packets"),
        Field("resp_packets", "int64", "Packets of the responder.", "packets"),
        Field("orig_ip_bytes", "int64", "Bytes of the originator's packets, IP headers included.", "bytes"),
        Field("resp_ip_bytes", "int64", "Bytes of the responder's packets, IP headers included.", "bytes"),
        Field("orig_bytes", "int64", "Application bytes of the originator, each counted once.", "bytes"),
        Field("resp_bytes", "int64", "Application bytes of the responder, each counted once.", "bytes"),
        Field("orig_retransmits", "int64", "Segments the originator sent again.", "packets"),
        Field("resp_retransmits", "int64", "Segments the responder sent again.", "packets"),
        Field("orig_out_of_order", "int64", "Segments of the originator that came late.", "packets"),
        Field("resp_out_of_order", "int64", "Segments of the responder that came late.", "packets"),
        Field("orig_gap_bytes", "int64", "Bytes of the originator that are missing from the capture.", "bytes"),
        Field("resp_gap_bytes", "int64", "Bytes of the responder that are missing from the capture.", "bytes"),
        Field("n_gaps", "int32", "Holes in the two streams."),
        Field("orig_mean_bytes", "float64", "Mean payload of the originator's packets.", "bytes"),
        Field("resp_mean_bytes", "float64", "Mean payload of the responder's packets.", "bytes"),
        Field("orig_sd_bytes", "float64", "Standard deviation of the originator's payloads.", "bytes"),
        Field("resp_sd_bytes", "float64", "Standard deviation of the responder's payloads.", "bytes"),
        Field("orig_max_bytes", "int64", "Largest payload of the originator.", "bytes"),
        Field("resp_max_bytes", "int64", "Largest payload of the responder.", "bytes"),
        Field("orig_mean_gap_s", "float64", "Mean time between the originator's packets.", "s"),
        Field("resp_mean_gap_s", "float64", "Mean time between the responder's packets.", "s"),
        Field("orig_sd_gap_s", "float64", "Standard deviation of the time between the originator's packets.", "s"),
        Field("resp_sd_gap_s", "float64", "Standard deviation of the time between the responder's packets.", "s"),
        Field("orig_max_gap_s", "float64", "Longest silence of the originator.", "s"),
        Field("resp_max_gap_s", "float64", "Longest silence of the responder.", "s"),
        Field("orig_mac", "text", "Hardware address the originator's first packet came from."),
        Field("resp_mac", "text", "Hardware address the responder's packets come from."),
        Field("orig_ttl", "int16", "Hop limit of the originator's first packet."),
        Field("resp_ttl", "int16", "Hop limit of the responder's first packet."),
        Field("vlan_id", "int32", "Innermost VLAN; empty where there is none."),
        Field("layer_path", "text", "Headers of the first packet, outermost first: eth.vlan.ipv4."),
        Field("tunnel_tag", "int64", "Number of the tunnel or label that carried it (VNI, TEID, MPLS label)."),
        Field("orig_is_own", "bool", "Whether the originator's address is the organisation's own."),
        Field("resp_is_own", "bool", "Whether the responder's address is the organisation's own."),
        Field("orig_registered", "text", "Country in whose registry the originator's address is (ISO 3166)."),
        Field("resp_registered", "text", "Country in whose registry the responder's address is (ISO 3166)."),
        Field("orig_operator", "text", "Who runs the originator's address, by the table of operators."),
        Field("resp_operator", "text", "Who runs the responder's address or, where that is not known, its name."),
        Field("orig_controlling", "text", "Country of the group that controls the originator's operator (ISO 3166)."),
        Field("resp_controlling", "text", "Country of the group that controls the responder's operator (ISO 3166)."),
        Field("end_reason", "text", "Why the flow's row was closed."),
        Field("capture_id", "int32", "Capture file of the first packet."),
        Field("first_packet", "int64", "Number of the first packet in that file, from 1."),
    ),
)

HOST_INDEX = Table(
    "host_index",
    "Every flow from each end, sorted by host: the quick way to all about one address.",
    (
        Field("host_addr", "text", "Address of the host."),
        TS,
        FLOW_ID,
        Field("is_originator", "bool", "Whether the host opened the flow."),
    ),
)

HOSTS = Table(
    "hosts",
    "Addresses seen, with what is known of them.",
    (
        Field("host_addr", "text", "Address of the host."),
        Field("addr_bytes", "bytes", "The address in 16 bytes, IPv4 as ::ffff:a.b.c.d: for range questions.", "bytes"),
        Field("is_own", "bool", "Whether the address is the organisation's own."),
        MAC,
        Field("mac_vendor", "text", "Maker of the network card, by the first half of its address."),
        Field("registered", "text", "Country in whose registry the address is (ISO 3166)."),
        Field("first_ts", "ts", "When it was first seen (UTC)."),
        Field("last_ts", "ts", "When it was last seen (UTC)."),
        Field("n_flows", "int64", "Flows it took part in."),
        Field("sent_bytes", "int64", "Application bytes it sent.", "bytes"),
        Field("received_bytes", "int64", "Application bytes it received.", "bytes"),
    ),
)

FINDINGS = Table(
    "findings",
    "What deserves a look: answers of the detectors, with evidence and innocent explanations.",
    (
        Field("finding_id", "text", "Short name of the finding within this case."),
        Field("campaign", "text", "Story it belongs to: findings of one event share it."),
        Field("detector", "text", "Detector that says so."),
        Field("question", "text", "The question it asked."),
        Field("title", "text", "What was seen, in plain words."),
        Field("severity", "text", "note, low, medium or high: how soon somebody should look."),
        Field("severity_rank", "int16", "The same as a number, 1 to 4."),
        Field("finding_confidence", "float64", "How sure the detector is, 0 to 1."),
        Field("score", "float64", "The detector's score; empty where it has none."),
        Field("score_parts", "texts", "What the score is made of: name = value, points."),
        Field("who", "text", "Own host or pseudonym concerned."),
        Field("what", "text", "Peer, domain or object concerned."),
        Field("first_ts", "ts", "First packet of the evidence (UTC)."),
        Field("last_ts", "ts", "Last packet of the evidence (UTC)."),
        Field("evidence_bytes", "int64", "Bytes concerned.", "bytes"),
        Field("evidence_flows", "ints", "Flows that show it, at most 1,000."),
        Field("n_evidence_flows", "int64", "How many flows show it."),
        Field("innocent", "texts", "Harmless explanations worth checking first."),
        Field("attack_id", "text", "MITRE ATT&CK technique, where there is one."),
        Field(
            "visibility", "float64", "Share of the relevant traffic that could be seen, 0 to 1; empty where not known."
        ),
        Field("facts", "texts", "Further particulars: name = value."),
    ),
)

CARRIED = Table(
    "carried",
    "What tunnels carried, decoded as far as it went; written only under a mandate with level L3.",
    (
        Field("finding_id", "text", "Short name of the finding within this case."),
        Field("who", "text", "Own host or pseudonym concerned."),
        Field("what", "text", "Peer, domain or object concerned."),
        Field("carried_chain", "texts", "Encodings that were undone, the outermost first: base32, gzip."),
        Field("carried_bytes", "int64", "Size of what was decoded.", "bytes"),
        Field("is_carried_text", "bool", "Whether it reads as text."),
        Field("carried_text", "text", "What was decoded, bytes that are no text as \\x escapes."),
    ),
)

ENGINE_TABLES = (CAPTURES, FLOWS, HOST_INDEX, HOSTS, OUTFLOW, RISKS, CANARIES, FINDINGS, CARRIED)
"""All of them; the rest are the protocols'."""
