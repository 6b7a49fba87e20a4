"""The notices that rules ask for: `notify = ["adult"]`, told when a command has ended."""

from __future__ import annotations

from typing import Final

import orjson

from capabilities.vocabulary import Json
from gateway.commands import Command, Outcome, Result
from gateway.foreign import one_line
from gateway.ids import new_id
from gateway.notify.notice import LONGEST_SAYING, About, Notice, Urgency, says
from gateway.notify.words import in_parts, use_of
from policies.decision import RuleRef

LONGEST_VALUE: Final = 60

_ENDS: Final = {
    Result.CONFIRMED: "done, and seen to be so",
    Result.ACKNOWLEDGED: "accepted",
    Result.UNCONFIRMED: "accepted, but not seen to happen",
    Result.IN_DOUBT: "nobody knows whether it happened",
    Result.REJECTED: "the device refused",
    Result.NOT_SENT: "it was not sent",
    Result.REFUSED: "it was refused",
}


def owed_notice(
    command: Command, outcome: Outcome, rule: RuleRef, to: Json, *, at: float, thing: str = ""
) -> Notice:
    """What the `notify` of `rule` tells of a command that has ended. `thing` is the Thing's title. A command that is repeated
    has one notice: the newest.
    """
    named = [str(word) for word in to] if isinstance(to, list) else []
    by = one_line(command.principal.title or command.principal.id)
    words = f"{_ENDS.get(outcome.result, str(outcome.result))}; asked by {by} ({command.principal.role})"
    if command.purpose:
        words += f". {says(by, command.purpose)}"
    return Notice(
        new_id(at),
        at,
        title=f"{one_line(thing) or command.thing}: {_asked(command)}",
        text=words,
        to=tuple(named),
        urgency=Urgency.NORMAL,
        ref=f"/executions/{command.id}",
        tag=f"{command.thing}.{command.affordance}",
        about=About(command.thing, command.affordance, command.id),
        facts={"rule": str(rule), "principal": command.principal.id, "outcome": outcome.result},
        words=in_parts(
            "done",
            use=use_of(
                {
                    "title": one_line(thing) or command.thing,
                    "affordance": command.affordance,
                    "action": command.is_action,
                    "value": command.value,
                }
            ),
            result=outcome.result,
            who=by,
            role=command.principal.role,
            says=one_line(command.purpose, LONGEST_SAYING),
        ),
    )


def _asked(command: Command) -> str:
    name = command.affordance.replace("_", " ")
    if command.value is None:
        return name
    shown = command.value if isinstance(command.value, str) else orjson.dumps(command.value).decode()
    return f"{name} {one_line(shown, LONGEST_VALUE)}"
