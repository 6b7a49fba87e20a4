"""A Thing is named by its id, its title, or the beginning of either."""

from __future__ import annotations

import pytest

from gateway.cli.exits import Exit, Failure
from gateway.cli.names import Named, find, first_of_several, pick

THINGS = [
    Named("desk-lamp", "Desk lamp"),
    Named("desk-fan", "Fan"),
    Named("front-door", "Haustür"),
    Named("lamp", "Lamp"),
    Named("lamp-2", "Lamp"),
]


@pytest.mark.parametrize(
    ("wanted", "id_"),
    [
        ("desk-lamp", "desk-lamp"),
        ("Desk Lamp", "desk-lamp"),
        ("DESK-L", "desk-lamp"),
        ("haus", "front-door"),
        ("HAUSTÜR", "front-door"),
        ("lamp", "lamp"),
        ("lamp-", "lamp-2"),
        ("fan", "desk-fan"),
    ],
)
def test_found(wanted: str, id_: str) -> None:
    assert find(THINGS, wanted).id == id_


def test_several() -> None:
    with pytest.raises(Failure) as caught:
        find(THINGS, "desk")
    assert str(caught.value) == "'desk' may mean desk-lamp or desk-fan; name one of them"
    assert caught.value.code is Exit.USAGE


def test_a_slip_suggests_the_nearest() -> None:
    with pytest.raises(Failure) as caught:
        find(THINGS, "desk-lmap")
    assert str(caught.value) == "there is no Thing 'desk-lmap'; did you mean desk-lamp or desk-fan?"
    assert caught.value.code is Exit.NOT_FOUND
    with pytest.raises(Failure, match="did you mean front-door"):
        find(THINGS, "door")
    with pytest.raises(Failure, match="`hearth things` lists them"):
        find(THINGS, "xyz")


def test_an_affordance() -> None:
    known = ["on", "brightness", "color_temperature"]
    assert pick("property", "bri", known, "desk-lamp") == "brightness"
    assert pick("property", "ON", known, "desk-lamp") == "on"
    with pytest.raises(
        Failure, match="no property 'brigthness', or none that you may use; did you mean brightness"
    ):
        pick("property", "brigthness", known, "desk-lamp")
    with pytest.raises(Failure, match="there is on, brightness and color_temperature"):
        pick("property", "xyz", known, "desk-lamp")
    with pytest.raises(Failure, match=r"^garage has no action that you may use$"):
        pick("action", "open", [], "garage")


def test_the_first_of_equal_parts_is_meant_by_its_number() -> None:
    relays = ["on", *(f"relay_{number}_on" for number in range(2, 9))]
    with pytest.raises(Failure, match=r"did you mean on\?"):
        pick("property", "relay_1_on", relays, "board")
    with pytest.raises(Failure, match="did you mean relay_"):
        pick("property", "relay_9_on", relays, "board")
    assert first_of_several("relay_1_on", ["on"]) == []
    assert first_of_several("relay_1_off", relays) == []
