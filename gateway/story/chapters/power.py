"""The power fails in the middle of a plan."""

from __future__ import annotations

import time

from gateway.story.callers import NotAsTold
from gateway.story.devices import BLIND, CEILING
from gateway.story.planning import committed, expect, followed, prepared, tell_step, write
from gateway.story.stage import Stage


async def tell(stage: Stage) -> None:
    tell, coo = stage.tell, stage.coo
    tell.chapter("The power fails")
    steps = [write(BLIND, "position", 100), write(CEILING, "brightness", 5), write(CEILING, "on", False)]
    draft = await prepared(stage, coo, "Air", "some fresh air before the night", steps)
    commands = stage.received(BLIND)
    await committed(stage, coo, draft, "air")
    await stage.becomes("the blind moves", lambda: stage.device(BLIND).moving)
    told: dict[str, str] = {}
    for step in (await coo.ask("GET", f"/plans/{draft['id']}", expect=200)).body["steps"]:
        tell_step(stage, step, told)

    pid = stage.child.pid
    await stage.child.kill()
    await stage.disconnected()
    tell.says("story", f"kill -9 {pid}: the gateway is gone, the blind is still moving", "red")
    began = time.monotonic()
    await stage.child.start()
    tell.says("story", f"started again; its API answered after {time.monotonic() - began:.1f} s")

    plan = await followed(stage, coo, draft["id"], told)
    expect(plan, "done")
    tell.says("hearth", f"{plan['state']}: taken up where it was", "green")
    sent = stage.received(BLIND) - commands
    tell.says("devices", f"the blind was told once, and is at {stage.truth(BLIND, 'blind', 'position'):g} %")
    if sent != 1:
        raise NotAsTold(f"the blind was told {sent} times")
    if stage.truth(CEILING, "light", "on"):
        raise NotAsTold("the ceiling light is still on")
