"""What belongs into a flow's own row is picked up from rows and columns alike."""

import numpy as np

from quivive.engine.sink import Sink
from quivive.model.columns import Taken
from quivive.model.fields import SERVER_NAME, STAMP
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
