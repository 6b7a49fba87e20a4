"""A person uses a switch, and the agent stands back."""

from __future__ import annotations

import asyncio
from typing import Final

from gateway.cli.times import clock
from gateway.story.callers import NotAsTold
from gateway.story.devices import LAMP
from gateway.story.stage import Stage

A_WHILE_S: Final = 3.5
"""For three seconds after a command's effect what a device does counts as its doing: lamps fade, motors run out."""


async def tell(stage: Stage) -> None:
    tell, path = stage.tell, f"/things/{LAMP}/properties/on"
    tell.chapter("A person at the switch")
    before = stage.received(LAMP)
    await asyncio.sleep(A_WHILE_S)
    stage.by_hand(LAMP, "light", "on", False)
    tell.says("anna", "is tired, and switches the desk lamp off, at the lamp")
    await stage.coo.until(path, lambda value: value is False, stage.pause)

    tell.says("coo", "switches it on again: the plan said so")
    said = await stage.coo.ask("PUT", path, True, Hearth_Purpose="the evening wants it on")
    tell.says("hearth", said.text(), "yellow")
    if said.status != 409:
        raise NotAsTold(f"the agent was answered {said.text()}")
    until = clock(said.body.get("conflict", said.body).get("until"))
    tell.says("coo", f"stands back{f' until {until}' if until else ''}")
    if stage.received(LAMP) != before or stage.truth(LAMP, "light", "on"):
        raise NotAsTold("the lamp was told to go on again")
    tell.says("devices", "the lamp heard nothing of it, and is off")
