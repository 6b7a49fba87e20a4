"""What is wanted of something that somebody else holds, and what would do: told as messages, and in a dry run."""

from __future__ import annotations

from pathlib import Path

from capabilities.vocabulary import Json
from gateway.commands import Outcome, Result
from gateway.leases.claims import Wish
from gateway.leases.ranges import Range
from gateway.ledger import Record
from policies import Principal, Role
from tests.gateway.core.rig import AGENT, OWNER, Rig, lamp, opened

BUTLER = Principal("butler", Role.AGENT, acts_for="anna", acts_for_role=Role.OWNER)


async def _held(rig: Rig) -> None:
    wish = Wish("lamp", "brightness", Range(10, 30), purpose="he sleeps")
    await rig.gateway.leases.claim(BUTLER, wish)


async def _messages(rig: Rig) -> list[tuple[Json, Record]]:
    return [(row.body.get("type"), row) for row in await rig.rows("message")]


async def test_a_conflict_is_a_proposal_and_a_counter_proposal(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await _held(rig)
        execution = await rig.execute("lamp.brightness", 80, AGENT, purpose="she reads")
        assert isinstance(execution.outcome, Outcome)
        assert execution.outcome.result is Result.REFUSED
        said = await _messages(rig)
        assert [kind for kind, _ in said] == ["proposal", "counter-proposal"]
        assert {row.execution for _, row in said} == {execution.command.id}
        body = said[1][1].body["body"]
        assert isinstance(body, dict)
        assert body["nearest"] == 30
        assert body["accepted"] == {"minimum": 10, "maximum": 30}
        assert rig.received("lamp") == 0


async def test_who_insists_fills_no_ledger_with_messages(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await _held(rig)
        for value in (80, 81, 82):
            await rig.execute("lamp.brightness", value, AGENT)
        assert len(await _messages(rig)) == 2


async def test_what_everybody_accepts_needs_no_words(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await _held(rig)
        assert (await rig.run("lamp.brightness", 25, AGENT)).result is Result.CONFIRMED
        assert (await rig.run("lamp.brightness", 90, OWNER)).result is Result.CONFIRMED, "a person passes"
        assert not await _messages(rig)


async def test_a_dry_run_foresees_it(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await _held(rig)
        preview = rig.gateway.executor.preview(rig.command("lamp.brightness", 80, AGENT))
        assert preview.decision.permitted
        assert preview.obstacle is not None
        assert preview.obstacle.conflict is not None
        assert not await _messages(rig)
