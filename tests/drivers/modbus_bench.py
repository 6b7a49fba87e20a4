"""What Modbus tests share: pymodbus' own servers, a cable that can be pulled and spoilt (two pseudo-terminals), and tools."""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Final, cast

from pymodbus.constants import ExcCodes
from pymodbus.exceptions import NoSuchIdException
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from capabilities.vocabulary import Json
from drivers.discovery.seen import SerialPort, SerialPortLost
from drivers.discovery.serial_claims import Claims
from drivers.discovery.tools import Radio, Services, Tools, Vault
from drivers.modbus.driver import ModbusDriver, open_driver
from drivers.modbus.settings import ModbusSettings
from gateway.clock import SystemClock

IDENTITY: Final = "usb:1a86:55d4:5849013232"
"""Of the adapter that the lines of these tests hang on."""

_TABLES: Final = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
_WRITES: Final = frozenset({5, 6, 15, 16})


class Device:
    """A pymodbus slave: 256 coils and discrete inputs, registers 0 to 16383 and 64512 to 64575. What reached it is noted."""

    def __init__(self, unit: int = 1) -> None:
        self.unit = unit
        self.writes: asyncio.Queue[tuple[int, int, list[Any]]] = asyncio.Queue()
        self.reads: list[tuple[int, int, int]] = []  # function, address, count (of coils in registers)
        self.refuses: ExcCodes | None = None
        self.mute = False
        self._set: dict[str, dict[int, int]] = {table: {} for table in _TABLES.values()}
        self._heard: list[asyncio.Future[None]] = []

    def put(self, table: str, address: int, *values: int) -> None:
        """From now on there is this in the registers."""
        self._set[table].update({address + offset: int(value) for offset, value in enumerate(values)})

    async def asked(self) -> None:
        """Waits for the next question."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._heard.append(future)
        await future

    def simulated(self) -> SimDevice:
        bits = [SimData(0, values=[False] * 256, datatype=DataType.BITS)]
        words = [
            SimData(0, count=16384, values=0, datatype=DataType.REGISTERS),
            SimData(64512, count=64, values=0, datatype=DataType.REGISTERS),
        ]
        tables = (bits, list(bits), words, list(words))
        return SimDevice(self.unit, simdata=tables, action=self._action)

    async def _action(  # noqa: PLR0917 — the signature is pymodbus'
        self, function: int, start: int, address: int, count: int, registers: list[int], new: Any
    ) -> ExcCodes | None:
        if self.mute:
            raise NoSuchIdException("it says nothing")
        heard, self._heard = self._heard, []
        for future in heard:
            future.set_result(None)
        if function in _WRITES:
            if new is None:  # pymodbus reads what it has written
                return None
            if self.refuses is not None:
                return self.refuses
            self.writes.put_nowait((function, address, list(new)))
            self.put("coil" if function in {5, 15} else "holding", address, *new)
            return None
        self.reads.append((function, address, count))
        for place, value in self._set[_TABLES[function]].items():
            if function in {1, 2}:
                at, bit = divmod(place, 16)
                registers[at] = registers[at] & ~(1 << bit) | (value << bit)
            else:
                registers[place - start] = value
        return None


@asynccontextmanager
async def tcp_server(*devices: Device, port: int = 0) -> AsyncIterator[int]:
    """pymodbus' TCP server. Absent units are silent, as on a line behind a gateway that says nothing of them."""
    server = ModbusTcpServer(
        [one.simulated() for one in devices], address=("127.0.0.1", port), ignore_missing_devices=True
    )
    await server.serve_forever(background=True)
    try:
        yield cast(Any, server.transport).sockets[0].getsockname()[1]
    finally:
        await cast(Any, server).shutdown()
        await asyncio.sleep(0)


class Cable:
    """Two pseudo-terminals, and what is between them. `far` is where a slave is; `near` is where the driver's port is."""

    def __init__(self) -> None:
        self.forth: Callable[[bytes], bytes] = lambda data: data  # what becomes of a question
        self.back: Callable[[bytes], bytes] = lambda data: data  # what becomes of an answer
        self.deaf = False
        self.sent: asyncio.Queue[bytes] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._far_master, self._far = pty.openpty()
        tty.setraw(self._far)
        self.far = os.ttyname(self._far)
        self.near = ""
        self._near_master = self._near = -1
        self._held = bytearray()
        self._loop.add_reader(self._far_master, self._answered)
        self.plug()

    def plug(self) -> None:
        """Into a new socket: the port gets another path."""
        self._near_master, self._near = pty.openpty()
        tty.setraw(self._near)
        self.near = os.ttyname(self._near)
        self._loop.add_reader(self._near_master, self._asked)

    def pull(self) -> None:
        self._loop.remove_reader(self._near_master)
        os.close(self._near_master)
        os.close(self._near)
        self.near = ""

    def hear(self) -> None:
        self.deaf = False
        held, self._held = bytes(self._held), bytearray()
        if held:
            os.write(self._far_master, held)

    def close(self) -> None:
        if self.near:
            self.pull()
        self._loop.remove_reader(self._far_master)
        os.close(self._far_master)
        os.close(self._far)

    def inject(self, data: bytes) -> None:
        """Towards the driver."""
        if self.near:
            os.write(self._near_master, data)

    def _asked(self) -> None:
        data = os.read(self._near_master, 4096)
        self.sent.put_nowait(data)
        if self.deaf:
            self._held += data
        else:
            os.write(self._far_master, self.forth(data))

    def _answered(self) -> None:
        data = self.back(os.read(self._far_master, 4096))
        if data:
            self.inject(data)


@asynccontextmanager
async def cable(*devices: Device) -> AsyncIterator[Cable]:
    """A line with pymodbus' RTU server at its far end."""
    wire = Cable()
    server = ModbusSerialServer(
        [one.simulated() for one in devices], port=wire.far, baudrate=115200, ignore_missing_devices=True
    )
    await server.serve_forever(background=True)
    try:
        yield wire
    finally:
        await cast(Any, server).shutdown()
        wire.close()
        await asyncio.sleep(0)


class Ports:
    """The serial ports there are: identity → path. Claims are real ones."""

    def __init__(self) -> None:
        self._paths: dict[str, str] = {}
        self._told: list[Callable[[SerialPort | SerialPortLost], None]] = []
        self.claims = Claims()

    def appear(self, path: str, identity: str = IDENTITY) -> None:
        self._paths[identity] = path
        for told in self._told:
            told(SerialPort(path, identity))

    def vanish(self, identity: str = IDENTITY) -> None:
        path = self._paths.pop(identity)
        for told in self._told:
            told(SerialPortLost(path, identity))

    def watch(self, told: Callable[[SerialPort | SerialPortLost], None]) -> Callable[[], None]:
        self._told.append(told)
        for identity, path in self._paths.items():
            told(SerialPort(path, identity))
        return lambda: self._told.remove(told)

    def find(self, identity: str) -> SerialPort | None:
        for one, path in self._paths.items():
            if identity in {one, path}:
                return SerialPort(path, one)
        return None

    def claimed(self, port: SerialPort, by: str) -> AbstractContextManager[None]:
        return self.claims.claimed(port.path, by)


def tools(ports: Ports | None = None) -> Tools:
    """Nothing but a clock and ports: this family needs no more."""
    none = cast(Any, None)
    return Tools(SystemClock(), cast(Services, none), cast(Radio, none), ports or Ports(), cast(Vault, none))


def driver(
    port: str,
    *units: Mapping[str, Json],
    ports: Ports | None = None,
    kept: tuple[str, ...] = (),
    line: Mapping[str, Json] | None = None,
    profiles: str | None = None,
) -> ModbusDriver:
    """A driver with one line, called cellar."""
    table = {
        "name": "cellar",
        "port": port,
        "baud": 115200,
        "timeout_s": 0.15,
        "unit": list(units),
        **(line or {}),
    }
    made = open_driver(ModbusSettings.model_validate({"line": [table], "profiles": profiles}), tools(ports))
    made.keep(kept)
    return made
