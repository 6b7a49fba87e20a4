"""What a name says. It only ever raises: what restarts or resets a device is for administrators."""

from __future__ import annotations

from typing import Final

from capabilities.naming import slug

MAX_NAME_CHARS: Final = 120
"""The firmware's own limit for names of entities."""

RESTART: Final = "restart"
UPDATE: Final = "update"
FACTORY_RESET: Final = "factory_reset"
OTHER_DEED: Final = "deed"


def listed(line: str) -> frozenset[str]:
    return frozenset(line.split())


_DEEDS: Final[dict[str, tuple[frozenset[str], ...]]] = {
    FACTORY_RESET: tuple(map(listed, ("factory", "werksreset", "hard reset", "erase", "wipe", "nvs"))),
    RESTART: tuple(
        map(listed, ("restart", "reboot", "neustart", "redemarrer", "reiniciar", "riavvia", "safe mode"))
    ),
    UPDATE: tuple(map(listed, ("firmware", "ota", "upgrade"))),
    OTHER_DEED: tuple(map(listed, ("shutdown", "deep sleep", "pairing", "permit join", "unpair", "ssid"))),
}
"""What is done to the device itself → the words that say so: all of one of these."""

GATES: Final = listed(
    "garage gate door entrance driveway tor garagentor hoftor tur haustur einfahrt porte portail garagedeur poort deur"
    " cancello portone puerta porton portao garaje garageport grind brama bramka vrata brana dor port"
)
NOT_MEASURED: Final = listed(
    "alarm calibration delta difference gradient hysteresis limit max maximum min minimum nominal offset rated setpoint soll"
    " sollwert target threshold"
)
"""Words of numbers that are not what is there now."""


def words(*texts: str) -> frozenset[str]:
    """In ASCII and lower case."""
    return frozenset(word for text in texts for word in slug(text, "_", limit=200).split("_") if word)


def deed_of(name: str, device_class: str) -> str:
    """What pressing, switching or setting this does to the device itself; "" where nothing says so."""
    said = words(name)
    if device_class == UPDATE:
        return UPDATE
    found = next((deed for deed, phrases in _DEEDS.items() if any(one <= said for one in phrases)), "")
    return found or (RESTART if device_class == RESTART else "")


def tidy(text: str, limit: int = MAX_NAME_CHARS) -> str:
    """Foreign text as one short line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return line[:limit].rstrip()
