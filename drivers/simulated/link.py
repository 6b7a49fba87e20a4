"""A simulator's own connection to the broker: paho-mqtt, driven by the event loop without a thread.

It shares nothing with the gateway's MQTT driver, which is what the simulators are there to test.
"""

from __future__ import annotations

import asyncio
import logging
import random
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

_KEEPALIVE_SECONDS: Final = 20
_RETRY_FIRST_SECONDS: Final = 0.1
_RETRY_LAST_SECONDS: Final = 5.0
_MISC_SECONDS: Final = 1.0
# What waits while the socket is full; beyond it a simulator may drop its own reports.
_OUTGOING_MESSAGES: Final = 20_000

# At the end, so many turns of the loop to get rid of the last words.
_FLUSH_ROUNDS: Final = 200

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """Where the broker is, and who we are to it."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes, retained, when the link breaks."""

    topic: str
    payload: str


class Link:
    """Connected from `async with` on, again and again. `on_connect` runs after each connection, `on_message` for each
    message.
    """

    def __init__(
        self,
        account: Account,
        client_id: str,
        subscribe: Sequence[str],
        *,
        on_connect: Callable[[], None],
        on_message: Callable[[str, bytes], None],
        will: Will | None = None,
    ) -> None:
        self.connected = asyncio.Event()
        self._account = account
        self._filters = subscribe
        self._on_connect = on_connect
        self._on_message = on_message
        self._broken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._loop = asyncio.get_running_loop()
        self._client = self._make_client(client_id, will)

    def _make_client(self, client_id: str, will: Will | None) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv311)
        if self._account.user:
            client.username_pw_set(self._account.user, self._account.password)
        if will:
            client.will_set(will.topic, will.payload, 1, retain=True)
        client.max_queued_messages_set(_OUTGOING_MESSAGES)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = lambda c, u, message: self._on_message(message.topic, bytes(message.payload))
        client.on_subscribe = self._subscribed
        client.on_socket_open = self._opened
        client.on_socket_close = self._closed
        client.on_socket_register_write = lambda c, u, sock: self._loop.add_writer(sock, c.loop_write)
        client.on_socket_unregister_write = self._written
        return client

    async def __aenter__(self) -> Self:
        """Returns when connected and subscribed; waits for the broker as long as it takes."""
        self._tasks = [
            asyncio.create_task(self._stay_connected(), name="simulated-link"),
            asyncio.create_task(self._keep_alive(), name="simulated-keepalive"),
        ]
        try:
            await self.connected.wait()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._client.disconnect()
        for _ in range(_FLUSH_ROUNDS):
            if not self._client.want_write():
                break
            self._client.loop_write()
            await asyncio.sleep(0)
        if (sock := self._client.socket()) is not None:  # it did not get as far as a farewell
            self._closed(self._client, None, sock)
            sock.close()

    def publish(self, topic: str, payload: str, *, retain: bool = False, qos: int = 0) -> None:
        """Nothing is kept for later while there is no link: the state is told anew after each connection."""
        if self._client.is_connected():
            self._client.publish(topic, payload, qos, retain)

    def drop(self) -> None:
        """Close the socket without a word, so that the broker publishes the will."""
        sock = self._client.socket()
        if isinstance(sock, socket.socket):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)  # the loop's reader notices

    async def _stay_connected(self) -> None:
        delay = _RETRY_FIRST_SECONDS
        while True:
            self._broken.clear()
            try:
                # Blocks for the TCP handshake only, on loopback or a LAN.
                self._client.connect(self._account.host, self._account.port, _KEEPALIVE_SECONDS)
            except OSError as error:
                log.info("no broker at %s:%d yet: %s", self._account.host, self._account.port, error)
            else:
                await self._broken.wait()
            if self.connected.is_set():
                delay = _RETRY_FIRST_SECONDS
            self.connected.clear()
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            delay = min(delay * 2, _RETRY_LAST_SECONDS)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(_MISC_SECONDS)
            self._client.loop_misc()

    def _connected(self, client: paho.Client, userdata: Any, flags: Any, code: Any, properties: Any) -> None:
        if code.is_failure:
            log.error("the broker refuses user %r: %s", self._account.user, code)
            self._broken.set()
            return
        client.subscribe([(each, 1) for each in self._filters])

    def _subscribed(self, client: paho.Client, userdata: Any, mid: int, codes: Any, properties: Any) -> None:
        if failed := [code for code in codes if code.is_failure]:
            log.error("the broker refuses %d of our subscriptions", len(failed))
        self._on_connect()
        self.connected.set()

    def _disconnected(self, *_: Any) -> None:
        self._broken.set()

    def _opened(self, client: paho.Client, userdata: Any, sock: Any) -> None:
        if isinstance(sock, socket.socket):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a short message may wait 40 ms
        self._loop.add_reader(sock, client.loop_read)

    def _written(self, client: paho.Client, userdata: Any, sock: Any) -> None:
        self._loop.remove_writer(sock)

    def _closed(self, client: paho.Client, userdata: Any, sock: Any) -> None:
        self._loop.remove_reader(sock)
        self._loop.remove_writer(sock)
        self._broken.set()
