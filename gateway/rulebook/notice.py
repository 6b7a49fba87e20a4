"""Woken when something changes in a folder: inotify(7) where the system has it, so that waiting costs nothing."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
from pathlib import Path
from types import TracebackType
from typing import Final

LOOK_ANYWAY_S: Final = 30.0
"""Where inotify works: for what it does not tell, as a link's target elsewhere, or a share of another machine."""

POLL_S: Final = 0.4
"""Where it does not."""

# sys/inotify.h
_MODIFY, _ATTRIB, _CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = (
    0x2, 0x4, 0x8, 0x40, 0x80, 0x100, 0x200,
)  # fmt: skip
_IN_FOLDER: Final = _MODIFY | _ATTRIB | _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE
_BESIDE_IT: Final = _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE

_LARGEST_READ_BYTES: Final = 64 * 1024

log = logging.getLogger(__name__)


class Notice:
    """Tells of changes in `folder`, and of its own coming and going in the folder above."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed = asyncio.Event()
        self._descriptor = -1
        self._watched = -1
        self._libc: ctypes.CDLL | None = None

    def __enter__(self) -> Notice:
        try:
            self._libc = ctypes.CDLL(None, use_errno=True)
            self._descriptor = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, AttributeError):
            self._libc = None
        if self._descriptor < 0 or self._watch(self._folder.parent, _BESIDE_IT) < 0:
            log.debug("no inotify here: the rule files are looked at every %s s", POLL_S)
            self._close()
        else:
            asyncio.get_running_loop().add_reader(self._descriptor, self._wake)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor >= 0:
            asyncio.get_running_loop().remove_reader(self._descriptor)
        self._close()

    async def wait(self) -> None:
        """Until something may have changed; sometimes nothing has."""
        works = self._descriptor >= 0
        if works and (watch := self._watch(self._folder, _IN_FOLDER)) != self._watched:
            self._watched = watch  # it is a new one, and what came into it before was not told
            return
        try:
            async with asyncio.timeout(LOOK_ANYWAY_S if works else POLL_S):
                await self._changed.wait()
        except TimeoutError:
            pass
        self._changed.clear()

    def _watch(self, folder: Path, mask: int) -> int:
        """The number of the watch, the same again for the same folder; -1 where there is none."""
        assert self._libc is not None
        return int(self._libc.inotify_add_watch(self._descriptor, os.fsencode(folder), mask))

    def _wake(self) -> None:
        try:
            os.read(self._descriptor, _LARGEST_READ_BYTES)
        except BlockingIOError:
            return
        self._changed.set()

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1
