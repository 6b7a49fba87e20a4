"""A household without `towardSafe` mistakes: nothing is free of rates, rests, quiet hours and questions, and nothing is what
the panic switch does, that anywhere closes, locks, cuts or silences what should stay open, free, running or loud.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.compose import ComposeError, compose
from capabilities.naming import allot_names
from capabilities.thing import Operation
from capabilities.thing_models import ModelAffordance, contract
from capabilities.vocabulary import KINDS, Hazard, Json, Privilege
from drivers.mqtt.discovery import Discovery
from policies import (
    AccessRequest,
    GivenFacts,
    Policy,
    Principal,
    Role,
    Subject,
    Verdict,
    compile_rules,
    defaults,
    parse,
)

SAMPLE = Path(__file__).parents[2] / "../shared/data/zigbee2mqtt-discovery-sample.jsonl"
needs_sample = pytest.mark.skipif(not SAMPLE.exists(), reason="the sample of announcements is not here")

REVIEWED = {
    "blind.stop": "what is pinched is not pinched further, and a hand can move a still blind on",
    "garage.stop": "a still door crushes nobody further, and can be released by hand",
    "vacuum.stop": "a still robot harms nothing where it stands",
    "vacuum.pause": "a still robot harms nothing where it stands",
    "mower.stop": "its blades stop too",
    "mower.pause": "its blades stop too",
}
"""All that is toward the safe state, and all that panic does: each was looked at, with the reason that it is safe for every
device of its kind. Whoever marks another in a model writes down here why it closes, locks, cuts and silences nothing.
"""

STANDING_STILL = {"stopped", "paused", "idle", "open", "closed", "docked", "error"}
"""What may be seen of something that was told to stand still, wherever it stood."""

MODELS = {f"{kind}.{name}": of for kind in KINDS for name, of in contract(kind).affordances.items()}
OPERATIONS = {name: of for name, of in MODELS.items() if of.is_operation and not of.absolute}

STRICT = parse(
    """
    format = 1
    [[allow]]
    id = "named"
    who = ["owner"]
    may = ["*", "alarm.disarm", "smoke.test", "smoke.silence", "co.test", "co.silence"]
    privilege = "administer"
    why = "Everything"

    [[limit]]
    id = "quiet"
    on = ["*"]
    not_between = ["00:00", "23:59"]
    why = "Quiet hours, and the clock is not known"

    [[limit]]
    id = "rest"
    on = ["*"]
    rest = "1h"
    why = "It has only just been switched off"

    [[ask]]
    id = "ask"
    on = ["*"]
    approver = ["adult"]
    valid = "1m"
    why = "Everything is asked"
    """,
    name="strict",
)
EXEMPTS = compile_rules(STRICT)
"""Only what is exempt passes these rules."""

OWNER = Principal("anna", Role.OWNER)
SOFTWARE = [Principal("it", role) for role in (Role.AGENT, Role.GUEST_AGENT, Role.SERVICE)]


def shipped() -> Policy:
    household, safety = (parse(defaults.load(name), name=name) for name in defaults.NAMES)
    return compile_rules(household, [safety])


def safe_values(toward_safe: bool, value: Json) -> list[tuple[Json, bool]]:
    """Values to try, with what the gateway would say of them."""
    return [(one, toward_safe and value in (None, one)) for one in (None, True, False, 0, 100, "off", value)]


def exempt(capability: str, of: ModelAffordance | Operation) -> bool:
    """Whether any use of it is free of what binds every other."""
    subject = Subject("it", "", frozenset(), capability, of.privilege, of.hazard)
    return any(
        EXEMPTS.decide(AccessRequest(OWNER, subject, value, safe), GivenFacts()).permitted
        for value, safe in safe_values(of.toward_safe, of.toward_safe_value)
    )


# ---------------------------------------------------------------- the models


def test_what_is_toward_the_safe_state_was_reviewed() -> None:
    assert {name for name, of in MODELS.items() if of.toward_safe} == set(REVIEWED)
    assert {name for name, of in MODELS.items() if of.has_panic} == set(REVIEWED)


def test_decisions_exempt_what_was_reviewed_and_nothing_else() -> None:
    assert {name for name, of in OPERATIONS.items() if exempt(name, of)} == set(REVIEWED)


@pytest.mark.parametrize("capability", REVIEWED)
def test_what_was_reviewed_stands_still_and_does_nothing_else(capability: str) -> None:
    of = MODELS[capability]
    assert (of.role, of.schema, of.toward_safe_value, of.panic) == ("action", None, None, None), (
        "an input could ask for more than to stand still"
    )
    assert of.idempotent
    expected = {one for effect in of.effects for one in (effect.expected, *effect.one_of)}
    assert expected <= STANDING_STILL
    assert expected & {"stopped", "paused", "idle"}
    assert of.hazard <= Hazard.PROPERTY


@pytest.mark.parametrize(
    "name", ["on", "off", "close", "lock", "silence", "disarm", "target", "mode", "position"]
)
def test_no_name_makes_anything_safe(name: str) -> None:
    for kind in KINDS:
        of = contract(kind).affordances.get(name)
        assert of is None or not (of.toward_safe or of.has_panic)


def test_no_device_can_say_of_itself_that_it_is_safe() -> None:
    said = {
        one.name for kind in (AffordanceDescription, ComponentDescription) for one in dataclasses.fields(kind)
    }
    assert not {name for name in said if "safe" in name or "panic" in name}
    shouting = ComponentDescription(
        "k", "outlet", (AffordanceDescription("on", "p", writable=True, schema={"hearth:towardSafe": True}),)
    )
    with pytest.raises(ComposeError, match="describes 'hearth:towardSafe'"):
        compose("t", "t", [shouting], allot_names([shouting], {}))


# ---------------------------------------------------------------- the devices of the sample

HARMFUL = {
    "silence": "a gas detector that is silent wakes nobody",
    "alarm_time": "a gas alarm of no seconds wakes nobody",
    "frost_protection": "off, and the pipes freeze",
    "frost_protection_temperature": "low, and the pipes freeze",
    "heat_protect": "off, and the floor burns",
    "ntc_overheat_protection": "off, and the floor burns",
    "relock_enabled": "on, and whoever steps out for a moment is locked out",
    "auto_relock_time": "short, and whoever steps out for a moment is locked out",
    "lock": "somebody is inside in a fire, or outside in the cold",
    "unlock": "a burglar",
    "alarm": "a siren that is stopped before anybody has heard it",
    "siren_on": "a siren that is stopped before anybody has heard it",
    "alarm_on": "an alarm that is stopped before anybody has heard it",
    "volume_alarm": "an alarm that nobody hears",
    "sensitivity_alarm": "an intruder that nobody notices",
    "window_detection": "off, and the heating runs against an open window",
    "child_lock": "on, and nobody can turn the heating up by hand; off, and a child can",
    "close": "a way out",
    "mode": "off, and the pipes freeze",
    "target": "low, and the pipes freeze",
}
"""Operations of the sample that sound safe or harmless, each with whom it would harm."""


def operations() -> Iterator[tuple[str, Operation]]:
    discovery = Discovery("homeassistant")
    for line in map(orjson.loads, SAMPLE.read_bytes().splitlines()):
        for message in line["messages"]:
            discovery.feed(message["topic"], message["payload"].encode())
    for device in discovery.take_changed():
        candidate = device.describe("mqtt")
        names = allot_names(candidate.components, {})
        thing = compose("a-thing", candidate.title, candidate.components, names)
        for operation in (*thing.writes.values(), *thing.actions.values()):
            yield f"{candidate.model}: {operation.name}", operation


@pytest.fixture(scope="module")
def sample() -> dict[str, Operation]:
    found = dict(operations())
    assert len(found) > 400
    return found


@needs_sample
def test_of_real_devices_only_blinds_that_stop_are_exempt(sample: dict[str, Operation]) -> None:
    marked = {of.capability for of in sample.values() if of.toward_safe or of.has_panic}
    assert marked == {"blind.stop"}
    assert {of.capability for of in sample.values() if exempt(of.capability, of)} == {"blind.stop"}


@needs_sample
@pytest.mark.parametrize("name", HARMFUL)
def test_what_only_sounds_harmless_is_not_exempt(sample: dict[str, Operation], name: str) -> None:
    found = [of for key, of in sample.items() if key.endswith(f": {name}")]
    assert found, "the sample has no such operation any more"
    for of in found:
        assert not (of.toward_safe or of.has_panic)
        assert not exempt(of.capability, of)


@needs_sample
def test_what_nobody_knows_is_a_setting_that_can_do_damage(sample: dict[str, Operation]) -> None:
    settings = {key: of for key, of in sample.items() if of.capability.startswith("setting.")}
    assert len(settings) > 150
    for key, of in settings.items():
        assert of.privilege.rank >= Privilege.MANAGE.rank, key
        assert of.hazard >= Hazard.PROPERTY or of.capability == "setting.identify", key
    for key, of in sample.items():
        if of.capability.startswith(("switch.", "outlet.")):
            assert of.hazard >= Hazard.PROPERTY, key
        model = MODELS.get(of.capability)
        assert model is not None or (of.hazard, of.privilege) >= (Hazard.PROPERTY, Privilege.MANAGE), key


@needs_sample
def test_software_never_closes_locks_cuts_or_silences_by_itself(sample: dict[str, Operation]) -> None:
    """Under the sets that ship, whatever the value: of what can do damage, nothing moves without an adult."""
    policy = shipped()
    for key, of in sample.items():
        if exempt(of.capability, of):
            continue  # standing still, whatever a cover of which nobody has said what it is turns out to be
        subject = Subject("it", "", frozenset(), of.capability, of.privilege, of.hazard)
        for software in SOFTWARE:
            for value, safe in safe_values(of.toward_safe, of.toward_safe_value):
                decision = policy.decide(AccessRequest(software, subject, value, safe))
                if of.hazard >= Hazard.PROPERTY or of.privilege is not Privilege.OPERATE:
                    assert decision.verdict < Verdict.PERMIT, (key, software.role, value)
