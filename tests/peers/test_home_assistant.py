"""A real Home Assistant and Hearth on one broker see the same devices and send the same commands; what differs is explained."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from drivers.driver import DriverError
from drivers.mqtt.components import COMPONENTS
from tests.drivers.mosquitto import PROGRAM, Mosquitto
from tests.drivers.mqtt_heard import Hearth
from tests.drivers.mqtt_peer import Peer
from tests.peers.announced import SAMPLE, Announced, sample, written
from tests.peers.comparison import Difference, Pair, differences, in_our_unit
from tests.peers.explained import EXPLAINED, why
from tests.peers.home_assistant import Entity, HomeAssistant, install
from tests.peers.wishes import WISHES, Wish

pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]

COMMAND_PATIENCE_S: Final = 5.0

BIRTH: Final = "homeassistant/status"
"""Either says there that it was born."""

Sent = list[tuple[str, str]]
"""topics and payloads, in order"""


@dataclass(slots=True)
class Both:
    """Both on one broker, settled; `peer` is the devices' side, `ear` hears every message."""

    announced: Announced
    home: HomeAssistant
    hearth: Hearth
    peer: Peer
    ear: Peer
    signals: list[tuple[str, ...]]

    async def pairs(self) -> list[Pair]:
        entities = {(entity.domain, entity.unique_id): entity for entity in await self.home.entities()}
        nameless = {
            entity.get("friendly_name"): entity for entity in entities.values() if not entity.unique_id
        }
        components, problems = self.hearth.components(), self.hearth.problems()
        found = []
        for part in self.announced.parts():
            entity = (
                entities.get((part.component, part.unique_id))
                if part.unique_id
                else nameless.get(part.config.get("name"))
            )
            key = next((name for name in part.names if name in components), "")
            candidate, component = components.get(key, (None, None))
            remarks = [line for name in part.names for line in problems.get(name, ())]
            found.append(Pair(part, entity, candidate, component, remarks, self.hearth))
            await asyncio.sleep(0)  # both go on living while they are compared
        return found


@contextlib.asynccontextmanager
async def both(directory: Path, announced: Announced) -> AsyncIterator[Both]:
    async with contextlib.AsyncExitStack() as stack:
        broker = await stack.enter_async_context(Mosquitto(directory, "max_queued_messages 0"))
        peer = await stack.enter_async_context(Peer(broker.port))
        for topic, payload in announced.kept.items():
            await peer.publish(topic, payload, retain=True)
        for topic, payload in announced.configs.items():
            await peer.publish(topic, payload, retain=True)
        home = await stack.enter_async_context(HomeAssistant(directory, broker.port))
        hearth = await stack.enter_async_context(Hearth(broker.port, peer))
        for _ in range(2):
            await heard(home, peer)
            await home.settle()
        await hearth.settle()
        signals = await home.signals()
        await heard(home, peer)
        for topic, payload in announced.live.items():
            await peer.publish(topic, payload)
        await hearth.hear_out()
        await heard(home, peer)
        ear = await stack.enter_async_context(Peer(broker.port, "ear"))
        yield Both(announced, home, hearth, peer, ear, signals)


async def heard(home: HomeAssistant, peer: Peer) -> None:
    """Returns when Home Assistant has taken in all that was published before."""
    topic = f"comparison/{next(_numbers)}"
    event = await home.hears(topic)
    await peer.publish(topic, "now", retain=True)
    await event.wait()


_compared: list[set[str]] = []
"""The reasons that each comparison has used."""

_numbers = iter(range(1_000_000))


@pytest.fixture(scope="module")
def installed() -> None:
    install()


def test_each_component_has_a_case() -> None:
    """All that Home Assistant 2025.4 knows; infrared came later."""
    assert {part.component for part in written().parts()} >= COMPONENTS.keys() - {"infrared"}


@pytest.mark.usefixtures("installed")
async def test_the_written_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not PROGRAM:
        pytest.skip("mosquitto is not installed")
    async with both(tmp_path, written()) as sides:
        assert sorted(sides.signals) == sorted(signals(sides.hearth))
        assert len(sides.signals) == 3
        await compare(sides, capsys)


@pytest.mark.usefixtures("installed")
async def test_the_sample_of_real_models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not PROGRAM or not SAMPLE.exists():
        pytest.skip("mosquitto or the sample of announcements is not here")
    async with both(tmp_path, sample()) as sides:
        await compare(sides, capsys)


def signals(hearth: Hearth) -> list[tuple[str, ...]]:
    """What Home Assistant has no entities for, in its words."""
    found: list[tuple[str, ...]] = []
    for point, occurred in hearth.occurrences.items():
        entity = point.rpartition("|")[2]  # points begin with their device
        for data in occurred:
            if entity.startswith("tag/"):
                found.append(("tag", str(data)))
            elif entity.startswith("device_automation/") and isinstance(data, dict):
                found.append(("trigger", str(data["type"]), str(data["subtype"])))
    return found


async def compare(sides: Both, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = await sides.pairs()
    found: list[Difference] = []
    for pair in pairs:
        found += differences(pair)
        await asyncio.sleep(0)
    sent, more = await commands(sides, pairs)
    found += more
    with capsys.disabled():
        print(f"\n{summary(pairs, sent, found)}")  # noqa: T201 (whoever runs it wants to see it)
    _compared.append({why(difference) for difference in found})
    unexplained = [difference for difference in found if not why(difference)]
    assert not unexplained, "\n" + table(unexplained)


async def commands(sides: Both, pairs: Iterable[Pair]) -> tuple[int, list[Difference]]:
    """How many wishes were sent by both, and where what went out differs."""
    await sides.ear.subscribe("#", qos=0)
    await sides.ear.settle()
    while not sides.ear.inbox.empty():
        sides.ear.inbox.get_nowait()
    count, found = 0, []
    for pair in pairs:
        if pair.entity is None or pair.entity.state is None or not pair.entity.available:
            continue
        for wish in WISHES.get(pair.entity.domain, ()):
            affordance = pair.affordance(wish.affordance) if wish.possible(pair.entity) else None
            if affordance is None:
                continue
            theirs = await _theirs(sides, pair.entity, wish)
            try:
                value = in_our_unit(pair, affordance, wish.value(pair.entity))
                await sides.hearth.driver.write(affordance.point, value, COMMAND_PATIENCE_S)
                ours: Any = await _overheard(sides, hearth=True)
            except DriverError as error:
                ours = str(error)
            count += 1
            if theirs != ours:
                found.append(Difference(pair, "command", f"{wish.service} {affordance.name}", theirs, ours))
    return count, found


async def _theirs(sides: Both, entity: Entity, wish: Wish) -> Sent | str:
    try:
        await sides.home.call(entity.domain, wish.service, entity.id, wish.data(entity))
    except RuntimeError as error:
        return str(error)
    return await _overheard(sides, hearth=False)


async def _overheard(sides: Both, *, hearth: bool) -> Sent:
    """What was sent since the last time; whoever sent it sends something after it, so that all of it is here."""
    if hearth:
        await sides.hearth.driver._connection.publish(
            "comparison/end", b"", qos=1, retain=False, deadline=COMMAND_PATIENCE_S
        )
    else:
        await sides.home.ask(
            "call_service",
            domain="mqtt",
            service="publish",
            service_data={"topic": "comparison/end", "payload": ""},
        )
    found: Sent = []
    while (message := await sides.ear.next()).topic != "comparison/end":
        if message.topic != BIRTH:
            found.append((message.topic, message.payload.decode(errors="replace")))
    return found


def summary(pairs: list[Pair], sent: int, found: list[Difference]) -> str:
    differing = {difference.pair.name for difference in found}
    reasons = Counter(why(difference) or "NOT EXPLAINED" for difference in found)
    lines = [
        f"{len(pairs)} entities compared, {len(pairs) - len(differing)} equal in everything; {sent} commands sent by both",
        *(f"{number:5} differences: {reason}" for reason, number in reasons.most_common()),
    ]
    return "\n".join(lines)


def table(found: list[Difference]) -> str:
    rows = [
        (d.pair.name, d.aspect, d.what, str(d.home_assistant), str(d.hearth), "; ".join(d.pair.problems))
        for d in found
    ]
    widths = [min(60, max(len(row[column]) for row in rows)) for column in range(5)]
    head = ("entity", "aspect", "of", "Home Assistant", "Hearth", "Hearth's remarks")
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, [*widths, 0], strict=True))
        for row in (head, *rows)
    )


def test_each_reason_is_still_needed() -> None:
    """Comes last: what explains nothing any more would hide the next difference of its sort."""
    if len(_compared) < 2:
        pytest.skip("both comparisons must have run before")
    used = set().union(*_compared)
    assert [row.why for row in EXPLAINED if row.why not in used] == []
