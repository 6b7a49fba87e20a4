"""The families that are looked for. A new one is a folder under `drivers/`, a section in `config`, and a line here."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Final, cast

from pydantic import BaseModel

from drivers.discovery.declared import Declared
from drivers.discovery.tools import Tools
from drivers.driver import Driver


@dataclass(frozen=True, slots=True)
class Family:
    """`name` is its driver's, its folder's, its section's in hearth.toml and its extra's; `title` is for people."""

    name: str
    title: str

    def declared(self) -> Declared:
        return cast("Declared", import_module(f"drivers.{self.name}.declared").DECLARED)

    def settings(self) -> BaseModel:
        """Those of a family that is on without a section of its own."""
        module = import_module(f"drivers.{self.name}.settings")
        return cast("BaseModel", getattr(module, f"{self.settings_prefix}Settings")())

    def open(self, settings: BaseModel, tools: Tools) -> Driver:
        """Its driver, not yet entered. Imports its libraries: not on the loop's thread. Raises `ImportError`."""
        return cast("Driver", import_module(f"drivers.{self.name}.driver").open_driver(settings, tools))

    @property
    def settings_prefix(self) -> str:
        return _PREFIXES.get(self.name, self.name.capitalize())


_PREFIXES: Final = {"esphome": "EspHome", "homekit": "HomeKit"}

FAMILIES: Final = (
    Family("esphome", "ESPHome"),
    Family("homekit", "HomeKit"),
    Family("wot", "Web of Things"),
    Family("ble", "Bluetooth"),
    Family("coap", "CoAP and Hearth's own endpoints"),
    Family("modbus", "Modbus"),
)
