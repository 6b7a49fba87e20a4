"""What the gateway hands to a driver: the shared ways to see, and a safe for its secrets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from drivers.discovery.declared import Declared
from drivers.discovery.seen import Advertisement, SerialPort, SerialPortLost, Service, ServiceLost

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf

Stop = Callable[[], None]
"""Ends a watch; a second call does nothing."""


class Clock(Protocol):
    def wall(self) -> float: ...

    def monotonic(self) -> float: ...


class Services(Protocol):
    """The one mDNS browser."""

    @property
    def zeroconf(self) -> AsyncZeroconf:
        """For libraries that want the shared instance. It must not be closed by whoever gets it."""

    def watch(self, types: Collection[str], told: Callable[[Service | ServiceLost], None]) -> Stop:
        """Browses for `types` from now on. What is known already is told at once, within this call; then every change, from
        the loop's thread. What `told` raises is logged, and harms nobody else.
        """


class Radio(Protocol):
    """The one BLE scanner."""

    def watch(self, declared: Declared, told: Callable[[Advertisement], None]) -> Stop:
        """Tells every advertisement that has one of the marks of `declared`; one without marks gets all."""

    def connected(
        self, address: str, *, deadline: float, lost: Callable[[], None] | None = None
    ) -> AbstractAsyncContextManager[Any]:
        """A connected `bleak.BleakClient`; disconnected on exit. Adapters hold few connections: this one waits for its turn,
        and tries again within `deadline` seconds. `lost` is called when it ends by itself. Raises `NotSent`, with what to do.
        """


class Ports(Protocol):
    """The one watcher of serial ports."""

    def watch(self, told: Callable[[SerialPort | SerialPortLost], None]) -> Stop:
        """Tells every port that is there at once, within this call; then those that come and go."""

    def find(self, identity: str) -> SerialPort | None:
        """The port with this identity (or path), where it is now."""

    def claimed(self, port: SerialPort, by: str) -> AbstractContextManager[None]:
        """Has the port for itself: against other drivers here, and (flock) against other programs that keep to that. Raises
        `NotSent`, which names who has it.
        """


UNREADABLE: Final = b""
"""In the place of a secret that cannot be opened any more (another key of the vault, a damaged disk)."""


class Vault(Protocol):
    """Secrets and what else one driver must remember of its devices: encrypted at rest, in no log, answer or ledger."""

    async def load(self) -> Mapping[str, bytes]:
        """All of them by device (a candidate's id). Raises `OSError` where they cannot be read: nobody knows then who is to be
        believed, and a driver believes nobody who could have a secret.

        A device whose secret is `UNREADABLE` has one, and it is lost: it is encrypted all the same, and asks for its secret
        anew. Nothing is believed of one that answers in its place without.
        """

    async def put(self, device: str, secret: bytes) -> None:
        """Durable when it returns; never `UNREADABLE`. Raises `OSError`."""

    async def delete(self, device: str) -> None:
        """Raises `OSError`."""


@dataclass(frozen=True, slots=True)
class Tools:
    """For one driver: `vault` is its own. `are_ours` tells whether an id (of a Thing Description) is this gateway's, or one
    of its Things'.
    """

    clock: Clock
    services: Services
    radio: Radio
    ports: Ports
    vault: Vault
    are_ours: Callable[[str], bool] = lambda identity: False
