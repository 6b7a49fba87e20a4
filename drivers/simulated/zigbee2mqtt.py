"""A simulated Zigbee2MQTT 2.x on a real broker (zigbee2mqtt.io, "MQTT topics and messages").

Announces the devices of given discovery messages, publishes their states, and answers `set` and `get` as the real one does: a
`set` is answered at once with an optimistic echo of what was asked; what the device really did is told later by some devices,
and by all when they are asked with `get`. Errors go to `bridge/logging`, the network is told at `bridge/devices`,
`bridge/groups` and `bridge/info`. A group takes its members along, and is told as they are.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from capabilities.vocabulary import Json
from drivers.simulated.actuations import Actuation, ActuationLog
from drivers.simulated.device import play
from drivers.simulated.faults import Do
from drivers.simulated.link import Account, Link, Will
from drivers.simulated.physics import is_number
from drivers.simulated.timeline import LoopTimeline, Timeline
from drivers.simulated.zigbee2mqtt_device import MOTION_SECONDS, Values, ZigbeeDevice
from drivers.simulated.zigbee2mqtt_model import Message, key_of, models
from drivers.simulated.zigbee2mqtt_network import (
    Group,
    address_of,
    devices_payload,
    disabled,
    group_messages,
    groups_payload,
    info_payload,
    renamed,
)

# The words that are taken without JSON around them.
_BARE_STATES: Final = frozenset({"on", "off", "toggle", "open", "close", "stop", "lock", "unlock"})
_BRIDGE_STATES: Final = {True: '{"state":"online"}', False: '{"state":"offline"}'}


class Zigbee2Mqtt:
    """The bridge, from `async with` until its end, with the devices that `messages` announce.

    `retain` publishes states retained, as the device option of that name does; the real default is not to. `status_seconds` is
    how long after Home Assistant's birth message all states are told again (the real one waits 30 s).
    """

    def __init__(
        self,
        messages: Iterable[Message],
        account: Account,
        *,
        base: str = "zigbee2mqtt",
        prefix: str = "homeassistant",
        retain: bool = False,
        status_seconds: float = 0.1,
        actuations: ActuationLog | None = None,
        timeline: Timeline | None = None,
        groups: Iterable[Group] = (),
        own_timers: Mapping[str, float] | None = None,
    ) -> None:
        """`own_timers`: the devices that can switch themselves off again, each with the seconds that takes at the most."""
        self.devices: Final = {name: ZigbeeDevice(model) for name, model in models(messages, base).items()}
        for name, seconds in (own_timers or {}).items():
            self.devices[name].model.with_own_timer(seconds)
        self.groups: Final[dict[str, Group]] = {}
        self.actuations: Final = actuations or ActuationLog()
        self.timeline: Final = timeline or LoopTimeline()
        self._base = base
        self._prefix = prefix
        self._retain = retain
        self._status_seconds = status_seconds
        self._ticking: set[str] = set()
        self._link = Link(
            account,
            f"simulated-{base}",
            (f"{base}/#", f"{prefix}/status"),
            on_connect=self._announce,
            on_message=self._message,
            will=Will(f"{base}/bridge/state", _BRIDGE_STATES[False]),
        )
        self._stack = AsyncExitStack()
        self._announced = asyncio.Event()
        self._addresses = {name: address_of(device.model) for name, device in self.devices.items()}
        self._disabled: set[str] = set()
        for group in groups:
            self._add(group)

    async def __aenter__(self) -> Self:
        """Returns when everything is announced and told."""
        await self._stack.enter_async_context(self._link)
        await self._announced.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.timeline.close()
        self._publish("bridge/state", _BRIDGE_STATES[False], retain=True)
        await self._stack.aclose()

    def use(self, device: ZigbeeDevice, values: Mapping[str, Json]) -> None:
        """Somebody uses the device by hand: it changes, and reports."""
        device.act(values)
        self._report(device, set(values))
        self._start_moving(device)

    def available(self, device: ZigbeeDevice, is_available: bool) -> None:
        """Say that the device answers, or does not."""
        self._publish(f"{device.name}/availability", _BRIDGE_STATES[is_available], retain=True)

    # --- what somebody does to the network

    def rename(self, old: str, new: str) -> None:
        """Give a device or group another friendly name. It is announced at the same places, with other topics."""
        device = self.devices.pop(old)
        device.name = device.model.name = new
        device.model.messages = [renamed(m, self._base, old, new) for m in device.model.messages]
        self.devices[new] = device
        self._publish(old, "", retain=True)
        self._publish(f"{old}/availability", "", retain=True)
        if old in self.groups:
            self.groups[new] = replace(self.groups.pop(old), name=new)
        else:
            self._addresses[new] = self._addresses.pop(old)
            for name, group in self.groups.items():
                members = tuple(new if member == old else member for member in group.members)
                self.groups[name] = replace(group, members=members)
        self._announce_device(device)
        self._tell_network()
        self._tell(device)

    def remove(self, name: str) -> None:
        """Take a device or group out: its announcements are cleared."""
        device = self.devices.pop(name)
        self._addresses.pop(name, None)
        self.groups.pop(name, None)
        for topic, _ in device.model.messages:
            self._link.publish(topic, "", retain=True)
        self._publish(name, "", retain=True)
        self._tell_network()

    def leave(self, name: str) -> None:
        """A device leaves by itself: its announcements stay until the next restart."""
        device, address = self.devices.pop(name), self._addresses.pop(name)
        self._tell_network()
        data = {"ieee_address": address, "friendly_name": device.name}
        self._publish("bridge/event", json.dumps({"type": "device_leave", "data": data}))

    def disable(self, name: str) -> None:
        """The bridge is told to leave a device alone."""
        self._disabled.add(name)
        for topic, payload in map(disabled, self.devices[name].model.messages):
            self._link.publish(topic, payload, retain=True)
        self._tell_network()

    def regroup(self, name: str, members: tuple[str, ...]) -> None:
        """Other members for a group."""
        self.groups[name] = replace(self.groups[name], members=members)
        self._tell_network()

    def permit_join(self, is_open: bool) -> None:
        self._publish("bridge/info", info_payload(permit_join=is_open), retain=True)

    def _add(self, group: Group) -> None:
        self.groups[group.name] = group
        members = [self.devices[name].model for name in group.members]
        for name, model in models(
            group_messages(group, members, self._base, self._prefix), self._base
        ).items():
            self.devices[name] = ZigbeeDevice(model)

    # --- what it tells

    def _announce(self) -> None:
        self._publish("bridge/state", _BRIDGE_STATES[True], retain=True)
        self._tell_network()
        self.permit_join(False)
        self._announce_next(iter(list(self.devices.values())))

    def _announce_next(self, devices: Iterator[ZigbeeDevice]) -> None:
        """One after the other, each in its turn of the loop: a large house takes its time. Their states come last."""
        device = next(devices, None)
        if device is None:
            self._tell_all()
            self._announced.set()
            return
        if self.devices.get(device.name) is device:
            self._announce_device(device)
        asyncio.get_running_loop().call_soon(self._announce_next, devices)

    def _announce_device(self, device: ZigbeeDevice) -> None:
        for topic, payload in device.model.messages:
            self._link.publish(topic, payload, retain=True)
        self.available(device, True)

    def _tell_network(self) -> None:
        """As the real one does at its start, and whenever something of it changes."""
        known = [(self._addresses[n], d.model, n in self._disabled)
                 for n, d in self.devices.items() if n in self._addresses]  # fmt: skip
        self._publish("bridge/devices", devices_payload(known), retain=True)
        self._publish("bridge/groups", groups_payload(self.groups.values(), self._addresses), retain=True)

    def _tell_all(self) -> None:
        for device in self.devices.values():
            self._tell(device)

    def _tell(self, device: ZigbeeDevice) -> None:
        """The whole cached state, as the bridge always publishes it."""
        self._publish(device.name, json.dumps(device.cache), retain=self._retain)

    def _error(self, message: str) -> None:
        entry = {"level": "error", "message": message, "namespace": "z2m"}
        self._publish("bridge/logging", json.dumps(entry))

    def _publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        self._link.publish(f"{self._base}/{topic}", payload, retain=retain)

    # --- what it hears

    def _message(self, topic: str, payload: bytes) -> None:
        if topic == f"{self._prefix}/status":
            if payload == b"online":
                self.timeline.call_later(self._status_seconds, self._tell_all)
            return
        rest = topic.removeprefix(f"{self._base}/")
        if rest.startswith("bridge/"):
            self._request(rest.removeprefix("bridge/"), payload)
            return
        name = max((one for one in self.devices if rest.startswith(f"{one}/")), key=len, default="")
        path = (rest.removeprefix(name) if name else rest).split("/")
        verb = next((i for i, level in enumerate(path[1:], 1) if level in {"set", "get"}), None)
        if verb is None:
            return  # our own states
        device = self.devices.get(name)
        if device is None:
            self._error(f"Entity '{'/'.join(path[:verb])}' is unknown")
            return
        endpoint, attribute = "/".join(path[1:verb]), "/".join(path[verb + 1 :])
        order = _parse(payload, attribute or None)
        if order is None:
            self._log(device, topic, payload, "nothing: invalid message")
            self._error("Invalid message 'undefined', skipping...")
            return
        order = {key_of(endpoint, None, name): value for name, value in order.items()}
        (self._set if path[verb] == "set" else self._get)(device, order, topic, payload)

    def _set(self, device: ZigbeeDevice, order: Values, topic: str, payload: bytes) -> None:
        values, errors = device.checked(order)
        for error in errors:
            self._error(error)
        if not values:
            self._log(device, topic, payload, "nothing: " + "; ".join(errors))
            return
        names = set(values)
        behaviour = device.behaviour(names)
        steps = " ".join(f"{step.what.value}@{step.at:g}" for step in behaviour)
        self._log(device, topic, payload, f"{json.dumps(values)}: {steps}")
        play(
            behaviour,
            {
                Do.ACCEPT: lambda: None,  # the broker does that
                Do.CLAIM: lambda: self._claim(device, values),
                Do.RETAINED_CLAIM: lambda: self._claim(device, values, retain=True),
                Do.ACT: lambda: self._act(device, values),
                Do.REPORT: lambda: self._report(device, names),
                Do.REJECT: lambda: self._refuse(device, values),
                Do.CUT: self._link.drop,
            },
            self.timeline,
        )

    def _claim(self, device: ZigbeeDevice, values: Values, *, retain: bool = False) -> None:
        device.believe(values)
        self._publish(device.name, json.dumps(device.cache), retain=retain or self._retain)
        for member in self._members(device):  # each is believed to have followed
            member.believe({name: value for name, value in values.items() if name in member.model.keys})
            self._tell(member)

    def _act(self, device: ZigbeeDevice, values: Values) -> None:
        for one in (*self._members(device), device):
            one.act({name: value for name, value in values.items() if name in one.model.keys})
            self._start_moving(one)
        seconds = values.get("on_time")
        if values.get("state") == "ON" and is_number(seconds):
            timer = device.set_timer()
            self.timeline.call_later(seconds, lambda: self._run_out(device, timer))

    def _run_out(self, device: ZigbeeDevice, timer: int) -> None:
        if device.runs_out(timer):
            self._report(device, {"state"})

    def _report(self, device: ZigbeeDevice, names: set[str]) -> None:
        members = self._members(device)
        for one in members or (device,):
            one.report(one.related(names))
            self._tell(one)
            self._tell_groups(one, names)

    def _tell_groups(self, member: ZigbeeDevice, names: set[str]) -> None:
        """A group is as its member said last: the bridge works that out."""
        for group in self.groups.values():
            device = self.devices.get(group.name)
            if device is not None and member.name in group.members:
                device.cache.update({name: member.cache[name] for name in names & device.model.keys.keys()})
                self._tell(device)

    def _members(self, device: ZigbeeDevice) -> list[ZigbeeDevice]:
        group = self.groups.get(device.name)
        return [self.devices[name] for name in group.members if name in self.devices] if group else []

    def _start_moving(self, device: ZigbeeDevice) -> None:
        if device.moving and device.name not in self._ticking:
            self._ticking.add(device.name)
            self.timeline.call_later(MOTION_SECONDS, lambda: self._move(device))

    def _move(self, device: ZigbeeDevice) -> None:
        device.move()
        self._report(device, {"position", "state"})
        if device.moving:
            self.timeline.call_later(MOTION_SECONDS, lambda: self._move(device))
        else:
            self._ticking.discard(device.name)

    def _refuse(self, device: ZigbeeDevice, values: Values) -> None:
        """As when the radio gets no answer from the device."""
        for name in values:
            why = "Data request failed with error: 'MAC no ack' (233)"
            self._error(
                f"Publish 'set' '{name}' to '{device.name}' failed: 'Error: ZCL command failed ({why})'"
            )

    def _get(self, device: ZigbeeDevice, order: Values, topic: str, payload: bytes) -> None:
        readable = {name for name in order if device.model.readable(name)}
        for name in sorted(order.keys() - readable):
            known = name in device.model.keys
            self._error(
                f"No converter available for 'get' '{name}' ({order[name]})"
                if known
                else f"No converter available for '{name}' on '{device.name}': (\"{order[name]}\")"
            )
        self._log(device, topic, payload, f"read {', '.join(sorted(readable)) or 'nothing'}")
        if readable:
            self.timeline.call_later(device.reaction_seconds, lambda: self._report(device, readable))

    def _request(self, what: str, payload: bytes) -> None:
        """Requests to the bridge itself (permit_join, ota_update …) are answered with an error: nothing here can do them."""
        if what.startswith("request/"):
            name = what.removeprefix("request/")
            answer: dict[str, Json] = {"data": {}, "status": "error", "error": f"'{name}' is not simulated"}
            self._publish(f"bridge/response/{name}", json.dumps(answer))

    def _log(self, device: ZigbeeDevice, topic: str, payload: bytes, did: str) -> None:
        now = self.timeline
        self.actuations.add(Actuation(now.monotonic(), now.wall(), device.name, topic, payload, did))


def _parse(payload: bytes, attribute: str | None) -> Values | None:
    """The members of a command; None where the bridge would call it invalid."""
    text = payload.decode(errors="replace")
    try:
        value: Json = json.loads(text)
    except ValueError:
        value = text
        if attribute is None:
            return {"state": text} if text.lower() in _BARE_STATES else None
    if attribute is not None:
        return {attribute: value}
    return value if isinstance(value, dict) else None
