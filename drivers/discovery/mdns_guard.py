"""Stands between a socket and the library: reads packets within a budget, and lets through what is asked for."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from typing import Final

from zeroconf import DNSIncoming, Zeroconf, current_time_millis

from drivers.discovery.mdns_admission import Admission
from drivers.discovery.mdns_flood import DEAF_S, MOST_MUTED, MUTED_S, Budget, hear_all_but, hear_nothing

_log: Final = logging.getLogger(__name__)

LARGEST_PACKET_BYTES: Final = 9000
"""RFC 6762, section 17."""

LARGEST_QUESTION_BYTES: Final = 1500
"""What is asked of us needs one packet; the known answers of longer ones would be kept for a while."""

REPEATED_MS: Final = 800.0
REMEMBERED: Final = 16
"""The same packet comes in once for each interface and again within a second (RFC 6762, section 8.3)."""

EXPIRED_EVERY: Final = 100
"""Questions after which the library forgets old ones; by itself it does so each 10 s."""

COUNTED_S: Final = 5.0
MOST_SOURCES: Final = 1024
"""Packets are counted by their source for so long, and for so many sources."""

_RESPONSE: Final = 0x80


class Guard(asyncio.DatagramProtocol):
    """The protocol of one socket, in the place of the library's own `listener`, which gets the questions."""

    def __init__(
        self,
        zeroconf: Zeroconf,
        listener: asyncio.DatagramProtocol,
        admission: Admission,
        fileno: int,
        counters: Counter[str],
    ) -> None:
        self._zeroconf = zeroconf
        self._listener = listener
        self._admission = admission
        self._fileno = fileno
        self._counters = counters
        self._loop = asyncio.get_running_loop()
        self._budget = Budget(self._loop.time())
        self._hearing: asyncio.TimerHandle | None = None
        self._recent: OrderedDict[bytes, float] = OrderedDict()
        self._questions = 0
        self._heard: Counter[str] = Counter()  # packets since the last look, by source
        self._looked_at = self._loop.time()
        self.muted: dict[str, asyncio.TimerHandle] = {}

    def close(self) -> None:
        for timer in (self._hearing, *self.muted.values()):
            if timer is not None:
                timer.cancel()
        self._hearing = None
        self.muted.clear()

    def connection_lost(self, error: Exception | None) -> None:
        self.close()
        self._listener.connection_lost(error)

    def error_received(self, error: Exception) -> None:
        _log.debug("a socket of mDNS: %s", error)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        now = self._loop.time()
        self._note(_source(addr), now)
        if not self._budget.take(len(data), now):
            self._counters["dropped_packets"] += 1
            self._shed()
            return
        if len(data) > LARGEST_PACKET_BYTES or len(data) < 12:
            self._counters["malformed_packets"] += 1
            return
        try:
            self._hear(data, addr)
        except Exception as error:
            self._counters["malformed_packets"] += 1
            _log.debug("a packet of mDNS: %r", error)

    def _hear(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        if not data[2] & _RESPONSE:
            self._question(data, addr)
            return
        now = current_time_millis()
        scope = int(addr[3]) if len(addr) == 4 and addr[3] else None
        if self._is_repeated(data if scope is None else data + scope.to_bytes(4), now):
            return
        source = _source(addr)
        message = DNSIncoming(data, (source, int(addr[1])), scope, now)
        answers = message.answers()  # the message's own list
        if not message.valid or not answers:
            return
        answers[:] = self._admission.filter(answers, source, now)
        if answers:
            self._zeroconf.record_manager.async_updates_from_response(message)

    def _question(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        """Only where something is announced is there anything to answer."""
        if not self._zeroconf.registry.has_entries or len(data) > LARGEST_QUESTION_BYTES:
            return
        self._questions += 1
        if self._questions % EXPIRED_EVERY == 0:
            self._zeroconf.question_history.async_expire(current_time_millis())
        self._listener.datagram_received(data, addr)

    def _is_repeated(self, data: bytes, now: float) -> bool:
        at = self._recent.get(data)
        if at is not None and now - at < REPEATED_MS:
            return True
        self._recent[data] = now
        self._recent.move_to_end(data)
        if len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)
        return False

    def _note(self, source: str, now: float) -> None:
        if now - self._looked_at > COUNTED_S or len(self._heard) >= MOST_SOURCES:
            self._heard.clear()
            self._looked_at = now
        self._heard[source] += 1

    def _shed(self) -> None:
        """The budget is used up: who was it?"""
        if self._hearing is not None:
            return
        self._counters["floods"] += 1
        source, most = self._heard.most_common(1)[0]
        if most * 2 > self._heard.total() and source not in self.muted and len(self.muted) < MOST_MUTED:
            self._counters["muted_sources"] += 1
            self.muted[source] = self._loop.call_later(MUTED_S, self._unmute, source)
        hear_nothing(self._fileno)
        self._hearing = self._loop.call_later(DEAF_S, self._listen)

    def _listen(self) -> None:
        self._hearing = None
        self._heard.clear()
        hear_all_but(self._fileno, self.muted)

    def _unmute(self, source: str) -> None:
        self.muted.pop(source, None)
        if self._hearing is None:
            hear_all_but(self._fileno, self.muted)


def _source(addr: tuple[str | int, ...]) -> str:
    """Who sent it; a socket for both versions of IP says IPv4 addresses in its own way."""
    return str(addr[0]).removeprefix("::ffff:")
