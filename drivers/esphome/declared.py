"""What this family is recognised by."""

from __future__ import annotations

from typing import Final

from drivers.discovery.declared import Declared

DECLARED: Final = Declared(services=("_esphomelib._tcp.local.",))
