"""Which flows leave the fast lane."""

from __future__ import annotations

import numpy as np

from quivive.engine.held import Spoken
from quivive.engine.opened import has_keys
from quivive.kernels.flow_row import ROW_WORDS
from quivive.kernels.turns import Marks, Turns
from quivive.kit.tls_keys import Keys
from tests.kit.tls_sessions import TLS12, TLS13, identity, session


def spoken(*said):
    """Return flows of one turn each."""
    end = np.cumsum([len(one) for one in said])
    columns = {name: np.zeros(len(said), np.int64) for name in Turns._fields}
    columns |= {"begin": end - [len(one) for one in said], "end": end}
    payload, n = np.frombuffer(b"".join(said), np.uint8), len(said)
    return Spoken(payload, Turns(**columns), Marks(end, end), np.arange(n), np.zeros((n, ROW_WORDS), np.int64))


def test_only_flows_whose_random_is_logged_leave():
    made, other, keys = session(TLS13), session(TLS12, "AES128-SHA"), Keys()
    keys.add_log(made.log)
    hello = made.turns[0][1]
    flows = spoken(hello, other.turns[0][1], hello[:42], b"\x16", b"no hello at all")
    assert has_keys(flows, np.arange(5), keys).tolist() == [True, False, False, False, False]
    assert has_keys(flows, np.array([1, 0]), keys).tolist() == [False, True]


def test_with_a_private_key_every_flow_leaves():
    keys = Keys()
    keys.add_private(identity()[0])
    assert has_keys(spoken(b"a", b"b"), np.arange(2), keys).tolist() == [True, True]
