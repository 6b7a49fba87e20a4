"""Which notices stand in the ledger: what was urgent, and what could not be delivered. Never what was said."""

from __future__ import annotations

import logging
from typing import Final

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.ledger import Entry, Ledger, LedgerUnavailable
from gateway.notify.channel import Fate
from gateway.notify.notice import Urgency

KIND: Final = "notice"

MOST_ENTRIES_A_MINUTE: Final = 12
"""Of one channel; the next entry after that says how many are missing."""

log = logging.getLogger(__name__)


class Recorder:
    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._minute: dict[str, tuple[float, int]] = {}  # by channel: its beginning, entries in it
        self._missing: dict[str, int] = {}

    def record(self, channel: str, fate: Fate) -> None:
        notice = fate.parcel.notice
        if (fate.delivered or fate.moot) and notice.urgency is not Urgency.HIGH:
            return
        now = self._clock.monotonic()
        began, entries = self._minute.get(channel, (float("-inf"), 0))
        if now - began >= 60.0:
            began, entries = now, 0
        self._minute[channel] = (began, entries + 1)
        if entries >= MOST_ENTRIES_A_MINUTE:
            self._missing[channel] = self._missing.get(channel, 0) + 1
            return
        body: dict[str, Json] = {
            "notice": notice.id,
            "of": notice.kind,
            "channel": channel,
            "delivered": fate.delivered,
            "tries": fate.parcel.tries,
            "urgency": notice.urgency.word,
        }
        if not fate.delivered:
            body["because"] = fate.because
        if missing := self._missing.pop(channel, 0):
            body["unrecorded"] = missing
        self._append(Entry(KIND, self._clock.wall(), body, notice.about.execution, thing=notice.about.thing))

    def _append(self, entry: Entry) -> None:
        try:
            self._ledger.append(entry)
        except (LedgerUnavailable, ValueError) as error:
            log.error("not recorded: what became of a notice: %s", error)
