"""A program of the house's own: a notice as JSON on its standard input, and as HEARTH_… in its environment."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.config import Channel
from gateway.notify.notice import Notice
from gateway.notify.sending import DELIVERY_S, Link, Undelivered, encoded

MOST_READ_BYTES: Final = 4 * 1024
"""Of what it complains of."""

LAST_WORDS_S: Final = 0.5
"""For what is still in the pipe when it has ended: a child of its own may hold it open."""

PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TZ", "HOME")
"""Of our own environment. Nothing else: there may be secrets in it."""


class Command:
    """Runs an argument list, never a shell's line. It counts as delivered when it ends with 0."""

    def __init__(self, channel: Channel, link: Link) -> None:
        self._argv = channel.command
        self._link = link

    @property
    def where(self) -> str:
        return f"the command {Path(self._argv[0]).name}"

    async def send(self, notice: Notice) -> str:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._argv,
                stdin=PIPE,
                stdout=DEVNULL,
                stderr=PIPE,
                env=_environment(notice, self._link),
                cwd="/",
                start_new_session=True,  # a group of its own, which ends as a whole
            )
        except (OSError, ValueError) as error:
            remedy = "look at `command`, and at whether the gateway's user may run it"
            raise Undelivered(
                f"it cannot be run: {getattr(error, 'strerror', None) or error}", remedy
            ) from None
        complaint = asyncio.create_task(_read(process), name="what a command says")
        try:
            return await self._finish(process, encoded(notice, self._link), complaint)
        finally:
            _end(process)
            complaint.cancel()
            with suppress(asyncio.CancelledError):
                await complaint
            await process.wait()
            assert process.stdin is not None
            with suppress(BrokenPipeError, ConnectionResetError):  # as above, where that is told late
                await process.stdin.wait_closed()

    async def _finish(self, process: Process, text: bytes, complaint: asyncio.Task[bytes]) -> str:
        assert process.stdin is not None
        try:
            async with asyncio.timeout(DELIVERY_S):
                with suppress(BrokenPipeError, ConnectionResetError):  # it need not read it
                    process.stdin.write(text)
                    await process.stdin.drain()
                process.stdin.close()
                code = await process.wait()
        except TimeoutError:
            raise Undelivered(f"it did not end within {DELIVERY_S:.0f} s, and was ended") from None
        if code == 0:
            return "it ended with 0"
        await asyncio.wait((complaint,), timeout=LAST_WORDS_S)
        said = complaint.result().decode(errors="replace") if complaint.done() else ""
        how = f"signal {-code}" if code < 0 else str(code)
        raise Undelivered(
            f"it ended with {how}{': ' if said.strip() else ''}{said}", "run it by hand to see why"
        )


async def _read(process: Process) -> bytes:
    """The beginning of what it writes; the rest is thrown away, so that it does not wait for a reader."""
    assert process.stderr is not None
    kept = b""
    while chunk := await process.stderr.read(MOST_READ_BYTES):
        kept = (kept + chunk)[:MOST_READ_BYTES]
    return kept


def _end(process: Process) -> None:
    """It and all that it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _environment(notice: Notice, link: Link) -> dict[str, str]:
    ours = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    told = {
        "NOTICE": notice.id,
        "KIND": notice.kind,
        "TITLE": notice.title,
        "TEXT": notice.text,
        "URGENCY": notice.urgency.word,
        "TO": ",".join(notice.to),
        "REF": notice.ref,
        "URL": link(notice.ref),
        "TAG": notice.tag,
        "THING": notice.about.thing,
    }
    return ours | {f"HEARTH_{name}": value for name, value in told.items()}
