"""The wall clock in the house's own time zone, as far as it can be believed.

A box without a battery starts in the past: until something has set its clock, the time of day is not known.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from gateway.clock import Clock
from gateway.config import House
from policies.facts import LocalTime

TIME_ERROR: Final = 5
"""What adjtimex(2) returns while the kernel's clock is not synchronised."""

ASK_AGAIN_S: Final = 10.0
"""How often the kernel is asked while its answer is no. Once it was yes the clock runs on well enough by itself."""

SYNCHRONISED_FILES: Final = (Path("/run/systemd/timesync/synchronized"),)

log = logging.getLogger(__name__)


class HouseTime:
    """Local time for rules. `synchronised` asks the system; it is believed once it has said yes."""

    def __init__(
        self, clock: Clock, zone: ZoneInfo | None, synchronised: Callable[[], bool] | None = None
    ) -> None:
        """`zone` None is the system's own."""
        self._clock = clock
        self._zone = zone
        self._ask = system_clock_is_set if synchronised is None else synchronised
        self._is_set = False
        self._asked_at = float("-inf")

    @classmethod
    def of(cls, house: House, clock: Clock) -> HouseTime:
        """As the configuration wants it."""
        zone = ZoneInfo(house.zone) if house.zone else None
        return cls(clock, zone, (lambda: True) if house.clock == "trusted" else None)

    @property
    def is_known(self) -> bool:
        if not self._is_set and self._clock.monotonic() - self._asked_at >= ASK_AGAIN_S:
            self._asked_at = self._clock.monotonic()
            self._is_set = self._ask()
        return self._is_set

    def now(self) -> LocalTime | None:
        """None while the clock is not set."""
        if not self.is_known:
            return None
        local = self._local(self._clock.wall())
        return LocalTime(local.hour * 60 + local.minute + local.second / 60, local.weekday())

    def told(self, at: float) -> str:
        """Seconds since the epoch as the clock on the wall shows them: `21:04`."""
        return f"{self._local(at):%H:%M}"

    def _local(self, at: float) -> datetime:
        if self._zone is not None:
            return datetime.fromtimestamp(at, self._zone)
        return datetime.fromtimestamp(at).astimezone()


def system_clock_is_set() -> bool:
    """Whether the kernel says that its clock is synchronised (adjtimex(2)), or systemd-timesyncd has done it once."""
    if any(file.exists() for file in SYNCHRONISED_FILES):
        return True
    import ctypes  # noqa: PLC0415  (0.4 MB)

    try:
        libc = ctypes.CDLL(None, use_errno=True)
        question = ctypes.create_string_buffer(256)  # struct timex with modes = 0 asks and changes nothing
        state = int(libc.adjtimex(question))
    except (OSError, AttributeError) as error:
        log.debug("the system does not tell whether its clock is set: %s", error)
        return False
    if state < 0:
        log.debug("adjtimex: %s", os.strerror(ctypes.get_errno()))
    return 0 <= state < TIME_ERROR
