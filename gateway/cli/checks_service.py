"""What `hearth doctor` says of the service that has to run for years: how much it writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from gateway.cli.checks import Check, Level

if TYPE_CHECKING:
    from capabilities.vocabulary import Json
    from gateway.cli.client import Client

CARD_BYTES: Final = 10e12
"""What an ordinary 32 GB card takes before it fails, carefully: some 300 times its size."""

YEAR_DAYS: Final = 365.25
FEWEST_YEARS: Final = 5.0


def checks_of_service(client: Client) -> Iterator[Check]:
    health = client.get("/health")
    if isinstance(health, dict) and isinstance(disk := health.get("disk"), dict):
        yield from _wear(disk)


def _wear(disk: dict[str, Json]) -> Iterator[Check]:
    written = disk.get("written_a_day")
    if not isinstance(written, int):
        return  # too soon after the start, or a kernel that does not count
    years = CARD_BYTES / max(written, 1) / YEAR_DAYS
    found = f"{written / 1e6:.0f} MB a day are written; " + (
        "an ordinary SD card outlives the box"
        if years > 20
        else f"an ordinary 32 GB card lasts some {years:.0f} years"
    )
    if years >= FEWEST_YEARS:
        yield Check("wear", Level.OK, found)
    else:
        remedy = (
            "put the state directory on an SSD; [history] in hearth.toml says of what single reports are kept"
        )
        yield Check("wear", Level.WARNING, found, remedy)
