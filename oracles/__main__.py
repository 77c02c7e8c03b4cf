"""`python -m oracles --corpus DIR`: inspect public captures and compare with what other tools say of them."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from oracles import coverage, report
from oracles.running import adapters, run, tasks

COVERAGE = Path(__file__).parents[1] / "docs" / "coverage.md"
CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


def main() -> int:
    """Run the comparison; returns 1 where a capture could not be read or there is nothing to compare."""
    options = _options()
    if options.coverage:
        COVERAGE.write_text(coverage.page(options.corpus), encoding="utf-8")
        return 0
    kinds = adapters(options.only)
    began = time.perf_counter()
    work = tasks(options.corpus, kinds, options.match, cases=options.cases)
    if not work:
        print(f"{options.corpus}: no capture there of which an oracle speaks", file=sys.stderr)
        return 1
    outcomes = list(run(work))
    figures = {name: report.summary(kind, outcomes) for name, kind in kinds.items()}
    troubles = [(outcome.file, outcome.trouble) for outcome in outcomes if outcome.trouble]
    if options.json:
        print(json.dumps({"sources": figures, "not_read": troubles}, indent=1))
    else:
        for figure in figures.values():
            print(report.text(figure, with_differences=options.differences))
        for file, trouble in troubles:
            print(f"not read: {file}: {trouble}")
        print(f"{len(outcomes)} captures, {time.perf_counter() - began:.0f} s")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m oracles", description=__doc__)
    parser.add_argument(
        "--corpus", type=Path, default=CORPUS, help="folder of captures and what other tools say of them"
    )
    parser.add_argument("--only", action="append", default=[], help="one source; may be given again")
    parser.add_argument("--match", default="", help="only captures whose path holds this")
    parser.add_argument("--cases", type=Path, help="keep the cases in this folder, and read only captures not in it")
    parser.add_argument("--json", action="store_true", help="figures for machines")
    parser.add_argument("--coverage", action="store_true", help="only write docs/coverage.md: their fields and ours")
    parser.add_argument("--differences", action="store_true", help="list the commonest differences too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
