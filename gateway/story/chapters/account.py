"""What the house remembers: why, the ledger, the figures; and whether all of it is true."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from typing import Any, Final

from gateway.ledger import verify
from gateway.story.callers import NotAsTold
from gateway.story.devices import LAMP, LOCK
from gateway.story.stage import DEVICES_LOG, Stage
from gateway.story.trace import explained

COMMAND_S: Final = 20.0
MOST_ROWS: Final = 5_000


async def tell(stage: Stage) -> None:
    tell = stage.tell
    tell.chapter("What the house remembers")
    for thing in (LAMP, LOCK):
        await _run(stage, "why", thing)

    tell.chapter("The ledger, and the figures")
    rows = await _rows(stage)
    for called, plan in stage.plans.items():
        tell.quotes(f"{called}: {_ending(rows, plan)}")
    await _run(stage, "ledger", "verify")
    await _run(stage, "metrics")
    good, all_of_them, unexplained = explained(stage.state / DEVICES_LOG, rows)
    tell.says(
        "devices",
        f"by our own record {all_of_them} commands reached us; {good} of them follow from a row that was on disk before",
    )
    found = await asyncio.to_thread(verify, stage.state)
    if not found.ok:
        raise NotAsTold(f"the ledger does not verify: {found.problems[0].what}")
    if unexplained:
        raise NotAsTold(f"nothing in the ledger explains {unexplained[0]}")


async def _run(stage: Stage, *words: str) -> None:
    """What a person at the box would type, and what it prints."""
    stage.tell.says("anna", f"hearth {' '.join(words)}", "bold")
    stage.tell.quotes(await asyncio.to_thread(_hearth, stage, *words))


async def _rows(stage: Stage) -> list[dict[str, Any]]:
    """All of the ledger, once it holds the end of what was dispatched."""

    def whole(rows: Any) -> bool:
        kinds = Counter(row["kind"] for row in rows)
        return kinds["outcome"] >= kinds["dispatch"]

    found = await stage.anna.until(f"/ledger?limit={MOST_ROWS}", whole, stage.pause)
    return list(found)


def _ending(rows: list[dict[str, Any]], plan: str) -> str:
    """A plan's life in the ledger, in a line."""
    stages = [
        str(row["body"].get("stage")).replace("-", " ")
        for row in rows
        if row["kind"] == "plan" and row["execution"] == plan
    ]
    return "plan " + " → ".join(stages)


def _hearth(stage: Stage, *words: str) -> str:
    """The command, as a person at the box would run it."""
    done = subprocess.run(  # noqa: S603  our own interpreter and words
        [sys.executable, "-m", "gateway", *words],
        env={
            **os.environ,
            "HEARTH_SOCKET": str(stage.socket),
            "NO_COLOR": "1",
            "COLUMNS": str(stage.tell.inner),
        },
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=False,
    )
    if done.returncode:
        raise NotAsTold(f"hearth {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout
