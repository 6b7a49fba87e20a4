"""A plain paho client in its own thread: somebody else on the broker, sharing no code with what is tested."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion


class Observer:
    """Connects as `user`, subscribes, publishes, and keeps every message. Use as `async with`."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self.messages: list[paho.MQTTMessage] = []
        self.connected = asyncio.Event()
        self.refused: str = ""
        self._changed = asyncio.Condition()
        self._acked: set[int] = set()
        self._port = port
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        self._client.username_pw_set(user, password)
        self._client.on_socket_open = self._no_delay
        self._loop = asyncio.get_running_loop()
        self._client.on_connect = lambda c, u, f, code, p: self._later(self._on_connect, code)
        self._client.on_message = lambda c, u, message: self._later(self._on_message, message)
        self._client.on_publish = lambda c, u, mid, code, p: self._later(self._on_ack, mid)
        self._client.on_subscribe = lambda c, u, mid, codes, p: self._later(self._on_ack, mid)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._client.connect, "127.0.0.1", self._port)
        self._client.loop_start()
        await self.connected.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    async def subscribe(self, *filters: str) -> None:
        for each in filters:
            _, mid = self._client.subscribe(each, 1)
            assert mid is not None
            await self._wait_ack(mid)

    async def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        """At QoS 1; returns when the broker has acknowledged."""
        await self._wait_ack(self._client.publish(topic, payload, 1, retain).mid)

    async def until(self, predicate: Callable[[list[paho.MQTTMessage]], Any], seconds: float = 10) -> Any:
        """What `predicate` says of all messages, as soon as that is true."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: predicate(self.messages))
        return predicate(self.messages)

    async def message(self, topic: str, payload: str | bytes | None = None) -> paho.MQTTMessage:
        wanted = payload.encode() if isinstance(payload, str) else payload

        def first(messages: list[paho.MQTTMessage]) -> paho.MQTTMessage | None:
            fitting = (m for m in messages if m.topic == topic and wanted in {None, m.payload})
            return next(fitting, None)

        found = await self.until(first)
        assert isinstance(found, paho.MQTTMessage)
        return found

    def on(self, topic: str) -> list[bytes]:
        return [bytes(m.payload) for m in self.messages if m.topic == topic]

    async def _wait_ack(self, mid: int) -> None:
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: mid in self._acked)

    @staticmethod
    def _no_delay(client: paho.Client, userdata: Any, sock: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _later(self, call: Callable[[Any], Any], argument: object) -> None:
        self._loop.call_soon_threadsafe(lambda: self._loop.create_task(call(argument)))

    async def _on_connect(self, code: Any) -> None:
        self.refused = str(code) if code.is_failure else ""
        self.connected.set()

    async def _on_message(self, message: paho.MQTTMessage) -> None:
        async with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    async def _on_ack(self, mid: int) -> None:
        async with self._changed:
            self._acked.add(mid)
            self._changed.notify_all()
