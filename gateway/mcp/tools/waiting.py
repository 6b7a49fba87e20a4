"""`wait_for`: returns when a property is as wanted, or when the time is up; never a moment longer than the caller's rights."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from pydantic import Field

from gateway.api.problems import Problem, bad_request
from gateway.api.topics import Visible
from gateway.context import Gateway
from gateway.mcp.tool import Answer, Arguments, Caller, Tool
from gateway.mcp.tools.conditions import Condition, same
from gateway.mcp.tools.refusing import ensure_good
from gateway.mcp.tools.shapes import Name, Reading, ThingId, reading_of, seen_slot
from gateway.observers import Observer, Topic
from gateway.state import Slot
from policies import Principal

LONGEST_WAIT_S: Final = 300
MOST_WAITS: Final = 8
"""At once, for one principal: an agent waits for a handful of things."""

MOST_WAITS_IN_ALL: Final = 64
"""Each costs some 20 kB while it lasts."""

TELL_EVERY_S: Final = 5.0
"""Progress, so that hosts do not take it for dead; after each the caller's rights are looked at again, too."""

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


class WaitAnswer(Answer):
    met: bool = Field(description="Whether it is as wanted, and known well (quality good).")
    waited_s: float
    reading: Reading


class _Places:
    """Who waits now, so that nobody takes all the room."""

    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def taken(self, principal: Principal) -> Iterator[None]:
        """Raises `Problem` (429)."""
        who = principal.id
        if self._waiting[who] >= MOST_WAITS or self._waiting.total() >= MOST_WAITS_IN_ALL:
            raise Problem("too-many-streams", f"at most {MOST_WAITS} waits at once; end one, or read instead")
        self._waiting[who] += 1
        try:
            yield
        finally:
            self._waiting[who] -= 1
            self._waiting += Counter()  # forgets who does not wait any more


class _Only:
    """The topics of one property and of its Thing as a whole, as long as the caller may see them."""

    def __init__(self, visible: Visible, topics: frozenset[Topic]) -> None:
        self._visible = visible
        self._topics = topics

    def __contains__(self, topic: object) -> bool:
        return topic in self._topics and topic in self._visible


_PLACES: Final = _Places()


async def wait_for(gateway: Gateway, caller: Caller, wanted: WaitArguments) -> WaitAnswer:
    principal, began = caller.session.principal, gateway.clock.monotonic()
    slot = seen_slot(gateway, principal, wanted.thing, wanted.property)
    if wanted.until.model_fields_set and not wanted.until.says_something:
        raise bad_request("until: say equals, not_equals, minimum or maximum, or leave it out")
    test = _Test(wanted.until, slot)
    topics = frozenset({slot.topic, (slot.topic[0], "")})
    observer = gateway.observers.subscribe(_Only(Visible(gateway, caller.session), topics), kinds=_KINDS)
    forget = gateway.identity.on_revoked(
        lambda tokens: observer.close() if caller.session.token_id in tokens else None
    )
    try:
        with _PLACES.taken(principal):
            while True:
                slot = _still(gateway, caller, slot)
                left = wanted.timeout_s - (gateway.clock.monotonic() - began)
                if test.met(slot) or left <= 0:
                    break
                await _next(observer, min(left, TELL_EVERY_S))
                if caller.progress is not None:
                    share = min(1.0, (gateway.clock.monotonic() - began) / wanted.timeout_s)
                    await caller.progress(share, f"waiting for {slot.topic[0]} {slot.topic[1]}")
    finally:
        forget()
        gateway.observers.unsubscribe(observer)
    now = gateway.clock.monotonic()
    return WaitAnswer(
        met=test.met(slot), waited_s=round(now - began, 1), reading=reading_of(slot, gateway.clock.wall())
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


def _still(gateway: Gateway, caller: Caller, slot: Slot) -> Slot:
    """The property as it is now. Raises `Problem` where the token has ended (401), or it is not to be seen any more (404)."""
    ensure_good(gateway, caller)
    return seen_slot(gateway, caller.session.principal, *slot.topic)


async def _next(observer: Observer, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await observer.batch()


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
