"""What an entity's name suggests that it controls. A person decides: until then it is met with care, whatever it is called.

Words are those of the European languages that most households have. German, Dutch and the Nordic languages write compounds in
one word, the thing itself at the end: `Küchenlampe`, `taklampa`.
"""

from __future__ import annotations

from typing import Final

from drivers.mqtt.config import Config
from drivers.mqtt.kinds import is_housekeeping, unit_of
from drivers.mqtt.words import listed, own_words, words

_SWITCHED: Final = {
    "light": "light lights lighting lamp lamps lantern licht lampe lampen leuchte beleuchtung lumiere eclairage luz"
    " luces foco luce luci lampada faretto verlichting lampa lampor belysning ljus lys lampka swiatlo"
    " oswietlenie svetlo valo valaisin",
    "outlet": "outlet outlets plug plugs socket sockets powerstrip multiprise steckdose steckdosenleiste prise"
    " enchufe presa stopcontact uttag stikkontakt gniazdko zasuvka tomada",
    "fan": "fan ventilator lufter luefter ventilateur ventilador ventola flakt vifte wentylator tuuletin vmc",
    "siren": "siren sirene sirena sireen syrena sireeni",
    "water-heater": "boiler immersion geyser cumulus scaldabagno scaldacqua calentador varmvattenberedare bojler",
    "humidifier": "humidifier luftbefeuchter humidificateur umidificatore humidificador luchtbevochtiger nawilzacz",
    "media": "tv television fernseher televiseur televisor televisore televisie amplifier verstarker radio stereo"
    " subwoofer",
    "camera": "camera kamera webcam",
}  # fmt: skip
"""Kind → what people call the things that a relay feeds, and that a relay can be. Pumps, heaters and valves stay switches
(hazard 2), whatever they are called.
"""

SWITCH_WORDS: Final = {word: kind for kind, line in _SWITCHED.items() for word in listed(line)}

_COMPOUNDS: Final = {
    "lampe": "light", "lampen": "light", "licht": "light", "leuchte": "light", "beleuchtung": "light", "lamp": "light",
    "verlichting": "light", "lampa": "light", "belysning": "light", "steckdose": "outlet", "stopcontact": "outlet",
    "lufter": "fan", "luefter": "fan", "ventilator": "fan", "fernseher": "media", "kamera": "camera", "sirene": "siren",
    "boiler": "water-heater",
}  # fmt: skip
"""Ends of compounds → kind."""

_PHRASES: Final = (
    (frozenset({"chauffe", "eau"}), "water-heater"),
    (frozenset({"hot", "water"}), "water-heater"),
    (frozenset({"power", "strip"}), "outlet"),
    (frozenset({"power", "point"}), "outlet"),
)
"""What takes two words."""

NOT_THE_THING: Final = listed(
    "actuator alarm auto backlight battery behavior brightness buzzer calibration coil color countdown day delay detection"
    " disable display disturb door duration effect enable enabled feedback filter gas hold indicator interval key led level"
    " limit linkage lock max memory min mode modus motor night notification percentage program protect protection quiet"
    " reset screen sensitivity sensor silence sound speed startup test thermostat threshold time timeout timer tone trigger"
    " type vibration volume warning window"
)
"""Words of what is set about a thing, and not the thing: the mode of a fan is no fan."""

_TEMPERATURES: Final = listed(
    "setpoint target soll sollwert solltemperatur consigne consigna setpunkt borvarde thermostat"
)
_WATER: Final = listed("water warmwasser dhw boiler brauchwasser eau acqua agua tapwater varmvatten")
_OPENINGS: Final = listed("position opening")
_BLINDS: Final = listed(
    "blind blinds cover curtain shade shutter roller awning rollo jalousie volet store tapparella"
)
_NOT_NOW: Final = listed(
    "max maximum min minimum limit calibration offset deadzone hysteresis away holiday eco comfort boost standby away frost"
    " protect protection night day alarm schedule default restore on start startup transition backlight led indicator fading"
    " threshold delta power reset auto override scheduled outdoor outside external open close closed opened calibrated"
)
"""Words of bounds, presets and trimmings: a number of those is no control of the house."""


_SIGNS: Final = {
    "leak": listed("leak leakage wasserleck leck fuite fuga lekkage flood lacka wyciek"),
    "smoke": listed("smoke rauch fumee humo fumo rook rok dym"),
    "air": listed("gas gaz"),
    "occupancy": listed("motion occupancy pir bewegung mouvement movimiento movimento beweging rorelse ruch"),
    "contact": listed("contact door window tur fenster porte fenetre puerta ventana finestra deur raam dorr fonster okno"),
}  # fmt: skip
_ABOUT_A_SIGN: Final = listed(
    "connected detected detection enabled error fault lock locked mode mute muted sensitivity silence silenced status supported"
    " test valve"
)
"""Words of binary sensors that tell of something else: that a window seems to be open because it got cold is no contact."""


def proposed_switch(config: Config) -> str:
    """The kind that a switch's name suggests; "" where it suggests none. For a device's main function and its channels the
    device's name speaks, or its model: a person's word before the maker's.
    """
    own = own_words(config)
    if own - {"state", "switch"} == {"alarm"}:
        return "siren"
    if own - _PLAIN:
        return _suggested(own - _PLAIN)
    texts = (config.device.get(key) for key in ("name", "model"))
    return next((kind for text in texts if isinstance(text, str) and (kind := _suggested(words(text)))), "")


def _suggested(named: frozenset[str]) -> str:
    if named & NOT_THE_THING:
        return ""
    found = {kind for word in named if (kind := _thing(word))}
    found |= {kind for phrase, kind in _PHRASES if phrase <= named}
    return found.pop() if len(found) == 1 else ""


def proposed_sign(config: Config) -> str:
    """The kind that the name of a binary sensor suggests that has no device class."""
    own = own_words(config)
    if is_housekeeping(config) or own & _ABOUT_A_SIGN:
        return ""
    found = {kind for kind, named in _SIGNS.items() if own & named}
    return found.pop() if len(found) == 1 else ""


def proposed_number(config: Config, low: float, high: float) -> str:
    """The kind that a number's name and unit suggest."""
    own = own_words(config)
    unit = unit_of(config)
    if is_housekeeping(config) or own & _NOT_NOW:
        return ""
    if unit == "°C" and own & _TEMPERATURES:
        return "water-heater" if own & _WATER else "thermostat"
    if unit == "%" and (low, high) == (0, 100):
        if own & _OPENINGS and own & _BLINDS:
            return "blind"
        if own & _OPENINGS and "valve" in own:
            return "valve"
        if "speed" in own and "fan" in own:
            return "fan"
    return ""


_PLAIN: Final = listed(
    "state switch schalter relay relais power on output channel kanal left right top bottom center up down main all"
) | {f"{letter}{number}" for letter in ("", "l", "k", "ch", "s", "relay", "power") for number in range(1, 17)}
"""Words of a switch that say nothing about what it switches."""


def _thing(word: str) -> str:
    found = SWITCH_WORDS.get(word)
    if found is not None:
        return found
    return next((kind for end, kind in _COMPOUNDS.items() if word.endswith(end)), "")
