import pytest

from quivive.detectors.upload import INNOCENT, Upload, deviation
from quivive.kit.finding_words import REGISTRY_ONLY
from quivive.model.finding import Finding, ScorePart, Severity
from tests.detectors.case_builder import DAY, HOUR, START_NS, findings, flow

STORE = "eu.store.example.com"
BIG = flow(flow_id=1, server_name=STORE, orig_bytes=12_000_000, resp_bytes=0, last_ns=START_NS + HOUR)
ROWS = {"flows": [BIG]}
PEERS = [flow(flow_id=100 + k, resp_addr=f"203.0.113.{k}", orig_bytes=1000 + k, resp_bytes=9_000) for k in range(8)]


def found(tmp_path, *flows):
    return findings(Upload, tmp_path, {"flows": list(flows)})


def test_upload_is_told_with_sender_receiver_volume_and_time(tmp_path):
    assert found(tmp_path, BIG) == [
        Finding(
            title=(
                "10.0.0.5 sent 12.0 MB to eu.store.example.com (198.51.100.7, registered in US) and took 0 B back, "
                "on 2026-09-15 from 00:00 to 01:00 UTC"
            ),
            severity=Severity.MEDIUM,
            confidence=0.7,
            who="10.0.0.5",
            what="example.com",
            first_ns=START_NS,
            last_ns=START_NS + HOUR,
            n_bytes=12_000_000,
            flow_ids=(1,),
            innocent=INNOCENT,
            score=44.4,
            score_parts=(
                ScorePart("bytes sent in the day", 12_000_000, 14.4),
                ScorePart("producer-consumer ratio", 1.0, 30.0),
                ScorePart("robust z against the usual", 0.0, 0.0),
            ),
            attack_id="T1567",
            visibility=1.0,
            facts={
                "compared with": (
                    "nothing: the case is too short for a usual of its own and the machine has too few other peers"
                ),
                "busiest hour": "on 2026-09-15 at 00:00 UTC",
                "flows": "1 flow",
                "opened by": "the own machine",
                "content": "encrypted: volume and names only",
                "other side": "captured",
                "protocol": "tls",
                "registered": f"US ({REGISTRY_ONLY})",
                "controlled": "not known",
            },
        )
    ]


def test_upload_that_stands_out_among_the_hosts_other_peers_is_high_and_says_so(tmp_path):
    (finding,) = found(tmp_path, BIG, *PEERS)
    assert finding.severity == Severity.HIGH
    assert finding.facts["compared with"].startswith("8 volumes of the same machine to other places")


@pytest.mark.parametrize(("sent", "n_peers", "n_found"), [(1_000_000, 8, 1), (999_999, 8, 0), (1_000_000, 7, 0)])
def test_smaller_upload_is_told_only_where_it_stands_out(tmp_path, sent, n_peers, n_found):
    one = flow(orig_bytes=sent, resp_bytes=0)
    assert [finding.severity for finding in found(tmp_path, one, *PEERS[:n_peers])] == [Severity.LOW] * n_found


@pytest.mark.parametrize(
    ("sent", "received", "n_found"), [(10_000_000, 4_000_000, 1), (10_000_000, 4_400_000, 0), (9_999_999, 0, 0)]
)
def test_volume_and_direction_have_a_least(tmp_path, sent, received, n_found):
    assert len(found(tmp_path, flow(orig_bytes=sent, resp_bytes=received))) == n_found


def test_many_small_flows_of_a_day_to_one_domain_are_added_up(tmp_path):
    flows = [
        flow(
            flow_id=k,
            ts_ns=START_NS + k * HOUR,
            server_name=f"up{k}.example.co.uk",
            orig_bytes=1_000_000,
            resp_bytes=10,
        )
        for k in range(1, 12)
    ]
    (finding,) = found(tmp_path, *flows)
    assert (finding.what, finding.n_bytes, finding.flow_ids) == ("example.co.uk", 11_000_000, tuple(range(1, 12)))


def test_flows_of_two_days_are_two_volumes(tmp_path):
    flows = [flow(ts_ns=START_NS + k * DAY, orig_bytes=6_000_000, resp_bytes=0) for k in range(2)]
    assert found(tmp_path, *flows) == []


def test_own_history_of_ten_days_is_the_measure_where_there_is_one(tmp_path):
    usual = [flow(ts_ns=START_NS + k * DAY, orig_bytes=1_000_000 + k, resp_bytes=0) for k in range(10)]
    (finding,) = found(tmp_path, *usual, flow(ts_ns=START_NS + 10 * DAY, orig_bytes=50_000_000, resp_bytes=0))
    assert finding.severity == Severity.HIGH
    assert finding.facts["compared with"] == "its own 10 other days with this destination"


def test_session_opened_from_outside_counts_what_it_took(tmp_path):
    remote = flow(
        flow_id=3, orig_addr="203.0.113.4", orig_is_own=False, resp_addr="10.0.0.5", resp_is_own=True, service="ssh",
        orig_registered="RU", resp_registered=None, orig_bytes=40_000, resp_bytes=15_000_000,
    )  # fmt: skip
    (finding,) = found(tmp_path, remote)
    assert finding.title.startswith("203.0.113.4 (registered in RU) came from outside and took 15.0 MB from 10.0.0.5")
    assert (finding.who, finding.what, finding.n_bytes) == ("10.0.0.5", "203.0.113.4", 15_000_000)


@pytest.mark.parametrize(
    "harmless",
    [
        {"resp_addr": "10.0.0.9", "resp_is_own": True},
        {"resp_addr": "239.1.1.1"},
        {"resp_addr": "255.255.255.255"},
        {"resp_addr": "ff02::fb"},
        {"server_name": "v10.events.data.microsoft.com"},
        {"service": "ntp"},
        {"orig_is_own": False},
        {"orig_is_own": False, "resp_is_own": True, "orig_bytes": 10, "resp_bytes": 90_000_000, "service": "http1"},
        {"orig_bytes": 10_000, "resp_bytes": 90_000_000},
    ],
    ids=lambda given: next(iter(given.values())),
)
def test_own_networks_groups_and_services_of_the_system_raise_nothing(tmp_path, harmless):
    assert found(tmp_path, flow(**{"orig_bytes": 90_000_000, "resp_bytes": 0} | harmless)) == []


def test_bytes_missing_from_the_capture_lower_the_visibility(tmp_path):
    (finding,) = found(tmp_path, flow(orig_bytes=15_000_000, resp_bytes=0, orig_gap_bytes=5_000_000))
    assert finding.visibility == 0.75


def test_deviation_of_equal_volumes_is_not_infinite():
    assert deviation(1000, [1000] * 8) == 0
    assert deviation(10_000, [1000] * 8) == pytest.approx(0.6745 * 2.302585 / 0.25, abs=1e-4)


def test_nothing_is_found_without_flows(tmp_path):
    assert found(tmp_path) == []


def test_who_controls_the_destination_is_named_beside_the_registry(tmp_path):
    (finding,) = found(tmp_path, BIG | {"resp_operator": "Alibaba Cloud", "resp_controlling": "CN"})
    assert "(198.51.100.7, registered in US, run by Alibaba Cloud of CN)" in finding.title
    assert finding.facts["controlled"] == "by Alibaba Cloud, of a group with its seat in CN"


@pytest.mark.parametrize(("seen", "severity"), [(6_000_000, Severity.MEDIUM), (5_999_999, Severity.LOW)])
def test_upload_of_which_only_one_side_was_captured_is_not_judged_by_direction(tmp_path, seen, severity):
    both, one = BIG | {"orig_bytes": seen}, BIG | {"flow_id": 2, "orig_bytes": 12_000_000 - seen, "resp_packets": 0}
    (finding,) = found(tmp_path, both, one)
    assert finding.severity == severity
    assert ("what came back was not captured" in finding.title) == (severity == Severity.LOW)


def backups(n_hosts, **given):
    """Return one large upload of each of some machines to the same place."""
    return [
        flow(flow_id=k, orig_addr=f"10.0.1.{k}", server_name=STORE, orig_bytes=20_000_000 + k, resp_bytes=0) | given
        for k in range(1, n_hosts + 1)
    ]


def test_place_that_many_machines_share_is_told_once(tmp_path):
    (finding,) = found(tmp_path, *backups(5))
    assert finding.title == (
        "5 machines, most of all 10.0.1.5, sent 100 MB to eu.store.example.com (198.51.100.7, registered in US) "
        "and took 0 B back, on 2026-09-15 at 00:00 UTC"
    )
    assert (finding.severity, finding.who, finding.n_bytes) == (Severity.LOW, "10.0.1.5", 100_000_015)
    assert finding.facts["machines"] == "10.0.1.1, 10.0.1.2, 10.0.1.3, 10.0.1.4, 10.0.1.5"


def test_place_that_few_machines_share_is_told_for_each(tmp_path):
    assert [finding.severity for finding in found(tmp_path, *backups(4))] == [Severity.MEDIUM] * 4


def test_machine_that_stands_out_among_those_that_share_a_place_is_told_besides(tmp_path):
    thief = flow(orig_addr="10.0.9.9", server_name=STORE, orig_bytes=2_000_000_000, resp_bytes=0)
    told = found(tmp_path, *backups(9), thief)
    named = [(finding.severity, finding.who) for finding in told]
    assert named == [(Severity.HIGH, "10.0.9.9"), (Severity.LOW, "10.0.1.9")]
