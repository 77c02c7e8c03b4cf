import json

from oracles.adapter import Score, Seen
from oracles.sources import arkime, fq, pcapng_gen, tcpdump
from oracles.sources.arkime import Arkime
from oracles.sources.fq import Fq
from oracles.sources.ja4 import VALUES, Ja4
from oracles.sources.pcapng_gen import PcapngGen
from oracles.sources.tcpdump import Tcpdump

FLOW = {
    "flow_id": 0,
    "held": None,
    "transport": "tcp",
    "orig_addr": "192.0.2.1",
    "orig_port": 50_000,
    "resp_addr": "192.0.2.2",
    "resp_port": 80,
    "orig_packets": 2,
    "resp_packets": 1,
}
SEGMENT = "    1  2015-01-01 00:00:00.000000 IP 192.0.2.1.50000 > 192.0.2.2.80: Flags [S], seq 1, win 1, length 0"


class Told(Seen):
    """A capture whose tables are given, and whose questions all have the same answer."""

    def __init__(self, answer=(), **tables):
        self.tables, self.answer = tables, list(answer)

    def rows(self, table):
        return self.tables.get(table, [])

    def asked(self, query):
        return list(self.answer)


def test_a_session_is_one_flat_record():
    body = {"source": {"ip": "a"}, "cert": [{"serial": "01"}, {"serial": "02", "alt": ["x"]}], "tags": ["t"]}
    assert arkime.flat(body) == {"source.ip": "a", "cert.serial": ["01", "02"], "cert.alt": ["x"], "tags": ["t"]}


def test_a_session_without_a_flow_of_ours_is_missed():
    said = {"source.ip": "192.0.2.9", "destination.ip": "192.0.2.2", "ipProtocol": 6}
    assert list(Arkime.compare([said], Told())) == [Score(arkime.ROWS, "", 0, 1, "192.0.2.9 None 192.0.2.2 None")]


def test_lists_of_a_session_are_sets_and_addresses_have_one_spelling():
    assert arkime.equal(["b", "A", None], ["a", "B"])
    assert arkime.equal("2001:db8::1", "2001:0db8:0000:0000:0000:0000:0000:0001")
    assert not arkime.equal(None, "a")


def test_published_fingerprints_are_read_by_stream(tmp_path):
    text = (
        "---\n- stream: 0\n  transport: tcp\n  src_port: 50000\n  dst_port: 80\n  ja4: t13i\n- stream: 1\n  ja4s: x\n"
    )
    (tmp_path / "ja4").mkdir()
    (tmp_path / "ja4" / "a.pcap.ja4rs.yaml").write_text(text)
    said = {"transport": "tcp", "src_port": "50000", "dst_port": "80", "ja4": "t13i"}
    assert Ja4.truths(tmp_path) == {"ja4/a.pcap": [said]}
    ours = {"orig_port": 50_000, "resp_port": 80, "ja4": "t13i"}
    assert list(Ja4.compare([said], Told([ours]))) == [Score(VALUES, "tcp", True, 1)]
    assert [one.right for one in Ja4.compare([said], Told([ours | {"resp_port": 81}]))] == [False]


def test_plaintext_is_missed_until_there_is_some(tmp_path):
    (tmp_path / "fq").mkdir()
    one = {"client_bytes": 18, "server_bytes": 4400}
    (tmp_path / "fq" / "decrypted.json").write_text(
        json.dumps({"a": one | {"agree": True}, "b": one | {"agree": False}})
    )
    assert Fq.truths(tmp_path) == {"a": (18, 4400)}
    assert list(Fq.compare((18, 4400), Told())) == [
        Score(fq.SIZES, "tls", False, 1, "(18, 4400) <> TLS is not decrypted")
    ]
    assert [
        one.right
        for one in Fq.compare((18, 4400), Told(decrypted=[{"orig_plain_bytes": 18, "resp_plain_bytes": 4400}]))
    ] == [True]


def test_blocks_with_a_packet_are_counted():
    fault = {"place": "capture", "anomaly": "block is cut short", "lost_bytes": 12}
    found = list(
        PcapngGen.compare({"EPB": 3, "SPB": 1, "NRB": 5}, Told(captures=[{"n_packets": 4}], anomalies=[fault]))
    )
    assert [(one.measure, one.right) for one in found] == [(pcapng_gen.PACKETS, True), (pcapng_gen.DROPS, False)]


def test_printed_segments_are_counted_by_their_ends():
    lines = [
        SEGMENT,
        SEGMENT.replace("    1", "    2"),
        "\tUpdate Message (2), length: 100",
        "    3  2015-01-01 00:00:00 ARP",
    ]
    assert tcpdump.segments(lines) == {("192.0.2.1.50000", "192.0.2.2.80"): 2}
    found = list(Tcpdump.compare(lines, Told(captures=[{"n_packets": 3}], flows=[FLOW])))
    assert found == [Score(tcpdump.PACKETS, "packets", True, 1), Score(tcpdump.ENDS, "tcp segments", True, 1)]
