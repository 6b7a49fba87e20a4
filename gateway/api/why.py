"""`/things/{id}/why`: why a Thing is as it is. The last command that moved it, or that it was changed at the device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from aiohttp import web

from capabilities.readings import Reading
from capabilities.vocabulary import Json, Quality
from gateway.adopted import Adopted
from gateway.api.approved_by import approved_by
from gateway.api.auth import caller
from gateway.api.executions import may_see
from gateway.api.hands import KIND as HANDS
from gateway.api.hands import SOMEHOW, by_hand, seen_hands
from gateway.api.obligations import owed_on
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.record import Why
from gateway.api.problems import not_found
from gateway.api.readings import detail
from gateway.api.seen import Sight
from gateway.api.things import find_thing
from gateway.api.wire import reply, rfc3339
from gateway.commands import Reason, Result
from gateway.context import Gateway
from gateway.ledger import Record
from gateway.records import effects
from gateway.rights import Topics
from gateway.state import Slot
from policies import Principal

LOOKED_THROUGH: Final = 200
"""Entries of a Thing, newest first: what lies further back no longer explains the present."""

TOLD_BY: Final = ("dispatch", "outcome", HANDS)
_MOVED_NOTHING: Final = frozenset({Result.REJECTED, Result.NOT_SENT, Result.REFUSED})
_NOT_SEEN: Final = frozenset({Result.UNCONFIRMED, Result.IN_DOUBT})


@dataclass(frozen=True, slots=True)
class Move:
    """A dispatched command that may have moved the property that it shows in."""

    dispatch: Record
    outcome: Record | None  # None: it has not ended
    shows_in: str

    @property
    def result(self) -> Json:
        return self.outcome.body.get("result") if self.outcome else None

    @property
    def confirmed(self) -> bool:
        return bool(self.result == Result.CONFIRMED)


class WhyRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/things/{thing}/why", self.why)]

    @operation(
        "Record",
        "Why it is as it is",
        {200: Answer(Why)},
        parameters=(common.text("property", "Of this property; else of the one that was moved last"),),
    )
    async def why(self, request: web.Request) -> web.Response:
        """`?property=` asks for one; else it is the property that was moved last, or the Thing's first.

        `cause` is `command` (the state is what the last command asked for), `unconfirmed` (the last command was not seen to
        work), `device` (a reading after a confirmed command differs from it: changed at the device, or by something that does
        not go through this gateway; also where no command is recorded) or `unknown`. `command` is the last one that may have
        moved it, null if there is none; `before` is the last confirmed one before an unconfirmed one.
        """
        adopted, principal = find_thing(self._gateway, request), caller(request)
        return reply(await explained(self._gateway, adopted, principal, request.query.get("property", "")))


async def explained(gateway: Gateway, adopted: Adopted, principal: Principal, wanted: str) -> dict[str, Json]:
    """What `WhyRoutes.why` answers. `principal` may see the Thing. Raises `Problem` (404) for a property they may not see."""
    sight = Sight(gateway, principal)
    sees = sight.sees
    if wanted and (adopted.id, wanted) not in sees:
        raise not_found()
    records = await gateway.ledger.entries(
        thing=adopted.id, kinds=TOLD_BY, limit=LOOKED_THROUGH, newest_first=True
    )
    moves = [move for move in sent(records, adopted, sees, wanted) if not _moved_nothing(move.outcome)]
    name = wanted or (moves[0].shows_in if moves else "")
    hands = seen_hands(records, adopted, sees)
    if not wanted and hands and (not moves or hands[0].seq > moves[0].dispatch.seq):
        name = str(hands[0].body.get("property"))  # a hand was the last to move it
        moves = [move for move in moves if move.shows_in == name]
    slot = adopted.slots.get(name) if name else _main(adopted, sees)
    answer = _answer(adopted, slot, moves, principal, sight)
    command = answer["command"]
    if isinstance(command, dict) and moves:
        command["approved_by"] = await approved_by(gateway, moves[0].dispatch, principal)
    answer |= by_hand(gateway, adopted, slot, hands, answer, reader=principal)
    owed = owed_on(gateway, adopted.id, principal, name)
    if owed:
        told = [str(answer["explanation"]), *(f"it {one['says']}" for one in owed)]
        answer["explanation"] = "; ".join(told)
    return answer | {"owed": list[Json](owed)}


def sent(records: Sequence[Record], adopted: Adopted, sees: Topics, wanted: str = "") -> list[Move]:
    """The dispatched commands among the entries of a Thing that show in a property that may be seen (the `wanted` one)."""
    outcomes = {record.execution: record for record in records if record.kind == "outcome"}
    return [
        Move(record, outcomes.get(record.execution), shows_in)
        for record in records
        if record.kind == "dispatch"
        and (shows_in := _shows_in(record, wanted, lambda name: (adopted.id, name) in sees))
    ]


def _main(adopted: Adopted, sees: Topics) -> Slot | None:
    """What a Thing is asked about that no command moved: its first property, of those that something is known of."""
    visible = [slot for slot in adopted.slots.values() if slot.topic in sees]
    return next((slot for slot in visible if slot.reading is not None), visible[0] if visible else None)


def _shows_in(dispatch: Record, wanted: str, visible: Callable[[str], bool]) -> str:
    """The property that a dispatched command shows in: the `wanted` one, or the first that is visible; "" for none."""
    names = [effect.property for effect, _ in effects(dispatch.body)] or [
        str(dispatch.body.get("affordance"))
    ]
    return next((name for name in names if name == (wanted or name) and visible(name)), "")


def _moved_nothing(outcome: Record | None) -> bool:
    if outcome is None:
        return False  # still on its way, or nobody knows
    body = outcome.body
    return body.get("result") in _MOVED_NOTHING or body.get("reason") == Reason.UNCHANGED


def _answer(
    adopted: Adopted,
    slot: Slot | None,
    moves: list[Move],
    principal: Principal,
    sight: Sight,
) -> dict[str, Json]:
    last = moves[0] if moves else None
    cause = _cause(slot, last)
    command = command_shown(last, principal, sight) if last else None
    before = None
    if last is not None and cause == "unconfirmed":
        sure = next((move for move in moves[1:] if move.shows_in == last.shows_in and move.confirmed), None)
        before = command_shown(sure, principal, sight) if sure else None
    return {
        "thing": adopted.id,
        "property": slot.topic[1] if slot else None,
        "cause": cause,
        "state": detail(slot) if slot else None,
        "command": command,
        "before": before,
        "explanation": _sentence(slot, cause, command, before),
    }


def _cause(slot: Slot | None, last: Move | None) -> str:
    reading = slot.current if slot else None
    if last is None:
        return "device" if reading is not None else "unknown"
    wanted = [
        pair for pair in effects(last.dispatch.body) if slot is not None and pair[0].property == slot.topic[1]
    ]
    if reading is not None and any(effect.met_by(reading.value, expected) for effect, expected in wanted):
        return "command"
    if last.result in _NOT_SEEN:
        return "unconfirmed"
    if reading is None or not wanted:
        return "command" if slot is None else "unknown"
    return "device" if last.confirmed and _came_after(reading, last) else "unknown"


def _came_after(reading: Reading, confirmed: Move) -> bool:
    """Whether a reading came after the one that confirmed a command."""
    seen = confirmed.outcome.body.get("seen") if confirmed.outcome else None
    at_ms = seen.get("at_ms") if isinstance(seen, dict) else None
    return isinstance(at_ms, int | float) and round(reading.received_at * 1000) >= at_ms


def command_shown(move: Move, principal: Principal, sight: Sight) -> dict[str, Json]:
    """What the ledger has of a command. Whose it was, and what for, is told to those who may read that entry."""
    dispatch, outcome = move.dispatch, move.outcome
    body = dispatch.body
    shown: dict[str, Json] = {
        "at": rfc3339(dispatch.at),
        "affordance": body.get("affordance"),
        "value": body.get("value"),
        "outcome": move.result,
    }
    if may_see(principal, dispatch.principal):
        shown |= {
            "principal": dispatch.principal,
            "purpose": (dispatch.private or {}).get("purpose", ""),
            "rules": body.get("rules"),
            "findings": body.get("findings", []),
            "execution": dispatch.execution,
            "entry": dispatch.seq,
        }
        ended = sight.body(outcome) if outcome is not None else {}
        shown |= {name: ended[name] for name in ("reason", "detail", "seen") if name in ended}
    return shown


def _sentence(
    slot: Slot | None, cause: str, command: dict[str, Json] | None, before: dict[str, Json] | None
) -> str:
    """The answer in one sentence for a person."""
    state = _state(slot)
    if command is None:
        return f"{state}; no command of Hearth's moved it"
    asked, outcome = _asked(command), command["outcome"] or "open"
    match cause:
        case "command":
            return f"{asked}; outcome: {outcome}"
        case "unconfirmed":
            earlier = f"; before that, {_asked(before)}, and it was seen" if before else ""
            return f"the last command was not seen to work: {asked}; outcome: {outcome}; {state}{earlier}"
        case "device":
            return f"{state}: {SOMEHOW}; before that, {asked}"
        case _:
            return f"{asked}; outcome: {outcome}; {state}"


def _state(slot: Slot | None) -> str:
    if slot is None:
        return "nothing is known of its state"
    name, reading = slot.property.name, slot.current
    if reading is None:
        return f"nothing is known of its {name}"
    quality = "" if reading.quality is Quality.GOOD else f", {reading.quality}"
    return (
        f"{name} is {orjson.dumps(reading.value).decode()} (seen at {rfc3339(reading.observed_at)}{quality})"
    )


def _asked(command: dict[str, Json]) -> str:
    who = command.get("principal") or "somebody"
    purpose = f" ({command['purpose']})" if command.get("purpose") else ""
    return f"{who} asked for {command['affordance']} at {command['at']}{purpose}"
