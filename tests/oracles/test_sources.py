import pytest

from oracles.adapter import Score, Seen, endpoints, names
from oracles.running import adapters
from oracles.sources.ndpi import ANY, EXACT, HOST, JA3, Ndpi, our_names
from oracles.sources.tshark import OURS, THEIRS, Tshark
from oracles.sources.zeek_conn import FIELDS, ROWS, SERVICES, ZeekConn

FLOW = {
    "orig_addr": "192.0.2.1",
    "orig_port": 50_000,
    "resp_addr": "192.0.2.2",
    "resp_port": 443,
    "transport": "tcp",
    "service": "tls",
    "service_stack": "tls",
    "confidence": "pattern",
    "app": None,
    "server_name": "www.example.org",
    "ja3": "aa",
    "ja4": None,
    "layer_path": "eth.ipv4",
    "orig_operator": None,
    "resp_operator": None,
    "orig_packets": 3,
    "resp_packets": 2,
    "orig_bytes": 10,
    "resp_bytes": None,
    "orig_ip_bytes": 130,
    "resp_ip_bytes": 80,
    "state": "SF",
    "history": "ShADadFf",
}
SAID = {"src": "192.0.2.2", "sport": 443, "dst": "192.0.2.1", "dport": 50_000, "protocol": "TLS"}


class NoCase:
    """A case without tables beyond the flows that are given."""

    def names(self):
        return []


def seen(*flows):
    found = Seen(NoCase())
    found.__dict__["flows"] = list(flows)
    return found


def scores(kind, truth, *flows):
    return [score[:4] for score in kind.compare(truth, seen(*flows))]


def test_every_source_is_found_by_listing():
    assert set(adapters()) >= {"ndpi", "tshark", "zeek_conn"}
    assert set(adapters(["ndpi"])) == {"ndpi"}


def test_ends_are_the_same_whoever_opened():
    assert endpoints("a", 1, "b", 2) == endpoints("b", 2, "a", 1)


def test_a_label_that_is_ours_agrees_in_full():
    assert scores(Ndpi, [SAID], FLOW) == [(EXACT, "TLS", True, 1), (ANY, "TLS", True, 1)]


def test_a_label_with_an_application_we_do_not_name_agrees_in_part():
    assert scores(Ndpi, [SAID | {"protocol": "TLS.Google"}], FLOW) == [(EXACT, "TLS", False, 1), (ANY, "TLS", True, 1)]
    named = FLOW | {"app": "Google"}
    assert scores(Ndpi, [SAID | {"protocol": "TLS.Google"}], named) == [(EXACT, "TLS", True, 1), (ANY, "TLS", True, 1)]


def test_a_label_may_name_who_runs_the_server():
    run = FLOW | {"resp_operator": "Meta"}
    assert scores(Ndpi, [SAID | {"protocol": "TLS.Facebook"}], run)[0] == (EXACT, "TLS", True, 1)
    assert scores(Ndpi, [SAID | {"protocol": "TLS.WhatsApp"}], run)[0] == (EXACT, "TLS", False, 1)
    assert scores(Ndpi, [SAID], run)[0] == (EXACT, "TLS", True, 1)


def test_a_name_too_many_is_not_exact():
    assert scores(Ndpi, [SAID], FLOW | {"service_stack": "socks,tls"})[0] == (EXACT, "TLS", False, 1)


@pytest.mark.parametrize(("flow", "is_right"), [(FLOW, False), (FLOW | {"service": None, "service_stack": None}, True)])
def test_what_they_do_not_know_we_should_not_either(flow, is_right):
    assert scores(Ndpi, [SAID | {"protocol": "Unknown"}], flow)[0] == (EXACT, "Unknown", is_right, 1)


def test_a_flow_we_have_not_is_a_miss():
    assert scores(Ndpi, [SAID]) == [(EXACT, "TLS", False, 1), (ANY, "TLS", False, 1)]


def test_host_and_fingerprint_are_compared_where_they_have_them():
    said = SAID | {"hostname": "WWW.example.org", "ja3": "bb"}
    assert scores(Ndpi, [said], FLOW)[2:] == [(HOST, "TLS", True, 1), (JA3, "TLS", False, 1)]


def test_names_of_a_flow_are_its_stack_and_application():
    assert our_names(FLOW | {"service_stack": "http1,websocket", "app": "WhatsApp"}) == {
        "http1",
        "websocket",
        "whatsapp",
    }


def test_a_second_opinion_counts_both_ways():
    found = scores(Tshark, ["dns", "tcp", "tls"], FLOW)
    assert found == [(THEIRS, "dns", False, 1), (THEIRS, "tls", True, 1), (OURS, "tls", True, 1)]


def test_connections_are_compared_field_by_field():
    row = {
        "id.orig_h": "192.0.2.1",
        "id.orig_p": "50000",
        "id.resp_h": "192.0.2.2",
        "id.resp_p": "443",
        "proto": "tcp",
        "service": "ssl",
        "orig_bytes": "10",
        "resp_bytes": "-",
        "orig_pkts": "4",
        "conn_state": "SF",
    }
    assert scores(ZeekConn, [row], FLOW) == [
        (ROWS, "tcp", True, 1),
        (FIELDS, "orig_bytes (tcp)", True, 1),
        (FIELDS, "orig_pkts (tcp)", False, 1),
        (FIELDS, "conn_state (tcp)", True, 1),
        (SERVICES, "ssl", True, 1),
    ]


def test_a_connection_is_found_once():
    row = {"id.orig_h": "192.0.2.1", "id.orig_p": "50000", "id.resp_h": "192.0.2.2", "id.resp_p": "443", "proto": "tcp"}
    assert scores(ZeekConn, [row, row], FLOW) == [(ROWS, "tcp", True, 1), (ROWS, "tcp", False, 1)]


def test_words_of_others_map_to_names_that_exist_or_to_none():
    assert names("ndpi")["TLS"] == {"tls"}
    assert names("tshark")["tcp"] == frozenset()
    assert isinstance(Score("a", "b", 1, 1), Score)
