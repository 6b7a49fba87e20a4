"""Waiting for a command's end: for its effect, and before that perhaps for people."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from gateway.cli.answer import Answer
from gateway.cli.client import COMMAND_SECONDS, segment
from gateway.cli.exits import Failure
from gateway.cli.session import Session
from gateway.cli.text import joined
from gateway.cli.times import clock, seconds_of
from gateway.cli.words import a

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

PREFERRED: Final = "respond-async, wait=1"
"""Most commands end within a second; of the others we say that they wait, and for whom."""

LOOK_EVERY_S: Final = 0.25
LOOK_FOR_PEOPLE_EVERY_S: Final = 1.0

_ROLES: Final = ("owner", "adult", "child", "guest")


def until_ended(session: Session, execution: str, about: str) -> dict[str, Json]:
    """The status of an execution that has ended. Says for whom it waits, and how long; Ctrl-C leaves it waiting."""
    path, said = f"/executions/{segment(execution)}", False
    until = time.monotonic() + COMMAND_SECONDS
    with _left_waiting(session, execution):
        while True:
            answer = session.client.ask("GET", path)
            status = answer.body if answer.ok and isinstance(answer.body, dict) else {}
            if status.get("outcome") or not status:
                _wipe()
                return status
            waits = status.get("waits_for") == "approval"
            if waits and not said:
                said = True
                session.note(
                    f"{about} waits: {people(status.get('asked'))} {_are(status)} asked, "
                    f"until {clock(status.get('expires_at'))}"
                )
            if waits:
                until = time.monotonic() + COMMAND_SECONDS
                _count_down(session, status)
            elif time.monotonic() >= until:
                return status
            else:
                _wipe()
            time.sleep(LOOK_FOR_PEOPLE_EVERY_S if waits else LOOK_EVERY_S)


def as_answer(status: dict[str, Json], execution: str) -> Answer | None:
    """The problem in which a command ended, as the gateway would have answered it at once; None where it was done."""
    error = status.get("error")
    if not isinstance(error, dict):
        return None
    number = error.get("status")
    return Answer(number if isinstance(number, int) else 500, {"hearth-execution": execution}, error)


def people(asked: Json) -> str:
    """`an adult or ben`."""
    words = [a(word) if word in _ROLES else str(word) for word in asked] if isinstance(asked, list) else []
    return joined(words) if words else "somebody"


def waits_text(status: dict[str, Json]) -> str:
    """Of an execution that waits: `waits for an adult until 21:04:09`."""
    return f"waits for {people(status.get('asked'))} until {clock(status.get('expires_at'))}"


def withdraw_advice(execution: str) -> str:
    return f"`hearth execution {execution}` tells what becomes of it, `hearth execution {execution} --withdraw` takes it back"


@contextmanager
def _left_waiting(session: Session, execution: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        _wipe()
        session.note(
            f"it goes on by itself; `hearth execution {execution}` tells what becomes of it; to take it back:"
        )
        session.note(f"  → hearth execution {execution} --withdraw")
        raise
    except Failure:
        _wipe()
        raise


def _are(status: dict[str, Json]) -> str:
    asked = status.get("asked")
    return "are" if isinstance(asked, list) and len(asked) > 1 else "is"


def _count_down(session: Session, status: dict[str, Json]) -> None:
    """A line that is written over, on a terminal only."""
    if session.as_json or not sys.stderr.isatty():
        return
    left = max(0, round((seconds_of(status.get("expires_at")) or 0) - time.time()))
    print(
        f"\r  {left // 60}:{left % 60:02} left; Ctrl-C leaves it waiting ",
        end="",
        file=sys.stderr,
        flush=True,
    )


def _wipe() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
