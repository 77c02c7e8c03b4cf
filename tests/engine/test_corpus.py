"""Every capture of the public corpus goes through inspect: no traceback, no fault in a plugin, counts right."""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

FAULTS = ("fault in the parser", "fault in the probe")
UNREADABLE = {"pcapplusplus/Fuzzers/RegressionTests/regression_samples/crash-null-deref-pcapng-shb"}
"""What no reader can claim: its first block's type is zero."""

OTHERWISE_COUNTED = 8
"""Captures where the manifest counts a broken last record, or stops at damage behind which packets go on;
tests/capture/test_corpus.py names each with its reason."""


WALKED_EVERY = int(os.environ.get("QUIVIVE_CORPUS_EVERY", "1"))
"""Captures walked: all, in some minutes; QUIVIVE_CORPUS_EVERY=8 walks one in eight."""

ASKED_EVERY = 20
"""Detectors are run on every so many captures: they cost more than reading a small one."""


def read(job):
    """Inspect one capture; returns (packets, faults, what went wrong)."""
    from quivive import api
    from quivive.case.folder import CaseFolder
    from quivive.engine.captures import CaptureSet
    from quivive.engine.inspect import Options, inspect
    from quivive.model.errors import CaptureError

    nth, path = job
    with tempfile.TemporaryDirectory() as scratch:
        folder = CaseFolder.prepare(Path(scratch) / "case", [path.name], "test")
        try:
            with CaptureSet([path]) as captures:
                inspect(captures, folder, Options(with_findings=nth % ASKED_EVERY == 0))
            with api.Case(folder.path) as case:
                n_packets = sum(capture["n_packets"] for capture in case.manifest["captures"])
                odd = case.select("anomalies", columns="place, anomaly, detail").rows()
                brief = case.brief()
        except CaptureError as error:
            return None, [], str(error)
    faults = [f"{row['place']}: {row['detail']}" for row in odd if row["anomaly"] in FAULTS]
    return n_packets, faults, "NOT ASKED" if "NOT ASKED" in brief else ""


@pytest.mark.corpus
def test_the_corpus_opens_whole(corpus, capsys):
    manifest = json.loads((corpus / "manifest.json").read_text(encoding="utf-8"))[::WALKED_EVERY]
    paths = [corpus / entry["file"] for entry in manifest]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        results = list(pool.map(read, enumerate(paths), chunksize=16))
    faults = Counter(fault for _, found, _ in results for fault in found)
    wrong = {entry["file"]: told for entry, (_, _, told) in zip(manifest, results, strict=True) if told}
    differing = [
        entry["file"]
        for entry, (n_packets, _, _) in zip(manifest, results, strict=True)
        if n_packets is not None and n_packets != entry["packets"]
    ]
    with capsys.disabled():
        n_packets = sum(n or 0 for n, _, _ in results)
        print(f"\ncorpus: {len(results):,} captures, {n_packets:,} packets, {len(differing)} counted otherwise")
    assert not faults
    assert set(wrong) <= UNREADABLE
    assert len(differing) <= OTHERWISE_COUNTED, differing
