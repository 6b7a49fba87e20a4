"""Rows that a narrow terminal would cut."""

from __future__ import annotations

import pytest

from gateway.cli.stacked import fits, stacked
from gateway.cli.text import display_width

HEAD = ["ID", "WHAT", "WHO", "STATE", "WHAT FOR"]
ROWS = [
    ["8f3k2m", "thermostat target", "coo", "held until 21:04:09, people were asked", "keep the house warm"],
    ["1b5n7p", "desk-lamp", "box", "in line", ""],
]


def test_where_there_is_room_it_is_a_table() -> None:
    assert fits(HEAD, ROWS, 100, 4)
    assert not fits(HEAD, ROWS, 80, 4)
    assert not fits(HEAD, ROWS, 100, None) or fits(HEAD, ROWS, 105, None)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_nothing_is_cut(width: int) -> None:
    lines = list(stacked(HEAD, ROWS, width))
    assert all(display_width(line) <= width for line in lines)
    said = " ".join(" ".join(lines).split())
    for row in ROWS:
        assert all(cell in said for cell in row)
    assert "…" not in said


def test_what_is_empty_is_left_out() -> None:
    assert list(stacked(HEAD, ROWS[1:], 60)) == ["1b5n7p  desk-lamp", "    who: box; state: in line"]
