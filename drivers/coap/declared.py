"""What this family is recognised by."""

from __future__ import annotations

from typing import Final

from drivers.discovery.declared import Declared

DECLARED: Final = Declared(
    services=("_coap._udp.local.",),
    usb=((0x303A, 0x1001),),  # those that hardware/adapters.toml lets this driver ask what they are
)
