"""What takes more than one request: a plan from the proposal to the promise, a person's answers."""

from __future__ import annotations

import asyncio
import random
from typing import Any, Final

from tests.bench.campaign import devices
from tests.bench.campaign.asked import Caller, Wish

LOOK_S: Final = 0.1

Step = dict[str, Any]


async def plan(caller: Caller, dice: random.Random, key: str) -> None:
    """Prepares one and commits it, if it can be committed. Some of them fail on the way; some are paused or cancelled."""
    document = {
        "title": key,
        "steps": [_step(dice) for _ in range(dice.randint(2, 4))],
        "on_failure": dice.choice(("compensate", "compensate", "stop", "continue")),
    }
    draft = await caller.ask(Wish("POST", "/plans", document))
    if draft.status != 201 or not draft.document["committable"]:
        return
    name = draft.document["id"]
    headers = {"If-Match": f'"{draft.document["digest"]}"'}
    await caller.ask(Wish("POST", f"/plans/{name}/commit", {}, key=key, headers=headers))
    if dice.random() < 0.15:
        await caller.ask(Wish("POST", f"/plans/{name}/cancel", {"undo": dice.random() < 0.5}))


def _step(dice: random.Random) -> Step:
    sort = dice.random()
    if sort < 0.08:
        return {"thing": devices.PLUG, "property": "on", "value": dice.random() < 0.5}
    if sort < 0.2:
        return {"thing": dice.choice((devices.REJECTING, devices.LATE)), "property": "on", "value": True}
    thing = dice.choice((*devices.LAMPS, *devices.MEMBERS))
    if sort < 0.6:
        return {"thing": thing, "property": "brightness", "value": dice.randint(1, 100)}
    return {
        "thing": thing,
        "property": "on",
        "value": dice.random() < 0.5,
        "on_failure": {"retry": 1, "pause": "1s"},
    }


async def lease(caller: Caller, dice: random.Random, purpose: str) -> None:
    """Holds a lamp for a moment; sometimes gives it back, sometimes forgets to."""
    wish = {
        "thing": dice.choice(devices.LAMPS),
        "property": "brightness",
        "accepts": {"minimum": dice.randint(0, 50), "maximum": dice.randint(50, 100)},
        "for": f"{dice.randint(1, 4)}s",
        "purpose": purpose,
        "wait": dice.random() < 0.3,
    }
    held = await caller.ask(Wish("POST", "/leases", wish))
    if held.status in {201, 202} and dice.random() < 0.5:
        await caller.ask(Wish("DELETE", f"/leases/{held.document['id']}"))


async def answers(
    box: Caller, dice: random.Random, stop: asyncio.Event, *, all_of_them: bool = False
) -> None:
    """The person at the box: says yes, no, or nothing for now."""
    while not stop.is_set():
        shown = await box.ask(Wish("GET", "/approvals"))
        for one in shown.document["to_answer"]:
            if all_of_them or dice.random() < 0.5:
                answer = "approve" if dice.random() < 0.7 else "deny"
                body = {"answer": answer, "digest": one["digest"]}
                await box.ask(Wish("POST", f"/approvals/{one['approval']}", body))
        await asyncio.sleep(LOOK_S)
