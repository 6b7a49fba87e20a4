from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.compose import compose
from capabilities.naming import MAX_SLUG_CHARACTERS, allot_names, join, primary, slug
from capabilities.vocabulary import KINDS


def part(key: str, kind: str, *names: str, title: str = "", certain: bool = True) -> ComponentDescription:
    affordances = tuple(
        AffordanceDescription(name, f"{key}/{name}", schema={"type": "number"}) for name in names
    )
    return ComponentDescription(key, kind, affordances, title=title, certain=certain)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Küche, links", "kuche-links"),
        ("Straße", "strasse"),
        ("Smørrebrød", "smorrebrod"),
        ("  --USB 2--  ", "usb-2"),
        ("灯", ""),
        ("../../etc", "etc"),
        ("x" * 100, "x" * MAX_SLUG_CHARACTERS),
        ("the window above the kitchen sink on the left", "the-window-above-the-kitchen-sink-on-the"),
    ],
)
def test_slugs(text: str, expected: str) -> None:
    assert slug(text) == expected


@given(st.text(max_size=200))
def test_a_slug_is_always_a_slug(text: str) -> None:
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", slug(text))
    assert slug(slug(text)) == slug(text)
    assert len(slug(text)) <= MAX_SLUG_CHARACTERS


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ([part("b", "battery"), part("t", "temperature", title="Temperature")], "t"),
        ([part("p", "power"), part("o", "outlet", title="Outlet")], "o"),
        ([part("c", "switch", title="Child lock"), part("t", "thermostat")], "t"),
        ([part("l", "light"), part("u", "light", title="USB")], "l"),
        ([part("b", "light"), part("a", "light")], "a"),
        ([part("a", "switch", certain=False), part("b", "light")], "b"),
        ([part("s", "setting"), part("b", "battery")], "b"),
        ([part("h", "humidity"), part("t", "temperature")], "t"),
        ([part("i", "illuminance"), part("o", "occupancy"), part("t", "temperature")], "o"),
        ([part("s", "siren"), part("d", "smoke")], "d"),
        ([part("s", "switch"), part("t", "thermostat")], "t"),
        ([part("e", "temperature", title="External"), part("t", "temperature", title="Temperature")], "t"),
        ([part("zone_10", "thermostat", title="10"), part("zone_9", "thermostat", title="9")], "zone_9"),
    ],
)
def test_the_main_function_is_found(components: list[ComponentDescription], expected: str) -> None:
    assert primary(components) == expected
    assert primary(components[::-1]) == expected


@pytest.mark.parametrize(
    ("prefix", "name", "expected"),
    [
        ("", "on", "on"),
        ("usb", "on", "usb_on"),
        ("temperature", "temperature", "temperature"),
        ("device_temperature", "temperature", "device_temperature"),
        ("outdoor", "temperature", "outdoor_temperature"),
        ("child_lock", "value", "child_lock"),
        ("battery", "level", "battery_level"),
        ("temperature_2", "temperature", "temperature_2"),
        ("temperature_l2", "temperature", "temperature_l2"),
        ("light_2", "on", "light_2_on"),
    ],
)
def test_joined_names_read_well(prefix: str, name: str, expected: str) -> None:
    assert join(prefix, name) == expected


def test_names_come_from_titles_or_kinds() -> None:
    components = [
        part("m", "outlet", "on"),
        part("u", "outlet", "on", title="USB"),
        part("p", "power", "power"),
        part("t", "temperature", "temperature", title="温度"),
        part("t2", "temperature", "temperature"),
    ]
    assert allot_names(components, {}) == {
        "m": "",
        "u": "usb",
        "p": "power",
        "t": "temperature",
        "t2": "temperature_2",
    }


def test_a_second_component_of_a_kind_is_named_by_what_it_tells() -> None:
    components = [
        part("a", "light", "on"),
        part("b1", "battery", "low"),
        part("b2", "battery", "level"),
        part("n", "thermostat", "target", "mode", title="10"),
    ]
    assert allot_names(components, {}) == {
        "a": "",
        "b1": "battery",
        "b2": "battery_level",
        "n": "thermostat_10",
    }


def test_a_name_is_kept_and_never_given_again() -> None:
    first = allot_names([part("a", "light", "on"), part("b", "light", "on", title="USB")], {})
    later = allot_names([part("c", "light", "on", title="USB"), part("d", "lock", "state")], first)
    assert later == first | {"c": "usb_light", "d": "lock"}
    assert list(later)[:2] == list(first)


def test_a_prefix_keeps_clear_of_the_bare_names() -> None:
    components = [part("m", "thermostat", "temperature"), part("t", "temperature", "temperature")]
    assert allot_names(components, {}) == {"m": "", "t": "temperature_2"}


_titles = st.sampled_from(["", "", "A", "a b", "on", "light", "USB", "灯", "temperature"])
_components = st.lists(
    st.tuples(
        st.sampled_from(KINDS), _titles, st.sets(st.sampled_from(["x", "on_x", "b_x", "zz"]), min_size=1)
    ),
    min_size=1,
    max_size=6,
).map(
    lambda rows: [
        part(f"k{i}", kind, *sorted(names), title=title) for i, (kind, title, names) in enumerate(rows)
    ]
)


@given(_components, _components)
def test_names_are_unique_and_stable(
    before: list[ComponentDescription], after: list[ComponentDescription]
) -> None:
    stored = allot_names(before, {})
    names = allot_names(after, stored)
    assert names.items() >= stored.items()
    assert len(set(names.values())) == len(names)
    assert names == allot_names(after, names)
    assert all(re.fullmatch(r"[a-z0-9_]*", name) for name in names.values())
    thing = compose("thing", "Thing", after, names)
    assert len(thing.properties) == sum(len(component.affordances) for component in after)
