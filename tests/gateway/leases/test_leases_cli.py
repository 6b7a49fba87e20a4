"""`hearth leases` and `hearth lease`, against the demonstration."""

from __future__ import annotations

import pytest

from gateway.cli.commands.leases import accepted, range_of
from gateway.cli.exits import Failure
from tests.house import House, hearth


def test_a_lease_on_the_command_line(house: House) -> None:
    assert hearth(house.box, "leases").out.startswith("nobody holds anything; `hearth lease hold")
    held = hearth(
        house.agent,
        "lease",
        "hold",
        "thermostat",
        "target",
        "--accepts",
        "19..21",
        "--for",
        "2h",
        "--why",
        "night",
    )
    assert held.code == 0 and held.out.startswith("thermostat target is yours until ")
    assert held.out.endswith("; others may ask for 19 to 21\n")
    mine = hearth(house.box, "lease", "hold", "thermostat", "target", "--accepts", "22..24", "--json").json
    listed = hearth(house.box, "leases", "thermostat").out
    assert "suspended until" in listed and "22 to 24" in listed and "night" in listed
    refused = hearth(house.agent, "write", "thermostat", "target", "20")
    assert refused.code == 3 and "22 would pass" in " ".join(refused.err.split())
    assert hearth(house.agent, "lease", "release", str(mine["id"])).code == 3
    released = hearth(house.box, "lease", "release", str(mine["id"]))
    assert released.out.startswith("given back: ")
    found = hearth(house.agent, "leases", "--json").json["leases"]
    assert isinstance(found, list) and len(found) == 1
    renewed = hearth(house.agent, "lease", "renew", str(found[0]["id"]), "--for", "3h")
    assert renewed.code == 0 and "is yours until" in renewed.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("hold", "thermostat", "--accepts", "19..21"), 2, "name it before --accepts"),
        (
            ("hold", "thermostat", "target", "--accepts", "warm..21"),
            2,
            "a range of numbers like 20..22; 'warm' is none",
        ),
        (("hold", "thermostat", "target", "--for", "8d"), 2, "at most 7d"),
        (("hold", "attic"), 8, "there is no Thing 'attic'"),
        (("release", "nothing"), 8, "`hearth leases` lists them"),
        (("accept", "nothing"), 8, "`hearth leases` lists them"),
    ],
)
def test_a_slip_on_the_command_line(house: House, words: tuple[str, ...], code: int, said: str) -> None:
    ran = hearth(house.box, "lease", *words)
    assert (ran.code, said in " ".join(ran.err.split())) == (code, True), ran


def test_ranges_as_people_write_them() -> None:
    assert range_of("20..22") == {"minimum": 20, "maximum": 22}
    assert range_of("..22,5") == {"maximum": 22.5}
    assert range_of("on, off") == {"one_of": [True, False]}
    assert range_of("heat") == {"one_of": ["heat"]}
    with pytest.raises(Failure):
        range_of("..")
    assert accepted({"minimum": 20.0}) == "20 at least"
    assert accepted({"one_of": [True, "heat"]}) == "true or heat"
    assert accepted(None) == "nothing"
