"""Scores to tables: per oracle, per protocol, and the captures that agree least."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from oracles.adapter import Adapter, Score
from oracles.running import Outcome

WORST = 10
NOTES = 25


def summary(kind: type[Adapter], outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Return an oracle's figures as plain data."""
    by_file = {outcome.file: outcome.scores[kind.name] for outcome in outcomes if kind.name in outcome.scores}
    measures = list(dict.fromkeys(score.measure for scores in by_file.values() for score in scores))
    notes = Counter(
        (score.measure, score.group, score.note) for scores in by_file.values() for score in scores if score.note
    )
    return {
        "title": kind.title,
        "captures": len(by_file),
        "measures": {measure: _measure(kind, measure, by_file) for measure in measures},
        "groups": _groups(by_file),
        "worst": _worst(by_file),
        "differences": [(*what, count) for what, count in notes.most_common(NOTES)],
    }


def _share(scores: Iterable[Score]) -> tuple[float, float]:
    pairs = [(score.right, score.total) for score in scores]
    return sum(right for right, _ in pairs), sum(total for _, total in pairs)


def _measure(kind: type[Adapter], measure: str, by_file: dict[str, list[Score]]) -> dict[str, Any]:
    shares = [_share(score for score in scores if score.measure == measure) for scores in by_file.values()]
    asked = [(right, total) for right, total in shares if total]
    right, total = sum(right for right, _ in asked), sum(total for _, total in asked)
    mean = sum(right / total for right, total in asked) / len(asked) if asked else 0.0
    is_macro = measure in kind.macro
    return {
        "right": right,
        "total": total,
        "captures": len(asked),
        "share": mean if is_macro else right / total if total else 0.0,
        "mean_over_captures": mean,
        "bar": kind.bars.get(measure),
    }


def _groups(by_file: dict[str, list[Score]]) -> dict[str, dict[str, tuple[float, float]]]:
    groups: dict[str, dict[str, list[float]]] = defaultdict(dict)
    for scores in by_file.values():
        for score in scores:
            kept = groups[score.group].setdefault(score.measure, [0.0, 0.0])
            kept[0] += score.right
            kept[1] += score.total
    return {group: {measure: (kept[0], kept[1]) for measure, kept in found.items()} for group, found in groups.items()}


def _worst(by_file: dict[str, list[Score]]) -> list[tuple[str, float, float]]:
    """Return the captures that lose most, each counted as one: file, share, answers."""
    shares = [(file, *_share(scores)) for file, scores in by_file.items()]
    ranked = sorted(
        ((file, right / total, total) for file, right, total in shares if total), key=lambda one: (one[1], -one[2])
    )
    return ranked[:WORST]


def text(figures: dict[str, Any], *, with_differences: bool = False) -> str:
    """Return an oracle's figures as tables for people."""
    lines = [f"## {figures['title']}: {figures['captures']} captures", ""]
    lines += [f"{'measure':<28} {'share':>7} {'bar':>6} {'right':>9} {'of':>9} {'captures':>9}"]
    for name, figure in figures["measures"].items():
        bar = "" if figure["bar"] is None else f"{figure['bar']:.0%}"
        lines.append(
            f"{name:<28} {figure['share']:>7.1%} {bar:>6} {figure['right']:>9.0f} {figure['total']:>9.0f} "
            f"{figure['captures']:>9}"
        )
    lines += ["", *_group_lines(figures), "", "Captures that agree least:"]
    lines += [f"  {share:>6.1%} of {total:>6.0f}  {file}" for file, share, total in figures["worst"]]
    if with_differences:
        lines += ["", "Commonest differences:"]
        lines += [
            f"  {count:>5} x {measure}, {group}: {note}" for measure, group, note, count in figures["differences"]
        ]
    return "\n".join(lines) + "\n"


def _group_lines(figures: dict[str, Any]) -> list[str]:
    measures = list(figures["measures"])
    lines = [f"{'protocol or field':<28} " + " ".join(f"{measure[:20]:>20}" for measure in measures)]
    for group, found in sorted(figures["groups"].items()):
        cells = [f"{found[m][0]:.0f}/{found[m][1]:.0f}" if m in found else "" for m in measures]
        lines.append(f"{group or '-':<28} " + " ".join(f"{cell:>20}" for cell in cells))
    return lines
