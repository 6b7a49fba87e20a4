"""Everybody and everything that takes part: a broker, the house, the gateway, and those who use it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

from drivers.mqtt.broker import ManagedBroker
from drivers.mqtt.broker_users import BrokerUser
from drivers.simulated.actuations import ActuationLog
from drivers.simulated.device import Device, Order
from drivers.simulated.faults import parse_fault
from drivers.simulated.link import Account
from drivers.simulated.mqtt_house import MqttHouse, publishes, subscribes
from gateway.story import devices
from gateway.story.callers import Caller, NotAsTold, at_box, with_token
from gateway.story.child import Child
from gateway.story.telling import Teller

DEVICES_LOG: Final = "devices.jsonl"
"""In the state directory: the devices' own record of what reached them."""

READY_S: Final = 20.0
PATIENCE_S: Final = 30.0
LOOK_S: Final = 0.1


class Stage:
    """`coo` and `butler` are agents, `anna` is the person at the box."""

    def __init__(self, tell: Teller, state: Path, child: Child, house: MqttHouse, socket: Path) -> None:
        self.tell = tell
        self.state = state
        self.child = child
        self.house = house
        self.socket = socket
        self.anna = at_box(socket)
        self.coo: Caller = self.anna
        self.butler: Caller = self.anna
        self.interactive = False
        self.plans: dict[str, str] = {}
        """By what the story calls them."""

    def device(self, name: str) -> Device:
        return self.house.devices[name]

    def truth(self, name: str, part: str, value: str) -> Any:
        """What the device itself is, whatever anybody believes."""
        return self.device(name).state[part][value]

    def fault(self, name: str, fault: str = "") -> None:
        """How the device misbehaves from now on."""
        self.device(name).fault = parse_fault(fault) if fault else None

    def by_hand(self, name: str, part: str, attribute: str, value: Any) -> None:
        """Somebody uses the device itself: it does it, and reports."""
        device = self.device(name)
        device.act([Order(part, attribute, value)], self.house.timeline.monotonic())
        self.house.report(device, [part])

    def received(self, name: str) -> int:
        """How many commands have reached the device, by its own record."""
        return self.house.actuations.count(name)

    async def becomes(self, what: str, good: Any) -> None:
        """Waits until `good()`. Raises `NotAsTold`."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not good():  # noqa: ASYNC110  the devices have no event for it
                    await asyncio.sleep(LOOK_S / 5)
        except TimeoutError:
            raise NotAsTold(f"{what}: not within {PATIENCE_S:.0f} s") from None

    async def agent(self, name: str, acts_for: str) -> Caller:
        """A new agent's token, made by the person at the box."""
        body = {"principal": name, "role": "agent", "acts_for": acts_for, "title": f"{acts_for}'s agent"}
        said = await self.anna.ask("POST", "/tokens", body, expect=201)
        return with_token(name, said.body["secret"], lambda: self.child.url)

    async def pause(self) -> None:
        await asyncio.sleep(LOOK_S)

    async def disconnected(self) -> None:
        """The gateway is gone: nobody has a connection any more."""
        for caller in {self.anna, self.coo, self.butler}:
            await caller.close()


@asynccontextmanager
async def staged(state: Path, tell: Teller) -> AsyncIterator[Stage]:
    """The stage, with the gateway running and every device known. `state` keeps all that is written."""
    async with AsyncExitStack() as stack:
        # A socket's path is short (unix(7): 108 bytes), that of the state directory may be long.
        runtime = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hearth-run-")))
        house_user = BrokerUser("simulated-house", publish=publishes(), subscribe=subscribes())
        bases = ("hearth", "homeassistant", "home", "zigbee2mqtt")
        hearth_user = BrokerUser("hearth", publish=tuple(f"{base}/#" for base in bases), subscribe=("#",))
        broker = await stack.enter_async_context(ManagedBroker(state / "broker", [hearth_user, house_user]))
        log = stack.enter_context(ActuationLog(state / DEVICES_LOG))
        passwords = {user.name: user.password for user in broker.users}
        account = Account(broker.host, broker.port, house_user.name, passwords[house_user.name])
        house = await stack.enter_async_context(
            MqttHouse(devices.devices(), account, drift=False, actuations=log)
        )
        config = await asyncio.to_thread(_configure, state, runtime, broker, passwords["hearth"])
        child = Child(config)
        stack.push_async_callback(child.stop)
        await child.start()
        stage = Stage(tell, state, child, house, runtime / "hearth.sock")
        stack.push_async_callback(stage.disconnected)
        async with asyncio.timeout(READY_S):
            await stage.anna.until("/things?view=summary", _complete, stage.pause)
        yield stage


def _configure(state: Path, runtime: Path, broker: ManagedBroker, password: str) -> Path:
    """Writes `hearth.toml`, and the password beside it."""
    secret, config = state / "broker.password", state / "hearth.toml"
    secret.touch(mode=0o600)
    secret.write_text(password)
    config.write_text(
        "\n".join(
            [
                f'state_dir = "{state}"',
                f'runtime_dir = "{runtime}"',
                "[http]",
                "port = 0",
                "[mqtt]",
                f'host = "{broker.host}"',
                f"port = {broker.port}",
                'username = "hearth"',
                f'password_file = "{secret}"',
                "[adoption]",
                'without_asking = "all"',
                "label_new = false",
                "[house]",
                'clock = "trusted"  # nothing in it can be harmed at a wrong hour',
            ]
        )
    )
    return config


def _complete(things: list[dict[str, Any]]) -> bool:
    told = [thing for thing in things if any(value is not None for value in thing["state"].values())]
    return len(told) >= len(devices.devices())
