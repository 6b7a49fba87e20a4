"""A device fails in the middle of a plan, and what was done is undone."""

from __future__ import annotations

from gateway.story.callers import NotAsTold
from gateway.story.devices import BLIND, CEILING, LAMP
from gateway.story.planning import committed, expect, followed, prepared, write
from gateway.story.stage import Stage


async def tell(stage: Stage) -> None:
    tell = stage.tell
    tell.chapter("A lamp does not answer")
    tell.aside("Nobody knows it yet, but the desk lamp hears nothing any more.")
    stage.fault(LAMP, "deaf")
    steps = [
        write(BLIND, "position", 20),
        write(CEILING, "brightness", 20),
        write(LAMP, "on", True),
    ]
    draft = await prepared(stage, stage.coo, "A film", "dark, and one small lamp", steps)
    await committed(stage, stage.coo, draft, "film")
    plan = await followed(stage, stage.coo, draft["id"])
    expect(plan, "undone")
    tell.says("hearth", f"{plan['state']}: {plan['reports'][-1]['why']}", "yellow")
    position, light = stage.truth(BLIND, "blind", "position"), stage.truth(CEILING, "light", "brightness")
    tell.says(
        "devices", f"the blind is at {position:.0f} % and the ceiling light at {light:.0f} %, as before"
    )
    if (round(position), round(light)) != (100, 80):
        raise NotAsTold(f"the blind is at {position}, the ceiling light at {light}")
    stage.fault(LAMP)
    tell.says("anna", "restarts the lamp: it hears again")
