"""What of a history a caller may see, and questions to it: for HTTP and MCP alike."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gateway.api.auth import manages
from gateway.api.problems import Problem, bad_request, not_found
from gateway.context import Gateway
from gateway.history.desk import Unavailable, work
from gateway.history.file import HistoryFile, StoredSeries
from gateway.history.levels import Level, TooMuch
from gateway.observers import Topic
from gateway.roots import root_of
from policies.decision import Principal

if TYPE_CHECKING:
    from gateway.history.answering import Drawn

MOST_AT_ONCE: Final = 16
"""Questions that are open in all: each takes the one thread for some milliseconds."""

MOST_OF_ONE: Final = 4
"""Of one caller, so that nobody else waits long: a page asks for a handful of plots, and gets them one after the other."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """`begin <= t < end` in seconds since the epoch; `points` at the most; the level that fits where none is named."""

    begin: float
    end: float
    points: int
    level: Level | None = None


class Askers:
    """How many questions are open, of whom."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    @contextmanager
    def taking(self, principal: Principal) -> Iterator[None]:
        """An agent counts with all that it let in, and half of the places are for people. Raises `Problem` (429)."""
        root = root_of(principal)
        most = MOST_AT_ONCE if principal.role.is_person else MOST_AT_ONCE // 2
        if self._open[root] >= MOST_OF_ONE or self._open.total() >= most:
            detail = (
                f"at most {MOST_OF_ONE} questions about the past at a time: ask again when one is answered"
            )
            raise Problem("too-many-requests", detail, headers={"Retry-After": "1"})
        self._open[root] += 1
        try:
            yield
        finally:
            self._open[root] -= 1
            self._open += Counter()  # without zeros


def seen_since(gateway: Gateway, principal: Principal, topic: Topic) -> float | None:
    """From which moment on `principal` may know what a property was (seconds since the epoch; minus infinity: always); None
    for what it may not see at all. Under context contracts nothing from before those that give it raw.
    """
    if topic not in gateway.rights.of(principal).sees:
        return None
    adopted = gateway.registry.get(topic[0])
    subject = adopted.readable().get(topic[1]) if adopted is not None else None
    if subject is None:
        return None
    now, since, book = gateway.clock.wall(), -math.inf, gateway.contracts.book
    for reader in _bound(principal):
        if reader not in book.bound:
            continue
        giving = [
            one.begins_at
            for one in book.of(reader, now)
            if any(part.covers(subject) for part in one.terms.raw)
        ]
        if not giving:
            return None
        since = max(since, min(giving))
    return since


def _bound(principal: Principal) -> Iterator[str]:
    """Whose contracts bind it."""
    yield principal.id
    if principal.acts_for:
        yield principal.acts_for
    for maker in principal.makers:
        yield from _bound(maker)


def may_see_left(principal: Principal, left: StoredSeries) -> bool:
    """What is kept of Things that are none any more: no rule speaks of them, so they are those people's whose the house is,
    and what is sensitive is nobody's.
    """
    return manages(principal) and not principal.mandates and not principal.makers and not left.sensitive


async def ask(
    gateway: Gateway, principal: Principal, topic: Topic, told: Callable[..., T], *asked: Asked
) -> T:
    """`told(question, file, …)` with one `Drawn` for each of `asked`, in the history's thread. Raises `Problem` (404, 503)."""

    def prepare() -> Callable[[HistoryFile], T]:
        since = seen_since(gateway, principal, topic)
        make = gateway.history.question(topic)
        followed = gateway.history.recorder.get(topic)
        if since is None or make is None or followed is None:
            raise not_found()
        now, zone, keeps = gateway.clock.wall(), gateway.history.zone, followed.keeps

        def answer(file: HistoryFile) -> T:
            part = work()
            questions = []
            for one in asked:
                begin, end = max(one.begin, min(since, one.end)), min(one.end, now)
                span = part.Span(min(begin, end), end, now, zone)
                questions.append(make(part.Wish(span, one.points, one.level, keeps, since)))
            return told(part, file, *questions)

        return answer

    if seen_since(gateway, principal, topic) is None:
        raise not_found()
    try:
        return await gateway.history.answer(prepare)
    except TooMuch as error:
        raise bad_request(str(error)) from error
    except Unavailable as error:
        raise unavailable(error) from error


def unavailable(error: Unavailable) -> Problem:
    return Problem("history-unavailable", str(error))


def drawn(part: Any, file: HistoryFile, question: Any) -> Drawn:
    """One answer as columns of numpy."""
    found: Drawn = part.columns(file, question)
    return found
