"""How long it takes in a large house. The figures are printed (`pytest -s`), not asserted: they are the machine's."""

from __future__ import annotations

import asyncio
from pathlib import Path

from capabilities.vocabulary import Json
from policies import Principal, Role
from tests.gateway.core.rig import OWNER, device, opened, until

THINGS = 200
TOKENS = 50


async def test_200_blinds_that_move_and_50_agents(tmp_path: Path) -> None:
    names = [f"blind-{number:03}" for number in range(THINGS)]
    async with opened(tmp_path, [device(name, "bedroom-blind") for name in names]) as rig:
        identity = rig.gateway.identity
        secrets = [
            (await identity.create_token(Principal(f"agent-{n}", Role.AGENT, acts_for="anna")))[1]
            for n in range(TOKENS)
        ]
        waiting = [rig.begin(f"{name}.close()") for name in names]
        await until(lambda: all(rig.value(name, "state") == "closing" for name in names))
        async with asyncio.timeout(10):
            report = await rig.gateway.panic.press(OWNER)
            await asyncio.gather(*waiting)
        assert (len(report.stopped), len(report.moving), len(report.cancelled)) == (THINGS, 0, THINGS)
        assert not any(rig.driver.devices[name].moving for name in names)
        assert not [secret for secret in secrets if identity.authenticate(secret) is not None]
        (_, end) = await rig.rows("panic")
        assert counted(end.body["halts"]) == THINGS
        assert len([row for row in await rig.rows("dispatch") if "house/panic" in str(row.body)]) == THINGS
        assert report.stops_us is not None
        print(  # noqa: T201
            f"\n{THINGS} moving Things, {TOKENS} agents: tokens dead after {report.tokens_us / 1000:.1f} ms, "
            f"the last stop handed over after {report.stops_us / 1000:.1f} ms, "
            f"all seen to stand after {report.ended_us / 1000:.1f} ms"
        )


def counted(listed: Json) -> int:
    return len(listed) if isinstance(listed, list) else -1
