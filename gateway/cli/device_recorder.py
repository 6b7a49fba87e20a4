"""Fetches the recording of one device from the gateway. Imported by `hearth record device` alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import orjson

from gateway.cli.candidates import pick_candidate
from gateway.cli.client import segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.session import Session, items


def recorded(
    session: Session, name: str, seconds: int, say: Callable[[str], None]
) -> tuple[list[bytes], list[str]]:
    """The lines of the recording, and what is to be told of it. Ctrl-C ends it, and keeps what came. Raises `Failure`."""
    path, device = _found(session, name)
    lines: list[bytes] = []
    with suppress(KeyboardInterrupt):
        for line in session.client.lines(f"{path}?seconds={seconds}"):
            if not lines:  # its head: the gateway does it
                say(f"recording {device} for {seconds} s; Ctrl-C ends it earlier")
            lines.append(line)
    return lines, _end(lines)


def _found(session: Session, name: str) -> tuple[str, str]:
    """The path of its recording, and how it is called: a Thing, or a candidate, named as everywhere."""
    try:
        thing = session.thing_id(name)
        return f"/things/{segment(thing)}/recording", thing
    except Failure as error:
        if error.code is not Exit.NOT_FOUND:
            raise
    try:
        found = pick_candidate(session, items(session.client.get("/inbox")), name)
    except Failure as error:
        if error.code is not Exit.NOT_FOUND:
            raise
        text = f"there is no Thing and no candidate {name!r}; `hearth things` and `hearth inbox` list what there is"
        raise Failure(text, error.code) from None
    return f"/recordings/{segment(str(found['driver']))}/{segment(str(found['id']))}", str(found["id"])


def _end(lines: list[bytes]) -> list[str]:
    """What the gateway says at the end, for a person."""
    if not lines:
        raise Failure("nothing was recorded", Exit.NOT_FOUND)
    try:
        last = orjson.loads(lines[-1])
        data = last["data"] if last.get("kind") == "end" else {}
    except (ValueError, AttributeError, KeyError):
        data = {}
    replaced = data.get("replaced") or {}
    told = ", ".join(f"{count} {sort}" for sort, count in sorted(replaced.items())) or "nothing"
    left = int(data.get("left_out") or 0)
    return [f"replaced: {told}"] + (
        [f"left out: {left} messages that were too long, or too many"] if left else []
    )
