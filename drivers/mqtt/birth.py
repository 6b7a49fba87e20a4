"""Asking publishers to tell everything again, as Home Assistant does when it is born.

Source: Home Assistant, "MQTT", birth and last will messages: `<discovery prefix>/status`, `online`. Zigbee2MQTT, Tasmota and
others announce their devices and tell their states then, most of which no broker keeps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

LOOK_AGAIN_S: Final = 0.2
"""Twice the pause after which announcements count as complete: what a broker kept has begun to arrive by then."""

PATIENCE_S: Final = 5.0
"""A publisher that announces without end does not keep the others waiting."""


class Birth:
    """One birth a connection, once what the broker kept is read and listened to: a state told before nobody would hear.

    `busy` tells whether announcements or subscriptions are under way; `cry` sends the birth.
    """

    def __init__(self, busy: Callable[[], bool], cry: Callable[[], None]) -> None:
        self._busy = busy
        self._cry = cry
        self._latest = 0.0  # on the loop's clock
        self._timer: asyncio.TimerHandle | None = None

    def link_up(self) -> None:
        loop = asyncio.get_running_loop()
        self.cancel()
        self._latest = loop.time() + PATIENCE_S
        self._timer = loop.call_later(LOOK_AGAIN_S, self._look)

    def cancel(self) -> None:
        """The link is gone, or we are."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        if self._busy() and loop.time() < self._latest:
            self._timer = loop.call_later(LOOK_AGAIN_S, self._look)
        else:
            self._cry()
