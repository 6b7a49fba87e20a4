"""What a person wants on the phone's screen, and when it should stay dark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast, get_args

import orjson

from capabilities.vocabulary import Json
from gateway.notify.notice import Kind, Notice, Urgency

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

MINUTES: Final = 24 * 60

LEAST: Final = {"low": Urgency.LOW, "normal": Urgency.NORMAL, "high": Urgency.HIGH}


@dataclass(frozen=True, slots=True)
class Preferences:
    """`kinds` and `urgency` are what is pushed; in `quiet` (minutes of the day, in the house's time; across midnight where the
    first is the later one) only what is urgent. With `hidden` a lock screen shows that there is something, and nothing else.
    """

    kinds: frozenset[Kind] = frozenset(KINDS)
    urgency: str = "normal"
    quiet: tuple[int, int] | None = None
    hidden: bool = False

    def want(self, notice: Notice, minute: float | None) -> bool:
        """`minute` of the day; None where nobody knows the time: then no hour is quiet."""
        if notice.kind not in self.kinds or notice.urgency < LEAST[self.urgency]:
            return False
        return notice.urgency is Urgency.HIGH or minute is None or not self.is_quiet(minute)

    def is_quiet(self, minute: float) -> bool:
        if self.quiet is None:
            return False
        begin, end = self.quiet
        return begin <= minute < end if begin <= end else minute >= begin or minute < end

    def document(self) -> dict[str, Json]:
        quiet: Json = None
        if self.quiet is not None:
            quiet = {"from": _clock(self.quiet[0]), "to": _clock(self.quiet[1])}
        return {
            "kinds": list[Json](one for one in KINDS if one in self.kinds),
            "urgency": self.urgency,
            "quiet": quiet,
            "hidden": self.hidden,
        }


def preferences_of(text: str) -> Preferences:
    """What `document` made, as it is kept; the usual ones for what this version cannot read."""
    try:
        body = orjson.loads(text)
        quiet = body["quiet"]
        return Preferences(
            frozenset(cast("Kind", one) for one in body["kinds"] if one in KINDS),
            body["urgency"] if body["urgency"] in LEAST else "normal",
            None if quiet is None else (minute_of(quiet["from"]), minute_of(quiet["to"])),
            body["hidden"] is True,
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return Preferences()


def minute_of(text: str) -> int:
    """`22:30` as a minute of the day. Raises `ValueError`."""
    hours, colon, minutes = text.partition(":")
    if not (colon and len(hours) == len(minutes) == 2 and text.isascii() and (hours + minutes).isdigit()):
        raise ValueError(f"{text[:20]!r} is no time of day; write it like 22:30")
    minute = int(hours) * 60 + int(minutes)
    if int(minutes) >= 60 or minute >= MINUTES:
        raise ValueError(f"{text[:20]!r} is no time of day; it goes from 00:00 to 23:59")
    return minute


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
