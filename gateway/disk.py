"""The disk under the state directory: how much room there is, how much this process writes, and that people are told in time.

What is written is counted by the kernel (`write_bytes` of /proc/self/io, proc(5)): what reaches the device, not what was asked
for. An SD card lives by it.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.ids import new_id
from gateway.notify.notice import Notice, Urgency
from gateway.notify.notifier import Notifier
from gateway.notify.timer import Alarm
from gateway.notify.words import in_parts

LOOK_EVERY_S: Final = 60.0
NOTE_EVERY_S: Final = 3600.0
DAY_S: Final = 86_400.0

LITTLE_BYTES: Final = 200 * 1024 * 1024
LITTLE_SHARE: Final = 0.02
"""Whichever is less is little: a ledger of weeks still fits, and there is time to make room."""

ENOUGH: Final = 1.5
"""Times what is little: only then it is said to be well again, so that nobody is told back and forth."""

MEANINGFUL_S: Final = 600.0
"""After the start; before it what a day is cannot be told."""

_COUNTED: Final = Path("/proc/self/io")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Room:
    free: int
    total: int

    @property
    def is_little(self) -> bool:
        return self.free < min(LITTLE_BYTES, self.total * LITTLE_SHARE)


def room(directory: Path) -> Room:
    """What this user may still write, in bytes. Raises `OSError`."""
    found = os.statvfs(directory)
    return Room(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)


def written() -> int | None:
    """Bytes that this process has sent to a disk; None where the kernel does not tell."""
    try:
        lines = _COUNTED.read_text("ascii").splitlines()
    except OSError:
        return None
    counts = {name: int(count) for name, _, count in (line.partition(": ") for line in lines)}
    return max(0, counts.get("write_bytes", 0) - counts.get("cancelled_write_bytes", 0))


class Disk:
    """Looks once a minute, from `async with` on."""

    def __init__(self, directory: Path, clock: Clock, notifier: Notifier) -> None:
        self._directory = directory
        self._clock = clock
        self._notifier = notifier
        self._alarm = Alarm(clock, self._look)
        self._noted: deque[tuple[float, int]] = deque(maxlen=round(DAY_S / NOTE_EVERY_S) + 1)
        self.is_little = False

    async def __aenter__(self) -> Self:
        self._look()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._alarm.stop()

    def shown(self) -> dict[str, Json]:
        """`written_a_day` is that of the last day, or of the time since the start made one; null in the first minutes."""
        try:
            now = room(self._directory)
        except OSError:
            now = Room(0, 0)
        count = written()
        return {
            "free_bytes": now.free,
            "total_bytes": now.total,
            "is_little": now.is_little,
            "written_bytes": count,
            "written_a_day": self._a_day(count),
        }

    def _a_day(self, count: int | None) -> int | None:
        if count is None or not self._noted:
            return None
        since, before = self._noted[0]
        passed = self._clock.monotonic() - since
        return round((count - before) * DAY_S / passed) if passed >= MEANINGFUL_S else None

    def _look(self) -> None:
        self._alarm.set(LOOK_EVERY_S)
        now, count = self._clock.monotonic(), written()
        if count is not None and (not self._noted or now - self._noted[-1][0] >= NOTE_EVERY_S):
            self._noted.append((now, count))
        try:
            found = room(self._directory)
        except OSError as error:
            log.error("the disk under %s cannot be looked at: %s", self._directory, error)
            return
        if found.is_little and not self.is_little:
            self.is_little = True
            self._tell(found)
        elif self.is_little and found.free > ENOUGH * min(LITTLE_BYTES, found.total * LITTLE_SHARE):
            self.is_little = False
            log.warning("there is room on the disk again: %s", in_words(found.free))

    def _tell(self, found: Room) -> None:
        left = in_words(found.free)
        log.warning("the disk is nearly full: %s are free under %s", left, self._directory)
        text = (
            f"{left} are free. When nothing is left, what software asks for is not done any more, for it cannot be recorded."
            " Make room on the box: `hearth doctor` shows what takes it."
        )
        at = self._clock.wall()
        self._notifier.tell(
            Notice(
                new_id(at),
                at,
                "The disk is nearly full",
                text,
                urgency=Urgency.HIGH,
                kind="incident",
                ref="/health",
                tag="disk",
                words=in_parts("disk_little", left=left),
            )
        )


def in_words(count: float) -> str:
    """`1.5 GB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "bytes" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("every number ends above")
