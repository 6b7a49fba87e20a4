"""The lasting relation to one broker: connect, and connect again, for ever."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Iterable
from typing import Final, Protocol, Self

from drivers.driver import NotSent, Uncertain
from drivers.mqtt.link import ConnectError, Link, check_ack
from drivers.mqtt.settings import MqttSettings
from drivers.mqtt.sockets import open_socket

log = logging.getLogger(__name__)

BACKOFF_FIRST_S: Final = 0.1
"""The first retry: a broker that restarts on the same box is back within half a second."""

BACKOFF_LIMIT_S: Final = 30.0
"""The longest wait: a broker that comes back in the night is found within half a minute, at no cost worth naming."""

CONNECT_TIMEOUT_S: Final = 10.0
"""For name, TCP and TLS together; a Wi-Fi that drops packets needs three SYNs, 7 s."""


STABLE_AFTER_S: Final = 5.0
"""A link that lives shorter counts as a failure: two clients with one id throw each other out at once, and for ever."""


class Listener(Protocol):
    """Who is told. All three are called on the loop and must not raise."""

    def message(self, topic: str, payload: bytes, retained: bool) -> None: ...

    def link_up(self) -> None:
        """Connected, and all subscriptions are answered: from here on everything is heard."""

    def link_down(self, reason: str) -> None: ...


class Backoff:
    """Exponential, with full jitter, so that many clients of a restarted broker do not come at once."""

    def __init__(self, uniform: Callable[[float, float], float] = random.uniform) -> None:
        self._uniform = uniform
        self._ceiling = BACKOFF_FIRST_S

    def next_s(self) -> float:
        """The time to wait now: at least half of the current step, so that it never spins."""
        delay = self._uniform(self._ceiling / 2, self._ceiling)
        self._ceiling = min(self._ceiling * 2, BACKOFF_LIMIT_S)
        return delay

    def reset(self) -> None:
        self._ceiling = BACKOFF_FIRST_S


class Connection:
    """Inside its `async with` the broker is connected, or being tried. Nothing is ever queued for a broker that is away."""

    def __init__(self, settings: MqttSettings, listener: Listener) -> None:
        self.detail = "connecting"
        self.protocol_version = 0  # 5 or 4 (3.1.1) while connected
        self.counters = {"connects": 0, "connect_failures": 0, "links_lost": 0, "subscriptions_refused": 0}
        self._settings = settings
        self._listener = listener
        self._wanted: dict[str, int] = {}
        self._link: Link | None = None
        self._oversized_before = 0  # on links that are gone
        self.attempted = asyncio.Event()  # the first attempt to connect has ended, one way or the other
        self._lost = asyncio.Event()
        self._version = 4 if settings.protocol == "3.1.1" else 5
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def connected(self) -> bool:
        return self._link is not None

    @property
    def subscribing(self) -> bool:
        """Whether the broker still owes answers to subscriptions."""
        return self._link is not None and self._link.subscribing

    @property
    def oversized(self) -> int:
        """How many messages were too large to be heard, over all links."""
        return self._oversized_before + (self._link.oversized if self._link is not None else 0)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name=f"mqtt {self._settings.address}")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        link = self._link
        if link is not None:
            with contextlib.suppress(NotSent):
                link.publish(self._settings.status_topic, b"offline", 0, retain=True)
            link.close()
        self.detail = "stopped"

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool, deadline: float) -> None:
        """Send before anything is awaited; at QoS 1 wait for the PUBACK then. Raises `NotSent`, `Rejected` or `Uncertain`."""
        if self._link is None:
            raise NotSent(f"the MQTT broker at {self._settings.address} is not connected: {self.detail}")
        ack = self._link.publish(topic, payload, qos, retain)
        if ack is None:
            return
        try:
            async with asyncio.timeout(deadline):
                code = await ack
        except TimeoutError:
            raise Uncertain(
                f"the broker did not acknowledge the message to {topic!r} within {deadline:g} s"
            ) from None
        check_ack(code, topic)

    def tell(self, topic: str, payload: bytes) -> None:
        """Send what nobody waits for, at QoS 0 and not retained. Without a link nothing happens."""
        if self._link is not None:
            with contextlib.suppress(NotSent):
                self._link.publish(topic, payload, 0, retain=False)

    def subscribe(self, topics: Iterable[tuple[str, int]], done: Callable[[], None] | None = None) -> None:
        """Want these topic filters, each with its QoS, now and after each reconnect. Retained messages come (again).

        `done` is called once the broker has answered; not if it is away: then `link_up` speaks for all.
        """
        new = list(topics)
        self._wanted.update(new)
        if self._link is not None:
            self._link.subscribe(new, done or _nothing)

    def unsubscribe(self, topics: Iterable[str]) -> None:
        gone = [topic for topic in topics if self._wanted.pop(topic, None) is not None]
        if self._link is not None and gone:
            self._link.unsubscribe(gone)

    async def _run(self) -> None:
        backoff = Backoff()
        while True:
            try:
                link = await self._open()
            except (ConnectError, OSError) as error:
                self._failed(error)
                await asyncio.sleep(backoff.next_s())
                continue
            if not link.lost:
                self._came_up(link)
            since = asyncio.get_running_loop().time()
            await self._lost.wait()
            if asyncio.get_running_loop().time() - since >= STABLE_AFTER_S:
                backoff.reset()
            await asyncio.sleep(backoff.next_s())

    async def _open(self) -> Link:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                sock = await open_socket(self._settings)
        except TimeoutError:
            raise ConnectError(
                f"{self._settings.address} did not answer within {CONNECT_TIMEOUT_S:.0f} s"
            ) from None
        self._lost = asyncio.Event()
        link = Link(
            sock,
            self._settings,
            version=self._version,
            on_message=self._listener.message,
            on_lost=self._went_down,
            on_refused=self._refused,
        )
        await link.connect(self._settings)
        return link

    def _failed(self, error: Exception) -> None:
        self.counters["connect_failures"] += 1
        self.attempted.set()
        text = str(error) or type(error).__name__
        if text != self.detail:  # once, not at each attempt
            log.warning("MQTT broker %s: %s", self._settings.address, text)
        self.detail = text
        if (
            isinstance(error, ConnectError)
            and error.unsupported_version
            and self._settings.protocol == "auto"
        ):
            self._version = 4 if self._version == 5 else 5

    def _came_up(self, link: Link) -> None:
        self._link = link
        self.protocol_version = self._version
        self.counters["connects"] += 1
        self.attempted.set()
        self.detail = f"connected to {self._settings.address}, MQTT {'5' if self._version == 5 else '3.1.1'}"
        log.info("%s", self.detail)
        with contextlib.suppress(NotSent):
            link.publish(self._settings.status_topic, b"online", 0, retain=True)
        if not link.lost:
            link.subscribe(list(self._wanted.items()), self._listener.link_up)

    def _went_down(self, reason: str) -> None:
        self._oversized_before = self.oversized
        was_up, self._link = self._link is not None, None
        self.protocol_version = 0
        self._lost.set()
        if was_up:
            if not self._stopping:  # else it is our own end, and no loss
                self.counters["links_lost"] += 1
                log.warning("MQTT broker %s: %s", self._settings.address, reason)
            self.detail = reason
            self._listener.link_down(reason)

    def _refused(self, topic: str, text: str) -> None:
        self.counters["subscriptions_refused"] += 1
        log.warning("MQTT broker %s, topic %r: %s", self._settings.address, topic, text)


def _nothing() -> None:
    pass
