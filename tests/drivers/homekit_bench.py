"""Accessories of HAP-python (a third party's implementation) in this process, and what stands between them and the driver.

What is announced goes straight to whoever watches; the real mDNS is used where the whole gateway is tested.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pyhap.hap_handler  # type: ignore[import-untyped]
import pyhap.hap_protocol  # type: ignore[import-untyped]
import pyhap.hsrp  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyhap.accessory import Accessory, Bridge  # type: ignore[import-untyped]
from pyhap.accessory_driver import AccessoryDriver  # type: ignore[import-untyped]
from zeroconf import ServiceInfo

from capabilities.vocabulary import Json
from drivers.discovery.seen import Service, ServiceLost
from drivers.discovery.tools import Stop, Tools
from drivers.homekit.keys import Keys
from gateway.clock import SystemClock

__all__ = ["Accessory", "AccessoryDriver", "Bridge", "Peer", "Services", "Vault", "tools", "until"]

TYPE = "_hap._tcp.local."
CONTROLLER = "6e1d0a6c-6b5c-4a44-9a55-2f0e8f6fd0b1"
PIN = "031-45-154"


def _whole(number: int) -> bytes:
    """As many bytes as the value has in SRP: a generator, a key, a number of the group."""
    bits = number.bit_length()
    return number.to_bytes(1 if bits <= 8 else 64 if bits <= 512 else 384)


# It leaves leading zeros out, and so refuses one right code in ninety; accessories of others do not.
pyhap.hsrp.long_to_bytes = pyhap.hap_handler.long_to_bytes = _whole


async def until(so: Callable[[], object]) -> None:
    """What happens in this process happens within some turns of the loop, or after a network's answer."""
    async with asyncio.timeout(15):
        while not so():  # noqa: ASYNC110 - conditions of a third party's objects, which tell nobody
            await asyncio.sleep(0)


class Services:
    """Tells what accessories announce."""

    def __init__(self) -> None:
        self.known: dict[str, Service] = {}
        self._told: list[Callable[[Service | ServiceLost], None]] = []
        self.zeroconf: Any = None

    def watch(self, types: Collection[str], told: Callable[[Service | ServiceLost], None]) -> Stop:
        assert list(types) == [TYPE]
        self._told.append(told)
        for service in self.known.values():
            told(service)
        return lambda: self._told.remove(told) if told in self._told else None

    def tell(self, service: Service) -> None:
        self.known[service.name] = service
        for told in list(self._told):
            told(service)

    def lose(self, name: str) -> None:
        if self.known.pop(name, None) is not None:
            for told in list(self._told):
                told(ServiceLost(TYPE, name))


class Vault:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.broken = False

    async def load(self) -> Mapping[str, bytes]:
        return dict(self.kept)

    async def put(self, device: str, secret: bytes) -> None:
        if self.broken:
            raise OSError(28, "No space left on device")
        self.kept[device] = secret

    async def delete(self, device: str) -> None:
        self.kept.pop(device, None)


def tools(services: Services, vault: Vault) -> Tools:
    unused: Any = None
    return Tools(SystemClock(), services, unused, unused, vault)


class Advertiser:
    """In place of an accessory's own mDNS. `port` and `address` are where it is said to be."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.said: Service | None = None
        self.silent = False
        self.address, self.port = "127.0.0.1", 0

    async def async_register_service(self, info: ServiceInfo, **_: Any) -> None:
        await self.async_update_service(info)

    async def async_update_service(self, info: ServiceInfo) -> None:
        properties = {key.decode(): (value or b"").decode() for key, value in info.properties.items()}
        name = info.name.removesuffix(f".{TYPE}")
        self.said = Service(TYPE, name, info.server or "", self.port, (self.address,), properties)
        self.again()

    def again(self) -> None:
        if self.said is not None and not self.silent:
            self.services.tell(self.said)

    async def async_unregister_service(self, info: ServiceInfo) -> None:
        if self.said is not None:
            self.services.lose(self.said.name)

    async def async_close(self) -> None:
        return None


class Wire:
    """A cable between driver and accessory, that can be pulled, or can swallow what goes over it."""

    def __init__(self) -> None:
        self.port = 0
        self._target = 0
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._hears = asyncio.Event()
        self._hears.set()

    async def lay(self, target: int) -> None:
        self._target = target
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def pull(self) -> None:
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for end in list(self._ends):
            end.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def deafen(self) -> None:
        self._hears.clear()

    def hear(self) -> None:
        self._hears.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        self._ends |= {writer, back}
        for source, sink in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._carry(source, sink), name="wire")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self._hears.wait()
                sink.write(data)
        except OSError:
            pass
        finally:
            sink.close()
            self._ends.discard(sink)

    async def settle(self) -> None:
        """Until its own ends are closed too."""
        await until(lambda: not self._ends and not self._tasks)


class Peer:
    """One accessory or bridge. `build` makes it; the same state (keys, id) lives on over restarts."""

    def __init__(
        self, services: Services, folder: Path, build: Callable[[AccessoryDriver], Accessory], mac: str
    ) -> None:
        self.id = mac.lower()
        self.advertiser = Advertiser(services)
        self.wire = Wire()
        self._build = build
        self._file = folder / f"{self.id.replace(':', '')}.state"
        self._mac = mac.upper()
        self._driver: AccessoryDriver | None = None
        self.accessory: Any = None

    @property
    def driver(self) -> AccessoryDriver:
        assert self._driver is not None
        return self._driver

    async def start(self, keys_to: Vault | None = None) -> None:
        """With `keys_to` it is paired, and that vault has the keys."""
        pyhap.hap_protocol.EVENT_COALESCE_TIME_WINDOW = 0
        self._driver = AccessoryDriver(
            address="127.0.0.1", port=0, persist_file=str(self._file), pincode=PIN.encode(), mac=self._mac,
            loop=asyncio.get_running_loop(), async_zeroconf_instance=self.advertiser,
        )  # fmt: skip
        if self._file.exists():
            self.driver.load()
        self.accessory = self._build(self.driver)
        self.accessory.setup_message = lambda: None
        self.driver.add_accessory(self.accessory)
        self.driver.state.port = 0
        self.driver.http_server._addr_port = ("127.0.0.1", 0)
        if keys_to is not None:
            self._pair_beforehand(keys_to)
        self.advertiser.silent = True  # its wire is not laid yet
        await self.driver.async_start()
        await self.wire.lay(self.driver.http_server.server.sockets[0].getsockname()[1])
        self.advertiser.port, self.advertiser.silent = self.wire.port, False
        await self.advertiser.async_update_service(self.driver.mdns_service_info)

    async def stop(self) -> None:
        """Its power is cut, after it said goodbye."""
        if self._driver is not None:
            self.driver.persist()
            await self.wire.pull()
            await self.driver.async_stop()
            self._driver = None

    async def restart(self, *, elsewhere: bool = False) -> None:
        await self.stop()
        if elsewhere:
            self.wire.port = 0
        await self.start()

    def _pair_beforehand(self, vault: Vault) -> None:
        """As pairing does it, without its arithmetic."""
        secret = Ed25519PrivateKey.generate()
        public = secret.public_key().public_bytes_raw()
        self.driver.state.add_paired_client(CONTROLLER.encode(), public, b"\x01")
        keys = Keys(
            self._mac, self.driver.state.public_key.public_bytes_raw().hex(), CONTROLLER,
            secret.private_bytes_raw().hex(), public.hex(),
        )  # fmt: skip
        vault.kept[self.id] = keys.encode()

    def char(self, service: str, name: str, accessory: Accessory | None = None) -> Any:
        return (accessory or self.accessory).get_service(service).get_characteristic(name)

    async def tell(self, char: Any, value: Json) -> None:
        """It shows this value, and has told it to whoever listens when this returns."""
        char.value = value
        char.notify()
        await self.flush()

    async def settle(self) -> None:
        """Its side of the connections is in this process too: until that has ended."""
        await self.wire.settle()
        await until(lambda: self._driver is None or not self._driver.http_server.connections)

    async def flush(self) -> None:
        links = self.driver.http_server.connections
        await until(lambda: not any(link._event_queue for link in links.values()))
