"""Looking for units on a line, when a person asks for it. Nobody is written to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Any, Final

from pymodbus.pdu import ModbusPDU

from drivers.driver import NotSent, Uncertain
from drivers.modbus import adu
from drivers.modbus.link import Link

ADDRESSES: Final = range(1, 33)
"""As many units as the drivers of an RS-485 line carry without a repeater (MODBUS over Serial Line V1.02, section 3.4.1)."""

ASK_WITHIN_S: Final = 2.0
"""With the turns of others before it."""

MAX_TEXT_CHARACTERS: Final = 64

MOST_ALIKE: Final = 8
"""Units behind one server that say the same of themselves. Many a server does not look at the unit, and answers for all."""


@dataclass(frozen=True, slots=True)
class Stranger:
    unit: int
    manufacturer: str = ""
    model: str = ""
    title: str = ""


class Alike:
    """What a Modbus TCP server says of its units. One that answers alike for many answers for any."""

    def __init__(self) -> None:
        self._by_title: dict[str, list[Stranger]] = {}
        self.said = ""

    def ghosts(self, found: Stranger) -> tuple[Stranger, ...]:
        """Those that are none, `found` among them; nothing as long as it may be one."""
        same = self._by_title.setdefault(found.title, [])
        same.append(found)
        if len(same) <= MOST_ALIKE:
            return ()
        who = f"tells each time that it is {found.title!r}" if found.title else "tells of none who it is"
        self.said = (
            f"its server answers for {len(same)} of the addresses {ADDRESSES[0]} to {ADDRESSES[-1]}, and {who}: it answers for "
            "any. Which units there are stands in its manual; name them in hearth.toml"
        )
        return tuple(same)


async def strangers(link: Link, known: Collection[int]) -> AsyncIterator[Stranger]:
    """Whoever answers at an address that nobody configured. An exception is an answer too. Others of the line have their turns
    between two questions.
    """
    silent = link.silent_in_a_row
    for unit in ADDRESSES:
        if unit in known or link.wire.lost:
            continue
        try:
            answer = await link.ask(adu.identify(unit), ASK_WITHIN_S)
        except (NotSent, Uncertain):
            link.silent_in_a_row = silent  # nobody was expected there
            await asyncio.sleep(0)
            continue
        yield _stranger(unit, answer)


def _stranger(unit: int, answer: ModbusPDU) -> Stranger:
    """Objects 0 to 2: vendor, product code, revision (V1.1b3, section 6.21)."""
    information: dict[int, Any] = getattr(answer, "information", {})
    vendor, product = _text(information.get(0)), _text(information.get(1))
    return Stranger(unit, vendor, product, " ".join(part for part in (vendor, product) if part))


def _text(value: object) -> str:
    raw = value if isinstance(value, bytes) else b""
    text = "".join(c if c.isprintable() else " " for c in raw.decode("utf-8", "replace"))
    return " ".join(text.split())[:MAX_TEXT_CHARACTERS]
