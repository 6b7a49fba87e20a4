"""Tools that show a CoAP driver what a test wants seen, and a peer without a wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, cast

from aiocoap import Message
from aiocoap.numbers.codes import Code
from aiocoap.numbers.types import Type

from drivers.coap.conversation import Conversation
from drivers.coap.messages import parsed
from drivers.coap.pace import LinePace
from drivers.discovery.seen import SerialPort, SerialPortLost, Service, ServiceLost
from drivers.discovery.tools import Radio, Tools, Vault
from drivers.driver import NotSent
from gateway.clock import SystemClock

SERVICE = "_coap._udp.local."


class SeenServices:
    """The one mDNS browser, told by hand."""

    zeroconf = cast("Any", None)

    def __init__(self) -> None:
        self._watchers: list[Callable[[Service | ServiceLost], None]] = []
        self.known: dict[str, Service] = {}

    def watch(
        self, types: Collection[str], told: Callable[[Service | ServiceLost], None]
    ) -> Callable[[], None]:
        self._watchers.append(told)
        for one in self.known.values():
            told(one)
        return lambda: self._watchers.remove(told) if told in self._watchers else None

    def announce(self, name: str, port: int, address: str = "::1", **properties: str) -> None:
        service = Service(SERVICE, name, f"{name}.local.", port, (address,), properties)
        self.known[name] = service
        for told in list(self._watchers):
            told(service)

    def withdraw(self, name: str) -> None:
        self.known.pop(name, None)
        for told in list(self._watchers):
            told(ServiceLost(SERVICE, name))


class SeenPorts:
    """The one watcher of serial ports, which knows those that exist."""

    def __init__(self) -> None:
        self._watchers: list[Callable[[SerialPort | SerialPortLost], None]] = []
        self.claims: set[str] = set()

    def watch(self, told: Callable[[SerialPort | SerialPortLost], None]) -> Callable[[], None]:
        self._watchers.append(told)
        return lambda: self._watchers.remove(told) if told in self._watchers else None

    def find(self, identity: str) -> SerialPort | None:
        return SerialPort(identity, f"path:{identity}") if Path(identity).exists() else None

    def came(self, port: SerialPort) -> None:
        for told in list(self._watchers):
            told(port)

    def claimed(self, port: SerialPort, by: str) -> AbstractContextManager[None]:
        return self._claimed(port)

    @contextmanager
    def _claimed(self, port: SerialPort) -> Iterator[None]:
        if port.path in self.claims:
            raise NotSent(f"{port.path} is used by another")
        self.claims.add(port.path)
        try:
            yield
        finally:
            self.claims.discard(port.path)


class Memory:
    """A vault that forgets with the test."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def load(self) -> Mapping[str, bytes]:
        return dict(self.kept)

    async def put(self, device: str, secret: bytes) -> None:
        self.kept[device] = secret

    async def delete(self, device: str) -> None:
        self.kept.pop(device, None)


def tools(services: SeenServices | None = None, ports: SeenPorts | None = None) -> Tools:
    return Tools(
        clock=SystemClock(),
        services=services or SeenServices(),
        radio=cast("Radio", None),
        ports=ports or SeenPorts(),
        vault=cast("Vault", Memory()),
    )


class Peer:
    """The other side of a conversation; `answers` makes what it sends for each message."""

    def __init__(self, answers: Callable[[Message], list[Message | bytes]]) -> None:
        self.talk = Conversation(self, LinePace(115_200))
        self.sent: list[bytes] = []
        self._answers = answers

    def send(self, data: bytes) -> None:
        self.sent.append(data)
        message = parsed(data)
        assert message is not None
        for one in self._answers(message):
            raw = one if isinstance(one, bytes) else encoded(one)
            asyncio.get_running_loop().call_soon(self.talk.feed, raw)

    def drop_unsent(self) -> None:
        pass


def encoded(message: Message) -> bytes:
    data: bytes = message.encode()
    return data


def reply(to: Message, payload: bytes = b"", code: Code = Code.CONTENT, **more: object) -> Message:
    message = Message(code=code, payload=payload)
    message.mtype, message.mid, message.token = Type.ACK, to.mid, to.token
    for name, value in more.items():
        setattr(message.opt, name, value)
    return message
