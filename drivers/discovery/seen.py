"""What is seen around the box, before any driver says what it is. All text in it is untrusted.

All times are seconds since the Unix epoch (UTC), as floats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """One instance of a DNS-SD service (RFC 6763), resolved. Told again when something of it changes.

    `type` is like `_hap._tcp.local.`, `name` the instance alone ("Desk lamp"). `addresses` has at least one, the best first:
    IPv4, then global and unique-local IPv6, then link-local with its scope (`fe80::1%eth0`). `properties` are those of the
    TXT record: names in lower case, values as UTF-8 with what is none replaced; a name without a value has "".
    """

    type: str
    name: str
    host: str
    port: int
    addresses: tuple[str, ...]
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ServiceLost:
    """An instance said goodbye, or its records ran out. The device may be there all the same."""

    type: str
    name: str


@dataclass(frozen=True, slots=True)
class Advertisement:
    """One advertisement of a Bluetooth device, with what it said in scan responses.

    UUIDs are in lower case and full length. `rssi` is in dBm. `handle` is what a client needs to connect; opaque.
    """

    address: str
    name: str
    rssi: int
    at: float
    service_uuids: tuple[str, ...] = ()
    service_data: Mapping[str, bytes] | None = None
    manufacturer_data: Mapping[int, bytes] | None = None
    handle: object = None


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A serial port. `identity` stays the same in another socket, where the adapter has a serial number
    (`usb:1a86:55d4:5849013232`, with `:2` behind it for its third interface), and is that of its place where it has none
    (`usb:1a86:7523@1-1.2`); a port that is no USB device has its path (`path:/dev/ttyAMA0`).
    """

    path: str
    identity: str
    vid: int = 0
    pid: int = 0
    serial: str = ""
    manufacturer: str = ""
    product: str = ""


@dataclass(frozen=True, slots=True)
class SerialPortLost:
    path: str
    identity: str
