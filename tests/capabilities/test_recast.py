"""A component under the kind that a person gives it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.components import AffordanceDescription as Affordance
from capabilities.components import ComponentDescription as Component
from capabilities.compose import compose
from capabilities.errors import ComposeError
from capabilities.recast import castable, recast
from capabilities.thing import Thing
from capabilities.vocabulary import KINDS, Hazard, Json, Privilege


def composed(component: Component) -> Thing:
    return compose("it", "It", (component,), {component.key: ""})


RELAY = Component(
    "relay", "switch", (Affordance("on", "relay#on", writable=True),), certain=False, proposal="light"
)
CHILD_LOCK = Component(
    "child-lock",
    "setting",
    (
        Affordance(
            "value", "p#v", schema={"type": "boolean"}, writable=True, hazard=Hazard.PROPERTY, privilege=Privilege.MANAGE
        ),
    ),
)  # fmt: skip
COVER = Component(
    "cover",
    "blind",
    (Affordance("open", "c#open", role="action"), Affordance("state", "c#state"), Affordance("close", "c#c", role="action")),
    certain=False,
)  # fmt: skip

HEATING = Component(
    "heating",
    "thermostat",
    (
        Affordance("target", "h#t", schema={"minimum": 5, "maximum": 30}, writable=True),
        Affordance("temperature", "h#m"),
    ),
    certain=False,
)


def test_a_relay_that_feeds_a_lamp_is_a_lamp() -> None:
    assert composed(RELAY).writes["on"].hazard == Hazard.PROPERTY
    lamp = recast(RELAY, "light")
    assert (lamp.kind, lamp.certain, lamp.proposal) == ("light", True, "")
    operation = composed(lamp).writes["on"]
    assert (operation.capability, operation.hazard, operation.point) == (
        "light.on",
        Hazard.COMFORT,
        "relay#on",
    )


def test_a_setting_that_is_a_valve_s_switch_loses_the_caution_of_a_setting() -> None:
    operation = composed(recast(CHILD_LOCK, "outlet")).writes["on"]
    assert (operation.hazard, operation.privilege) == (Hazard.PROPERTY, Privilege.OPERATE)
    assert composed(recast(CHILD_LOCK, "fan")).writes["on"].hazard == Hazard.NUISANCE


def test_an_uncertain_cover_is_as_dangerous_as_a_garage_door_until_a_person_says_that_it_is_a_blind() -> None:
    assert composed(COVER).actions["open"].hazard == Hazard.PROPERTY
    assert composed(recast(COVER, "blind")).actions["open"].hazard == Hazard.NUISANCE
    assert composed(recast(COVER, "garage")).actions["open"].capability == "garage.open"


def test_what_only_shows_is_not_made_dangerous_by_doubt() -> None:
    sensor = Component("s", "contact", (Affordance("open", "s#open"),), certain=False)
    assert composed(sensor).properties["open"].privilege is Privilege.VIEW


@pytest.mark.parametrize(
    ("component", "kind"),
    [(RELAY, "lock"), (COVER, "light"), (CHILD_LOCK, "thermostat"), (RELAY, "nonsense")],
)
def test_a_kind_that_it_cannot_be_is_refused_with_those_that_it_can(component: Component, kind: str) -> None:
    with pytest.raises(ComposeError, match="it can be"):
        recast(component, kind)


def test_every_kind_that_is_offered_composes() -> None:
    target = Component(
        "n",
        "setting",
        (Affordance("value", "n#v", schema={"type": "number", "minimum": 7, "maximum": 30}, writable=True),),
    )
    contact = Component("c", "other", (Affordance("value", "c#v", schema={"type": "boolean"}),))
    for component in (RELAY, CHILD_LOCK, COVER, target, contact, HEATING):
        for kind in castable(component):
            assert composed(recast(component, kind)).kind == kind
    assert "thermostat" in castable(target)
    assert "leak" in castable(contact)


def test_a_kind_that_has_no_place_for_what_it_describes_is_not_offered() -> None:
    assert "light" not in castable(HEATING)
    assert "water-heater" in castable(HEATING)
    with pytest.raises(ComposeError, match="cannot be 'light'"):
        recast(HEATING, "light")


def test_a_garage_door_may_be_all_that_opens() -> None:
    assert set(castable(replace(COVER, kind="garage"))) >= {"blind", "garage", "valve"}


_NAMES = (
    "on",
    "target",
    "temperature",
    "position",
    "tilt",
    "state",
    "value",
    "speed",
    "brightness",
    "mode",
    "low",
)
_TYPES: tuple[dict[str, Json], ...] = (
    {},
    {"type": "boolean"},
    {"type": "number"},
    {"type": "integer", "minimum": 0, "maximum": 9},
    {"type": "string"},
)
_AFFORDANCES = st.builds(
    Affordance, st.sampled_from(_NAMES), st.just("p"), schema=st.sampled_from(_TYPES), writable=st.booleans()
)  # fmt: skip


@given(st.sampled_from(KINDS), st.lists(_AFFORDANCES, min_size=1, max_size=3, unique_by=lambda one: one.name))
def test_whatever_is_described_each_other_kind_that_is_offered_composes(
    kind: str, affordances: list[Affordance]
) -> None:
    component = Component("it", kind, tuple(affordances), certain=False)
    for other in castable(component):
        if other != kind:  # its own is the driver's word
            assert composed(recast(component, other)).kind == other


def test_there_and_back_again() -> None:
    back = recast(recast(RELAY, "outlet"), "switch")
    assert [one.name for one in back.affordances] == ["on"]
    assert back.kind == "switch"
