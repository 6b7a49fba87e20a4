"""One way in: toggles, steps and actions on several properties are what they mean, and what binds the one binds the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from capabilities.thing import Operation
from capabilities.vocabulary import Json
from drivers.simulated.faults import deaf
from drivers.simulated.timeline import ManualTimeline
from gateway.commands import Reason, Result
from gateway.requests import BadInput
from policies import compile_rules, parse
from tests.gateway.core.rig import AGENT, OWNER, Rig, device, hasten, lamp, opened, until

DIM = """format = 1
[[allow]]
id = "all"
who = ["owner", "agent"]
may = ["*"]
see = ["*"]
why = "A test"
[[limit]]
id = "dim"
who = ["agent"]
on = ["light.brightness"]
value = { max = 40 }
why = "Agents keep it dim"
"""


def rules(rig: Rig, text: str) -> None:
    rig.gateway.policy = compile_rules(parse(text, name="household"), [])


async def test_a_limit_on_a_property_binds_the_action_that_sets_it(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rules(rig, DIM)
        wishes: list[tuple[str, Json]] = [
            ("lamp.brightness", 41),
            ("lamp.set()", {"brightness": 41}),
            ("lamp.set()", {"on": True, "brightness": 100}),
            ("lamp.step()", {"by": 10}),
        ]
        for what, value in wishes:
            outcome = await rig.run(what, value, AGENT)
            assert (outcome.result, outcome.reason) == (Result.REFUSED, Reason.POLICY), what
            assert "dim" in outcome.detail
        assert rig.received("lamp") == 0
        assert (await rig.run("lamp.set()", {"brightness": 40}, AGENT)).result is Result.CONFIRMED
        assert (await rig.run("lamp.set()", {"brightness": 100}, OWNER)).result is Result.CONFIRMED


async def test_an_action_on_several_properties_waits_for_each(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()], timeline=ManualTimeline()) as rig:
        rig.driver.devices["lamp"].fault = deaf
        waiting = rig.begin("lamp.set()", {"on": True, "brightness": 80})
        await until(lambda: rig.gateway.executor.executions.dispatch_latencies)
        light, state = rig.driver.devices["lamp"], rig.driver.devices["lamp"].state["light"]
        state["on"] = True
        rig.driver._report(light, ["light"])
        await rig.settle()
        assert not waiting.done()
        state["brightness"] = 79.0
        rig.driver._report(light, ["light"])
        outcome = await waiting
        assert (outcome.result, outcome.property) == (Result.CONFIRMED, "brightness")
        (dispatch,) = await rig.rows("dispatch")
        effects = dispatch.body["effects"]
        assert isinstance(effects, list)
        assert [one["property"] for one in effects if isinstance(one, dict)] == ["on", "brightness"]


async def test_one_part_that_is_missed_is_named(tmp_path: Path, hurried: None) -> None:
    async with opened(tmp_path, [lamp(on=True)]) as rig:
        rig.driver.devices["lamp"].fault = deaf
        hasten(rig.thing("lamp"))
        outcome = await rig.run("lamp.set()", {"on": True, "brightness": 80})
        assert (outcome.result, outcome.property) == (Result.UNCONFIRMED, "brightness")


async def test_an_action_is_needless_only_if_all_its_parts_are(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(on=True)]) as rig:
        fits = await rig.run("lamp.set()", {"on": True, "brightness": 50})
        assert (fits.result, fits.reason) == (Result.ACKNOWLEDGED, Reason.UNCHANGED)
        partly = await rig.run("lamp.set()", {"on": True, "brightness": 60})
        assert (partly.result, partly.reason) == (Result.CONFIRMED, Reason.NONE)


async def test_a_slow_change_has_time_for_it(tmp_path: Path, hurried: None) -> None:
    async with opened(tmp_path, [lamp()], timeline=ManualTimeline()) as rig:
        actions = cast("dict[str, Operation]", rig.thing("lamp").thing.actions)
        actions["set"] = replace(actions["set"], check=lambda value: value)  # a lamp that knows transitions
        hasten(rig.thing("lamp"), 0.0)
        rig.driver.devices["lamp"].reaction_seconds = 5.0
        waiting = rig.begin("lamp.set()", {"brightness": 80, "transition": 5})
        await until(lambda: rig.gateway.executor.executions.dispatch_latencies)
        rig.timeline.advance(5.0)
        assert (await waiting).result is Result.CONFIRMED


async def test_a_toggle_is_the_write_of_what_is_not(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("garden-switch")]) as rig:
        for thing, part in (("lamp", "light"), ("garden-switch", "switch")):
            for on in (True, False):
                assert (await rig.run(f"{thing}.toggle()")).result is Result.CONFIRMED
                assert rig.driver.devices[thing].state[part]["on"] is on
        topics = {entry.topic for entry in rig.driver.log.entries}
        assert topics == {"lamp/light/on", "garden-switch/switch/on"}
        values = [row.body["value"] for row in await rig.rows("dispatch")]
        assert values == [True, False, True, False]


@pytest.mark.parametrize(
    ("start", "by", "end"), [(50, 20, 70), (50, -20, 30), (90, 20, 100), (10, -40, 0), (99.5, 0.5, 100)]
)
async def test_a_step_is_absolute_and_stops_at_the_end(
    tmp_path: Path, hurried: None, start: float, by: float, end: float
) -> None:
    async with opened(tmp_path, [lamp(brightness=float(start), on=True)]) as rig:
        hasten(rig.thing("lamp"))
        await rig.run("lamp.step()", {"by": by})
        (dispatch,) = await rig.rows("dispatch")
        assert (dispatch.body["affordance"], dispatch.body["value"]) == ("step", end)


async def test_a_step_at_the_end_moves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(brightness=100.0)]) as rig:
        outcome = await rig.run("lamp.step()", {"by": 10})
        assert (outcome.result, outcome.reason) == (Result.ACKNOWLEDGED, Reason.UNCHANGED)


@pytest.mark.parametrize("value", [None, {}, {"by": "much"}, 10])
async def test_a_step_without_a_size_is_refused(tmp_path: Path, value: Json) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        with pytest.raises(BadInput):
            await rig.run("lamp.step()", value)
