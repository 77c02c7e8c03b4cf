import pytest

from quivive.messages.shared_places import callers, is_shared
from tests.detectors.case_builder import case, flow


@pytest.mark.parametrize(
    ("n_sharing", "n_callers", "is_so"),
    [(5, 5, True), (4, 5, False), (5, 249, True), (5, 250, False), (11, 500, True), (10, 500, False)],
)
def test_place_is_shared_from_a_handful_and_one_in_fifty_on(n_sharing, n_callers, is_so):
    assert is_shared(n_sharing, n_callers) is is_so


def test_callers_are_own_machines_that_speak_to_outside(tmp_path):
    flows = [flow(orig_addr="10.0.0.1"), flow(orig_addr="10.0.0.1"), flow(orig_addr="10.0.0.2"),
             flow(orig_addr="10.0.0.3", resp_is_own=True)]  # fmt: skip
    with case(tmp_path, {"flows": flows}) as tables:
        assert callers(tables) == 2
