"""Which rules bind what runs: those of the moment, of whoever did it, of a group's members; and rules that change meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from capabilities.vocabulary import Json
from drivers.simulated.device import Attribute, Device, Part
from gateway.commands import Reason, Result
from tests.gateway.core.rig import AGENT, CHILD, OWNER, how, lamp, until
from tests.gateway.obligations.keeping import HEATER_OFF, heater, keeping, write

HOUR = 3600.0

BY_AGENTS = """[[then]]
id = "agents-heat-briefly"
who = ["agent"]
on = ["outlet.on"]
max_on = "30m"
why = "An agent's wish is a short one"
"""

AWAY = """[[then]]
id = "away-off"
on = ["outlet.on"]
when = { modes = ["away"] }
max_on = "10m"
why = "Nobody is there"
"""


async def test_a_rule_about_the_caller_counts_with_what_the_caller_did(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater("a"), heater("b")], HEATER_OFF + BY_AGENTS) as kept:
        await kept.rig.run("a.on", True, AGENT)
        await kept.rig.run("b.on", True, CHILD)
        terms = {one.thing: one.term for one in kept.owed()}
        assert {name: term.seconds for name, term in terms.items()} == {"a": HOUR / 2, "b": 2 * HOUR}
        assert terms["a"].rule == "household/agents-heat-briefly"
        await kept.rig.run("b.on", True, AGENT)
        await kept.pass_time(HOUR / 2)
        await until(lambda: not kept.owed())
        assert [kept.rig.value(name, "on") for name in "ab"] == [False, False]


async def test_rules_are_tightened_and_loosened_while_it_is_on(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.pass_time(HOUR / 2)
        for span, seconds in (("1h", HOUR), ("3h", 3 * HOUR)):
            write(tmp_path, HEATER_OFF.replace('"2h"', f'"{span}"'))
            await kept.rig.gateway.rules.reload()
            await until(lambda wanted=seconds: kept.owed()[0].term.seconds == wanted)  # type: ignore[misc]
        assert (await kept.told())[2:] == ["tightened", "loosened"]
        write(tmp_path, HEATER_OFF.replace('"2h"', '"31m"'))
        await kept.rig.gateway.rules.reload()
        await kept.pass_time(60)
        await kept.off("heater")


async def test_a_rule_that_is_gone_wants_nothing_any_more(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        write(tmp_path, "")
        await kept.rig.gateway.rules.reload()
        await until(lambda: not kept.owed())
        await kept.pass_time(3 * HOUR)
        assert kept.rig.received("heater") == 1


async def test_a_new_rule_holds_for_what_runs_already(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater(on=True)], "") as kept:
        await kept.pass_time(5 * HOUR)
        write(tmp_path, HEATER_OFF)
        await kept.rig.gateway.rules.reload()
        await until(kept.owed)
        await kept.pass_time(2 * HOUR - 1)
        assert kept.rig.received("heater") == 0, "nobody knows since when it is on: it counts from the rule"
        await kept.pass_time(1)
        await kept.off("heater")


async def test_a_rule_of_a_moment_holds_when_the_moment_comes(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()], AWAY) as kept:
        await kept.rig.run("heater.on", True, OWNER)
        assert not kept.owed()
        await kept.pass_time(HOUR)
        kept.rig.gateway.house.mode = "away"
        await kept.pass_time(60)
        await kept.off("heater")  # at once: it is known that it was on for longer than that


async def test_nothing_that_has_no_off_is_switched_on(tmp_path: Path) -> None:
    bell = Device("bell", "bell", "Hall", [Part("button", "button", (), ("press",))], {"button": {}})
    rule = '[[then]]\nid = "short"\non = ["button.press"]\nmax_on = "1m"\nwhy = "w"\n'
    async with keeping(tmp_path, [bell], rule) as kept:
        outcome = await kept.rig.run("bell.press()", None, OWNER)
        assert how(outcome) == (Result.REFUSED, Reason.OBLIGATION)
        assert "there is nothing to switch off" in outcome.detail


VALVE = Part(
    "valve",
    "valve",
    (Attribute("state", "string", options=("open", "opening", "closed", "closing", "stopped", "unknown")),),
    ("open", "close", "stop"),
)


def thermostat_with_mode() -> Device:
    attributes = (
        Attribute("target", "number", "°C", 5, 30, writable=True),
        Attribute("mode", "string", options=("off", "heat"), writable=True),
    )
    state: dict[str, Json] = {"target": 19.0, "mode": "heat"}
    part = Part("thermostat", "thermostat", attributes)
    return Device("radiator", "radiator", "Study", [part], {"thermostat": state})


@pytest.mark.parametrize(
    ("device", "use", "value", "step"),
    [
        (
            thermostat_with_mode(),
            "radiator.target",
            24,
            ("mode", False, "off"),
        ),
        (lamp(), "lamp.brightness", 30, ("on", False, False)),
        (lamp(), "lamp.set()", {"brightness": 30}, ("on", False, False)),
        (lamp(), "lamp.toggle()", None, ("on", False, False)),
        (
            Device("pipe", "pipe", "Garden", [VALVE], {"valve": {"state": "closed"}}),
            "pipe.open()",
            None,
            ("close", True, None),
        ),
    ],
)
async def test_each_kind_ends_in_its_own_way(
    tmp_path: Path, device: Device, use: str, value: Json, step: tuple[str, bool, Json]
) -> None:
    rule = '[[then]]\nid = "short"\non = ["light.*", "valve.open", "thermostat.target"]\nmax_on = "5m"\nwhy = "w"\n'
    device.reaction_seconds = 0.0
    async with keeping(tmp_path, [device], rule) as kept:
        begun = kept.rig.begin(use, value, OWNER)
        await until(kept.owed)
        (owed,) = kept.owed()
        assert tuple(owed.step) == step
        begun.cancel()


async def test_who_sees_the_thing_sees_what_is_owed(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        (event,) = kept.rig.told("obligation", "heater")[:1]
        assert (event["change"], event["duty"]) == ("promised", "max_on")
