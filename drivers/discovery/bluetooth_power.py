"""BlueZ asked directly, for what bleak does not ask: is the scan still running, and off and on with the adapter.

Source: BlueZ, `doc/org.bluez.Adapter.rst`: the properties `Powered` and `Discovering`. An unprivileged member of the group
`bluetooth` may do that; what goes further (the kernel's management socket, a reset of the USB port) takes CAP_NET_ADMIN, which
a gateway should not have: that is why bluetooth-auto-recovery is not used.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

CALL_S: Final = 5.0
"""BlueZ answers within milliseconds; one that takes longer hangs."""

OFF_S: Final = 1.0
"""How long an adapter stays off: its firmware needs a moment to forget what it was about."""

_ADAPTERS: Final = Path("/sys/class/bluetooth")
_INTERFACE: Final = "org.bluez.Adapter1"


@dataclass(frozen=True, slots=True)
class AdapterState:
    powered: bool
    discovering: bool


class Power(Protocol):
    """What can be known of, and done to, the adapter besides scanning."""

    async def state(self, adapter: str) -> AdapterState | None:
        """None where nobody can tell. Raises nothing."""

    async def cycle(self, adapter: str) -> bool:
        """Off, and on again; False where that is not possible. Raises nothing."""


class BlueZPower:
    """Through the system's D-Bus; one short connection each time."""

    def __init__(self, adapters: Path = _ADAPTERS) -> None:
        self._adapters = adapters

    async def state(self, adapter: str) -> AdapterState | None:
        name = self._name(adapter)
        if not name:
            return None
        try:
            powered = await _call(name, "Get", "ss", [_INTERFACE, "Powered"])
            discovering = await _call(name, "Get", "ss", [_INTERFACE, "Discovering"])
        except Exception:
            return None
        return AdapterState(bool(powered), bool(discovering))

    async def cycle(self, adapter: str) -> bool:
        name = self._name(adapter)
        if not name:
            return False
        try:
            await self._set_powered(name, False)
            try:
                await asyncio.sleep(OFF_S)
            finally:
                await self._set_powered(name, True)
        except Exception:
            return False
        return True

    async def _set_powered(self, name: str, on: bool) -> None:
        from dbus_fast import Variant  # noqa: PLC0415 -- only where there is a D-Bus

        await _call(name, "Set", "ssv", [_INTERFACE, "Powered", Variant("b", on)])

    def _name(self, adapter: str) -> str:
        """The adapter that is meant; of several, where none is named, nobody can tell which one bleak took."""
        if adapter:
            return adapter
        try:
            found = [one.name for one in self._adapters.iterdir() if ":" not in one.name]
        except OSError:
            return ""
        return found[0] if len(found) == 1 else ""


async def _call(adapter: str, member: str, signature: str, body: list[object]) -> object:
    from dbus_fast import BusType, Message, MessageType  # noqa: PLC0415 -- only where there is a D-Bus
    from dbus_fast.aio import MessageBus  # noqa: PLC0415

    async with asyncio.timeout(CALL_S):
        bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        try:
            reply = await bus.call(
                Message(
                    destination="org.bluez", path=f"/org/bluez/{adapter}",
                    interface="org.freedesktop.DBus.Properties", member=member, signature=signature, body=body,
                )
            )  # fmt: skip
        finally:
            bus.disconnect()
    if reply is None or reply.message_type is MessageType.ERROR:
        raise OSError(f"BlueZ refused {member} of {adapter}")
    return getattr(reply.body[0], "value", None) if reply.body else None
