"""Who can publish what on this broker, tried out: with the gateway's own user, and as a stranger without a password.

A broker may drop silently what an access rule forbids (MQTT 3.1.1, section 3.3.5): the evidence is whether a message arrives.
It is sent at QoS 1, a few at a time, and looked for until a later one of ours has arrived. What did not even go out proves
nothing. Nothing is published retained, and no device listens there.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from drivers.driver import DriverError
from drivers.mqtt.client import LoopClient
from drivers.mqtt.link import ConnectError, Link
from drivers.mqtt.probe_topics import probe_topics, trees
from drivers.mqtt.settings import MqttSettings
from drivers.mqtt.sockets import open_socket

ARRIVAL_S: Final = 2.0
"""What has not come back by then was dropped; the way there and back takes milliseconds."""

CONNECT_S: Final = 5.0

BATCH_MESSAGES: Final = 10
"""Sent before their acknowledgements are awaited: half of what mosquitto takes at once by default (its Receive Maximum, 20)."""

MOST_WATCHED: Final = 5_000
"""Command topics that are looked at for commands that the broker keeps."""

# No value of anything: a bridge that takes the topic for a group's finds neither JSON nor a state in it.
OWN: Final = b"hearth-probe: own"
STRANGER: Final = b"hearth-probe: stranger"
LAST: Final = b"hearth-probe: last"


@dataclass(slots=True)
class Tried:
    """What came of it. `stranger` is None where somebody without a password is let in, else why not. `arrived` and `own` are
    the real command topics in whose trees a stranger's, and our own, messages arrived; `blocked` where ours did not. `kept`
    are command topics on which the broker keeps a command. `announces`: a stranger may announce devices. `places` counts where
    something went out, of `all_places` in which there are command topics.
    """

    failure: str = ""
    stranger: str | None = None
    own: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    announces: bool = False
    places: int = 0
    all_places: int = 0


async def probe(settings: MqttSettings, version: int, commands: Iterable[str]) -> Tried:
    """Tries it out, in some seconds at the most. `version` is that of the protocol which the broker speaks with us."""
    known = sorted(set(commands))
    word = f"hearth-probe-{secrets.token_hex(6)}"
    ear = _Ear(
        probe_topics(known, word), f"{settings.discovery_prefix}/{word}", f"{settings.base_topic}/{word}"
    )
    try:
        async with _link(settings, version, word, ear) as own:
            return await _tried(settings, version, ear, own, known)
    except (ConnectError, DriverError, OSError) as error:
        return Tried(failure=str(error) or type(error).__name__)


async def _tried(
    settings: MqttSettings, version: int, ear: _Ear, own: Link, commands: Sequence[str]
) -> Tried:
    tried = Tried(all_places=len(trees(commands, ear.word)))
    topics = [*ear.trees, ear.discovery, ear.ours]
    await _subscribed(own, topics)
    sent = await _sent(own, topics, OWN)
    await ear.all_of(OWN, sent)
    tried.own, silent = ear.outcome(OWN)
    went = {real for topic, real in ear.trees.items() if topic in sent}
    tried.blocked, tried.places = [real for real in silent if real in went], len(went)
    # A topic on which our own messages come back tells when there is nothing more to come.
    barrier = next((topic for topic in reversed(topics) if (topic, OWN) in ear.heard), "")
    try:
        async with _link(_nobody(settings), version, f"{ear.word}-stranger", _Ear({}, "", "")) as stranger:
            await _sent(stranger, topics, STRANGER)
            await _settled(own, ear, barrier)
            tried.arrived, _ = ear.outcome(STRANGER)
            tried.announces = (ear.discovery, STRANGER) in ear.heard
    except (ConnectError, OSError) as error:
        tried.stranger = str(error) or type(error).__name__
    ear.heard.discard((barrier, LAST))
    await _subscribed(own, commands[:MOST_WATCHED])
    await _settled(own, ear, barrier)
    tried.kept = sorted(ear.kept.intersection(commands))
    return tried


def _nobody(settings: MqttSettings) -> MqttSettings:
    """Without user, password and certificate; the broker's own certificate is checked all the same."""
    tls = settings.tls
    if tls is not None:
        tls = tls.model_copy(update={"cert_file": None, "key_file": None})
    return settings.model_copy(update={"username": None, "password": None, "tls": tls})


class _Ear:
    """Hears what comes back."""

    def __init__(self, trees: dict[str, str], discovery: str, ours: str) -> None:
        self.trees = trees
        self.discovery = discovery
        self.ours = ours
        self.word = ours.rpartition("/")[2]
        self.heard: set[tuple[str, bytes]] = set()
        self.kept: set[str] = set()
        self._news = asyncio.Event()

    def message(self, topic: str, payload: bytes, retained: bool) -> None:
        if retained:
            self.kept.add(topic)
        elif self.word in topic:
            self.heard.add((topic, payload))
            self._news.set()

    async def all_of(self, payload: bytes, topics: Iterable[str]) -> None:
        """Waits until `payload` has come on all of `topics`, or it is too late."""
        wanted = {(topic, payload) for topic in topics}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ARRIVAL_S):
                while not wanted <= self.heard:
                    self._news.clear()
                    await self._news.wait()

    def outcome(self, payload: bytes) -> tuple[list[str], list[str]]:
        """In which trees it arrived, and in which none of it did: each as its real topic."""
        arrived = {real for topic, real in self.trees.items() if (topic, payload) in self.heard}
        return sorted(arrived), sorted(set(self.trees.values()) - arrived)


class _ProbeLink(Link):
    """Without a last will: nobody need know that it was there."""

    def _make_client(self, settings: MqttSettings, version: int) -> LoopClient:
        client = super()._make_client(settings, version)
        client.will_clear()
        return client


@asynccontextmanager
async def _link(settings: MqttSettings, version: int, name: str, ear: _Ear) -> AsyncIterator[Link]:
    """Raises `ConnectError`, `OSError`."""
    settings = settings.model_copy(update={"client_id": name})
    try:
        async with asyncio.timeout(CONNECT_S):
            sock = await open_socket(settings)
            link = _ProbeLink(
                sock, settings, version=version, on_message=ear.message, on_lost=_ignore, on_refused=_ignore
            )
            await link.connect(settings)
    except TimeoutError:
        raise ConnectError(f"{settings.address} did not answer within {CONNECT_S:.0f} s") from None
    try:
        yield link
    finally:
        link.close()


async def _subscribed(link: Link, topics: Sequence[str]) -> None:
    if not topics or link.lost:
        return
    answered = asyncio.Event()
    link.subscribe([(topic, 1) for topic in topics], answered.set)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ARRIVAL_S):
            await answered.wait()


async def _sent(link: Link, topics: Iterable[str], payload: bytes) -> list[str]:
    """The topics on which it went out. A broker that takes fewer at once than a batch is waited for; one that does not
    acknowledge is sent no more.
    """
    sent: list[str] = []
    pending: list[asyncio.Future[int]] = []
    for topic in topics:
        if len(pending) >= BATCH_MESSAGES and not await _acknowledged(pending):
            return sent
        try:
            ack = link.publish(topic, payload, 1, retain=False)
        except DriverError:
            if not pending or not await _acknowledged(pending):
                return sent
            try:
                ack = link.publish(topic, payload, 1, retain=False)
            except DriverError:
                return sent
        sent.append(topic)
        if ack is not None:
            pending.append(ack)
    await _acknowledged(pending)
    return sent


async def _acknowledged(pending: list[asyncio.Future[int]]) -> bool:
    """Until the broker has dealt with all of them, in whatever way; empties the list."""
    waiting: set[asyncio.Future[int]] = set()
    if pending:
        _, waiting = await asyncio.wait(pending, timeout=ARRIVAL_S)
    pending.clear()
    return not waiting


async def _settled(own: Link, ear: _Ear, barrier: str) -> None:
    """Until what the broker had for us has come."""
    if barrier:
        await _sent(own, [barrier], LAST)
        await ear.all_of(LAST, [barrier])
    else:
        await ear.all_of(LAST, [""])


def _ignore(*_: object) -> None:
    """The end of the link, and refused subscriptions, show in what does not arrive."""
