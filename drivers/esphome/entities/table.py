"""Every sort of entity of the native API: how it is described, and which message tells its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aioesphomeapi import model

from drivers.esphome.entities import (
    appliances,
    guarded,
    heating,
    openings,
    sensors,
    services,
    setting,
    signals,
)
from drivers.esphome.entities.entity import About, Entity
from drivers.esphome.entities.fan import fan
from drivers.esphome.entities.light import light
from drivers.esphome.entities.switch import button, switch
from drivers.esphome.wire.messages import PB

Describe = Callable[[About], Entity]


@dataclass(frozen=True, slots=True)
class Sort:
    """`listed` makes an info out of the message `ListEntities…`; `told` makes a state out of the message `state`."""

    name: str
    describe: Describe
    listed: Callable[[Any], Any]
    state: Any = None
    told: Callable[[Any], Any] = lambda message: message


def _sort(name: str, describe: Describe, stem: str, told: Any = None, state: str = "") -> tuple[Any, Sort]:
    info = getattr(model, f"{stem}Info")
    state = state or f"{stem}StateResponse"
    return (
        getattr(PB, f"ListEntities{stem}Response"),
        Sort(
            name,
            describe,
            info.from_pb,
            getattr(PB, state) if told else None,
            told.from_pb if told else _as_it_is,
        ),
    )


def _as_it_is(message: Any) -> Any:
    return message


SORTS: Final[Mapping[Any, Sort]] = dict([
    _sort("alarm_control_panel", guarded.alarm_control_panel, "AlarmControlPanel", model.AlarmControlPanelEntityState),
    _sort("binary_sensor", sensors.binary_sensor, "BinarySensor", model.BinarySensorState),
    _sort("button", button, "Button"),
    _sort("camera", appliances.camera, "Camera"),
    _sort("climate", heating.climate, "Climate", model.ClimateState),
    _sort("cover", openings.cover, "Cover", model.CoverState),
    _sort("date", setting.day, "Date", model.DateState),
    _sort("datetime", setting.moment, "DateTime", model.DateTimeState),
    _sort("event", appliances.event, "Event", model.Event, "EventResponse"),
    _sort("fan", fan, "Fan", model.FanState),
    _sort("infrared", signals.infrared, "Infrared"),
    _sort("light", light, "Light", model.LightState),
    _sort("lock", guarded.lock, "Lock", model.LockEntityState),
    _sort("media_player", appliances.media_player, "MediaPlayer", model.MediaPlayerEntityState),
    _sort("number", setting.number, "Number", model.NumberState),
    _sort("radio_frequency", signals.radio_frequency, "RadioFrequency"),
    _sort("select", setting.select, "Select", model.SelectState),
    _sort("sensor", sensors.sensor, "Sensor", model.SensorState),
    _sort("siren", appliances.siren, "Siren", model.SirenState),
    _sort("switch", switch, "Switch", model.SwitchState),
    _sort("text", setting.free_text, "Text", model.TextState),
    _sort("text_sensor", sensors.text_sensor, "TextSensor", model.TextSensorState),
    _sort("time", setting.time_of_day, "Time", model.TimeState),
    _sort("update", appliances.update, "Update", model.UpdateState),
    _sort("valve", openings.valve, "Valve", model.ValveState),
    _sort("water_heater", heating.water_heater, "WaterHeater", model.WaterHeaterState),
    (PB.ListEntitiesServicesResponse, Sort("action", services.service, model.UserService.from_pb)),
])  # fmt: skip
"""By the message that lists it. A message that is not here is of newer firmware: it is counted as a problem."""

SIGNALS: Final = frozenset({"infrared", "radio_frequency"})
"""Sorts whose receivers tell by a message that both share."""
