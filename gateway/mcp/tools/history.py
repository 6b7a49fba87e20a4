"""`history_summary`: what happened to a Thing lately, as far as it is known, and what that rests on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from gateway.adopted import Adopted
from gateway.api.auth import manages
from gateway.api.hands import seen_hands
from gateway.api.past import Asked, ask, drawn
from gateway.api.problems import Problem, not_found
from gateway.api.seen import Sight
from gateway.api.topics import Visible
from gateway.api.why import LOOKED_THROUGH, TOLD_BY, Move, command_shown, sent
from gateway.api.wire import rfc3339
from gateway.context import Gateway
from gateway.history.file import HistoryFile
from gateway.history.levels import Level
from gateway.ledger import Record
from gateway.mcp.tool import Arguments, Caller, Tool
from gateway.mcp.tools.explaining import Command, command_of
from gateway.mcp.tools.marking import marked
from gateway.mcp.tools.shapes import Reading, Short, ShortAnswer, ThingId, Value, reading_of, seen_thing
from gateway.observers import Event
from gateway.state import Slot
from policies import Principal

if TYPE_CHECKING:
    from gateway.history.answering import Drawn

FINE_S: Final = 48 * 3_600.0
"""A longer window is told from quarters of an hour."""

LONGEST_HOURS: Final = 168.0
MOST_CHANGES: Final = 50
MOST_COMMANDS: Final = 20
MOST_READINGS: Final = 8
HOUR_S: Final = 3600.0

SOURCES: Final = (
    "now: the last reading of each property",
    "past: the history, of the whole window as far as it is covered; means are weighted by time",
    "changes: the gateway's memory of its last thousand events, of this run alone",
    f"commands and by_hand: the ledger, the newest {LOOKED_THROUGH} entries of this thing",
    "a property without a past is one of which nothing is kept, or nothing that you may know",
)


class HistoryArguments(Arguments):
    thing: ThingId
    property: str = Field(
        "", max_length=200, description="Only this property; left out: all that you may read."
    )
    hours: float = Field(24, gt=0, le=LONGEST_HOURS, description="How far to look back.")
    limit: int = Field(20, ge=1, le=MOST_CHANGES, description="Changes, the newest first.")


class Change(Short):
    at: str
    property: str
    value: Value = None
    quality: str | None = None


class Past(Short):
    """What a property was like in the window, as far as it is covered."""

    property: str
    unit: str | None = None
    since: str = Field(description="Where the history that you may know begins, or the window.")
    min: float | None = None
    mean: float | None = Field(None, description="Weighted by time; of what is on or off: the share of it.")
    max: float | None = None
    changes: int
    covered: float = Field(description="Of which share of the time anything is known.")


class ByHand(Short):
    """A person changed it at the device."""

    at: str
    property: str
    value: Value = None


class HistoryAnswer(ShortAnswer):
    since: str
    now: list[Reading]
    past: list[Past]
    changes: list[Change]
    more_changes: int | None = None
    commands: list[Command]
    more_commands: int | None = None
    outcomes: dict[str, int] = Field({}, description="How the commands of the window ended, counted.")
    refused: int | None = Field(None, description="Of those that you may read of: so many were not allowed.")
    by_hand: list[ByHand]
    complete: bool | None = Field(
        None,
        description="Whether the ledger was looked through for the whole window; told to whoever may read all of the Thing.",
    )
    sources: list[str]


async def history_summary(gateway: Gateway, caller: Caller, wanted: HistoryArguments) -> HistoryAnswer:
    principal = caller.session.principal
    adopted = seen_thing(gateway, principal, wanted.thing)
    sees = gateway.rights.of(principal).sees
    slots = [slot for slot in adopted.slots.values() if slot.topic in sees]
    if wanted.property:
        slots = [slot for slot in slots if slot.topic[1] == wanted.property]
        if not slots:
            raise not_found()
    now = gateway.clock.wall()
    since = now - wanted.hours * HOUR_S
    records = await gateway.ledger.entries(
        thing=adopted.id, kinds=TOLD_BY, limit=LOOKED_THROUGH, newest_first=True
    )
    within = [one for one in records if one.at >= since]
    moves = sent(within, adopted, sees, wanted.property)
    names = {slot.topic[1] for slot in slots}
    hands = [one for one in seen_hands(within, adopted, sees) if one.body.get("property") in names]
    sight = Sight(gateway, principal)
    events = _events(gateway, caller, slots, since)
    return HistoryAnswer(
        since=rfc3339(since),
        now=[reading_of(slot, now) for slot in slots[:MOST_READINGS]],
        past=[
            one
            for slot in slots[:MOST_READINGS]
            if (one := await _past(gateway, principal, slot, since, now)) is not None
        ],
        changes=[_change(one) for one in events[: wanted.limit]],
        more_changes=len(events) - wanted.limit if len(events) > wanted.limit else None,
        commands=[command_of(command_shown(move, principal, sight)) for move in moves[:MOST_COMMANDS]],
        more_commands=len(moves) - MOST_COMMANDS if len(moves) > MOST_COMMANDS else None,
        outcomes=_outcomes(moves),
        refused=await _refused(gateway, principal, adopted, wanted.property, since) or None,
        by_hand=[_by_hand(one) for one in hands[:MOST_COMMANDS]],
        complete=_is_complete(records, since)
        if adopted.slots.keys() <= _names(gateway, caller, adopted)
        else None,
        sources=list(SOURCES),
    )


def _events(gateway: Gateway, caller: Caller, slots: Sequence[Slot], since: float) -> list[Event]:
    """The remembered changes of these properties, the newest first. How far the memory goes back is not told: it would tell
    how much happens in the house.
    """
    topics, visible = {slot.topic for slot in slots}, Visible(gateway, caller.session)
    return [
        event
        for event in reversed(gateway.observers.recent())
        if event.kind == "property" and event.at >= since and event.topic in topics and event.topic in visible
    ]


async def _past(gateway: Gateway, principal: Principal, slot: Slot, since: float, now: float) -> Past | None:
    """None for what has no history that the caller may see; of states there are the changes."""
    level = Level.MINUTE if now - since <= FINE_S else Level.QUARTER
    try:
        told, kind, unit = await ask(gateway, principal, slot.topic, _whole, Asked(since, now, 1, level))
    except Problem:
        return None
    if kind == "state" or not len(told.t):
        return None
    return Past(
        property=slot.topic[1],
        unit=unit,
        since=rfc3339(max(since, float(told.t[0]))),
        min=_figure(told.low[0]),
        mean=_figure(told.mean[0]),
        max=_figure(told.high[0]),
        changes=int(told.count[0]),
        covered=float(told.covered[0]),
    )


def _whole(part: Any, file: HistoryFile, question: Any) -> tuple[Drawn, str, str | None]:
    return drawn(part, file, question), question.series.type, question.series.unit


def _figure(value: float) -> float | None:
    return round(float(value), 6) if math.isfinite(value) else None


def _change(event: Event) -> Change:
    quality = event.data.get("quality")
    return Change(
        at=rfc3339(event.at),
        property=event.topic[1],
        value=marked(event.data.get("value")),
        quality=str(quality) if quality else None,
    )


def _by_hand(record: Record) -> ByHand:
    return ByHand(
        at=rfc3339(record.at),
        property=str(record.body.get("property")),
        value=marked(record.body.get("value")),
    )


def _outcomes(moves: Sequence[Move]) -> dict[str, int]:
    return dict(Counter(str(move.result or "open") for move in moves))


async def _refused(gateway: Gateway, principal: Principal, adopted: Adopted, name: str, since: float) -> int:
    """How many commands of the caller's own (for owners and adults: of anybody's) the rules refused."""
    records = await gateway.ledger.entries(
        thing=adopted.id,
        kinds=("denied",),
        principal="" if manages(principal) else principal.id,
        limit=LOOKED_THROUGH,
        newest_first=True,
    )
    return sum(one.at >= since and name in {"", one.body.get("affordance")} for one in records)


def _is_complete(records: Sequence[Record], since: float) -> bool:
    return len(records) < LOOKED_THROUGH or records[-1].at < since


def _names(gateway: Gateway, caller: Caller, adopted: Adopted) -> frozenset[str]:
    """What the caller may read of a Thing."""
    rights = gateway.rights.of(caller.session.principal).of(adopted.id)
    return rights.sees if rights is not None else frozenset()


HISTORY_SUMMARY: Final = Tool(
    name="history_summary",
    title="What happened lately",
    description=(
        "Summarises what is known of one thing in the last hours: how it is now, what it was like (least, mean, greatest),"
        " remembered changes, commands and how they ended, changes by hand. sources and complete say what it rests on."
        " Purposes stand in {untrusted: …}."
    ),
    arguments=HistoryArguments,
    answer=HistoryAnswer,
    run=history_summary,
)
