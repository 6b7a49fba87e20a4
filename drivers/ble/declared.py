"""What this family is recognised by: the decoders' marks, and the GATT services that are read generically."""

from __future__ import annotations

from typing import Final

from drivers.ble.decoders.table import ROWS
from drivers.ble.gatt.numbers import ADVERTISED_SERVICES
from drivers.discovery.declared import Declared

DECLARED: Final = Declared(
    service_data=tuple(uuid for row in ROWS for uuid in row.service_data),
    service_uuids=ADVERTISED_SERVICES,
    manufacturers=tuple(company for row in ROWS for company in row.manufacturers),
)
