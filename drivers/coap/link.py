"""An open way to an endpoint: what carries messages, and the talk over it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from drivers.coap.calls import SMALL_BLOCK_EXP, Caller
from drivers.coap.conversation import Conversation
from drivers.coap.counters import Counters
from drivers.coap.pace import LinePace, NetworkPace
from drivers.coap.serial_transport import SerialTransport
from drivers.coap.tame import line
from drivers.coap.udp_transport import UdpTransport, connected
from drivers.coap.ways import LineWay, UdpWay

RESOLVE_S: Final = 5.0


@dataclass(slots=True)
class Link:
    """`ended` is set when it cannot be used any more, and `on_end` called; then `reason` says why. `said` is the last line of
    text that the endpoint printed on its line.
    """

    way: LineWay | UdpWay
    host: str
    caller: Caller
    transport: SerialTransport | UdpTransport
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    reason: str = ""
    said: str = ""
    on_end: Callable[[], None] | None = None

    @property
    def talk(self) -> Conversation:
        return self.caller.talk

    def end(self, reason: str) -> None:
        if not self.ended.is_set():
            self.reason = reason
            self.ended.set()
            self.talk.end(reason)
            if self.on_end is not None:
                self.on_end()

    def close(self) -> None:
        self.transport.close()
        self.end("it was closed")


class _Later:
    """Stands where the link will be: transports call back, and the link needs its transport."""

    link: Link | None = None

    def told(self, data: bytes) -> None:
        if self.link is not None:
            self.link.talk.feed(data)

    def said(self, text: str) -> None:
        if self.link is not None:
            self.link.said = line(text)

    def lost(self, reason: str) -> None:
        if self.link is not None:
            self.link.end(reason)


def open_line(way: LineWay, path: str, counters: Counters) -> Link:
    """Raises `OSError`."""
    later = _Later()
    transport = SerialTransport(path, way.baud, told=later.told, said=later.said, lost=later.lost)
    talk = Conversation(transport, LinePace(way.baud), counters)
    later.link = Link(way, way.host, Caller(talk, SMALL_BLOCK_EXP), transport)
    return later.link


async def open_udp(way: UdpWay, address: str, counters: Counters) -> Link:
    """Raises `OSError`."""
    later = _Later()
    peer = await connected(address, way.port, RESOLVE_S)
    transport = UdpTransport(peer, told=later.told, refused=later.lost)
    talk = Conversation(transport, NetworkPace(), counters)
    later.link = Link(way, address, Caller(talk, SMALL_BLOCK_EXP), transport)
    return later.link
