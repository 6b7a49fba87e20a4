"""Who may do what under the rule sets that ship: one table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.resources import files

import pytest

from capabilities.vocabulary import Hazard, Json, Privacy, Privilege
from policies import AccessRequest, Policy, Principal, Role, Subject, Verdict, compile_rules, defaults, parse


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


def models() -> dict[str, dict[str, dict[str, object]]]:
    found = {}
    for file in sorted(files("capabilities").joinpath("models").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".tm.jsonld"):
            found[file.name.removesuffix(".tm.jsonld")] = json.loads(file.read_text("utf-8"))
    return found


def affordances(*sections: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Each affordance of every Thing Model, by its capability."""
    for kind, model in models().items():
        for section in sections:
            for name, affordance in model.get(section, {}).items():
                assert isinstance(affordance, dict)
                yield f"{kind}.{name}", affordance


def of_model(capability: str, affordance: dict[str, object], **changes: object) -> Subject:
    plain = subject(
        capability,
        privilege=Privilege(str(affordance["hearth:privilege"])),
        hazard=Hazard(int(str(affordance["hearth:hazard"]))),
        privacy=Privacy(str(affordance["hearth:privacy"])),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


OPERATIONS = {
    capability: of_model(capability, affordance)
    for capability, affordance in affordances("properties", "actions")
    if not affordance.get("readOnly")
}
READINGS = {
    capability: of_model(capability, affordance, privilege=Privilege.VIEW)
    for capability, affordance in affordances("properties", "events")
}
LETHAL = {name for name, of in OPERATIONS.items() if of.hazard is Hazard.LIFE_SAFETY}
RISKY = {name for name, of in OPERATIONS.items() if of.hazard >= Hazard.PROPERTY}
ADMINISTERED = {name for name, of in OPERATIONS.items() if of.privilege is Privilege.ADMINISTER}
SENSITIVE = {name for name, of in READINGS.items() if of.privacy is Privacy.SENSITIVE}


def kinds(names: Iterable[str], *wanted: str) -> set[str]:
    return {name for name in names if name.partition(".")[0] in wanted}


COMFORT = kinds(OPERATIONS, "light", "fan", "blind", "media")
SETPOINTS = {"thermostat.target", "thermostat.target_low", "thermostat.target_high"}
STOPPING = {"blind.stop", "garage.stop", "vacuum.stop", "vacuum.pause", "mower.stop", "mower.pause"}
ARMING = {"alarm.arm_home", "alarm.arm_away", "alarm.arm_night"}
MAY_USE = {
    Role.OWNER: set(OPERATIONS),
    Role.ADULT: set(OPERATIONS) - ADMINISTERED,
    Role.CHILD: COMFORT | STOPPING | {"lock.lock", "lock.unlock", "garage.open", "garage.close"},
    Role.GUEST: COMFORT | STOPPING,
    Role.AGENT: COMFORT
    | ARMING
    | kinds(OPERATIONS, "humidifier", "vacuum", "thermostat", "outlet", "switch", "button")
    - {"vacuum.send_command"}
    | kinds(OPERATIONS, "water-heater", "valve", "lock", "garage", "mower"),
    Role.GUEST_AGENT: set[str](),
    Role.SERVICE: set[str](),
}
"""At all, if only after an approval."""

UNASKED = {
    Role.OWNER: MAY_USE[Role.OWNER],
    Role.ADULT: MAY_USE[Role.ADULT],
    Role.CHILD: COMFORT | STOPPING,
    Role.GUEST: COMFORT | STOPPING,
    Role.AGENT: COMFORT
    | kinds(OPERATIONS, "humidifier", "vacuum", "thermostat")
    - {"thermostat.mode", "thermostat.preset", "thermostat.on", "vacuum.send_command"}
    | {"mower.locate"}
    | STOPPING,
    Role.GUEST_AGENT: set[str](),
    Role.SERVICE: set[str](),
}
"""Of those, what nobody is asked for. Toggles count: the gateway makes them writes."""

SHOWN = kinds(READINGS, "light", "fan", "blind", "media", "thermostat", "temperature", "humidity")
MAY_SEE = {
    Role.OWNER: set(READINGS),
    Role.ADULT: set(READINGS),
    Role.CHILD: set(READINGS) - SENSITIVE,
    Role.GUEST: (SHOWN | kinds(READINGS, "smoke", "co", "leak") | {"air.gas"}) - SENSITIVE,
    Role.AGENT: set(READINGS) - SENSITIVE,
    Role.GUEST_AGENT: set[str](),
    Role.SERVICE: set(READINGS) - SENSITIVE,
}


def test_the_models_have_what_the_table_is_about() -> None:
    assert {"alarm.disarm", "co.silence", "co.test", "smoke.silence", "smoke.test"} == LETHAL
    assert {"lock.unlock", "garage.open", "valve.open", "water-heater.target", "outlet.on"} <= RISKY
    assert {"lock.state", "camera.image", "presence.home", "alarm.state"} <= SENSITIVE
    assert {"setting.restart", "setting.permit_join"} <= ADMINISTERED


@pytest.mark.parametrize("role", Role)
def test_who_may_use_what(role: Role) -> None:
    someone = Principal("someone", role)
    assert {name for name, of in OPERATIONS.items() if POLICY.may_use(someone, of)} == MAY_USE[role]
    if not role.is_person:
        assert not MAY_USE[role] & (LETHAL | ADMINISTERED)


@pytest.mark.parametrize("role", Role)
def test_what_nobody_is_asked_for(role: Role) -> None:
    someone = Principal("someone", role)
    unasked = {
        name
        for name, of in OPERATIONS.items()
        if POLICY.prospect(someone, of).verdict is Verdict.PERMIT or (name in STOPPING & MAY_USE[role])
    }
    assert unasked == UNASKED[role]
    if role not in {Role.OWNER, Role.ADULT}:
        assert not UNASKED[role] & RISKY - STOPPING


@pytest.mark.parametrize("role", Role)
def test_who_may_see_what(role: Role) -> None:
    someone = Principal("someone", role)
    assert {name for name, of in READINGS.items() if POLICY.may_see(someone, of)} == MAY_SEE[role]


@pytest.mark.parametrize("role", [Role.CHILD, Role.GUEST, Role.AGENT])
def test_a_light_that_says_it_is_risky_asks_an_adult(role: Role) -> None:
    lamp = subject("light.on", hazard=Hazard.PROPERTY)
    asked = POLICY.decide(AccessRequest(Principal("someone", role), lamp, True))
    assert asked.verdict is Verdict.NEEDS_APPROVAL
    assert POLICY.decide(AccessRequest(Principal("someone", Role.ADULT), lamp, True)).permitted


@pytest.mark.parametrize(
    "capability", ["thermostat.target", "thermostat.target_low", "thermostat.target_high"]
)
def test_agents_heat_within_reason(capability: str) -> None:
    agent, of = Principal("coo", Role.AGENT), OPERATIONS[capability]
    permitted = [
        v for v in (15.9, 16, 20.5, 24, 24.1) if POLICY.decide(AccessRequest(agent, of, v)).permitted
    ]
    assert permitted == [16, 20.5, 24]


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADULT])
@pytest.mark.parametrize(
    ("capability", "permitted", "refused"),
    [
        ("thermostat.target", [5, 21.5, 30], [4.9, 30.1, "21"]),
        ("thermostat.target_low", [5, 30], [4]),
        ("thermostat.target_high", [5, 30], [31]),
        ("water-heater.target", [0, 45, 60], [60.5, True]),
    ],
)
def test_the_safety_set_binds_everyone(
    role: Role, capability: str, permitted: list[Json], refused: list[Json]
) -> None:
    someone, of = Principal("someone", role), OPERATIONS[capability]
    if capability not in MAY_USE[role]:
        permitted = []
    for value in [*permitted, *refused]:
        assert POLICY.decide(AccessRequest(someone, of, value)).permitted == (value in permitted)


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
        may = ["alarm.disarm", "*"]
        privilege = "administer"
        why = "for the test"
        """,
        name="reckless",
    )
    policy = compile_rules(root, [parse(defaults.load("safety"), name="safety")])
    someone = Principal("someone", role)
    for name in ("alarm.disarm", "setting.restart"):
        asked = AccessRequest(someone, OPERATIONS[name], True)
        decision = policy.decide(asked)
        assert [finding.set for finding in decision.findings] == ["safety"]
        assert not policy.may_use(someone, OPERATIONS[name])
        assert compile_rules(root).decide(asked).permitted
