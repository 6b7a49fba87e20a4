"""Simulated devices on a real broker: announced by Home Assistant discovery, available, reporting, and obeying."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import zlib
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Final, Self

from capabilities.vocabulary import Json
from drivers.simulated import discovery
from drivers.simulated.actuations import Actuation, ActuationLog
from drivers.simulated.device import Device, Order, Part, play
from drivers.simulated.faults import Do
from drivers.simulated.link import Account, Link, Will
from drivers.simulated.physics import State
from drivers.simulated.timeline import LoopTimeline, Timeline

# A cover tells its position so often while it moves.
_MOTION_SECONDS: Final = 0.5
# Sensors look around so often; they report only what has changed.
DRIFT_SECONDS: Final = 10.0
_PREFIX: Final = "homeassistant"

log = logging.getLogger(__name__)


def publishes(base: str = "home") -> tuple[str, ...]:
    """The topic filters that the house needs to publish: its states, never its commands."""
    return (
        f"{_PREFIX}/#",
        f"{base}/bridge/availability",
        f"{base}/bridge/logging",
        f"{base}/+/availability",
        f"{base}/+/+/state/#",
    )


def subscribes(base: str = "home") -> tuple[str, ...]:
    """The topic filters that the house listens on."""
    return f"{base}/+/+/set", f"{base}/+/+/set/+", f"{_PREFIX}/status"


class MqttHouse:
    """`devices` on the broker of `account`, under `<base>/…`, from `async with` until its end.

    `actuations` records every command. `drift` switches the weather on. The same `seed` on a `ManualTimeline` gives the same
    day.
    """

    def __init__(
        self,
        devices: Sequence[Device],
        account: Account,
        *,
        base: str = "home",
        seed: int = 0,
        drift: bool = True,
        actuations: ActuationLog | None = None,
        timeline: Timeline | None = None,
    ) -> None:
        self.devices: Final = {device.id: device for device in devices}
        self.actuations: Final = actuations or ActuationLog()
        self.timeline: Final = timeline or LoopTimeline()
        self._base = base
        self._dice = random.Random(seed)  # noqa: S311 - weather
        self._drift = drift
        self._ticking: set[str] = set()
        self._bridge = f"{base}/bridge/availability"
        self._link = Link(
            account,
            f"simulated-{base}",
            subscribes(base),
            on_connect=self._announce_all,
            on_message=self._message,
            will=Will(self._bridge, "offline"),
        )
        self._stack = AsyncExitStack()

    @property
    def connected(self) -> asyncio.Event:
        """Set while the house is on the broker, announced."""
        return self._link.connected

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._link)
        if self._drift:
            self.timeline.call_later(DRIFT_SECONDS, self._weather)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.timeline.close()
        self._link.publish(self._bridge, "offline", retain=True)
        await self._stack.aclose()

    def available(self, device: Device, is_available: bool) -> None:
        """Say that `device` is there, or is not."""
        payload = "online" if is_available else "offline"
        self._link.publish(f"{self._base}/{device.id}/availability", payload, retain=True)

    def withdraw(self, device: Device) -> None:
        """Take the announcement back: empty retained configurations."""
        for part in device.parts.values():
            self._link.publish(self._config_topic(device, part), "", retain=True)

    def report(
        self,
        device: Device,
        parts: Iterable[str],
        *,
        state: dict[str, State] | None = None,
        again: bool = False,
    ) -> None:
        """Publish the state of `parts`: the truth, unless another `state` is given."""
        shown = state or device.state
        for key in parts:
            if key not in device.parts:
                continue
            part = device.parts[key]
            for topic, payload in discovery.states(part, self._topic(device, part), shown[key]).items():
                self._link.publish(topic, payload, retain=True)

    def drop(self) -> None:
        """Lose the link as a power cut would; it comes back."""
        self._link.drop()

    # --- announcing

    def _announce_all(self) -> None:
        self._link.publish(self._bridge, "online", retain=True)
        for device in self.devices.values():
            for part in device.parts.values():
                self._link.publish(
                    self._config_topic(device, part), json.dumps(self._config(device, part)), retain=True
                )
            self.available(device, True)
            self.report(device, device.parts)

    def _topic(self, device: Device, part: Part) -> str:
        return f"{self._base}/{device.id}/{part.key}"

    def _config_topic(self, device: Device, part: Part) -> str:
        component = discovery.SORTS[part.kind].component
        return f"{_PREFIX}/{component}/{self._base}-{device.id}/{part.key}/config"

    def _config(self, device: Device, part: Part) -> dict[str, Json]:
        _, config = discovery.announce(part, self._topic(device, part))
        return {
            "unique_id": f"{self._base}-{device.id}-{part.key}",
            "name": part.title or None,
            **config,
            "availability": [{"topic": self._bridge}, {"topic": f"{self._base}/{device.id}/availability"}],
            "availability_mode": "all",
            "device": {
                "identifiers": [f"{self._base}-{device.id}"],
                "connections": [["mac", _mac(self._base, device.id)]],
                "name": device.title,
                "manufacturer": "Hearth simulator",
                "model": device.model,
                "suggested_area": device.room,
            },
            "origin": {"name": "Hearth simulator"},
        }

    # --- obeying

    def _message(self, topic: str, payload: bytes) -> None:
        if topic == f"{_PREFIX}/status":
            if payload == b"online":
                self._announce_all()
            return
        _, device_id, key, _, *leaf = topic.split("/")
        device = self.devices.get(device_id)
        if device is None or key not in device.parts:
            log.warning("a command for nobody: %s", topic)
            return
        try:
            orders = discovery.orders(device.parts[key], "/".join(leaf), payload)
        except discovery.NotUnderstoodError as error:
            self._log(device, topic, payload, f"nothing: {error}")
            self._reject(device, str(error))
            return
        self._obey(device, orders, topic, payload)

    def _obey(self, device: Device, orders: list[Order], topic: str, payload: bytes) -> None:
        behaviour = device.behaviour()
        steps = " ".join(f"{step.what.value}@{step.at:g}" for step in behaviour)
        self._log(device, topic, payload, f"{'; '.join(map(str, orders))}: {steps}")
        parts = {order.part for order in orders}
        play(
            behaviour,
            {
                Do.ACCEPT: lambda: None,  # the broker does that
                Do.ACT: lambda: self._act(device, orders),
                Do.REPORT: lambda: self.report(device, parts),
                Do.CLAIM: lambda: self.report(device, parts, state=device.claimed(orders)),
                Do.RETAINED_CLAIM: lambda: self.report(device, parts, state=device.claimed(orders)),
                Do.REJECT: lambda: self._reject(
                    device, f"Publish 'set' to '{device.id}' failed: refused by the device"
                ),
                Do.CUT: self.drop,
            },
            self.timeline,
        )

    def _act(self, device: Device, orders: list[Order]) -> None:
        before = {key: dict(values) for key, values in device.state.items()}
        device.act(orders, self.timeline.monotonic())
        ordered = {order.part for order in orders}
        # What follows in other parts (the meter behind the outlet) is theirs to report.
        self.report(
            device, [key for key in before if before[key] != device.state[key] and key not in ordered]
        )
        if device.moving and device.id not in self._ticking:
            self._ticking.add(device.id)
            self.timeline.call_later(_MOTION_SECONDS, lambda: self._tick(device))

    def _tick(self, device: Device) -> None:
        self.report(device, device.advance(self.timeline.monotonic()))
        if device.moving:
            self.timeline.call_later(_MOTION_SECONDS, lambda: self._tick(device))
        else:
            self._ticking.discard(device.id)

    def _weather(self) -> None:
        for device in self.devices.values():
            self.report(device, sorted(device.drift(DRIFT_SECONDS, self._dice)))
        self.timeline.call_later(DRIFT_SECONDS, self._weather)

    def _reject(self, device: Device, why: str) -> None:
        """MQTT devices have no common way to say no; we say it as Zigbee2MQTT does, in the log of the bridge."""
        message: dict[str, Json] = {
            "level": "error",
            "message": why,
            "namespace": f"{self._base}:{device.id}",
        }
        self._link.publish(f"{self._base}/bridge/logging", json.dumps(message))

    def _log(self, device: Device, topic: str, payload: bytes, did: str) -> None:
        now = self.timeline
        self.actuations.add(Actuation(now.monotonic(), now.wall(), device.id, topic, payload, did))


def _mac(base: str, device: str) -> str:
    """A locally administered MAC address (IEEE 802c) that stays the same for the same device."""
    digits = f"02{zlib.crc32(f'{base}/{device}'.encode()):08x}{len(device) % 256:02x}"
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))
