"""The house of a campaign: quick devices, some of them faulty, and the rules under which they are used."""

from __future__ import annotations

from dataclasses import replace

from drivers.simulated.device import Attribute, Device, Part
from drivers.simulated.faults import parse_fault
from drivers.simulated.house import house
from drivers.simulated.physics import State
from drivers.simulated.zigbee2mqtt_model import Message
from drivers.simulated.zigbee2mqtt_network import Group
from tests.system import zigbee

LAMPS = ("desk", "bed", "hall", "porch")
LOSSY, LATE, REJECTING, RATED = "lossy-lamp", "late-lamp", "rejecting-lamp", "rated-lamp"
HEATER, PLUG = "heater", "plug"
BLIND, LOCK, THERMOSTAT = "blind", "lock", "thermostat"
MEMBERS, GROUP = ("shelf-left", "shelf-right"), "shelf"

FAULTS = {LOSSY: "lossy:3", LATE: "late:0.3", REJECTING: "rejecting:0.05"}

HEATER_ON_S = 2
"""So long may the heater be on, whoever switched it on."""

RATED_USES, RATED_S = 6, 10
"""So often may anybody switch the rated lamp on, within so many seconds."""


ASKED, ASKED_HAZARD = frozenset({"coo", "butler", "gardener", "kim"}), 2
"""Whom the rules below let do what can do damage only with a person's yes."""


PEOPLE = frozenset({"anna"})
"""Those of the callers who use the heater, and are no software."""


def devices() -> list[Device]:
    """Those that speak for themselves. Nothing of them changes by itself."""
    return [
        *map(_lamp, (*LAMPS, LOSSY, LATE, REJECTING, RATED)),
        _outlet(HEATER),
        _outlet(PLUG),
        _quick("bedroom-blind", BLIND, 400.0),
        _quick("front-door", LOCK, 800.0),
        _quick("living-thermostat", THERMOSTAT, 0.0),
    ]


def bridged() -> tuple[list[Message], list[Group]]:
    """Lamps behind a bridge, and a group of them."""
    return [zigbee.lamp(name) for name in MEMBERS], [Group(1, GROUP, MEMBERS)]


def things() -> frozenset[str]:
    """The ids that all of them get."""
    return frozenset({*(device.id for device in devices()), *MEMBERS, GROUP})


def _lamp(name: str) -> Device:
    on, brightness = (
        Attribute("on", "boolean", writable=True),
        Attribute("brightness", "number", "%", 0, 100, writable=True),
    )
    state: State = {"on": False, "brightness": 50.0}
    device = Device(name, name, "Hall", [Part("light", "light", (on, brightness))], {"light": state})
    device.fault = parse_fault(FAULTS[name]) if name in FAULTS else None
    return device


def _outlet(name: str) -> Device:
    part = Part("outlet", "outlet", (Attribute("on", "boolean", writable=True),))
    return Device(name, name, "Hall", [part], {"outlet": {"on": False}})


def _quick(like: str, name: str, rate: float) -> Device:
    """As the one of the simulated house, but what moves there moves by `rate` units a second."""
    model = next(device for device in house() if device.id == like)
    parts = [
        replace(part, rates=dict.fromkeys(part.rates, rate)) if part.rates else part
        for part in model.parts.values()
    ]
    return Device(name, name, "Hall", parts, model.state)


RULES = f"""
format = 1

[[allow]]
id = "people"
who = ["owner", "adult"]
may = ["*"]
see = ["*", "sensitive"]
privilege = "administer"
why = "They live here"

[[allow]]
id = "children"
who = ["child"]
may = ["light.*", "blind.*"]
see = ["*"]
why = "Children use what is for comfort"

[[allow]]
id = "agents"
who = ["agent"]
may = ["light.*", "blind.*", "thermostat.*", "outlet.*", "lock.*"]
see = ["*", "sensitive"]
why = "Our agents look after comfort"

[[allow]]
id = "services"
who = ["service"]
see = ["*"]
why = "They read"

[[ask]]
id = "an-adult-decides"
who = ["agent", "child"]
on = ["*"]
hazard_min = 2
approver = ["adult"]
valid = "5m"
why = "What can do damage is an adult's decision"

[[limit]]
id = "rated"
on = ["light.on"]
things = ["{RATED}"]
when = {{ starts = true }}
at_most = "{RATED_USES}/{RATED_S}s"
why = "The bulb breaks"

[[limit]]
id = "warm-enough"
who = ["agent"]
on = ["thermostat.target"]
value = {{ min = 16, max = 24 }}
why = "Comfort without waste"

[[then]]
id = "heater-off"
on = ["outlet.on"]
things = ["{HEATER}"]
max_on = "{HEATER_ON_S}s"
why = "A forgotten heater burns houses down"
"""
"""The household's set. The safety set that ships with Hearth is in force beside it."""
