"""Component `water_heater`. Source: Home Assistant, "MQTT Water heater". Temperatures are °C on our side.

`initial` and `precision` are about Home Assistant's own display and have no meaning here.
"""

from __future__ import annotations

from typing import Final

from drivers.mqtt.components.climate import power
from drivers.mqtt.components.climate_parts import measured_temperature, target_temperature
from drivers.mqtt.components.parts import Keys, choice
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config
from drivers.mqtt.entity import Builder, Entity

_MODES: Final = ("eco", "electric", "gas", "heat_pump", "high_demand", "performance", "off")
_USUAL_C: Final = (43.3, 60.0)
"""110 to 140 °F: Home Assistant's range for a heater that names none."""
_KIND_C: Final = (0.0, 100.0)


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "water-heater", config)
    target_temperature(builder, "target", "temperature", _USUAL_C, _KIND_C)
    measured_temperature(builder)
    modes = config.texts("modes") or _MODES
    choice(builder, "mode", Keys.of("mode"), modes)
    power(builder, "off" in modes)
    return builder.build(title(config))
