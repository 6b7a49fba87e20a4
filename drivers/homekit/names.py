"""Names of Apple's own services and characteristics, and of some makers', for what is shown generically."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from aiohomekit.model.characteristics.characteristic_types import CharacteristicsTypes
from aiohomekit.model.services.service_types import ServicesTypes

_BASE: Final = "-0000-1000-8000-0026BB765291"
_NO_NAME: Final = re.compile(r"[^a-z0-9]+")
MAX_NAME_CHARACTERS: Final = 40


@lru_cache(maxsize=1)
def _known() -> tuple[dict[str, str], dict[str, str]]:
    tables: list[dict[str, str]] = []
    for source in (CharacteristicsTypes, ServicesTypes):
        found: dict[str, str] = {}
        for name, kind in vars(source).items():
            if isinstance(kind, str) and name.isupper():
                short = kind.removesuffix(_BASE).lstrip("0") if kind.endswith(_BASE) else kind
                found.setdefault(short, name.lower().removeprefix("vendor_"))
        tables.append(found)
    return tables[0], tables[1]


def characteristic_name(kind: str, description: str, iid: int) -> str:
    """As an affordance's: `temperature_units`. Where nobody knows the type, by what the accessory calls it."""
    known = _known()[0].get(kind)
    said = _NO_NAME.sub("_", description.lower()).strip("_")[:MAX_NAME_CHARACTERS].rstrip("_")
    return known or (said if said[:1].isalpha() else "") or f"characteristic_{iid}"


def service_name(kind: str) -> str:
    """For people: `Filter maintenance`. "" for a type that nobody knows."""
    return _known()[1].get(kind, "").replace("_", " ").capitalize()
