"""Who may do what under the rule sets that ship: one table."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Hazard, Json, Privacy, Privilege
from policies import AccessRequest, Policy, Principal, Role, Subject, compile_rules, defaults, parse
from policies.decision import Verdict


def shipped() -> Policy:
    household, safety = (parse(defaults.load(name), name=name) for name in defaults.NAMES)
    return compile_rules(household, [safety])


POLICY = shipped()


def subject(
    capability: str,
    *,
    privilege: Privilege = Privilege.OPERATE,
    hazard: Hazard = Hazard.COMFORT,
    privacy: Privacy = Privacy.PUBLIC,
) -> Subject:
    return Subject("thing", "hall", frozenset(), capability, privilege, hazard, privacy)


OPERATIONS: dict[str, tuple[Subject, Json]] = {
    "light": (subject("light.on"), True),
    "fan": (subject("fan.on"), True),
    "blind": (subject("blind.position", hazard=Hazard.NUISANCE), 40),
    "media": (subject("media.play"), None),
    "heating": (subject("thermostat.target", hazard=Hazard.NUISANCE), 21),
    "heating 31": (subject("thermostat.target", hazard=Hazard.NUISANCE), 31),
    "heating 4": (subject("thermostat.target", hazard=Hazard.NUISANCE), 4.9),
    "heating mode": (subject("thermostat.mode", hazard=Hazard.NUISANCE), "heat"),
    "boiler 60": (subject("water-heater.target", hazard=Hazard.PROPERTY), 60),
    "boiler 61": (subject("water-heater.target", hazard=Hazard.PROPERTY), 61),
    "hot lamp": (subject("light.on", hazard=Hazard.PROPERTY), True),
    "unlock": (subject("lock.unlock", hazard=Hazard.PROPERTY), None),
    "setting": (subject("setting.value", privilege=Privilege.MANAGE, hazard=Hazard.PROPERTY), 1),
    "restart": (subject("other.restart", privilege=Privilege.ADMINISTER), None),
    "lethal": (subject("valve.open", hazard=Hazard.LIFE_SAFETY), None),
}

COMFORT = {"light", "fan", "blind", "media"}
EVERYDAY = COMFORT | {"heating", "heating mode", "boiler 60", "hot lamp", "unlock"}
MAY_USE = {
    Role.OWNER: EVERYDAY | {"setting", "restart"},
    Role.ADULT: EVERYDAY | {"setting"},
    Role.CHILD: COMFORT,
    Role.GUEST: COMFORT,
    Role.AGENT: {"light", "blind", "media", "heating"},
    Role.GUEST_AGENT: set[str](),
    Role.SERVICE: set[str](),
}


@pytest.mark.parametrize("role", Role)
def test_who_may_use_what(role: Role) -> None:
    someone = Principal("someone", role)
    permitted = {
        name
        for name, (of, value) in OPERATIONS.items()
        if POLICY.decide(AccessRequest(someone, of, value)).verdict is Verdict.PERMIT
    }
    assert permitted == MAY_USE[role]


READINGS = {
    "light": subject("light.on", privilege=Privilege.VIEW),
    "tank": subject("meter.level", privilege=Privilege.VIEW),
    "warmth": subject("temperature.value", privilege=Privilege.VIEW, privacy=Privacy.PERSONAL),
    "lock": subject("lock.state", privilege=Privilege.VIEW, privacy=Privacy.SENSITIVE),
    "presence": subject("presence.home", privilege=Privilege.VIEW, privacy=Privacy.SENSITIVE),
}
ALL = set(READINGS)
MAY_SEE = {
    Role.OWNER: ALL,
    Role.ADULT: ALL,
    Role.CHILD: {"light", "tank", "warmth"},
    Role.GUEST: {"light", "warmth"},
    Role.AGENT: {"light", "tank", "warmth"},
    Role.GUEST_AGENT: set[str](),
    Role.SERVICE: {"light", "tank", "warmth"},
}


@pytest.mark.parametrize("role", Role)
def test_who_may_see_what(role: Role) -> None:
    someone = Principal("someone", role)
    assert {name for name, of in READINGS.items() if POLICY.may_see(someone, of)} == MAY_SEE[role]


def test_an_unknown_set_is_named_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match='"husehold"; there are household, safety'):
        defaults.load("husehold")


@pytest.mark.parametrize("role", [Role.AGENT, Role.GUEST_AGENT, Role.SERVICE])
def test_the_safety_set_keeps_software_out_even_where_the_household_lets_it_in(role: Role) -> None:
    root = parse(
        f"""
        format = 1
        [[allow]]
        id = "reckless"
        who = ["{role}"]
        may = ["valve.open", "*"]
        privilege = "administer"
        why = "for the test"
        """,
        name="reckless",
    )
    policy = compile_rules(root, [parse(defaults.load("safety"), name="safety")])
    someone = Principal("someone", role)
    for name in ("lethal", "restart"):
        of, value = OPERATIONS[name]
        decision = policy.decide(AccessRequest(someone, of, value))
        assert [finding.set for finding in decision.findings] == ["safety"]
        assert not policy.may_use(someone, of)
        assert compile_rules(root).decide(AccessRequest(someone, of, value)).permitted
