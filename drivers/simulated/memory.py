"""Simulated devices without a network: a driver and scanner in one process, for fast tests and for a first look."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from functools import partial
from types import TracebackType
from typing import Final, Self

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.readings import Contact, Observation, Reading, Refusal, Report
from capabilities.vocabulary import Evidence, Json
from drivers.driver import Candidate, DriverHealth, Endpoint, NotSent, Rejected, Uncertain, Withdrawn
from drivers.mailbox import Mailbox, observations
from drivers.simulated.actuations import Actuation, ActuationLog
from drivers.simulated.device import Attribute, Device, Order, Part, play
from drivers.simulated.faults import Do
from drivers.simulated.house import house
from drivers.simulated.physics import State
from drivers.simulated.timeline import LoopTimeline, Timeline

_MOTION_SECONDS: Final = 0.25
_DRIFT_SECONDS: Final = 10.0
# A house has dozens of devices; so many may change before somebody looks.
_CANDIDATES_CAPACITY: Final = 4096


class MemoryDriver:
    """Implements `Driver`, `Timed` and `Scanner`. Points are `<device>/<part>/<name>`.

    Set a device's `fault` to make it misbehave; `cut_link` and `restore_link` stand for the cable; `log` counts what
    arrived. `announce` and `withdraw` add and remove devices while it runs.
    """

    name = "simulated"

    def __init__(
        self,
        devices: Sequence[Device] | None = None,
        *,
        timeline: Timeline | None = None,
        seed: int = 0,
        drift: bool = False,
        log: ActuationLog | None = None,
    ) -> None:
        self.devices: Final = {device.id: device for device in (house() if devices is None else devices)}
        self.log: Final = log or ActuationLog()
        self.timeline: Final = timeline or LoopTimeline()
        self.linked = True
        self._dice = random.Random(seed)  # noqa: S311 - weather
        self._drift = drift
        self._observations = observations()
        self._found: Mailbox[Candidate | Withdrawn] = Mailbox(_CANDIDATES_CAPACITY, lambda found: found.id)
        self._ticking: set[str] = set()
        self._waiting: set[asyncio.Future[None]] = set()
        self._rejected = 0

    async def __aenter__(self) -> Self:
        for device in self.devices.values():
            self.announce(device)
        if self._drift:
            self.timeline.call_later(_DRIFT_SECONDS, self._weather)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.timeline.close()
        self._break(Uncertain("the simulator stopped before the device answered"))
        self._observations.close()
        self._found.close()

    # --- Driver and Scanner

    def reports(self) -> AsyncIterator[Observation]:
        return self._observations

    def candidates(self) -> AsyncIterator[Candidate | Withdrawn]:
        return self._found

    def recall(self, device: str) -> Candidate | None:
        known = self.devices.get(device)
        return candidate(self.name, known) if known is not None else None

    async def write(self, point: str, value: Json, deadline: float) -> None:
        device, order = self._order(point, value, is_action=False)
        await self._obey(device, order, deadline)

    async def invoke(self, point: str, value: Json, deadline: float) -> None:
        device, order = self._order(point, value, is_action=True)
        await self._obey(device, order, deadline)

    def longest_own_timer(self, point: str) -> float | None:
        device, _, name = self._find(point)
        return device.own_timer_seconds if name == "on" and device.own_timer_seconds else None

    async def write_for(self, point: str, value: Json, seconds: float, deadline: float) -> None:
        device, order = self._order(point, value, is_action=False)
        await self._obey(device, order, deadline, off_after=seconds)

    async def read(self, point: str, deadline: float) -> None:
        device, part, name = self._find(point)
        if part.attribute(name) is None:
            raise Rejected(f"{point} is an action: it cannot be read")
        self._check_link()
        self.timeline.call_later(device.reaction_seconds, partial(self._report, device, [part.key]))

    def health(self) -> DriverHealth:
        counters = {
            "commands": sum(device.received for device in self.devices.values()),
            "rejected": self._rejected,
            "dropped": self._observations.dropped,
        }
        return DriverHealth(self.linked, f"{len(self.devices)} simulated devices", counters)

    # --- for tests

    def cut_link(self) -> None:
        """The cable is out: commands under way are uncertain, new ones are not sent, all devices are out of reach."""
        self.linked = False
        self._break(
            Uncertain("the link was cut after the command went out; look at the device before trying again")
        )
        self._tell_contact("the link is cut")

    def restore_link(self) -> None:
        """The cable is back: every device is in reach, and tells its state."""
        self.linked = True
        self._tell_contact("")
        for device in self.devices.values():
            self._report(device, device.parts)

    def announce(self, device: Device) -> None:
        """Make `device` known (again), and tell its state."""
        self.devices[device.id] = device
        self._found.put_nowait(candidate(self.name, device))
        if self.linked:
            self._observations.put_nowait(Contact(device.id, True, self.timeline.wall()))
            self._report(device, device.parts)

    def withdraw(self, device: Device, reason: str = "") -> None:
        """Take `device` away."""
        self.devices.pop(device.id, None)
        self._found.put_nowait(Withdrawn(self.name, device.id, reason))

    def use(self, device: Device, order: Order) -> None:
        """Somebody works the device by hand: it acts and reports."""
        self._act(device, order)
        self._report(device, [order.part])

    # --- commands

    def _find(self, point: str) -> tuple[Device, Part, str]:
        device_id, _, rest = point.partition("/")
        key, _, name = rest.partition("/")
        device = self.devices.get(device_id)
        part = device.parts.get(key) if device else None
        if device is None or part is None or not (part.attribute(name) or name in part.actions):
            raise Rejected(
                f"there is no {point!r}: a point is <device>/<part>/<name> of a device that is announced"
            )
        return device, part, name

    def _order(self, point: str, value: Json, *, is_action: bool) -> tuple[Device, Order]:
        device, part, name = self._find(point)
        attribute = part.attribute(name)
        if is_action and name not in part.actions:
            raise Rejected(f"{point} is a property: write it")
        if not is_action and (attribute is None or not attribute.writable):
            raise Rejected(f"{point} cannot be written")
        if attribute is not None and not is_action:
            _check(point, attribute, value)
        return device, Order(part.key, name, value)

    def _check_link(self) -> None:
        if not self.linked:
            raise NotSent("the link is cut: restore it and try again")

    async def _obey(
        self, device: Device, order: Order, deadline: float, *, off_after: float | None = None
    ) -> None:
        self._check_link()
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(answer)
        try:
            self._play(device, order, answer, off_after)
            async with asyncio.timeout(deadline):
                await answer
        except TimeoutError:
            raise Uncertain(f"{device.title} did not answer within {deadline:g} s") from None
        finally:
            self._waiting.discard(answer)

    def _play(
        self, device: Device, order: Order, answer: asyncio.Future[None], off_after: float | None
    ) -> None:
        behaviour = device.behaviour()
        steps = " ".join(f"{step.what.value}@{step.at:g}" for step in behaviour)
        payload = json.dumps(order.value).encode()
        now = self.timeline
        topic = f"{device.id}/{order.part}/{order.name}"
        timer = f" for {off_after:g} s" if off_after is not None else ""
        self.log.add(
            Actuation(now.monotonic(), now.wall(), device.id, topic, payload, f"{order}{timer}: {steps}")
        )
        actions: dict[Do, Callable[[], None]] = {
            Do.ACCEPT: lambda: None if answer.done() else answer.set_result(None),
            Do.ACT: partial(self._act, device, order, off_after),
            Do.REPORT: partial(self._report, device, [order.part]),
            Do.CLAIM: partial(self._claim, device, order, retained=False),
            Do.RETAINED_CLAIM: partial(self._claim, device, order, retained=True),
            Do.REJECT: partial(self._reject, device, f"{device.id}/{order.part}/{order.name}", answer),
            Do.CUT: self.cut_link,
        }
        play(behaviour, actions, self.timeline)

    def _act(self, device: Device, order: Order, off_after: float | None = None) -> None:
        before = {key: dict(values) for key, values in device.state.items()}
        device.act([order], self.timeline.monotonic())
        others = [key for key in before if before[key] != device.state[key] and key != order.part]
        self._report(device, others)
        if off_after is not None:
            timer = device.set_timer(order.part)
            self.timeline.call_later(off_after, partial(self._run_out, device, order.part, timer))
        if device.moving and device.id not in self._ticking:
            self._ticking.add(device.id)
            self.timeline.call_later(_MOTION_SECONDS, partial(self._tick, device))

    def _run_out(self, device: Device, part: str, timer: int) -> None:
        if device.runs_out(part, timer, self.timeline.monotonic()):
            self._report(device, device.parts)

    def _tick(self, device: Device) -> None:
        self._report(device, device.advance(self.timeline.monotonic()))
        if device.moving:
            self.timeline.call_later(_MOTION_SECONDS, partial(self._tick, device))
        else:
            self._ticking.discard(device.id)

    def _reject(self, device: Device, point: str, answer: asyncio.Future[None]) -> None:
        self._rejected += 1
        reason = f"{device.title} refused the command"
        if answer.done():
            self._observations.put_nowait(Refusal(device.id, point, self.timeline.wall(), reason))
        else:
            answer.set_exception(Rejected(reason))

    def _break(self, error: Uncertain) -> None:
        for answer in self._waiting:
            if not answer.done():
                answer.set_exception(error)

    # --- reports

    def _claim(self, device: Device, order: Order, *, retained: bool) -> None:
        state = device.claimed([order])
        self._report(device, [order.part], state=state, evidence=Evidence.BRIDGE, retained=retained)

    def _report(
        self,
        device: Device,
        parts: Iterable[str],
        *,
        state: dict[str, State] | None = None,
        evidence: Evidence = Evidence.DEVICE,
        retained: bool = False,
    ) -> None:
        if not self.linked:
            return
        shown, now = state or device.state, self.timeline.wall()
        for key in parts:
            for attribute in device.parts[key].attributes if key in device.parts else ():
                reading = Reading(shown[key].get(attribute.name), attribute.unit, now, now)
                point = f"{device.id}/{key}/{attribute.name}"
                self._observations.put_nowait(Report(point, reading, evidence, retained))

    def _weather(self) -> None:
        for device in self.devices.values():
            self._report(device, sorted(device.drift(_DRIFT_SECONDS, self._dice)))
        self.timeline.call_later(_DRIFT_SECONDS, self._weather)

    def _tell_contact(self, reason: str) -> None:
        for device in self.devices.values():
            self._observations.put_nowait(Contact(device.id, self.linked, self.timeline.wall(), reason))


def candidate(driver: str, device: Device) -> Candidate:
    """`device` as it is found."""
    components = tuple(_component(device, part) for part in device.parts.values())
    text = json.dumps(
        [(c.key, c.kind, [(a.name, a.point, a.writable) for a in c.affordances]) for c in components]
    )
    return Candidate(
        driver=driver,
        id=device.id,
        endpoint=Endpoint("memory", device.id),
        title=device.title,
        components=components,
        fingerprint=hashlib.sha256(text.encode()).hexdigest(),
        manufacturer="Hearth simulator",
        model=device.model,
        identities=frozenset({f"serial:simulated-{device.id}"}),
        room=device.room,
    )


def _component(device: Device, part: Part) -> ComponentDescription:
    base = f"{device.id}/{part.key}"
    properties = (_property(base, attribute) for attribute in part.attributes)
    actions = (
        AffordanceDescription(name, f"{base}/{name}", role="action", observable=False)
        for name in part.actions
    )
    return ComponentDescription(part.key, part.kind, (*properties, *actions), title=part.title)


def _property(base: str, attribute: Attribute) -> AffordanceDescription:
    schema: dict[str, Json] = {"type": attribute.type} if attribute.type != "object" else {}
    bounds = {"minimum": attribute.minimum, "maximum": attribute.maximum, "multipleOf": attribute.step}
    schema |= {member: value for member, value in bounds.items() if value is not None}
    if attribute.unit:
        schema["unit"] = attribute.unit
    if attribute.options:
        schema["enum"] = list(attribute.options)
    return AffordanceDescription(
        attribute.name, f"{base}/{attribute.name}", schema=schema, readable=True, writable=attribute.writable
    )


def _check(point: str, attribute: Attribute, value: Json) -> None:
    """A device refuses what it cannot be; everything else is the gateway's to check."""
    good = {
        "boolean": isinstance(value, bool),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "string": isinstance(value, str) and (not attribute.options or value in attribute.options),
        "object": isinstance(value, dict),
    }[attribute.type]
    if not good:
        raise Rejected(f"{point} takes a {attribute.type}, not {json.dumps(value)[:60]}")
