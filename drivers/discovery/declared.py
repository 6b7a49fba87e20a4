"""What a family of devices is recognised by. Declared in a module that imports no protocol library."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Declared:
    """The marks of one family.

    `services` are DNS-SD types with the domain (`_esphomelib._tcp.local.`). `service_data` and `service_uuids` are of
    advertisements, in lower case and full length; `manufacturers` their company identifiers. `usb` are (vendor, product).
    """

    services: tuple[str, ...] = ()
    service_data: tuple[str, ...] = ()
    service_uuids: tuple[str, ...] = ()
    manufacturers: tuple[int, ...] = ()
    usb: tuple[tuple[int, int], ...] = ()
