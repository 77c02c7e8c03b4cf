"""What is out of scope leaves no byte in the case folder: on a capture made for it, and on public ones at random."""

from __future__ import annotations

import ipaddress
import random
from datetime import UTC, datetime, timedelta

import pytest

from quivive import __version__
from quivive.case.folder import CaseFolder
from quivive.engine import registry
from quivive.engine.captures import CaptureSet
from quivive.engine.inspect import Options, inspect
from quivive.kernels.scope import CUT_OFF
from quivive.mandate.parts import Window
from quivive.mandate.terms import Level
from tests.captures import pcap
from tests.engine.test_keeping import ftp_login, grant, query
from tests.kernels.frames import ethernet, ipv4, udp
from tests.mandate.leaks import Marks, haystack_of, leaks_of, marks_of, seen_in

PUBLIC = (
    "corelight-asyncrat/cd010953-5faf-4054-86be-58c020c3a532.pcap",
    "ndpi/genshin-impact.pcap",
    "arkime/arkime_synthetic.pcap",
    "zeek/wikipedia.pcap",
    "ndpi/iphone.pcap",
    "zeek/trunc/mpls-6in6-broken.pcap.gz",
    "ndpi/whatsapp_voice_and_message.pcap",
    "ndpi/pluralsight.pcap",
    "pcapplusplus/Pcap++Test/PcapExamples/DnsPackets.pcap",
    "ndpi/h323.pcap",
    "suricata/smb2-ntlmssp-negotiateflags.pcap",
    "ndpi/agora-sd-rtn.pcap",
    "ndpi/viber.pcap",
    "ndpi/quic_frags_ch_out_of_order_same_packet_craziness.pcapng",
    "pcapplusplus/ExamplesTest/pcap_examples/tls.pcap",
    "ndpi/android.pcap",
    "suricata/smb2-07__20171220_smb_psexec_add_user.pcap",
    "arkime/v6.pcap",
    "pcapplusplus/Pcap++Test/PcapExamples/file_heuristics/pcapng-example.pcapng.zst",
    "ndpi/jabber.pcap",
    "ndpi/cloudflare-warp.pcap",
    "arkime/ntlm_synthetic.pcap",
    "ndpi/tftp.pcap",
    "ndpi/KakaoTalk_chat.pcap",
    "tcpdump/erspan-type-i-4.pcap",
    "tcpdump/babel_update_oobr.pcap",
)
"""Captures in which half of the hosts talk among themselves: web, mail, voice, files, tunnels, IPv6, damaged ones."""


def read(path, folder, own, level=Level.L1):
    """Read a capture under a grant for single hosts, in a window around its first packets; returns the case's path."""
    seen = seen_in(path)
    begins = datetime.fromtimestamp(min(seen.ts_ns) // 10**9, UTC) - timedelta(days=1)
    window = Window(begins, begins + timedelta(days=90))
    levels = tuple(one for one in Level if one <= level)
    given = grant(*sorted(own), window=window, levels=levels)
    with CaptureSet([path]) as captures:
        case = CaseFolder.prepare(folder, ["capture"], __version__)
        inspect(captures, case, Options(grant=given, is_strict=True))
    return folder


@pytest.fixture(scope="session")
def own_words(tmp_path_factory):
    """All that a case says where nothing is in scope: the words of Quivive itself."""
    folder = tmp_path_factory.mktemp("nothing")
    case = read(pcap(folder / "a.pcap", FRAMES), folder / "case", {"192.0.2.255"})
    described = " ".join(f"{f.name} {f.meaning}" for table in registry.tables().values() for f in table.fields)
    return haystack_of(case)[0].lower() + described.lower().encode()


@pytest.mark.corpus
@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_capture_leaves_nothing_of_hosts_out_of_scope(name, corpus, tmp_path, own_words):
    """Up to half of the hosts, drawn at random, are the organisation's; the two that talk to most are not."""
    path, dice = tmp_path / "capture", random.Random(name)
    path.write_bytes((corpus / name).read_bytes())  # the case tells the file's name, which may tell of its content
    seen = seen_in(path)
    hosts = seen.hosts()
    talks = {host: sum(host in ends for ends in seen.ends if ends) for host in hosts}
    own = set(dice.sample(hosts, len(hosts) // 2)) - set(sorted(hosts, key=lambda host: -talks[host])[:2])
    marks = marks_of(seen, own, dice)
    assert len(marks.windows) >= 20, "nothing would be shown"
    case = read(path, tmp_path / "case", own, dice.choice([Level.L0, Level.L1, Level.L1]))
    assert leaks_of(marks, case, own_words) == []


def test_the_search_for_leaks_finds_what_is_there(tmp_path):
    """A case read without a mandate holds the addresses and words of all: the search must say so."""
    path = pcap(tmp_path / "a.pcap", FRAMES)
    seen = seen_in(path)
    marks = marks_of(seen, {"10.0.0.1"}, random.Random(0))
    assert b"zebrazebra" not in b"".join(marks.windows), "what an error message in scope quotes is no mark"
    with CaptureSet([path]) as captures:
        case = CaseFolder.prepare(tmp_path / "case", ["capture"], __version__)
        inspect(captures, case, Options())
    found = leaks_of(marks, tmp_path / "case", b"")
    assert "address 10.9.0.3" in found and "word b'secretquery'" in found


def arp(sender, target):
    ends = [bytes.fromhex("0200000000aa") + ipaddress.ip_address(addr).packed for addr in (sender, target)]
    return ethernet(bytes.fromhex("0001 0800 0604 0001") + b"".join(ends), 0x0806)


def fragments(payload, src, dst):
    whole = udp(payload, 5000, 53)
    return [
        ethernet(ipv4(whole[:16], src=src, dst=dst, flags=0x2000)),
        ethernet(ipv4(whole[16:], src=src, dst=dst, flags=2)),
    ]


def tunnel(inner):
    """Return GRE (RFC 2784) between two hosts in scope around a packet that may not be."""
    return ethernet(ipv4(bytes.fromhex("00000800") + inner, src="10.0.0.1", dst="10.0.0.2", protocol=47))


def unreachable(inner):
    """Return what a host in scope says of a packet of others."""
    head = bytes.fromhex("03 01 0000 00000000")
    return ethernet(ipv4(head + inner, src="10.0.0.1", dst="10.0.0.2", protocol=1))


OTHERS = ipv4(udp(b"otherswhispering-zebrazebra", 40_001, 53), src="10.9.0.1", dst="10.9.0.2")
FRAMES = [
    query("allowed.example", "10.0.0.1"),
    query("secretquery.example", "10.9.0.1"),
    *ftp_login("10.9.0.3"),
    *ftp_login("10.0.0.1"),
    arp("10.0.0.1", "10.0.0.2"),
    arp("10.9.0.4", "10.9.0.5"),
    *fragments(b"fragmentsofothers-abcdefghijkl", "10.9.0.6", "10.9.0.7"),
    *fragments(b"fragmentsofourown-abcdefghijkl", "10.0.0.1", "10.9.0.8"),
    tunnel(OTHERS),
    unreachable(OTHERS[:60]),
    ethernet(b"\x01\x02unknownlinkprotocol" + bytes(range(40)), 0x9999),
    ethernet(OTHERS),
]


def test_a_capture_with_all_kinds_of_packets_leaves_nothing(tmp_path):
    path = pcap(tmp_path / "a.pcap", FRAMES)
    case = read(path, tmp_path / "case", {"10.0.0.1", "10.0.0.2"})
    strangers = {f"10.9.0.{last}" for last in (1, 2, 3, 4, 5, 6, 7)}
    words = {
        b"secretquery.example",
        b"secretquery",
        b"otherswhispering",
        b"fragmentsofothers-abc",
        b"unknownlinkprotocol",
    }
    windows = {b"otherswhispe", b"zebrazebra", b"fragmentsofo", bytes(range(12))}
    assert leaks_of(Marks(windows, words, strangers), case, b"") == []
    haystack, _ = haystack_of(case)
    assert b"allowed.example" in haystack and b"10.9.0.8" in haystack and b"secretquery" not in haystack.lower()


def test_what_was_dropped_is_counted_by_reason(tmp_path):
    from quivive.case.folder import read_manifest

    path = pcap(tmp_path / "a.pcap", FRAMES)
    counts = read_manifest(read(path, tmp_path / "case", {"10.0.0.1", "10.0.0.2"}))["cut_off"]
    n_login = len(ftp_login())
    assert counts == {
        "outside the networks": 1 + n_login + 2 + 1 + 1,
        "not decoded": 1,
        CUT_OFF[6]: 1,
        CUT_OFF[7]: 1,
    }
