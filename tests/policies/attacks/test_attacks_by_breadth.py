"""Attacks that need no trick: a token that can do more than anybody thought of."""

from __future__ import annotations

import dataclasses

import pytest

from capabilities.vocabulary import Hazard, Privilege
from policies import AccessRequest, Principal, Role, Verdict, compile_rules, parse
from tests.policies.attacks.attacked_house import (
    BEN,
    COO,
    HOUSE,
    SETS,
    SOFTWARE,
    TIM,
    decide,
    more,
    operations,
    subject,
)


def test_a_safe_and_an_unsafe_script_side_by_side_hold_the_same_token() -> None:
    """The token says who asks, and never what for: the unsafe use is asked, whoever has permitted the safe one."""
    assert decide("light.on", True).permitted
    assert decide("lock.unlock").verdict is Verdict.NEEDS_APPROVAL
    assert decide("light.on", True).permitted
    assert decide("lock.unlock").verdict is Verdict.NEEDS_APPROVAL


def test_a_scene_with_a_harmless_name_is_still_a_button() -> None:
    assert decide("button.press").verdict is Verdict.NEEDS_APPROVAL
    assert decide("setting.press").verdict is Verdict.DENY


def test_a_token_for_one_script_can_do_no_more_than_that_script() -> None:
    """A mandate is the meet: it takes from the household's rules, and adds nothing to them."""
    mandate = parse(
        """
        format = 1
        [[allow]]
        id = "evening"
        who = ["id:coo"]
        may = ["light.*", "alarm.disarm", "camera.*"]
        why = "Movie time"
        """,
        name="mandate",
    )
    policy = compile_rules(SETS[0], [*SETS[1:], mandate])
    assert decide("light.on", True, policy=policy).permitted
    for capability, value in (
        ("lock.unlock", None),
        ("blind.open", None),
        ("alarm.disarm", {}),
        ("camera.on", False),
    ):
        assert decide(capability, value, policy=policy).verdict is Verdict.DENY, capability


def test_open_all_covers_does_not_open_the_garage() -> None:
    """`blind.*` is no cover: a garage door is a kind of its own, and asked."""
    covers = ("blind.open", "blind.open", "garage.open")
    assert [decide(cover).verdict for cover in covers] == [
        Verdict.PERMIT,
        Verdict.PERMIT,
        Verdict.NEEDS_APPROVAL,
    ]
    assert decide("garage.position", 100).verdict is Verdict.NEEDS_APPROVAL


@pytest.mark.parametrize("capability", ["*.open", "*"])
def test_a_star_that_opens_all_covers_still_asks_for_the_garage(capability: str) -> None:
    policy = more(
        f"""
        [[allow]]
        id = "all-covers"
        who = ["agent"]
        may = ["{capability}"]
        why = "Somebody wrote a star"
        """
    )
    assert decide("garage.open", policy=policy).verdict is Verdict.NEEDS_APPROVAL
    assert decide("valve.open", policy=policy).verdict < Verdict.PERMIT


@pytest.mark.parametrize("role", [*SOFTWARE, Role.CHILD, Role.GUEST])
def test_a_new_device_of_a_broad_kind_is_controlled_by_nobody_yet(role: Role) -> None:
    """A relay that announces itself as a lamp: until an adult has looked at it, it is closed to everybody else."""
    someone = Principal("x", role)
    for of in operations():
        new = dataclasses.replace(of, labels=frozenset({"new"}))
        assert not HOUSE.may_use(someone, new)
        assert HOUSE.decide(AccessRequest(someone, new, True)).verdict is Verdict.DENY
    assert decide("light.on", True, by=BEN, labels=("new",)).permitted


@pytest.mark.parametrize("wide", ["*", "light.*", "light.on", "*.on"])
def test_no_rule_that_somebody_adds_opens_what_is_new(wide: str) -> None:
    policy = more(
        f"""
        [[allow]]
        id = "wide"
        who = ["agent"]
        may = ["{wide}"]
        privilege = "manage"
        why = "Somebody wrote a wide rule long ago"
        """
    )
    assert decide("light.on", True, policy=policy, labels=("new",)).verdict is Verdict.DENY


def test_a_lamp_that_says_it_can_do_damage_is_not_a_lamp_any_more() -> None:
    """What a device says of itself can raise its hazard, and then more rules bind it."""
    lamp = dataclasses.replace(subject("light.on"), hazard=Hazard.PROPERTY)
    assert HOUSE.decide(AccessRequest(COO, lamp, True)).verdict is Verdict.NEEDS_APPROVAL
    deadly = dataclasses.replace(subject("light.on"), hazard=Hazard.LIFE_SAFETY)
    assert HOUSE.decide(AccessRequest(COO, deadly, True)).verdict is Verdict.DENY


@pytest.mark.parametrize("role", SOFTWARE)
def test_stars_never_reach_what_can_cost_a_life_nor_administration(role: Role) -> None:
    policy = more(
        f"""
        [[allow]]
        id = "everything"
        who = ["{role}"]
        may = ["*"]
        see = ["*"]
        privilege = "administer"
        why = "The mistake of a tired evening"
        """
    )
    someone = Principal("x", role)
    for of in operations():
        if of.hazard is Hazard.LIFE_SAFETY or of.privilege is Privilege.ADMINISTER:
            assert not policy.may_use(someone, of), of.capability
        elif of.hazard >= Hazard.PROPERTY and not of.capability.endswith(".stop"):
            assert policy.prospect(someone, of).verdict < Verdict.PERMIT, of.capability
    for secret in ("lock.state", "camera.image", "presence.location", "alarm.state"):
        assert not policy.may_see(someone, subject(secret))


@pytest.mark.parametrize("role", [*SOFTWARE, Role.GUEST])
def test_status_questions_switch_nothing(role: Role) -> None:
    """Who may only read can use nothing, whatever the value and however harmless."""
    policy = compile_rules(
        parse(
            f"""
            format = 1
            [[allow]]
            id = "reads"
            who = ["{role}"]
            see = ["*", "sensitive"]
            privilege = "administer"
            why = "Is the light on?"
            """,
            name="household",
        )
    )
    someone = Principal("x", role)
    assert policy.may_see(someone, subject("light.on"))
    assert not any(policy.may_use(someone, of) for of in operations())


def test_a_childs_agent_is_no_way_around_its_parents() -> None:
    agent = Principal("tims-helper", Role.AGENT, acts_for="tim", acts_for_role=Role.CHILD)
    for of in operations():
        if not HOUSE.may_use(TIM, of):
            assert not HOUSE.may_use(agent, of), of.capability


def test_what_is_set_together_is_bound_one_by_one() -> None:
    """A limit on a property has no way around it through an action: the gateway asks for each part, see `with_parts`."""
    assert decide("thermostat.target", 30).verdict is Verdict.DENY
    assert decide("thermostat.target_high", 30).verdict is Verdict.DENY
    assert decide("thermostat.preset", "boost").verdict is Verdict.NEEDS_APPROVAL


def test_a_forgotten_heater_owes_to_be_switched_off() -> None:
    """A heater stays on because the process that would switch it off was restarted: the duty is part of the permit, for
    everybody, and the gateway keeps it or refuses.
    """
    policy = more(
        """
        [[then]]
        id = "heater-off"
        on = ["outlet.on"]
        labels = ["heater"]
        max_on = "2h"
        why = "A forgotten heater burns houses down"
        """
    )
    on = decide("outlet.on", True, by=BEN, policy=policy, labels=("heater",))
    assert [(duty.kind, duty.value) for duty in on.obligations] == [("max_on", 7200)]
    assert decide("outlet.on", False, by=BEN, policy=policy, labels=("heater",)).obligations == ()
