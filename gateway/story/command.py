"""`hearth demo --story`, from its first line to its exit code."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
import time
from pathlib import Path

from gateway.app import STARTUP_ERRORS, in_words, start_loop, stop_on_signals
from gateway.story.callers import NotAsTold
from gateway.story.chapters import CHAPTERS
from gateway.story.child import Gone
from gateway.story.stage import DEVICES_LOG, Stage, staged
from gateway.story.telling import Teller

NOT_TOLD, INTERRUPTED = 1, 130


def main(*, state_dir: Path | None = None, interactive: bool = False) -> int:
    """Tells it. 0 only if everything really happened as it was told."""
    logging.basicConfig(level="ERROR", format="%(levelname)s %(name)s: %(message)s")
    tell, codes = Teller(), [NOT_TOLD]
    try:
        start_loop(_told(tell, state_dir, codes, interactive=interactive))
    except* (*STARTUP_ERRORS, NotAsTold, Gone, TimeoutError) as group:
        error = group
        tell.says("story", f"this did not happen as told: {in_words(error) or 'it took too long'}", "red")
    return codes[-1]


async def _told(tell: Teller, state_dir: Path | None, codes: list[int], *, interactive: bool) -> None:
    stop = asyncio.Event()
    stop_on_signals(stop)
    with contextlib.ExitStack() as stack:
        kept = state_dir is not None
        if state_dir is None:
            state_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hearth-story-")))
        state_dir = await asyncio.to_thread(_fresh, state_dir)
        telling = asyncio.create_task(_tell(tell, state_dir, interactive=interactive), name="story")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait({telling, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not telling.done():
            telling.cancel()
            await asyncio.gather(telling, stopping, return_exceptions=True)
            tell.says("story", "stopped")
            codes.append(INTERRUPTED)
            return
        await telling
        codes.append(0)
        _what_next(tell, state_dir if kept else None)


def _fresh(state_dir: Path) -> Path:
    """The directory, made where it is not there. Raises `NotAsTold`: an older story's data would be told as this one's."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(state_dir.iterdir()):
        raise NotAsTold(f"{state_dir} is not empty; name another directory, or none")
    return state_dir.resolve()


async def _tell(tell: Teller, state_dir: Path, *, interactive: bool) -> None:
    began = time.monotonic()
    tell.aside(
        "A day in a house of fourteen simulated devices on a real broker, in half a minute, with the gateway as a process of "
        "its own. The agents have a token and the HTTP API, and nothing else. What you read are their requests and its answers."
    )
    async with staged(state_dir, tell) as stage:
        stage.interactive = interactive
        for chapter in CHAPTERS:
            await chapter(stage)
        _ended(stage, time.monotonic() - began)


def _ended(stage: Stage, seconds: float) -> None:
    stage.tell.says("story", f"all of it happened as told, in {seconds:.0f} s", "bold")


def _what_next(tell: Teller, kept: Path | None) -> None:
    tell.chapter("What to look at next")
    rows = [
        ("hearth demo", "the same house, for you to use"),
        ("hearth help", "every command"),
        ("hearth demo --story --interactive", "you answer for the door"),
    ]
    if kept is not None:
        tell.aside(f"All of it was kept in {kept}: the ledger, and the devices' own record ({DEVICES_LOG}).")
    tell.table(rows)
