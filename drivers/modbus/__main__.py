"""`python -m drivers.modbus FILE …`: whether profiles can be used, without a gateway."""

from __future__ import annotations

import sys
from pathlib import Path

from drivers.modbus.blocks import blocks_of
from drivers.modbus.profile import ProfileTable
from drivers.modbus.profiles import ProfileError, load


def told(profile: ProfileTable) -> str:
    """What it makes of a unit, and what is read of it."""
    parts = ", ".join(f"{one.title or one.key} ({one.kind})" for one in profile.component)
    reads = ", ".join(f"{one.table} {one.start} to {one.start + one.count - 1}" for one in blocks_of(profile))
    return f"{profile.title}: {parts}; read are {reads}"


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        sys.stderr.write(
            "usage: python -m drivers.modbus FILE.toml …\nSays what is wrong in profiles, or what they are.\n"
        )
        return 2
    wrong = 0
    for name in arguments:
        try:
            sys.stdout.write(f"{name}: fits. {told(load(Path(name)))}\n")
        except ProfileError as error:
            wrong += 1
            sys.stdout.write(f"{error}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
