import random

import pytest

from quivive.detectors.beacon import (
    INNOCENT,
    MIN_CONNECTIONS,
    Beacon,
    duration,
    evenness,
    histogram,
    likeness,
    rhythm_of,
)
from quivive.kit.finding_words import REGISTRY_ONLY
from quivive.model.finding import Finding, ScorePart, Severity
from tests.detectors.case_builder import DAY, HOUR, MINUTE, SECOND, START_NS, capture, findings, flow, row_of

EVERY_TEN_MINUTES = [
    flow(flow_id=k + 1, ts_ns=START_NS + k * 10 * MINUTE, server_name="a.example.com", orig_ip_bytes=500)
    for k in range(144)
]
ROWS = {"flows": EVERY_TEN_MINUTES, "captures": [capture()]}


def found(tmp_path, flows, **tables):
    return findings(Beacon, tmp_path, {"captures": [capture()], "flows": flows} | tables)


def test_beacon_is_told_with_its_score_parts(tmp_path):
    assert findings(Beacon, tmp_path, ROWS) == [
        Finding(
            title=(
                "10.0.0.5 called a.example.com (198.51.100.7, registered in US) 144 times like clockwork, about every "
                "10 min 0 s, each time sending about 900 B, on 2026-09-15 from 00:00 to 23:50 UTC"
            ),
            severity=Severity.HIGH,
            confidence=0.95,
            who="10.0.0.5",
            what="a.example.com",
            first_ns=START_NS,
            last_ns=START_NS + 143 * 10 * MINUTE + SECOND,
            n_bytes=144 * 900,
            flow_ids=tuple(range(1, 145)),
            innocent=INNOCENT,
            score=1.0,
            score_parts=(
                ScorePart("intervals alike", 1.0, 0.25),
                ScorePart("sizes alike", 1.0, 0.25),
                ScorePart("evenly spread over the time", 1.0, 0.25),
                ScorePart("lasting over the time", 1.0, 0.25),
            ),
            attack_id="T1071",
            facts={"interval": "median 600 s, 600 to 600 s", "registered": f"US ({REGISTRY_ONLY})"},
        )
    ]


def test_likeness_is_the_mean_of_symmetry_and_steadiness():
    # Quartiles 25 and 75 around 50: no skew; the median of |x - 50| is 25, half the median.
    assert likeness([0, 25, 50, 75, 100]) == 0.75
    # Halves [0, 10] and [30, 100]: 5, 20, 65: skew (5 + 65 - 40) / 60 = .5; deviations 0, 10, 10, 20, 80: 10 / 20 = .5.
    assert likeness([0, 10, 20, 30, 100]) == 0.5


@pytest.mark.parametrize(
    ("values", "expected"), [([100, 100, 109, 109], 0.978), ([60, 60, 60, 60, 90, 120], 1.0), ([0, 0, 0], 0.5)]
)
def test_close_quartiles_have_no_skew(values, expected):
    assert likeness(values) == expected


def test_evenness_is_the_better_of_steadiness_and_the_two_commonest_heights():
    assert evenness([5] * 24) == 1.0
    assert evenness([5, 1] * 12) == 1.0  # two heights
    assert evenness([4] * 12 + [0] * 12) == 1.0  # 12 bars of one height: modes (CV alone gives 0)
    assert evenness([4] * 10 + [0] * 14) == 0.0  # 10 bars are too few for modes, and the CV is above 1
    assert evenness([10, 20, 30, 40, 50, 60] * 4) == 0.512  # CV = 17.08 / 35; modes 8 / 23


def test_duration_is_the_better_of_coverage_and_longest_run():
    assert duration([1] * 6 + [0] * 18, 0.2) == 0.5
    assert duration([1] * 5 + [0] * 19, 0.9) == 0.0  # five bars are too few
    assert duration([1] * 3 + [0] * 18 + [1] * 3, 0.1) == 0.5  # the run goes over midnight
    assert duration([1, 0] * 12, 0.958) == 0.958


def test_histogram_holds_first_and_last_second():
    assert histogram([0, 24], 0, 24) == [1] + [0] * 22 + [1]


def test_jittered_series_of_three_days_scores_high_and_random_one_low():
    rng = random.Random(5)
    jittered = sorted({k * 300 + rng.randrange(60) for k in range(864)})
    visits = sorted({rng.randrange(259_200) for _ in range(40)})
    assert rhythm_of(jittered, [700] * len(jittered), 0, 259_200).score > 0.95
    assert rhythm_of(visits, [rng.randrange(400, 90_000) for _ in visits], 0, 259_200).intervals < 0.5


@pytest.mark.parametrize(("n_flows", "n_found"), [(MIN_CONNECTIONS + 2, 1), (MIN_CONNECTIONS + 1, 0)])
def test_calls_in_fewer_than_six_of_24_parts_of_the_time_are_not_judged(tmp_path, n_flows, n_found):
    flows = [flow(ts_ns=START_NS + k * HOUR) for k in range(n_flows)]
    told = findings(Beacon, tmp_path, {"flows": flows, "captures": [capture(last_ns=START_NS + 24 * HOUR)]})
    assert told == []  # six calls an hour apart last a quarter of the day: .5 of 1 for duration, 0 for evenness
    six = [flow(ts_ns=START_NS + k * 4 * HOUR) for k in range(n_flows)]
    score = rhythm_of(
        [f["ts_ns"] // SECOND for f in six], [1300] * n_flows, START_NS / SECOND, (START_NS + DAY) / SECOND
    )
    assert (score.duration > 0) == bool(n_found)


@pytest.mark.parametrize(
    "harmless",
    [
        {"resp_is_own": True, "resp_addr": "10.0.0.9"},
        {"orig_is_own": False},
        {"resp_addr": "239.255.255.250"},
        {"service": "ntp"},
        {"transport": "icmp"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_rhythm_inside_or_of_clocks_is_no_news(tmp_path, harmless):
    assert found(tmp_path, [one | harmless for one in EVERY_TEN_MINUTES]) == []


def test_service_of_the_system_is_a_note(tmp_path):
    (finding,) = found(
        tmp_path, [one | {"server_name": "settings-win.data.microsoft.com"} for one in EVERY_TEN_MINUTES]
    )
    assert finding.severity == Severity.NOTE


def test_web_request_without_a_host_name_adds_a_tenth(tmp_path):
    rng = random.Random(1)
    flows = [
        flow(
            ts_ns=START_NS + k * 30 * MINUTE + rng.randrange(600) * SECOND,
            orig_ip_bytes=rng.randrange(300, 600),
            service="http1",
        )
        for k in range(48)
    ]
    (plain,) = found(tmp_path / "plain", flows)
    (hostless,) = found(tmp_path / "hostless", flows, http=[row_of(flows[0], method="GET", host=None)])
    assert hostless.score == pytest.approx(min(plain.score + 0.1, 1.0))
    assert hostless.score_parts[-1] == ScorePart("web request without a host name", 1.0, 0.1)


def test_office_hours_without_a_clock_are_not_told(tmp_path):
    rng = random.Random(2)
    flows = [flow(ts_ns=START_NS + k * HOUR + int(rng.random() ** 3 * 3_500) * SECOND) for k in range(5, 21)]
    flows += [flow(ts_ns=START_NS + k * HOUR + rng.randrange(60) * SECOND) for k in (9, 9, 9, 14, 14, 14)]
    assert found(tmp_path, flows) == []


def test_less_than_an_hour_is_not_judged(tmp_path):
    flows = [flow(ts_ns=START_NS + k * 10 * SECOND) for k in range(300)]
    short = capture(last_ns=START_NS + HOUR - SECOND)
    whole = capture(last_ns=START_NS + HOUR)
    assert findings(Beacon, tmp_path / "short", {"flows": flows, "captures": [short]}) == []
    assert len(findings(Beacon, tmp_path / "whole", {"flows": flows, "captures": [whole]})) == 1


def test_clock_that_jumps_by_decades_is_no_rhythm(tmp_path):
    assert found(tmp_path, EVERY_TEN_MINUTES, captures=[capture(first_ns=0)]) == []


def test_nothing_is_found_without_flows(tmp_path):
    assert found(tmp_path, []) == []
