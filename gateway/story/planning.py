"""What an agent does with a plan: prepares it, looks at what would become of it, commits it, and watches."""

from __future__ import annotations

from typing import Any, Final

from gateway.cli.words import a
from gateway.story.callers import Caller, NotAsTold, Said
from gateway.story.stage import Stage

WAIT_S: Final = 20
"""For a change of the plan, in one request."""

_VERDICTS: Final = {
    "permit": "allowed",
    "deny": "not allowed",
    "needs-approval": "only if a person says yes",
}

Step = dict[str, Any]


def write(thing: str, name: str, value: Any, **more: Any) -> Step:
    return {"thing": thing, "property": name, "value": value, **more}


def act(thing: str, name: str, **more: Any) -> Step:
    return {"thing": thing, "action": name, **more}


async def prepared(stage: Stage, agent: Caller, title: str, purpose: str, steps: list[Step]) -> Any:
    """The plan as it would go; nothing is touched."""
    stage.tell.says(agent.name, f"I propose “{title}”: {purpose}")
    plan = {"title": title, "purpose": purpose, "steps": steps}
    said = await agent.ask("POST", "/plans", plan, expect=201)
    draft = said.body
    for step in draft["steps"]:
        stage.tell.says("", f"{step['id']}  {_becomes(step)}: {verdict(step['verdict'])}")
    asks = [f"{' or '.join(map(a, one['approver']))} is asked: {one['why']}" for one in draft["approvals"]]
    stage.tell.says("hearth", "; ".join([f"{verdict(draft['verdict'])}, nothing is touched yet", *asks]))
    return draft


async def committed(stage: Stage, agent: Caller, draft: Any, called: str) -> Any:
    """It goes on by itself from here. `called` is what the story calls it."""
    digest = {"If_Match": f'"{draft["digest"]}"'}
    said = await agent.ask("POST", f"/plans/{draft['id']}/commit", {}, expect=202, **digest)
    stage.plans[called] = draft["id"]
    stage.tell.says(agent.name, "then do it")
    stage.tell.says("hearth", f"{said.status}: {said.body['state'].replace('-', ' ')}")
    return said.body


async def followed(stage: Stage, agent: Caller, plan: str, told: dict[str, str] | None = None) -> Any:
    """Until it has ended; each step is told when it ends. `told` holds what was told of it before."""
    told = {} if told is None else told
    etag = ""
    while True:
        said = await _look(agent, plan, etag)
        etag = said.headers.get("ETag", "")
        for step in said.body["steps"]:
            tell_step(stage, step, told)
        if said.body.get("ended") and "reports" in said.body:
            return said.body


async def _look(agent: Caller, plan: str, etag: str) -> Said:
    if not etag:
        return await agent.ask("GET", f"/plans/{plan}", expect=200)
    return await agent.ask("GET", f"/plans/{plan}?wait={WAIT_S}", expect=200, If_None_Match=etag)


def tell_step(stage: Stage, step: Step, told: dict[str, str]) -> None:
    """What is new of a step since it was told last."""
    now = "/".join(filter(None, (step["state"], step.get("undo", ""))))
    if told.get(step["id"], "waiting") == now or now == "running":
        return
    told[step["id"]] = now
    if undo := step.get("undo"):
        stage.tell.says("hearth", f"{step['id']}  {_call(step)}: {undo.replace('-', ' ')}", "yellow")
        return
    result = ": ".join(filter(None, (step.get("result", ""), step.get("detail") or step.get("reason", ""))))
    colour = {"done": "green", "failed": "red"}.get(step["state"], "")
    stage.tell.says("hearth", f"{step['id']}  {_call(step)}: {result or step['state']}", colour)


def expect(plan: Any, state: str) -> None:
    """Raises `NotAsTold`."""
    if plan["state"] != state:
        raise NotAsTold(f"plan “{plan['title']}” ended as {plan['state']}, not as {state}: {plan.get('why')}")


def verdict(word: str) -> str:
    """What the rules say, for people."""
    return _VERDICTS.get(word, word)


def called(name: str, value: Any) -> str:
    """What is asked for: `position 20`, `lock`, and of a lamp `on`."""
    if value is None:
        return name
    return say(value) if name == "on" else f"{name} {say(value)}"


def say(value: Any) -> str:
    """A value, for people."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _call(step: Step) -> str:
    return f"{step['thing']} {called(str(step.get('action') or step.get('property')), step.get('value'))}"


def _becomes(step: Step) -> str:
    """`desk-lamp off → on`, `front-door lock`."""
    shown = [
        f"{_name(one['property'])}{say(one['from'])} → {say(one['to'])}" for one in step.get("effects", [])
    ]
    return f"{step['thing']} {', '.join(shown)}" if shown else _call(step)


def _name(of: str) -> str:
    return "" if of == "on" else f"{of} "
