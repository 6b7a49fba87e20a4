"""Where endpoints may be: what is configured, what announces itself by mDNS, and serial adapters known to be theirs."""

from __future__ import annotations

from typing import Final, Protocol

from drivers.coap.declared import DECLARED
from drivers.coap.settings import CoapSettings
from drivers.coap.ways import LineWay, UdpWay, Way, configured
from drivers.discovery.adapters import may_be_probed
from drivers.discovery.seen import SerialPort, SerialPortLost, Service, ServiceLost
from drivers.discovery.tools import Stop, Tools

MAX_ANNOUNCED: Final = 128
"""Ways that announcements tell of. A home has a dozen; a new one takes the place of the oldest that is no Thing."""

MAX_ADDRESSES: Final = 4
"""Of one device, that are tried in turn."""

DEFAULT_BAUD: Final = 115_200
FAMILY: Final = "coap"
"""As `hardware/adapters.toml` calls it."""


class Ways(Protocol):
    """What the driver does with them."""

    def add(self, way: Way) -> None: ...

    def nudge(self, key: str) -> None: ...

    def withdraw(self, key: str, reason: str) -> None: ...

    def remove(self, key: str) -> None: ...

    def spare(self) -> str | None: ...


class Whereabouts:
    def __init__(self, settings: CoapSettings, tools: Tools, ways: Ways) -> None:
        self._settings = settings
        self._tools = tools
        self._ways = ways
        self._announced: set[str] = set()
        self._stops: list[Stop] = []
        self.counters = {"crowded_out": 0}

    @property
    def problems(self) -> list[str]:
        if not self.counters["crowded_out"]:
            return []
        return [
            f"More than {MAX_ANNOUNCED} CoAP devices announce themselves; {self.counters['crowded_out']} were not looked at. "
            "Look for a device that floods the network."
        ]

    def start(self) -> None:
        for uri in self._settings.endpoints:
            self._ways.add(configured(uri))
        for one in self._settings.line:
            self._ways.add(LineWay(one.port, one.baud))
        self._stops = [
            self._tools.services.watch(DECLARED.services, self._service),
            self._tools.ports.watch(self._port),
        ]

    def stop(self) -> None:
        stops, self._stops = self._stops, []
        for stop in stops:
            stop()
        self._announced.clear()

    def _service(self, seen: Service | ServiceLost) -> None:
        key = f"udp:{seen.name}"
        if isinstance(seen, ServiceLost):
            if key in self._announced:
                self._announced.discard(key)
                self._ways.withdraw(key, "it took its announcement back")
            return
        if key not in self._announced and len(self._announced) >= MAX_ANNOUNCED and not self._make_room():
            self.counters["crowded_out"] += 1
            return
        self._announced.add(key)
        self._ways.add(UdpWay(seen.name, seen.addresses[:MAX_ADDRESSES], seen.port))

    def _make_room(self) -> bool:
        spare = self._ways.spare()
        if spare is None:
            return False
        self.counters["crowded_out"] += 1
        self._announced.discard(spare)
        self._ways.remove(spare)
        return True

    def _port(self, seen: SerialPort | SerialPortLost) -> None:
        for one in self._settings.line:
            if one.port in (seen.path, seen.identity):
                self._ways.nudge(LineWay(one.port, one.baud).key)
                return
        key = LineWay(seen.identity, DEFAULT_BAUD).key
        if isinstance(seen, SerialPort) and may_be_probed(seen, FAMILY):
            self._ways.add(LineWay(seen.identity, DEFAULT_BAUD))
            self._ways.nudge(key)
        elif isinstance(seen, SerialPortLost):
            self._ways.nudge(key)
