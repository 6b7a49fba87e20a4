"""What firmware-bridge's Makefile builds, and its simulated endpoint as a process."""

from __future__ import annotations

import fcntl
import os
import selectors
import subprocess
import time
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Final

BRIDGE: Final = Path(__file__).parents[1] / "firmware-bridge"
BUILD: Final = BRIDGE / "build"


@cache
def built(name: str) -> Path:
    """A program of firmware-bridge/build, built where it is not or is older than its sources. Workers take turns. It takes
    seconds: not while a loop runs.
    """
    BUILD.mkdir(exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made(f"build/{name}")
    return BUILD / name


def made(*targets: str, seconds: float = 100) -> str:
    """What `make` says; fails with it where it fails."""
    done = subprocess.run(
        ["make", "--no-print-directory", "-C", str(BRIDGE), *targets],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        env={**os.environ, "MAKEFLAGS": ""},
    )
    assert done.returncode == 0, done.stdout[-8000:]
    return done.stdout


class Endpoint:
    """hearth-endpoint as a child: `with Endpoint("relay", "--damage", "0.01") as it`; `it.where` is its pty or its port."""

    def __init__(self, example: str, *options: str) -> None:
        self._arguments = [str(built("hearth-endpoint")), *options, example]
        self.where = ""

    def __enter__(self) -> Endpoint:
        self._process = subprocess.Popen(self._arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._waiting = selectors.DefaultSelector()
        assert self._process.stdout
        self._waiting.register(self._process.stdout, selectors.EVENT_READ)
        self._unread = b""
        self.where = self._told("ready").split()[-1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()
        self._waiting.close()

    def say(self, command: str) -> None:
        """One of the commands of its usage; returns when it is done."""
        self._write(command)
        line = self._told("done", "ready")
        if line.startswith("ready"):
            self.where = line.split()[-1]
            self._told("done")

    def state(self) -> dict[str, int]:
        self._write("state")
        return {
            key: int(value) for key, value in (part.split("=") for part in self._told("state").split()[1:])
        }

    def _write(self, command: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(command.encode() + b"\n")
        self._process.stdin.flush()

    def _told(self, *first: str) -> str:
        """The next line that begins with one of these words."""
        deadline = time.monotonic() + 10
        while True:
            line, newline, rest = self._unread.partition(b"\n")
            if newline:
                self._unread = rest
                if line.decode().split(" ")[0] in first:
                    return line.decode()
                continue
            assert self._waiting.select(max(0.0, deadline - time.monotonic())), (
                f"hearth-endpoint says nothing of {first}"
            )
            assert self._process.stdout
            chunk = os.read(self._process.stdout.fileno(), 4096)
            assert chunk, "hearth-endpoint has ended"
            self._unread += chunk


def acts(log: Path) -> list[tuple[str, int]]:
    """Of hearth-endpoint's log: each act (what, value), in order."""
    rows = [line.split() for line in log.read_text().splitlines()]
    return [(row[2], int(row[3])) for row in rows if row[1] == "acted"]
