"""`/things/{id}/why`: why a Thing is as it is. The last command that moved it, or that it was changed at the device."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.api.auth import caller
from gateway.api.executions import may_see
from gateway.api.problems import not_found
from gateway.api.readings import detail
from gateway.api.things import find_thing
from gateway.api.wire import reply, rfc3339
from gateway.commands import Reason, Result
from gateway.context import Gateway
from gateway.ledger import Record
from gateway.records import effects
from gateway.state import Slot
from policies import Principal

LOOKED_THROUGH: Final = 200
"""Entries of a Thing, newest first: what lies further back no longer explains the present."""

_MOVED_NOTHING: Final = frozenset({Result.REJECTED, Result.NOT_SENT, Result.REFUSED})


class WhyRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/things/{thing}/why", self.why)]

    async def why(self, request: web.Request) -> web.Response:
        """`?property=` asks for one; else it is the property that was moved last.

        `cause` is `command` (the state is what it asked for), `device` (changed at the device, or by something that does
        not go through this gateway) or `unknown`; `command` is the last one that moved it, null if there is none.
        """
        adopted, principal = find_thing(self._gateway, request), caller(request)
        wanted = request.query.get("property", "")
        sees = self._gateway.rights.of(principal).sees
        if wanted and (adopted.id, wanted) not in sees:
            raise not_found()
        records = await self._gateway.ledger.entries(
            thing=adopted.id, kinds=("dispatch", "outcome"), limit=LOOKED_THROUGH, newest_first=True
        )
        outcomes = {record.execution: record for record in records if record.kind == "outcome"}
        last = next(
            (
                record
                for record in records
                if record.kind == "dispatch"
                and _moved(record, outcomes.get(record.execution), wanted)
                and (adopted.id, _property(record)) in sees
            ),
            None,
        )
        slot = adopted.slots.get(wanted or (_property(last) if last else ""))
        return reply(_answer(adopted, slot, last, outcomes, principal))


def _property(record: Record) -> str:
    """The property that a dispatched command shows in."""
    shown = effects(record.body)
    return shown[0][0].property if shown else str(record.body.get("affordance"))


def _moved(dispatch: Record, outcome: Record | None, wanted: str) -> bool:
    if wanted and _property(dispatch) != wanted:
        return False
    if outcome is None:
        return True  # still on its way, or nobody knows
    body = outcome.body
    return body.get("result") not in _MOVED_NOTHING and body.get("reason") != Reason.UNCHANGED


def _answer(
    adopted: Adopted,
    slot: Slot | None,
    last: Record | None,
    outcomes: dict[str, Record],
    principal: Principal,
) -> dict[str, Json]:
    cause = _cause(slot, last)
    outcome = outcomes.get(last.execution) if last else None
    command = _command(last, outcome, open_=may_see(principal, last.principal)) if last else None
    answer: dict[str, Json] = {
        "thing": adopted.id,
        "property": slot.topic[1] if slot else None,
        "cause": cause,
    }
    answer["state"] = detail(slot) if slot else None
    answer["command"] = command
    answer["explanation"] = _sentence(slot, cause, command)
    return answer


def _cause(slot: Slot | None, last: Record | None) -> str:
    reading = slot.current if slot else None
    if last is None:
        return "device" if reading is not None else "unknown"
    wanted = [pair for pair in effects(last.body) if slot is not None and pair[0].property == slot.topic[1]]
    if reading is None or not wanted:
        return "command" if slot is None else "unknown"
    effect, expected = wanted[0]
    return "command" if effect.met_by(reading.value, expected) else "device"


def _command(dispatch: Record, outcome: Record | None, *, open_: bool) -> dict[str, Json]:
    """What the ledger has of a command. Whose it was, and what for, is told to those who may read that entry."""
    body = dispatch.body
    shown: dict[str, Json] = {
        "at": rfc3339(dispatch.at),
        "affordance": body.get("affordance"),
        "value": body.get("value"),
        "outcome": outcome.body.get("result") if outcome else None,
    }
    if open_:
        shown |= {
            "principal": dispatch.principal,
            "purpose": (dispatch.private or {}).get("purpose", ""),
            "rules": body.get("rules"),
            "findings": body.get("findings", []),
            "execution": dispatch.execution,
            "entry": dispatch.seq,
        }
        for name in ("reason", "detail", "seen"):
            if outcome is not None and name in outcome.body:
                shown[name] = outcome.body[name]
    return shown


def _sentence(slot: Slot | None, cause: str, command: dict[str, Json] | None) -> str:
    """The answer in one sentence for a person."""
    reading = slot.current if slot else None
    since = f" since {rfc3339(reading.observed_at)}" if reading else ""
    if command is None:
        if reading is None:
            return "nothing is known of it, and no command is recorded"
        return f"the device reports it{since}; no command is recorded"
    who = command.get("principal") or "somebody"
    asked = f"{who} asked for {command['affordance']} at {command['at']}"
    purpose = f" ({command['purpose']})" if command.get("purpose") else ""
    match cause:
        case "command":
            return f"{asked}{purpose}; outcome: {command['outcome'] or 'open'}"
        case "device":
            return f"it was changed at the device, or by something else than this gateway{since}; before that, {asked}{purpose}"
        case _:
            return f"{asked}{purpose}; what the device did is not known"
