"""`hearth all` where something stands against one of them."""

from __future__ import annotations

from tests.house import House, hearth


def test_one_that_is_held_does_not_stop_the_others(house: House) -> None:
    held = hearth(house.box, "lease", "hold", "desk-lamp", "on", "--accepts", "on", "--for", "5m")
    assert held.code == 0, held.err
    whole = hearth(house.agent, "all", "lamp", "on", "--undo", "--yes")
    assert whole.code == 0, whole
    said = hearth(house.agent, "all", "lamp", "off", "--yes")
    assert "left out: desk-lamp: " in " ".join(said.err.split()), said
    assert "desk-lamp" not in said.out and "ceiling-light on false: " in said.out
    assert (said.code, "not done: desk-lamp" in said.err) == (3, True)
    undo = hearth(house.agent, "all", "lamp", "off", "--undo", "--yes")
    assert (undo.code, "it cannot be begun" in undo.out) == (3, True)
    only = hearth(house.agent, "all", "lamp", "off", "--yes", "--room", "Study")
    assert (only.code, "something stands against all of them" in only.err) == (3, True), only
