"""AccessoryInformation: who made it, and "identify".

Source: HomeKit Accessory Protocol Specification R2 (non-commercial), chapters 8 and 9.
"""

from __future__ import annotations

from drivers.homekit import values
from drivers.homekit.advert import line
from drivers.homekit.database import Service
from drivers.homekit.sketch import Sketch


def information(sketch: Sketch) -> None:
    """The rest of it is said in the candidate."""
    if (one := sketch.take("14")) is not None:
        sketch.action("identify", values.constant((one, True)), one, payload=True)
    if (one := sketch.take("52")) is not None:
        sketch.property("firmware", one, decode=values.text(one))


def said(service: Service | None, kind: str) -> str:
    return line(service.text(kind)) if service is not None else ""
