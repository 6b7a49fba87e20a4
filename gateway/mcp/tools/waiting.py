"""`wait_for`: returns when a property is as wanted, or when the time is up; never a moment longer than the caller's rights."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from gateway.api.problems import bad_request
from gateway.api.topics import Visible
from gateway.context import Gateway
from gateway.mcp.tool import Arguments, Caller, Tool
from gateway.mcp.tools.conditions import Condition, same
from gateway.mcp.tools.patience import LONGEST_WAIT_S, PLACES, until
from gateway.mcp.tools.shapes import Name, Reading, ShortAnswer, ThingId, reading_of, seen_slot
from gateway.observers import Topic
from gateway.state import Slot

_KINDS: Final = frozenset({"property", "thing"})


class WaitArguments(Arguments):
    thing: ThingId
    property: Name
    until: Condition = Field(
        default_factory=Condition,
        description="What it must be. Left out: any other value than it has when you call. With not_equals you miss"
        " nothing between two calls.",
    )
    timeout_s: float = Field(
        30, ge=0, le=LONGEST_WAIT_S, description="Seconds; after that it tells how it is."
    )


class WaitAnswer(ShortAnswer):
    met: bool = Field(description="Whether it is as wanted, and known well (quality good).")
    waited_s: float
    reading: Reading


class _Only:
    """The topics of one property and of its Thing as a whole, as long as the caller may see them."""

    def __init__(self, visible: Visible, topics: frozenset[Topic]) -> None:
        self._visible = visible
        self._topics = topics

    def __contains__(self, topic: object) -> bool:
        return topic in self._topics and topic in self._visible


async def wait_for(gateway: Gateway, caller: Caller, wanted: WaitArguments) -> WaitAnswer:
    principal, began = caller.session.principal, gateway.clock.monotonic()
    slot = seen_slot(gateway, principal, wanted.thing, wanted.property)
    if wanted.until.model_fields_set and not wanted.until.says_something:
        raise bad_request("until: say equals, not_equals, minimum or maximum, or leave it out")
    test, topic = _Test(wanted.until, slot), slot.topic

    def now() -> Slot:
        """The property as it is now. Raises `Problem` (404) where it is not to be seen any more."""
        return seen_slot(gateway, caller.session.principal, *topic)

    with PLACES.taken(principal):
        sees = _Only(Visible(gateway, caller.session), frozenset({topic, (topic[0], "")}))
        observer = gateway.observers.subscribe(sees, kinds=_KINDS)
        words = f"waiting for {topic[0]} {topic[1]}"
        await until(
            gateway,
            caller,
            observer,
            lambda: test.met(now()),
            seconds=wanted.timeout_s,
            words=words,
        )
    slot, waited = now(), gateway.clock.monotonic() - began
    return WaitAnswer(
        met=test.met(slot), waited_s=round(waited, 1), reading=reading_of(slot, gateway.clock.wall())
    )


class _Test:
    """The condition; without one, that it is another value than at the beginning."""

    def __init__(self, until: Condition, slot: Slot) -> None:
        self._until = until
        self._known = slot.current is not None
        self._first = slot.current.value if slot.current is not None else None

    def met(self, slot: Slot) -> bool:
        reading = slot.trusted
        if reading is None:
            return False
        if self._until.says_something:
            return self._until.met_by(reading.value)
        return not self._known or not same(reading.value, self._first)


WAIT_FOR: Final = Tool(
    name="wait_for",
    title="Wait for a property",
    description=(
        "Waits until a property is as wanted (equals, not_equals, minimum, maximum; without any: until it changes), up to"
        " timeout_s seconds, and tells how it is then. met is false when the time is up, or its quality is not good."
    ),
    arguments=WaitArguments,
    answer=WaitAnswer,
    run=wait_for,
)
