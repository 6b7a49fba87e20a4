"""Actions that go on after they were accepted: their status resource is asked for until they end.

Source: WoT Profile, section 6.2.2.2 (`invokeaction`, asynchronous: 201 with `Location`; an ActionStatus with `status`, `href`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from capabilities.vocabulary import Json
from drivers.driver import DriverError
from drivers.wot.client import Answer, AnswerError, Client, Request
from drivers.wot.content import ContentError, loads
from drivers.wot.described import Point
from drivers.wot.exchange import credentials
from drivers.wot.origins import OriginError, Reach

ASK_EVERY_S: Final = 1.0
MAX_ASKED: Final = 120
"""Two minutes, and with the growing pause some ten: nobody waits longer for an effect."""

LONGEST_PAUSE_S: Final = 10.0
ANSWER_S: Final = 10.0

_OPEN: Final = frozenset({"pending", "running", "created"})


@dataclass(frozen=True, slots=True)
class Monitor:
    point: Point
    url: str

    async def watch(self, client: Client, secret: str, refused: Callable[[Point, str], None]) -> None:
        """Until it ended. `refused` is told if it failed. What is not known stays so: the effect is seen, or it is not."""
        assert self.point.write is not None
        pause = ASK_EVERY_S
        for _ in range(MAX_ASKED):
            await asyncio.sleep(pause)
            pause = min(pause * 1.2, LONGEST_PAUSE_S)
            try:
                who = credentials(self.point.write, secret)
                answer = await client.read(
                    Request("GET", self.url, {"Accept": "application/json", **who.headers}, query=who.query),
                    ANSWER_S,
                )
            except (DriverError, AnswerError):
                continue
            status, why = status_of(answer)
            if status == "failed":
                refused(self.point, f"the device says that {self.point.where} failed{why}")
            if status not in _OPEN:
                return


def monitor_of(point: Point, answer: Answer, reach: Reach) -> Monitor | None:
    """Where to ask how it goes, if the device says so."""
    if answer.status not in (201, 202) or not point.is_action or point.write is None:
        return None
    href = answer.headers.get("Location", "") or _member(answer, "href")
    if not href:
        return None
    try:
        return Monitor(point, reach.resolve(point.write.url, href))
    except OriginError:
        return None


def status_of(answer: Answer) -> tuple[str, str]:
    """The status as it says, "" where it says none; and the reason of a failure."""
    if not answer.good:
        return "", ""
    why = _member(answer, "error") or ""
    return _member(answer, "status") or _member(
        answer, "state"
    ), f": {why[:120]}" if why.isprintable() and why else ""


def _member(answer: Answer, name: str) -> str:
    try:
        told: Json = loads(answer.body)
    except ContentError:
        return ""
    value = told.get(name) if isinstance(told, dict) else None
    if isinstance(value, dict):
        value = value.get("detail", value.get("title"))
    return value if isinstance(value, str) else ""
