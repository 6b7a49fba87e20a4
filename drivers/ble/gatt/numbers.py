"""The assigned numbers that are used here. Source: Bluetooth SIG, "Assigned Numbers" (2025), sections 3.4, 3.7 and 3.8."""

from __future__ import annotations

from typing import Final


def full(short: int) -> str:
    """A 16-bit UUID in full length. Core Specification, volume 3, part B, 2.5.1."""
    return f"{short:08x}-0000-1000-8000-00805f9b34fb"


BATTERY: Final = full(0x180F)
ENVIRONMENTAL_SENSING: Final = full(0x181A)
AUTOMATION_IO: Final = full(0x1815)
DEVICE_INFORMATION: Final = full(0x180A)

ADVERTISED_SERVICES: Final = (BATTERY, ENVIRONMENTAL_SENSING, AUTOMATION_IO)
"""A device that advertises one of them is connected to once, to be described. Device information alone is nothing to adopt."""

MANUFACTURER_NAME: Final = full(0x2A29)
MODEL_NUMBER: Final = full(0x2A24)
SERIAL_NUMBER: Final = full(0x2A25)
FIRMWARE_REVISION: Final = full(0x2A26)
DIGITAL: Final = full(0x2A56)
BATTERY_LEVEL: Final = full(0x2A19)

USER_DESCRIPTION: Final = full(0x2901)
VALID_RANGE: Final = full(0x2906)
NUMBER_OF_DIGITALS: Final = full(0x2909)
