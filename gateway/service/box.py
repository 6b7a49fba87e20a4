"""The box as an installation changes it. Every change goes through here, so that a dry run is the same program without them.

This module, and those that build on it, need the standard library alone: they run from a wheel before anything is installed.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LAST_LINES: Final = 15
"""Of a program that failed, this many lines are shown."""


class ServiceError(Exception):
    """It cannot be done. The text says why, and what to do."""


@dataclass(frozen=True)
class Places:
    """Where everything is, below `root` (`/`, but for tests)."""

    root: Path = Path("/")

    def at(self, place: str) -> Path:
        return self.root / place

    @property
    def releases(self) -> Path:
        return self.at("opt/hearth/releases")

    @property
    def snapshots(self) -> Path:
        return self.at("opt/hearth/snapshots")

    @property
    def current(self) -> Path:
        return self.at("opt/hearth/current")

    @property
    def previous(self) -> Path:
        return self.at("opt/hearth/previous")

    @property
    def state(self) -> Path:
        return self.at("var/lib/hearth")

    @property
    def config(self) -> Path:
        return self.at("etc/hearth/hearth.toml")

    @property
    def socket(self) -> Path:
        return self.at("run/hearth/hearth.sock")


class Box:
    """Does what it is told, and says each step. With `dry` it only says."""

    def __init__(self, places: Places, *, dry: bool = False, steady_s: float = 10.0) -> None:
        """`steady_s`: so long the gateway must run after it said READY, without being started again."""
        self.places = places
        self.dry = dry
        self.steady_s = steady_s

    def say(self, line: str) -> None:
        print(f"would: {line}" if self.dry else line, flush=True)  # noqa: T201

    def done(self, line: str) -> None:
        """What it came to."""
        if not self.dry:
            self.tell(line)

    def tell(self, line: str) -> None:
        """What is so, rather than what is done."""
        print(line, flush=True)  # noqa: T201

    def run(self, *command: str | Path, quiet: bool = False) -> None:
        """Raises `ServiceError` with its last words where it fails."""
        words = [str(word) for word in command]
        if not quiet:
            self.say(shlex.join(words))
        if not self.dry:
            code, said = self.ask(*words)
            if code:
                last = "\n".join(said.splitlines()[-LAST_LINES:])
                raise ServiceError(f"{shlex.join(words)} failed ({code}):\n{last}")

    def ask(self, *command: str | Path) -> tuple[int, str]:
        """Runs what changes nothing, also when dry; its exit code and what it said. 127: there is no such program."""
        words = [str(word) for word in command]
        try:
            done = subprocess.run(  # noqa: S603  our own words
                words,
                check=False,
                env=_clean(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            return 127, f"{words[0]}: {error.strerror}"
        return done.returncode, done.stdout.decode(errors="replace").strip()

    def write(self, path: Path, data: bytes, mode: int = 0o644) -> None:
        """Whole, or not at all."""
        if path.is_file() and path.read_bytes() == data:
            return
        self.say(f"write {path}")
        if not self.dry:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f".{path.name}.new")
            fresh.unlink(missing_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
                os.fchmod(out.fileno(), mode)
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            fresh.replace(path)

    def link(self, path: Path, target: Path | str) -> None:
        """A symbolic link, put in the place of the one before at once."""
        if path.is_symlink() and str(path.readlink()) == str(target):
            return
        self.say(f"link {path} -> {target}")
        if not self.dry:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f".{path.name}.new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(target)
            fresh.replace(path)

    def remove(self, path: Path) -> None:
        """A file, a link, or a folder with all that is in it."""
        if not path.exists() and not path.is_symlink():
            return
        if path.is_relative_to(self.places.state) or self.places.state.is_relative_to(path):
            raise ServiceError(f"{path} is not removed: it belongs to the house's data")
        self.say(f"remove {path}")
        if self.dry:
            return
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _clean() -> dict[str, str]:
    """Without what leads a Python to the wheel that this runs from: pip would take it for installed."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def check_python() -> None:
    """Raises `ServiceError` where this Python cannot run the gateway."""
    if sys.version_info < (3, 11):  # noqa: UP036  it runs from a wheel, before anybody has asked
        found = ".".join(map(str, sys.version_info[:3]))
        raise ServiceError(
            f"the gateway needs Python 3.11 or newer, and this is {found}: Debian 12 and Raspberry Pi OS of October 2023"
            " have it (`sudo apt-get install python3 python3-venv`); upgrade the system, or name another with --python"
        )
