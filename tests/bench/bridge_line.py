"""How fast the bridge is on a serial line of 115,200 baud, and on a bad one: the table of firmware-bridge's README.

usage: python -m tests.bench.bridge_line
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.firmware_bridge_build import Endpoint, acts
from tests.firmware_bridge_line import PUT, Client

LINES = (
    (0.0, 0.0),
    (0.001, 0.0),
    (0.01, 0.0),
    (0.01, 0.05),
)  # chance of a byte to be damaged, of a frame to be lost
WRITES = 200
READ_SECONDS = 3.0


def row(damage: float, drop: float, log: Path) -> str:
    options = (
        "--log",
        str(log),
        "--baud",
        "115200",
        "--damage",
        str(damage),
        "--drop",
        str(drop),
        "--seed",
        "3",
    )
    with Endpoint("relay", *options) as relay, Client(relay.where) as client:
        begun = time.monotonic()
        for value in range(1, WRITES + 1):
            client.ask(PUT, "max_on", str(value).encode())
        writes = WRITES / (time.monotonic() - begun)
        begun, read = time.monotonic(), 0
        while time.monotonic() < begun + READ_SECONDS:
            read += len(client.whole(".well-known/wot"))
        speed = read / (time.monotonic() - begun) / 1000
    twice = len(acts(log)) - len(set(acts(log)))
    return f"| {damage:.1%} | {drop:.0%} | {writes:.0f} | {speed:.1f} | {twice} |"


def main() -> None:
    print(
        "| bytes damaged | frames lost | writes a second | description, kB/s | done twice |\n|---|---|---|---|---|"
    )
    for number, (damage, drop) in enumerate(LINES):
        with tempfile.TemporaryDirectory() as folder:
            print(row(damage, drop, Path(folder) / f"{number}"), flush=True)


if __name__ == "__main__":
    main()
