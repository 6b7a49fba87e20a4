"""What is so already costs nobody a tap; and who may not see that it is so does not learn it by not being asked for."""

from __future__ import annotations

from pathlib import Path

from gateway.commands import Reason, Result
from tests.gateway.approvals.asking import RULES, ask, asked, rules
from tests.gateway.core.rig import how, lamp, opened


async def test_what_is_so_already_asks_nobody(tmp_path: Path) -> None:
    rules(tmp_path)
    async with opened(tmp_path, [lamp(brightness=50.0)]) as rig:
        outcome = await ask(rig, "lamp.brightness", 50)
        assert how(outcome) == (Result.ACKNOWLEDGED, Reason.UNCHANGED)
        assert rig.received("lamp") == 0
        assert not await rig.rows("intent")


async def test_what_one_may_not_see_is_asked_for_as_ever(tmp_path: Path) -> None:
    rules(tmp_path, RULES.replace('see = ["*", "sensitive"]', 'see = ["lock.*"]'))
    async with opened(tmp_path, [lamp(brightness=50.0)]) as rig:
        waiting = ask(rig, "lamp.brightness", 50)
        assert (await asked(rig)).is_open
        waiting.cancel()
