"""Whether an announcement that comes again speaks of the same commands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.stored import components_from_json, components_to_json
from capabilities.vocabulary import Hazard, Json, Privilege
from gateway.announcements import can_move, moved, no_laxer, no_surer

ON = AffordanceDescription("on", "p/on", writable=True)


def lamp(fingerprint: str, lasting: str, kind: str = "light") -> ComponentDescription:
    return ComponentDescription("main", kind, (ON,), fingerprint=fingerprint, lasting=lasting)


@pytest.mark.parametrize(
    ("known", "again", "has_moved"),
    [
        (lamp("old name", "device 7"), lamp("new name", "device 7"), False),
        (lamp("old name", "device 7"), lamp("new name", "device 8"), True),
        (lamp("old name", "device 7"), lamp("old name", "device 8"), True),
        (lamp("old name", "device 7"), lamp("old name", ""), False),
        (lamp("old name", "device 7"), lamp("new name", ""), True),
        (lamp("old name", ""), lamp("old name", "device 7"), False),
        (lamp("old name", ""), lamp("new name", "device 7"), True),
        (lamp("old name", "device 7"), lamp("old name", "device 7", kind="lock"), True),
    ],
    ids=[
        "renamed",
        "another device",
        "another device under the old name",
        "nobody vouches, nothing changed",
        "nobody vouches",
        "vouched for at last",
        "never vouched for",
        "kind",
    ],
)
def test_a_mere_renaming_is_no_move(
    known: ComponentDescription, again: ComponentDescription, has_moved: bool
) -> None:
    assert moved(known, again) is has_moved


def component(kind: str, *affordances: AffordanceDescription) -> ComponentDescription:
    return ComponentDescription("main", kind, affordances)


@pytest.mark.parametrize(
    ("described", "moves"),
    [
        (component("button", AffordanceDescription("pressed", "p", "event")), False),
        (component("button", AffordanceDescription("press", "p", "action")), True),
        (component("lock", AffordanceDescription("state", "p")), True),
        (component("temperature", AffordanceDescription("temperature", "p")), False),
    ],
    ids=["a remote control", "a button to be pressed", "a lock that is only read", "a sensor"],
)
def test_what_can_move_something(described: ComponentDescription, moves: bool) -> None:
    assert can_move(described) is moves


def test_what_lasts_is_stored() -> None:
    components = (lamp("a", "b"),)
    assert components_from_json(components_to_json(components)) == components


def test_what_lasts_is_kept_while_nobody_vouches_for_it() -> None:
    known = lamp("name", "device 7")
    assert no_surer(known, lamp("name", "")) == known
    assert no_surer(known, lamp("other name", "")).lasting == ""
    assert no_surer(known, lamp("name", "device 8")).lasting == "device 8"


CAREFUL = AffordanceDescription(
    "target", "p", writable=True, schema={"type": "number", "minimum": 5, "maximum": 30}, hazard=Hazard.PROPERTY,
    privilege=Privilege.ADMINISTER,
)  # fmt: skip


def test_what_a_command_asks_for_does_not_fall_by_an_announcement() -> None:
    eased = replace(CAREFUL, hazard=Hazard.COMFORT, privilege=Privilege.VIEW, title="new")
    (kept,) = no_laxer(component("fan", CAREFUL), component("fan", eased)).affordances
    assert kept == replace(CAREFUL, title="new")
    raised = component("fan", replace(CAREFUL, hazard=Hazard.LIFE_SAFETY))
    assert no_laxer(component("fan", CAREFUL), raised) is raised
    assert no_laxer(None, raised) is raised


@pytest.mark.parametrize(
    ("schema", "kept"),
    [
        ({"minimum": 0, "maximum": 90}, {"minimum": 5, "maximum": 30}),
        ({"minimum": 10, "maximum": 20}, {"minimum": 10, "maximum": 20}),
        ({"type": "number"}, {"type": "number", "minimum": 5, "maximum": 30}),
        ({"minimum": 60, "maximum": 90}, {"minimum": 5, "maximum": 30}),
        ({"minimum": 41, "maximum": 86, "unit": "degF"}, {"minimum": 41, "maximum": 86, "unit": "degF"}),
    ],
    ids=["wider", "narrower", "no ends any more", "elsewhere", "another unit"],
)
def test_how_far_a_command_goes_does_not_grow_by_an_announcement(
    schema: dict[str, Json], kept: dict[str, Json]
) -> None:
    (one,) = no_laxer(
        component("fan", CAREFUL), component("fan", replace(CAREFUL, schema=schema))
    ).affordances
    assert one.schema == kept
