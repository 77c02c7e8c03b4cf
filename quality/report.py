"""docs/quality.md: the bars, what was found of what was planted, what was told wrongly, and after how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from quality.leaks import DRIPS, LOOKUPS, VOLUMES
from quality.scenario import SCENARIOS, STEP_H, TIMED
from quality.truth import COUNTED, Verdict
from quivive.model.finding import Severity

MADE = "Made by `make quality`; run it again rather than edit this page.\n"
Times = Mapping[str, float | None]


def page(verdicts: Sequence[Verdict], times: Times, *, chosen_on: int, seeds: Sequence[int]) -> str:
    """Return the page."""
    names = ", ".join(one.name for one in SCENARIOS)
    told = ", ".join(str(seed) for seed in seeds)
    parts = [
        "# How well leaks are found\n\n" + MADE,
        f"Made cases ({names}) with the traffic of an ordinary organisation and one leak of each kind planted.",
        f"Thresholds were looked at with seed {chosen_on}; the figures are of seeds {told}. The cases are made as",
        "tables, not as packets. They are our own idea of an organisation: what a real one shows will differ.\n",
        *_bars(verdicts), "", *_kinds(verdicts, times), "", *_detectors(verdicts),
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def recall(verdicts: Sequence[Verdict], kinds: Sequence[str]) -> tuple[int, int]:
    """Return how many leaks of some kinds were told, of how many."""
    told = [each for verdict in verdicts for kind in kinds for each in verdict.told.get(kind, ())]
    return sum(told), len(told)


def false_findings(verdicts: Sequence[Verdict], name: str, least: Severity) -> int:
    """Return how many findings of a detector name nothing that was planted."""
    return sum(severity >= least for verdict in verdicts for severity in verdict.wrong.get(name, ()))


def _bars(verdicts: Sequence[Verdict]) -> Iterator[str]:
    host_days = sum(verdict.host_days for verdict in verdicts)
    n_domains = sum(verdict.n_domains for verdict in verdicts)
    alarms = false_findings(verdicts, "upload", Severity.MEDIUM)
    a_hundred = 100 * alarms / host_days
    slow = [kind for kind in DRIPS if "1 kB/min" in kind]
    wrong = false_findings(verdicts, "dns_tunnel", Severity.LOW)
    yield "## Bars\n\n| what | must | found |\n|---|---|---|"
    yield f"| uploads of 10 MB and more in a day | recall 95 % | {_share(*recall(verdicts, list(VOLUMES)))} |"
    yield (
        f"| false alarms (medium or high) of `upload` in 100 host-days | 1 | {a_hundred:.2f} "
        f"({alarms} in {host_days:,.0f} host-days) |"
    )
    yield f"| 1 kB a minute | recall 80 % | {_share(*recall(verdicts, slow))} |"
    yield f"| DNS tunnels | recall 99 % | {_share(*recall(verdicts, list(LOOKUPS)))} |"
    yield f"| benign domains called a tunnel | 0.1 % | {100 * wrong / n_domains:.3f} % ({wrong} of {n_domains:,}) |"


def _kinds(verdicts: Sequence[Verdict], times: Times) -> Iterator[str]:
    yield f"## Planted leaks\n\nTime to tell: how old the leak is when a case of {TIMED.name}, read up to every"
    yield f"{STEP_H} hours, first names it; so it is up to {STEP_H} hours too long.\n"
    yield "| leak | found | told after |\n|---|---|---|"
    for kind in sorted({kind for verdict in verdicts for kind in verdict.told}):
        after = times.get(kind)
        yield f"| {kind} | {_share(*recall(verdicts, [kind]))} | {'-' if after is None else f'{after:.1f} h'} |"


def _detectors(verdicts: Sequence[Verdict]) -> Iterator[str]:
    host_days = sum(verdict.host_days for verdict in verdicts)
    yield "## Detectors\n\nA false finding names nothing that was planted; `beacon` names true clockwork of harmless"
    yield "programs too, which is its question. Notes are not counted.\n"
    yield "| detector | right | false, low | false, medium or high | precision | false in 100 host-days |"
    yield "|---|---|---|---|---|---|"
    right: Counter[str] = Counter()
    for verdict in verdicts:
        right.update({name: len(found) for name, found in verdict.right.items()})
    for name in sorted(COUNTED):
        wrong, grave = (false_findings(verdicts, name, least) for least in (Severity.LOW, Severity.MEDIUM))
        both = right[name] + wrong
        precision = f"{right[name] / both:.2f}" if both else "-"
        yield (
            f"| `{name}` | {right[name]} | {wrong - grave} | {grave} | {precision} | {100 * wrong / host_days:.2f} |"
        )


def _share(found: int, of: int) -> str:
    return f"{100 * found / of:.1f} % ({found} of {of})" if of else "-"
