"""Handing on at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.house import House, hearth


@pytest.mark.parametrize(
    "said", ["light.brightness", "light.brightness=..", "light.brightness=a..b", "=1..2"]
)
def test_bounds_are_written_one_way(said: str) -> None:
    from gateway.cli.exits import Failure
    from gateway.cli.handing_on import _bounds

    with pytest.raises(Failure, match="--bounds is written like"):
        _bounds(said)
    assert _bounds("light.brightness=..40") == ("light.brightness", {"max": 40})
    assert _bounds("climate.target=16.5..21") == ("climate.target", {"min": 16.5, "max": 21})


def test_from_handing_on_to_its_end(house: House, tmp_path: Path) -> None:
    would = hearth(house.box, "delegate", "Helper", "--for", "owner", "--room", "nowhere", "--dry-run")
    assert would.code == 0, would.err
    assert would.out == ""
    assert "helper (agent) would be let in" in would.err
    assert "rooms: nowhere is nothing that box may see or use" in would.err
    words = ("--may", "light.*", "--bounds", "light.brightness=..40", "--expires", "1h", "--idle", "30m")
    made = hearth(house.box, "delegate", "Helper", "--for", "owner", *words)
    assert made.code == 0, made.err
    assert made.out.startswith("hearth_")
    listed = json.loads(hearth(house.box, "delegation", "list", "--json").out)
    assert [one["principal"] for one in listed] == ["helper"]
    shown = hearth(house.box, "delegation", "show", "helper")
    assert "light.brightness: up to 40" in shown.out
    assert "uses only light.*" in hearth(house.box, "token", "list").out.replace("\n", " ")
    assert hearth(house.box, "delegation", "revoke", "helper").out == "locked out: helper\n"
    gone = hearth(house.box, "delegation", "show", "helper")
    assert (gone.code, "was not let in by you" in gone.err) == (8, True)


def test_a_guest_is_invited(house: House, tmp_path: Path) -> None:
    window = hearth(
        house.box, "guest", "invite", "Aunt May", "--for", "3d", "--may", "light.*", "--yes", "--json"
    )
    assert window.code == 0, window.err
    told = json.loads(window.out)
    assert (told["principal"], told["role"], told["narrowed"]) == ("aunt-may", "guest", ["uses only light.*"])
