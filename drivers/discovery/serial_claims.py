"""Who has a serial port: one driver here, and no other program that keeps to `flock`, as those for serial adapters do."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from drivers.discovery.serial_rights import remedy
from drivers.driver import NotSent

LOOKED_FOR_S: Final = 0.02
"""So long is looked for who has a port open: the loop stands still meanwhile."""


class Claims:
    """By the port's real path. `proc` is where the kernel tells of processes."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._held: dict[str, str] = {}

    def held(self) -> dict[str, str]:
        """Who has what, by path."""
        return dict(self._held)

    @contextmanager
    def claimed(self, path: str, by: str) -> Iterator[None]:
        """Raises `NotSent`, which says who has it, or why it cannot be had. Whoever claims it opens it without a lock of its
        own (pyserial and serialx: `exclusive=False`): that would be a second one. `keep_others_out` is for what it opened.
        """
        real = os.path.realpath(path)
        if real in self._held:
            raise NotSent(f"{path} is used by {self._held[real]} here: one port is for one driver")
        fd = self._locked(path, real)
        self._held[real] = by
        try:
            yield
        finally:
            del self._held[real]
            os.close(fd)

    def _locked(self, path: str, real: str) -> int:
        try:
            fd = os.open(real, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as error:
            raise NotSent(self._why_not(path, real, error)) from error
        try:
            if not stat.S_ISCHR(os.fstat(fd).st_mode):
                raise NotSent(f"{path} is no serial port")
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(fd)
            raise NotSent(self._why_not(path, real, error)) from error
        except NotSent:
            os.close(fd)
            raise
        return fd

    def _why_not(self, path: str, real: str, error: OSError) -> str:
        match error.errno:
            case errno.ENOENT | errno.ENODEV | errno.ENXIO | errno.EIO:
                return f"{path} is not there: is the adapter plugged in?"
            case errno.EACCES | errno.EPERM:
                return f"{path} may not be opened: {remedy(real)}"
            case errno.EBUSY | errno.EWOULDBLOCK:
                return f"{path} is used by {self._holder(real)}: end that, or give it another port"
        return f"{path} cannot be opened ({error.strerror or error})"

    def _holder(self, real: str) -> str:
        pid = self._locker(real) or self._opener(real)
        if not pid:
            return "another program"
        try:
            name = (self._proc / str(pid) / "comm").read_text("utf-8", "replace").strip()
        except OSError:
            name = ""
        return f"{name or 'a program'} (process {pid})"

    def _locker(self, real: str) -> int:
        """The process that holds the lock: proc(5), /proc/locks. 0: not told."""
        try:
            node = Path(real).stat()
            lines = (self._proc / "locks").read_text("ascii", "replace").splitlines()
        except OSError:
            return 0
        wanted = f"{os.major(node.st_dev):02x}:{os.minor(node.st_dev):02x}:{node.st_ino}"
        for line in lines:
            parts = line.split()
            if len(parts) >= 6 and parts[1] == "FLOCK" and parts[5] == wanted and parts[4].isdigit():
                return int(parts[4])
        return 0

    def _opener(self, real: str) -> int:
        """Another process that has it open, as far as it may be seen, and is found in time."""
        until = time.monotonic() + LOOKED_FOR_S
        with suppress(OSError):
            for process in self._proc.iterdir():
                if time.monotonic() > until:
                    return 0
                if not process.name.isdigit() or int(process.name) == os.getpid():
                    continue
                with suppress(OSError):
                    if any(str(fd.readlink()) == real for fd in (process / "fd").iterdir()):
                        return int(process.name)
        return 0


def keep_others_out(fd: int) -> None:
    """From now on nobody else opens this terminal (tty_ioctl(4), TIOCEXCL), but for root. Where it cannot be, it is not."""
    with suppress(OSError):
        fcntl.ioctl(fd, termios.TIOCEXCL)
