import numpy as np

from quivive.flows.describe import columns_of
from quivive.kernels import flow_row as fr
from quivive.model.columns import Known

UDP, TCP = 17, 6
SYN_PSH_ACK, SYN_ACK = 26, 18


def flow(transport, orig_flags, resp_flags):
    row = np.zeros((1, fr.ROW_WORDS), np.int64)
    row[0, fr.KEY_PORTS] = transport
    row[0, fr.TCP_FLAGS : fr.TCP_FLAGS + 2] = orig_flags, resp_flags
    return columns_of(row, np.zeros((1, fr.STATS), np.float64))


def known(column):
    assert isinstance(column, Known)
    return [int(value) if is_known else None for value, is_known in zip(*column, strict=True)]


def test_flags_of_each_side_are_told_apart():
    columns = flow(TCP, SYN_PSH_ACK, SYN_ACK)
    assert known(columns["orig_tcp_flags"]) == [SYN_PSH_ACK]
    assert known(columns["resp_tcp_flags"]) == [SYN_ACK]


def test_a_silent_side_set_no_flag():
    assert known(flow(TCP, SYN_PSH_ACK, 0)["resp_tcp_flags"]) == [0]


def test_what_is_not_tcp_has_no_flags():
    assert known(flow(UDP, 0, 0)["orig_tcp_flags"]) == [None]
