"""What is refused, and what means nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from capabilities.vocabulary import Json, Quality
from gateway.commands import Reason, Result
from gateway.requests import BadInput, NoSuchAffordance
from policies import NO_FACTS, AccessRequest, Decision, Facts, Finding, Policy, Verdict
from tests.gateway.core.rig import (
    AGENT,
    CHILD,
    GUEST,
    device,
    how,
    lamp,
    opened,
)


async def test_refused_with_every_reason(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("front-door")]) as rig:
        outcome = await rig.run("front-door.unlock()", by=GUEST)
        assert how(outcome) == (Result.REFUSED, Reason.POLICY)
        assert outcome.decision is not None
        (denied,) = await rig.rows("denied")
        found = {
            cast("dict[str, Json]", finding)["rule"]
            for finding in cast("list[Json]", denied.body["findings"])
        }
        assert found == {finding.rule for finding in outcome.decision.findings}
        assert await rig.rows("dispatch", "outcome") == []
        assert rig.received("front-door") == 0


class Asking(Policy):
    """Rules by which a person is to be asked first."""

    def decide(self, request: AccessRequest, facts: Facts = NO_FACTS) -> Decision:
        finding = Finding("risky", "household", Verdict.NEEDS_APPROVAL, "A person decides")
        return Decision(Verdict.NEEDS_APPROVAL, (finding,), self.version)


async def test_what_needs_an_approval_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rules = rig.gateway.policy
        rig.gateway.policy = Asking("asking", rules._root, (), rules._rules)
        outcome = await rig.run("lamp.on", True, AGENT)
        assert how(outcome) == (Result.REFUSED, Reason.APPROVAL_REQUIRED)
        assert outcome.detail == "A person decides"
        assert rig.received("lamp") == 0


async def test_a_relative_command_needs_a_known_state(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        slot = rig.thing("lamp").slots["on"]
        assert slot.reading is not None
        slot.reading = replace(slot.reading, quality=Quality.UNCERTAIN)
        outcome = await rig.run("lamp.toggle()")
        assert how(outcome) == (Result.REFUSED, Reason.STATE_UNKNOWN)
        assert "write on itself instead" in outcome.detail
        slot.reading = None
        assert how(await rig.run("lamp.toggle()")) == (Result.REFUSED, Reason.STATE_UNKNOWN)
        assert rig.received("lamp") == 0


async def test_a_relative_command_out_of_contact_is_not_sent(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.driver.cut_link()
        await rig.settle()
        for what, value in (("lamp.step()", {"by": 10}), ("lamp.brightness", 60)):
            outcome = await rig.run(what, cast("Json", value))
            assert how(outcome) == (Result.NOT_SENT, Reason.DEVICE_UNREACHABLE)
            assert outcome.detail == "the link is cut; last seen brightness 50.0, 0 s ago"
            assert (outcome.property, outcome.reading and outcome.reading.value) == ("brightness", 50)
        assert await rig.rows("dispatch") == []


async def test_a_suspended_thing_is_left_alone(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.thing("lamp").suspended = "announced anew with other commands"
        outcome = await rig.run("lamp.on", True)
        assert how(outcome) == (Result.REFUSED, Reason.SUSPENDED)
        assert "a person must accept it" in outcome.detail
        assert rig.received("lamp") == 0


@pytest.mark.parametrize(
    ("what", "value"), [("nobody.on", True), ("lamp.state", 1), ("lamp.on()", None), ("lamp.toggle", None)]
)
async def test_what_is_not_there(tmp_path: Path, what: str, value: Json) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        for ask in (rig.gateway.executor.run, rig.gateway.executor.start):
            with pytest.raises(NoSuchAffordance, match="there is no"):
                await ask(rig.command(what, value))
        with pytest.raises(NoSuchAffordance):
            rig.gateway.executor.preview(rig.command(what, value))


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("lamp.on", "yes"),
        ("lamp.brightness", 101),
        ("lamp.brightness", float("nan")),
        ("lamp.set()", {"colour": "red"}),
        ("lamp.toggle()", 1),
    ],
)
async def test_what_does_not_fit_its_schema(tmp_path: Path, what: str, value: Json) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        with pytest.raises(BadInput, match="lamp"):
            await rig.run(what, value, key="a key that stays free")
        assert await rig.rows("dispatch", "denied", "outcome") == []
        assert how(await rig.run("lamp.on", True, key="a key that stays free"))[0] is Result.CONFIRMED


async def test_a_preview_moves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(on=True), device("front-door")]) as rig:
        executor = rig.gateway.executor
        preview = executor.preview(rig.command("lamp.toggle()"))
        assert (preview.affordance, preview.value, preview.is_action) == ("on", False, False)
        assert preview.decision.permitted
        assert not preview.unchanged
        assert executor.preview(rig.command("lamp.on", True)).unchanged
        assert not executor.preview(rig.command("front-door.unlock()", by=CHILD)).decision.permitted
        rig.driver.cut_link()
        await rig.settle()
        with pytest.raises(BadInput, match="lamp cannot be reached"):
            executor.preview(rig.command("lamp.toggle()"))
        assert await rig.rows("dispatch", "denied", "outcome") == []
        assert rig.driver.log.entries == type(rig.driver.log.entries)(maxlen=10_000)
