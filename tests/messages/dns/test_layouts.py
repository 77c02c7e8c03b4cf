from quivive.messages.dns.layouts import END, HEX, LAYOUT_GRID, LAYOUTS, OMIT, PARAMS, QUOTED, STRINGS
from quivive.messages.dns.words import TYPES


def test_the_grid_of_kernels_says_the_same_as_the_table():
    for number, row in enumerate(LAYOUT_GRID.tolist()):
        parts = LAYOUTS.get(number, ())
        assert row == [*parts, *[END] * (len(row) - len(parts))]


def test_every_layout_is_of_a_known_type():
    assert set(LAYOUTS) <= set(TYPES)


def test_what_takes_all_that_is_left_stands_last():
    for parts in LAYOUTS.values():
        assert not {HEX, OMIT, PARAMS, QUOTED, STRINGS} & set(parts[:-1])
