"""The evening plan: lights, heating, a blind, and the lock, for which a person is asked."""

from __future__ import annotations

import asyncio
from typing import Any

from gateway.plans.plan import UNDO
from gateway.story.callers import NotAsTold
from gateway.story.devices import BLIND, CEILING, HEATING, LAMP, LOCK
from gateway.story.planning import act, called, committed, expect, followed, prepared, write
from gateway.story.stage import Stage

EVENING = [
    write(BLIND, "position", 0),
    write(CEILING, "brightness", 20),
    write(LAMP, "on", True),
    write(HEATING, "target", 21.5),
]


async def tell(stage: Stage) -> None:
    tell, coo = stage.tell, stage.coo
    tell.chapter("The evening, and a door")
    steps = [*EVENING, act(LOCK, "lock")]
    draft = await prepared(stage, coo, "Evening", "the house gets ready for the night", steps)
    plan = await committed(stage, coo, draft, "evening")
    if plan["state"] != "awaiting-approval":
        raise NotAsTold(f"it is {plan['state']}, and nobody was asked")
    question = await _question(stage, draft["id"])
    await _nobody_else_answers(stage, question)
    if not await _answered(stage, question):
        refused = await followed(stage, coo, draft["id"])
        tell.says("hearth", f"{refused['state']}: nothing was moved")
        tell.says(coo.name, "then without the door")
        draft = await prepared(stage, coo, "Evening", "the house gets ready for the night", EVENING)
        await committed(stage, coo, draft, "evening")
    ended = await followed(stage, coo, draft["id"])
    expect(ended, "done")
    lock, target = stage.truth(LOCK, "lock", "state"), stage.truth(HEATING, "thermostat", "target")
    tell.says("devices", f"the door is {lock}, the heating is set to {target:g} °C")


async def _question(stage: Stage, plan: str) -> Any:
    """What the person is shown."""

    def asked(body: Any) -> Any:
        return [one for one in body["to_answer"] if one["shown"].get("plan") == plan]

    found = await stage.anna.until("/approvals", asked, stage.pause)
    return asked(found)[0]


async def _nobody_else_answers(stage: Stage, question: Any) -> None:
    """The agent waits, knows that it waits, and has nothing to answer with."""
    body = {"answer": "approve", "digest": question["digest"]}
    said = await stage.coo.ask("POST", f"/approvals/{question['approval']}", body)
    stage.tell.says("coo", "(tries to say yes itself)")
    stage.tell.says("hearth", f"{said.text()}")
    if said.status < 400:
        raise NotAsTold("an agent answered its own question")


async def _answered(stage: Stage, question: Any) -> bool:
    """The person's answer, at the box."""
    shown = question["shown"]
    stage.tell.says("hearth", f"asks anna: may {shown['principal']['id']} do this?", "bold")
    steps = [step for step in shown["steps"] if not step["step"].endswith(UNDO)]
    for step in steps:
        stage.tell.says("", _shown(step))
    if len(steps) < len(shown["steps"]):
        stage.tell.says("", "and undo it, if one of them fails")
    for ask in shown["asks"]:
        stage.tell.says("", f"because: {ask['why']}")
    yes = await asyncio.to_thread(_prompt) if stage.interactive else True
    body = {"answer": "approve" if yes else "deny", "digest": question["digest"]}
    said = await stage.anna.ask("POST", f"/approvals/{question['approval']}", body, expect=200)
    stage.tell.says("anna", f"{'yes' if yes else 'no'}", "bold")
    stage.tell.says("hearth", f"{said.body['state']}, at the box")
    return yes


def _shown(step: dict[str, Any]) -> str:
    return f"{step['title']}: {called(step['affordance'], step['value'])}"


def _prompt() -> bool:
    """Who only presses Enter has not said yes to a door."""
    try:
        return input("  Your answer, yes or no [no]: ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False
