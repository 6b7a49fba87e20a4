"""Profiles: the shipped ones hold, and what is wrong in one's own is said with file, table and remedy."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.compose import compose
from capabilities.naming import allot_names
from drivers.driver import Endpoint
from drivers.modbus.__main__ import main
from drivers.modbus.blocks import blocks_of
from drivers.modbus.checking import Checked
from drivers.modbus.describing import candidate
from drivers.modbus.profile import ProfileTable
from drivers.modbus.profiles import SHIPPED, ProfileError, Profiles, load
from drivers.modbus.settings import ModbusSettings

GOOD = """
name = "mine"
title = "Mine"
manufacturer = "Me"
model = "One"
sources = ["made up"]

[[component]]
key = "room"
kind = "temperature"

[[component.property]]
name = "temperature"
table = "input"
register = 1
type = "s16"
unit = "°C"
scale = 0.1
"""

RELAY = """
[[component]]
key = "relay"
kind = "switch"
certain = false

[[component.property]]
name = "on"
table = "coil"
register = 0
type = "bool"
writable = true
"""


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.toml")))
def test_shipped_profiles_are_things(name: str) -> None:
    profile = Profiles().get(name)
    assert all(re.search(r"https?://|\d", source) for source in profile.sources)
    found = candidate("x", profile, endpoint=Endpoint("modbus", "cellar/1"))
    thing = compose("thing", profile.title, found.components, allot_names(found.components, {}))
    assert thing.properties
    for block in blocks_of(profile):
        assert block.count <= (2000 if block.table in {"coil", "discrete"} else profile.max_registers)
    for component in profile.component:
        for of in component.property:
            assert not of.writable or component.kind == "setting" or not component.certain


def test_there_are_six() -> None:
    assert len(Profiles().names()) >= 6


def write(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    profiles = Profiles(tmp_path)
    assert profiles.problems == ()
    assert profiles.get("mine").title == "Mine"
    assert profiles.get("xy-md02")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            ('kind = "temperature"', 'kind = "temprature"'),
            "component 'room': has the kind 'temprature'; known: .*temperature",
        ),
        (("register = 1", "register = 70000"), "component 'room', property 'temperature', register: .*65535"),
        (
            ('unit = "°C"', 'unit = "°F"'),
            "component 'room', property 'temperature': has unit '°F'; convert it to '°C'",
        ),
        (('table = "input"', 'table = "coil"'), 'a coil is one bit; write type = "bool"'),
        (("scale = 0.1", "scale = 0"), "scale is a number that is not 0"),
        (
            ("scale = 0.1", "writable = true"),
            "input registers are read only; name write_table and write_register",
        ),
        (
            ("scale = 0.1", "writable = true\nwrite_table = 'holding'"),
            "a number that can be written has minimum and maximum",
        ),
        (
            ("scale = 0.1", "colour = 1"),
            "component 'room', property 'temperature', colour: is no member; leave it out",
        ),
        (("scale = 0.1", "scal = 0.1"), "scal: is no member; did you mean 'scale'"),
        (('unit = "°C"', 'unit = "Celsius"'), "unit: write '°C', not 'Celsius'"),
        (("scale = 0.1", "minimum = 5\nmaximum = 1"), "minimum is above maximum"),
        (('type = "s16"', 'type = "string"'), "length .in registers. belongs to a string"),
        (('name = "mine"', 'name = "other"'), "call the file other.toml"),
        (('sources = ["made up"]', ""), "sources: field required"),
        (('name = "temperature"', 'name = "warmth"'), None),
        (("[[component]]", "[[component"), "is no TOML"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, change: tuple[str, str], problem: str | None) -> None:
    path = write(tmp_path, GOOD.replace(*change))
    if problem is None:  # a property that the model lacks is taken with care
        assert load(path)
        return
    with pytest.raises(ProfileError, match=problem) as error:
        load(path)
    assert str(path) in str(error.value)


def test_every_problem_is_said_at_once(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("register = 1", "register = -1").replace("scale = 0.1", "scale = 'x'"))
    write(tmp_path, "broken", "second")
    profiles = Profiles(tmp_path)
    assert len(profiles.problems) == 3
    with pytest.raises(ProfileError, match="there is no profile 'mine'"):
        profiles.get("mine")


FOUR = (
    RELAY.replace("writable", "writeable").replace("register = 0", "register = 40001")
    + """
[[component]]
key = "level"
kind = "seting"

[[component.property]]
name = "value"
table = "holding"
register = 3
unit = "percent"
writable = true

[[component.property]]
name = "other"
table = "holding"
"""
)


def test_mistakes_of_all_sorts_are_said_in_one_round(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.split("[[component]]", maxsplit=1)[0] + FOUR)
    with pytest.raises(ProfileError) as error:
        load(path)
    said = [line.removeprefix(f"{path}: ") for line in error.value.problems]
    assert said[:3] == [
        "component 'relay', property 'on', writeable: is no member; did you mean 'writable'?",
        "component 'level', property 'value', unit: write '%', not 'percent'",
        "component 'level', property 'other', register: field required",
    ]
    assert any("a manual's 40001 is no coil: it is register 0 of table = 'holding'" in line for line in said)
    assert any("has the kind 'seting'; known: setting" in line for line in said)
    assert len(said) == 5


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-70000, 70000)
    | st.text(max_size=5)
    | st.sampled_from(("coil", "bit", "string")),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(("key", "name", "type")), inner)
    ),
    max_leaves=4,
)


@given(st.lists(st.tuples(st.integers(0, 11), JUNK), max_size=5))
def test_whatever_is_wrong_the_check_ends_in_lines(junk: list[tuple[int, object]]) -> None:
    document = tomllib.loads(GOOD + RELAY)
    tables = [document, *document["component"], *(one["property"][0] for one in document["component"])]
    for number, value in junk:
        table = tables[number % len(tables)]
        table[sorted(table)[number % len(table)]] = value
    checked = Checked(document)
    assert checked.profile is not None or checked.problems
    assert all(line and "mended" not in line for line in checked.problems)


def test_a_profile_is_checked_without_a_gateway(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = write(tmp_path, GOOD)
    bad = write(tmp_path, FOUR, "bad")
    assert main([str(good)]) == 0
    assert "fits. Mine: room (temperature); read are input 1 to 1" in capsys.readouterr().out
    assert main([str(good), str(bad)]) == 1
    assert "did you mean 'writable'" in capsys.readouterr().out
    assert main([]) == 2


def test_what_hangs_on_a_relay_is_for_a_person_to_say(tmp_path: Path) -> None:
    head = GOOD.split("[[component]]", maxsplit=1)[0]
    load(write(tmp_path, head + RELAY))
    with pytest.raises(ProfileError, match=r"component 'relay': .*write certain = false"):
        load(write(tmp_path, head + RELAY.replace("certain = false", "")))
    with pytest.raises(ProfileError, match="write_function is 5 or 15 here"):
        load(write(tmp_path, head + RELAY + "write_function = 6"))
    with pytest.raises(ProfileError, match="a bit cannot be written"):
        bit = RELAY.replace('"coil"', '"holding"').replace('"bool"', '"bit"') + "bit = 3"
        load(write(tmp_path, head + bit))


def test_the_examples_of_the_readme_hold(tmp_path: Path) -> None:
    readme = (SHIPPED.parent / "README.md").read_text()
    config, own = re.findall(r"```toml\n(.*?)```", readme, re.S)
    settings = ModbusSettings.model_validate(tomllib.loads(config)["modbus"])
    assert all(Profiles().get(unit.profile) for line in settings.line for unit in line.unit)
    assert load(write(tmp_path, own, "cellar-pump"))
    for name in Profiles().names():
        assert f"| `{name}` |" in readme


def test_huge_files_are_left_alone(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="larger than"):
        load(write(tmp_path, "#" * 300_000))
    with pytest.raises(ProfileError, match="cannot be read"):
        load(tmp_path / "none.toml")
    assert "cannot be read" in Profiles(tmp_path / "nowhere").problems[0]


def profile(*registers: tuple[int, str], gap: int = 0, most: int = 125) -> ProfileTable:
    properties = [
        {"name": f"p{at}", "table": "input", "register": at, "type": type_} for at, type_ in registers
    ]
    components = [
        {"key": f"a{at}", "kind": "other", "property": properties[at : at + 50]}
        for at in range(0, len(properties), 50)
    ]
    return ProfileTable.model_validate(
        {
            "name": "x", "title": "x", "manufacturer": "x", "model": "x", "sources": ["1"], "gap": gap, "max_registers": most,
            "component": components,
        }
    )  # fmt: skip


def spans(of: ProfileTable) -> list[tuple[int, int]]:
    return [(block.start, block.count) for block in blocks_of(of)]


def test_adjacent_registers_are_read_together() -> None:
    assert spans(profile((4, "u16"), (0, "f32"), (2, "f32"))) == [(0, 5)]
    assert spans(profile((0, "u16"), (2, "u16"))) == [(0, 1), (2, 1)], "no gap without leave"
    assert spans(profile((0, "u16"), (2, "u16"), gap=1)) == [(0, 3)]
    assert spans(profile(*[(at, "f32") for at in range(0, 200, 2)])) == [(0, 124), (124, 76)]
    assert spans(profile((0, "f32"), (2, "f32"), most=3)) == [(0, 2), (2, 2)], "no value is read in halves"


def test_the_fingerprint_changes_with_what_is_commanded_alone(tmp_path: Path) -> None:
    head = GOOD.split("[[component]]", maxsplit=1)[0]

    def print_of(text: str) -> str:
        found = candidate("x", load(write(tmp_path, head + text)), endpoint=Endpoint("modbus", "a/1"))
        return found.fingerprint

    first = print_of(RELAY)
    assert print_of(RELAY.replace('key = "relay"', 'key = "relay"\ntitle = "Pump"')) == first
    assert print_of(RELAY + "poll_s = 3.0") == first
    assert print_of(RELAY.replace("register = 0", "register = 1")) != first
    assert print_of(RELAY.replace('"switch"', '"outlet"')) != first
