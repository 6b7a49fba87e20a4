"""Whoever a rule wants told is told, also where the gateway dies between the end of a command and the notice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.gateway.core.rig import AGENT, until
from tests.gateway.obligations.keeping import Kept, heater, keeping

TELL = """[[then]]
id = "we-want-to-know"
on = ["outlet.on"]
notify = ["adult"]
why = "Heaters are dear"
"""
START = 1_750_000_000.0


def notices(kept: Kept) -> list[dict[str, Any]]:
    """All since the start."""
    return [event.data for event in kept.rig.gateway.observers._recent if event.kind == "notice"]


async def test_a_command_that_ended_is_told_once(tmp_path: Path) -> None:
    device = heater()
    async with keeping(tmp_path, [device], TELL) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        assert [one["outcome"] for one in notices(kept)] == ["confirmed"]
        await kept.quiet()
        assert await kept.told() == [], "what is only told is in the ledger by its outcome"
    async with keeping(tmp_path, [device], TELL, at=START + 1) as kept:
        await kept.quiet()
        assert notices(kept) == []


async def test_a_crash_after_the_outcome_loses_no_notice(tmp_path: Path) -> None:
    device = heater()
    async with keeping(tmp_path, [device], TELL) as kept:
        gateway = kept.rig.gateway
        gateway.obligations.ended = lambda *_: None
        gateway.executor._notify = lambda *_: None
        await kept.rig.run("heater.on", True, AGENT, purpose="a warm bath")
        await kept.quiet()
        assert notices(kept) == []
    async with keeping(tmp_path, [device], TELL, at=START + 1) as kept:
        (notice,) = notices(kept)
        assert (notice["title"], notice["to"]) == ("heater: on true", ["adult"])
        assert notice["text"].startswith("done, and seen to be so; asked by coo (agent)")
        assert "a warm bath" in notice["text"]
        await kept.quiet()
    async with keeping(tmp_path, [device], TELL, at=START + 2) as kept:
        assert notices(kept) == []


async def test_a_command_that_is_settled_after_a_crash_is_told(tmp_path: Path) -> None:
    device = heater()
    async with keeping(tmp_path, [device], TELL) as kept:
        executor, never = kept.rig.gateway.executor, asyncio.Event()
        executor._sender.send = lambda *_: never.wait()  # type: ignore[method-assign,assignment]
        executor._give_up = lambda *_: None  # type: ignore[method-assign]
        task = kept.rig.begin("heater.on", True, AGENT)
        await until(lambda: kept.rig.gateway.ledger.stats.waiting == 0 and len(executor._turns._turns))
        await kept.quiet()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    device.state["outlet"]["on"] = True
    async with keeping(tmp_path, [device], TELL, at=START + 1) as kept:
        while not notices(kept):
            await kept.pass_time(0.01)
        assert [one["outcome"] for one in notices(kept)] == ["confirmed"]
