"""The child processes of this one, from /proc where there is one."""

from __future__ import annotations

import os
import select
import signal
import time
from pathlib import Path
from typing import Final

import psutil

_HELPERS: Final = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
"""The interpreter's own, which live as long as it does."""


def children() -> set[int]:
    """Process ids of direct children, ended but not waited for included."""
    tasks = Path("/proc/self/task")
    try:
        found = {int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()}
    except OSError:
        found = {child.pid for child in psutil.Process().children()}
    return found


def describe(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return f"{pid} {process.name()} (ended, but nobody waited for it)"
        return f"{pid} {' '.join(process.cmdline())[:200]}"
    except psutil.NoSuchProcess:
        return f"{pid}"


def end(pid: int, deadline: float) -> bool:
    """Waits for a child until `deadline` (monotonic seconds). Returns False where it had to be killed or reaped here."""
    if any(helper in describe(pid) for helper in _HELPERS):
        return True
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            os.kill(pid, signal.SIGKILL)
    finally:
        os.close(descriptor)
    if pid not in children():
        return True
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        return True
    return False
