"""Kill -9 while an urgent notice is on its way: the next start delivers what was not delivered."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.gateway.notify.post import WebServer

RUN = """
import asyncio, sys
from pathlib import Path
from gateway.app import open_gateway
from gateway.config import Channel, Config, Http
from gateway.notify import Notice, Urgency

async def main(directory, url, *notices):
    hook = Channel(name="hook", kind="webhook", url=url)
    config = Config(state_dir=Path(directory) / "state", http=Http(port=0), notify=(hook,))
    async with open_gateway(config, drivers={}) as gateway:
        for one in notices:
            at = gateway.clock.wall()
            gateway.parts.notifier.tell(Notice(one, at, "Asked", one, urgency=Urgency.HIGH))
        await asyncio.to_thread(sys.stdin.readline)
        while gateway.parts.notifier.channels["hook"].waiting:
            await asyncio.sleep(0.01)

asyncio.run(main(*sys.argv[1:]))
"""


async def running(
    directory: Path, server: WebServer, *notices: str, failpoint: str = ""
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", RUN, str(directory), server.url, *notices,
        env={**os.environ, "HEARTH_FAILPOINT": failpoint}, stdin=asyncio.subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize("point", ["notice_kept", "notice_delivered"])
async def test_a_power_cut(tmp_path: Path, server: WebServer, point: str) -> None:
    if point == "notice_kept":
        server.hold = asyncio.Event()  # it does not get through in the first run
    process = await running(tmp_path, server, "n1", failpoint=point)
    async with asyncio.timeout(30):
        assert await process.wait() == -signal.SIGKILL
    if server.hold is not None:
        server.hold.set()
    if point == "notice_kept":
        server.got.clear()
    process = await running(tmp_path, server, "n2")
    try:
        await server.delivered("n1", "n2")
    finally:
        assert process.stdin is not None
        process.stdin.close()  # it ends in order
        async with asyncio.timeout(30):
            assert await process.wait() == 0
    got = len(server.got)
    process = await running(tmp_path, server)  # and nothing is left over
    assert process.stdin is not None
    process.stdin.close()
    async with asyncio.timeout(30):
        assert await process.wait() == 0
    assert len(server.got) == got
