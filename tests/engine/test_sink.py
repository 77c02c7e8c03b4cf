"""What belongs into a flow's own row is picked up from rows and columns alike."""

import numpy as np

from quivive.engine.sink import Sink
from quivive.kernels.text import ABSENT
from quivive.model.columns import Spans, Taken
from quivive.model.fields import HOST, SERVER_NAME, STAMP
from quivive.model.schema import Field, Table

HELLOS = Table("hellos", "Hellos.", (*STAMP, SERVER_NAME, Field("ja3", "text", "A fingerprint.")))


def test_facts_of_flows_are_taken_from_columns_as_from_rows(tmp_path):
    sink = Sink(tmp_path)
    sink.add(HELLOS, {"server_name": "a.example", "ja3": "f0"}, 1, 10)
    columns = {
        "flow_id": np.array([1, 2, 3, 3]),
        "ts_ns": np.array([20, 20, 20, 30]),
        "server_name": Taken(["b.example", None, "c.example"], np.array([0, 0, 1, 2])),
        "ja3": Taken(["f1", None], np.array([0, 1, 0, 0])),
    }
    sink.add_columns(HELLOS, columns)
    assert sink.flow_facts == {
        1: {"server_name": "a.example", "ja3": "f0"},
        2: {"server_name": "b.example"},
        3: {"server_name": "c.example", "ja3": "f1"},
    }


def test_the_first_name_that_a_flow_called_is_kept_from_rows_and_columns(tmp_path):
    sink = Sink(tmp_path)
    called = Table("http", "Requests.", (*STAMP, HOST))
    sink.add(called, {"host": ""}, 1, 10)
    sink.add(called, {"host": "a.example"}, 1, 11)
    names = b"b.examplec.example"
    span = np.array([0 << 16 | 9, ABSENT, 9 << 16 | 9, 0 << 16 | 9])
    columns = {
        "flow_id": np.array([1, 2, 2, 2]),
        "ts_ns": np.array([20, 20, 21, 22]),
        "host": Spans(np.frombuffer(names, np.uint8), span),
    }
    sink.add_columns(called, columns)
    assert sink.called == {1: "a.example", 2: "c.example"}
