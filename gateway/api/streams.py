"""Open event streams: bounded in number, resumable, and closed as soon as their caller's token is revoked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiohttp import web

from gateway.api.auth import SESSION
from gateway.api.problems import Problem, bad_request
from gateway.api.topics import Visible
from gateway.context import Gateway
from gateway.identity import Session
from gateway.observers import REPLAY_EVENTS, Event, Observer, Topic

STREAMS_PER_TOKEN: Final = 64
"""A program that observes a screen's worth of properties, one stream each."""

STREAMS_IN_ALL: Final = 512
"""Each costs some 50 kB with its socket's buffers."""

LONGEST_TIMER_S: Final = 24 * 3600.0

KINDS: Final = (
    *("property", "event", "action", "thing", "rules", "house"),
    *("approval", "plan", "notice", "message", "obligation", "discovery"),
)


class Stream:
    """One open stream. `last` stands for the newest event at its beginning; `missed` is how much was lost before that: None
    where it cannot be told.
    """

    __slots__ = ("last", "missed", "observer", "revoked", "run", "session")

    def __init__(
        self, observer: Observer, session: Session, *, run: str, last: int, missed: int | None
    ) -> None:
        self.observer = observer
        self.session = session
        self.run = run
        self.last = last
        self.missed = missed
        self.revoked = False

    async def batch(self) -> tuple[list[Event], int]:
        """What happened since the last call, and how many events were lost before it. No event: the stream has ended."""
        lost = 0
        while True:
            events, missed = await self.observer.batch()
            lost += missed
            visible = [
                event for event in events if self.observer.wants(event)
            ]  # rights may have narrowed in the queue
            if visible or not events:
                return visible, lost

    @property
    def waiting(self) -> int:
        """Events that wait to be taken: `batch` returns at once, unless none of them may be seen any more."""
        return self.observer.waiting

    def mark(self, event: Event) -> str:
        """The event's id for `Last-Event-ID`: it names the gateway's run, for numbers begin anew with each."""
        return f"{self.run}-{event.mark}"


class Streams:
    """All of them."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._open: set[Stream] = set()
        self._by_token: Counter[str] = Counter()
        self.run = f"{int(gateway.started_at * 1000):x}"

    @property
    def count(self) -> int:
        return len(self._open)

    @contextmanager
    def open(
        self,
        request: web.Request,
        *,
        kinds: frozenset[str] | None = None,
        only: Topic | None = None,
        after: int | None = None,
    ) -> Iterator[Stream]:
        """A stream of what the caller may see, from `Last-Event-ID` on, else from behind the event `after`, else from now on.
        Raises `Problem` (400, 429).
        """
        session = request[SESSION]
        if len(self._open) >= STREAMS_IN_ALL or self._by_token[session.token_id] >= STREAMS_PER_TOKEN:
            raise Problem(
                "too-many-streams",
                f"at most {STREAMS_PER_TOKEN} streams a token, {STREAMS_IN_ALL} in all; close one",
            )
        after, missed = self._resume(request, after)
        sees = Visible(self._gateway, session, only)
        observers = self._gateway.observers
        observer = observers.subscribe(sees, kinds=kinds, after=after)
        stream = Stream(
            observer, session, run=self.run, last=observers.marks.fresh(observers.last_id), missed=missed
        )
        self._open.add(stream)
        self._by_token[session.token_id] += 1
        expiry = self._end_at_expiry(session)
        try:
            yield stream
        finally:
            if expiry is not None:
                expiry.cancel()
            self._open.discard(stream)
            self._by_token[session.token_id] -= 1
            if not self._by_token[session.token_id]:
                del self._by_token[session.token_id]
            self._gateway.observers.unsubscribe(observer)

    def revoke(self, token_ids: frozenset[str]) -> None:
        """Ends every stream of these tokens."""
        for stream in self._open:
            if stream.session.token_id in token_ids:
                stream.revoked = True
                stream.observer.close()

    def close(self) -> None:
        """Ends all streams: the gateway stops."""
        for stream in self._open:
            stream.observer.close()

    def _end_at_expiry(self, session: Session) -> asyncio.TimerHandle | None:
        left = session.expires_at - self._gateway.clock.wall()
        if left > LONGEST_TIMER_S:
            return None  # whoever tells of expired tokens will tell of this one
        return asyncio.get_running_loop().call_later(left, self.revoke, frozenset({session.token_id}))

    def _resume(self, request: web.Request, after: int | None) -> tuple[int | None, int | None]:
        """Where to replay from, and how many events are no longer there: 0, or None, for how many of them were for the caller
        nobody knows any more. Ids look like `<run>-<number>`.
        """
        last = self._gateway.observers.last_id
        oldest = last - REPLAY_EVENTS + 1
        mark = request.headers.get("Last-Event-ID") or request.query.get("after")
        if not mark:
            return after, 0 if after is None or after + 1 >= oldest else None
        run, dash, text = mark.rpartition("-")
        if not dash or not text.isascii() or not text.isdigit() or len(text) > 18:
            raise bad_request("Last-Event-ID must be the id of an event of this gateway, as it was sent")
        number = self._gateway.observers.marks.opened(int(text))
        if run != self.run or number > last:
            return 0, None
        return number, 0 if number + 1 >= oldest else None


def kinds_of(request: web.Request) -> frozenset[str] | None:
    """`?types=property,event`: the kinds of events wanted; None for all. Raises `Problem` (400)."""
    text = request.query.get("types")
    if text is None:
        return None
    kinds = frozenset(kind.strip() for kind in text.split(","))
    if not kinds <= set(KINDS):
        raise bad_request(
            f"types may be {', '.join(KINDS)}; not {', '.join(sorted(kinds - set(KINDS)))[:80]!r}"
        )
    return kinds
