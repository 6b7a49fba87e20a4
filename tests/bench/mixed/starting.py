"""What the gateway takes before anything is there, and what the first device of each family adds."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Final

from tests.bench.mixed.children import Hosted, hosting, talking
from tests.drivers.homekit_bench import PIN

SETTLES_S: Final = 6.0
"""Longer than the gateway waits before it gives back what its start took."""

IDLE_S: Final = 10.0
LOOKS: Final = '[discovery]\nannounce = false\ninterfaces = ["127.0.0.1"]\n'
HARMLESS: Final = '[adoption]\nwithout_asking = "all"\n'

LIBRARIES: Final = frozenset(
    {
        *(
            "aiocoap",
            "aioesphomeapi",
            "bleak",
            "bthome_ble",
            "chacha20poly1305_reuseable",
            "cryptography",
            "google",
        ),
        *("habluetooth", "noise", "pymodbus", "serial", "xiaomi_ble", "zeroconf"),
    }
)
"""Of the families and watchers: those that are loaded are told."""


async def told(hosted: Hosted, what: str, beside: float = 0.0) -> float:
    await asyncio.sleep(SETTLES_S)
    loaded = LIBRARIES.intersection(await hosted.ask("loaded"))
    share = await hosted.share(IDLE_S)
    rss = hosted.rss_mb
    more = f" ({rss - beside:+.1f})" if beside else ""
    print(
        f"start-up: {what}: {rss:.1f} MB{more}, idle {share:.2%} of a core; {', '.join(sorted(loaded))}",
        flush=True,
    )
    return rss


async def starting() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        async with hosting(work / "bare", "", bare=True) as hosted:
            bare = await told(hosted, "without [discovery]")
        async with hosting(work / "looks", LOOKS, bare=True) as hosted:
            looks = await told(hosted, "with [discovery], and nothing there", bare)
        for family in ("esphome", "homekit", "wot", "coap"):
            await first_of(family, work, looks)
        async with hosting(work / "ble", LOOKS + HARMLESS + "[ble]\n") as hosted:
            await hosted.ask("sensors", 1)
            await told(hosted, "with a first Bluetooth sensor", looks)
        modbus = '[[modbus.line]]\nname = "one"\nport = "tcp://127.0.0.1:9"\nunit = [{unit = 1, profile = "xy-md02"}]\n'
        async with hosting(work / "modbus", LOOKS + modbus, bare=True) as hosted:
            await told(hosted, "with a line of Modbus", looks)


async def first_of(family: str, work: Path, beside: float) -> None:
    more = "[wot]\nthis_machine = true\n" if family == "wot" else ""
    async with (
        hosting(work / family, LOOKS + more, bare=True) as hosted,
        talking("peers", str(work), "first", family) as peer,
    ):
        await peer.line()
        await asyncio.sleep(2)
        for driver, candidate, asks in await hosted.ask("waiting"):
            path = f"/inbox/{driver}/{candidate}/adopt"
            async with hosted.box.post(path, json={"code": PIN} if asks else {}) as answer:
                assert answer.status == 201, await answer.text()
        await asyncio.sleep(1)
        count = sum((await hosted.ask("house"))["reached"].values())
        await told(hosted, f"with {family}'s first device ({count} reached)", beside)
