"""Which parser is for which advertisements. A new decoder is its module and a row here.

Imports no parser: each costs some 15 MB, and is loaded when the first of its devices is heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from drivers.discovery.seen import Advertisement


@dataclass(frozen=True, slots=True)
class Row:
    """One decoder: `module` has `open_decoder(key: bytes | None) -> Decoder`. `keys` are the lengths in bytes that a key may
    have (none: its devices are never encrypted), `hint` says where a person finds it.
    """

    name: str
    module: str
    service_data: tuple[str, ...] = ()
    manufacturers: tuple[int, ...] = ()
    keys: tuple[int, ...] = ()
    hint: str = ""


def _uuid(short: int) -> str:
    return f"{short:08x}-0000-1000-8000-00805f9b34fb"


ROWS: Final = (
    Row(
        "bthome", "drivers.ble.decoders.bthome",
        service_data=(_uuid(0xFCD2), _uuid(0x181C), _uuid(0x181E)), keys=(16,),
        hint=(
            "the encryption key (bind key) of the sensor, 32 hexadecimal digits: where it was given to it, as the Shelly app or"
            " the page that wrote its firmware shows it"
        ),
    ),
    Row(
        "xiaomi", "drivers.ble.decoders.xiaomi", service_data=(_uuid(0xFE95), _uuid(0xFD50)), keys=(16, 12),
        hint=(
            "the bind key of the sensor, 32 hexadecimal digits (24 of older ones): Xiaomi's cloud keeps it, and the program"
            " Xiaomi-cloud-tokens-extractor shows it to whoever added the sensor in the Mi Home app"
        ),
    ),
)  # fmt: skip


def rows_for(advertisement: Advertisement, rows: tuple[Row, ...] = ROWS) -> Iterator[Row]:
    """Those whose marks it has."""
    data, companies = advertisement.service_data or {}, advertisement.manufacturer_data or {}
    for row in rows:
        if any(uuid in data for uuid in row.service_data) or any(
            one in companies for one in row.manufacturers
        ):
            yield row
