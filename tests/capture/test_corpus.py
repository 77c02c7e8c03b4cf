"""Every public capture beside the project, against what its manifest says."""

import json

import pytest

from quivive.kit.reader import open_capture
from quivive.model.errors import UnknownFormat
from tests.capture.reading import COMPRESSIONS, READERS

SAMPLES = "pcapplusplus/Fuzzers/RegressionTests/regression_samples"

DIFFERENT = {
    # Damaged; the manifest counts the record whose length is damaged as a packet, and nothing behind it.
    f"{SAMPLES}/clusterfuzz-testcase-minimized-FuzzTarget-5165538295939072": (1, 1),
    f"{SAMPLES}/clusterfuzz-testcase-minimized-FuzzTarget-5643903448645632": (1, 1),
    f"{SAMPLES}/clusterfuzz-testcase-minimized-FuzzTarget-5696447256461312": (2, 1),
    f"{SAMPLES}/crash-81dba690a3f67ee41a41390a625db732fa1413a1": (58, 9),
    f"{SAMPLES}/igmplayer": (23, 3),
    # The seventh record does not stand where the sixth ends: those behind the gap are found again.
    "suricata/bug-1450-04__tls_DER-incomplete-header.pcap": (13, 1),
    "suricata/bug-1450-05__tls_DER-incomplete-content.pcap": (13, 1),
    # Version 2.3, captured length greater than wire length: the two are swapped, and the record is whole.
    f"{SAMPLES}/clusterfuzz-testcase-minimized-FuzzTarget-5766899836387328": (1, 0),
}
"""(packets, troubles) where the manifest's count is not the number of packets that can be read, and why."""

NO_CAPTURE = f"{SAMPLES}/crash-null-deref-pcapng-shb"
"""Its first block type is zero: neither a magic number nor a section header."""


def read(path):
    reader = open_capture(path, READERS, COMPRESSIONS)
    with reader.source as source:
        n_packets, wire_bytes, link_types = 0, 0, set()
        for batch in reader.batches():
            n_packets += batch.start.size
            wire_bytes += int(batch.wire_bytes.sum())
            link_types |= set(batch.link_type.tolist())
            assert (batch.start <= batch.stop).all()
            assert (batch.stop <= batch.data.size).all()
        return n_packets, wire_bytes, reader.info, source.sha256()


@pytest.mark.corpus
def test_every_capture_has_the_packets_of_the_manifest(corpus):
    wrong = []
    for entry in json.loads((corpus / "manifest.json").read_text()):
        name = entry["file"]
        if name == NO_CAPTURE:
            with pytest.raises(UnknownFormat, match="is not a capture: it begins with 00 00 00 00 60 01 00 00"):
                read(corpus / name)
            continue
        n_packets, wire_bytes, info, sha256 = read(corpus / name)
        if name in DIFFERENT:
            found, expected = (n_packets, len(info.troubles)), DIFFERENT[name]
        else:
            found, expected = (n_packets, wire_bytes), (entry["packets"], entry["wire_bytes"])
        if (found, sha256, len(info.compression) > 0) != (expected, entry["sha256"], "compression" in entry):
            wrong.append((name, found, expected))
    assert wrong == []


@pytest.mark.corpus
def test_only_captures_with_known_faults_have_troubles(corpus):
    """Simple packets, which have no time, are told of as well, and one capture with times of the far future."""
    for entry in json.loads((corpus / "manifest.json").read_text()):
        faults = {"truncated-record", "bad-record-length", "trailing-bytes", "unrecognised"} & set(
            entry.get("issues", ())
        )
        if not faults and "SPB" not in entry.get("blocks", {}):
            reasons = [trouble.reason for trouble in read(corpus / entry["file"])[2].troubles]
            assert not reasons or reasons == ["packets bear times beyond the year 2262 and are set to its spring"]
