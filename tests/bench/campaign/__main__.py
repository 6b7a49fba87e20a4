"""`make bench`: the power is cut at random moments under load, and after each cut everything is looked at.

python -m tests.bench.campaign [--kills 1000] [--seed 1] [--houses 2] [--only N] [--out bench-results]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.campaign.figures import Figures
from tests.bench.campaign.rounds import Violated, through_house

KILLS_A_HOUSE = 40
"""Then a new house: its ledger is verified whole after each kill."""


def main() -> int:
    options = _options()
    figures = Figures()
    began = time.monotonic()
    try:
        with contextlib.suppress(KeyboardInterrupt):  # the figures of what was done are figures, too
            asyncio.run(_campaign(options, figures))
    except* Violated as group:
        for error in group.exceptions:
            figures.violations.append(str(error))
            print(error, file=sys.stderr)
    print(figures.table())
    print(f"in {(time.monotonic() - began) / 60:.1f} min; seed {options.seed}")
    out = Path(options.out)
    out.mkdir(exist_ok=True)
    (out / "campaign.json").write_text(json.dumps({"seed": options.seed, **figures.summary()}, indent=1))
    return 1 if figures.violations else 0


async def _campaign(options: argparse.Namespace, figures: Figures) -> None:
    numbers = [options.only] if options.only is not None else list(range(1, options.kills + 1))
    size = min(KILLS_A_HOUSE, -(-len(numbers) // options.houses))
    waiting = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    with tempfile.TemporaryDirectory(prefix="hearth-campaign-") as temporary:
        directory = options.keep or Path(temporary)

        async def builder() -> None:
            while waiting:
                some = waiting.pop(0)
                await through_house(directory / f"house-{some[0]}", options.seed, some, figures)
                print(f"{figures.kills.total()} of {len(numbers)} kills", file=sys.stderr, flush=True)

        async with asyncio.TaskGroup() as group:
            for _ in range(options.houses):
                group.create_task(builder())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--houses", type=int, default=2, help="so many gateways at the same time")
    parser.add_argument("--only", type=int, help="one kill of the seed, by its number, in a house of its own")
    parser.add_argument("--keep", type=Path, help="leave the houses there")
    parser.add_argument("--out", default="bench-results")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
