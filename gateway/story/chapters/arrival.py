"""An agent comes into the house: what it is given, and what it may do."""

from __future__ import annotations

from gateway.story.callers import NotAsTold
from gateway.story.devices import HEATING, LOCK
from gateway.story.planning import verdict
from gateway.story.stage import Stage


async def tell(stage: Stage) -> None:
    say = stage.tell.says
    stage.tell.chapter("An agent comes into the house")
    anna, body = stage.anna, {"principal": "ben", "role": "adult", "title": "Ben's phone"}
    await anna.ask("POST", "/tokens", body, expect=201)
    stage.coo = await stage.agent("coo", "owner")
    stage.butler = await stage.agent("butler", "ben")
    say("anna", "makes a token for her agent coo, and one for Ben's agent butler. That is all they get.")

    things = (await stage.coo.ask("GET", "/things?view=summary", expect=200)).body
    say("coo", "what is here?")
    say("hearth", f"{len(things)} Things in {len({thing['room'] for thing in things})} rooms")

    say("coo", f"and if I made it 28 °C? ({HEATING} target 28, a dry run)")
    warm = await stage.coo.ask("PUT", f"/things/{HEATING}/properties/target?dry-run=1", 28, expect=200)
    finding = _weightiest(warm.body)
    say("hearth", f"{verdict(warm.body['verdict'])}: {finding['why']}{_remedy(finding)}")
    if warm.body["verdict"] != "deny":
        raise NotAsTold(f"28 °C is {warm.body['verdict']}")

    say("coo", f"and if I locked the {LOCK}? (a dry run)")
    door = await stage.coo.ask("POST", f"/things/{LOCK}/actions/lock?dry-run=1", expect=200)
    finding = _weightiest(door.body)
    say("hearth", f"{verdict(door.body['verdict'])}: {finding['why']}{_remedy(finding)}")
    if door.body["verdict"] != "needs-approval":
        raise NotAsTold(f"the lock is {door.body['verdict']}")


def _weightiest(body: dict[str, object]) -> dict[str, object]:
    findings = body["findings"]
    assert isinstance(findings, list)
    return next((one for one in findings if one["verdict"] == body["verdict"]), findings[0])


def _remedy(finding: dict[str, object]) -> str:
    remedy = finding.get("remedy")
    return f" ({remedy['text']})" if isinstance(remedy, dict) else ""
