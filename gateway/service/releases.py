"""Releases side by side: each an environment of its own under /opt/hearth/releases, and a link to the one in use.

A release is named by its version and the first digits of its wheel's SHA-256: two builds of one version do not mix.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import zipfile
from dataclasses import dataclass, field
from email.parser import Parser
from pathlib import Path
from typing import Final

from gateway.service.box import Box, ServiceError

MOST_RELEASES: Final = 3
"""Kept on disk, of some 150 MB each: the one in use, the one before, and one more."""

NEEDED_BYTES: Final = 500 * 1024 * 1024
"""Free space for one more release while it is made."""

COMPLETE: Final = ".complete"
"""A file that is written last: without it a release was interrupted, and is made anew."""

_WHEEL: Final = re.compile(r"hearth_gateway-([0-9][0-9A-Za-z.!+_]*)-(?:[^-]+-)?[^-]+-[^-]+-[^-]+\.whl")


@dataclass(frozen=True)
class Wheel:
    """A file of the gateway, and how it is installed: from `beside` alone where that is given (offline)."""

    path: Path
    version: str
    digest: str
    requires: str = ""
    beside: Path | None = None
    constraints: Path | None = None
    extras: str = "all"
    python: str = "python3"
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", f"{self.version}-{self.digest[:8]}")


def read_wheel(path: Path, **how: object) -> Wheel:
    """Raises `ServiceError`."""
    named = _WHEEL.fullmatch(path.name)
    if named is None:
        raise ServiceError(
            f"{path} is no wheel of the gateway: its name is hearth_gateway-VERSION-py3-none-any.whl"
        )
    try:
        data = path.read_bytes()
        with zipfile.ZipFile(path) as wheel:
            metadata = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
            words = Parser().parsestr(wheel.read(metadata).decode())
    except (OSError, zipfile.BadZipFile, StopIteration) as error:
        raise ServiceError(f"{path} cannot be read as a wheel: {error or 'it has no metadata'}") from error
    digest = hashlib.sha256(data).hexdigest()
    return Wheel(path.resolve(), words["Version"], digest, words["Requires-Python"] or "", **how)  # type: ignore[arg-type]


def in_use(box: Box) -> Path | None:
    """The release that the service runs; None where there is none."""
    return _target(box.places.current)


def before(box: Box) -> Path | None:
    """The release that a roll back goes to."""
    return _target(box.places.previous)


def _target(link: Path) -> Path | None:
    if not link.is_symlink():
        return None
    place = link.parent / link.readlink()
    return place if (place / COMPLETE).exists() else None


def make(box: Box, wheel: Wheel) -> Path:
    """The release of a wheel, made if it is not there. Raises `ServiceError`: then what was in use is as it was."""
    place = box.places.releases / wheel.name
    if (place / COMPLETE).exists():
        box.tell(f"the release {wheel.name} is there already")
        return place
    _check_room(box)
    box.remove(place)  # of somebody who was interrupted
    code, said = box.ask(
        wheel.python, "-c", "import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))"
    )
    if code:
        raise ServiceError(
            f"{wheel.python} cannot make an environment: it is older than 3.11, or its venv is missing"
            f" (Debian: sudo apt-get install python3-venv)\n{said}"
        )
    box.run(wheel.python, "-m", "venv", place)
    where = ["--no-index", "--find-links", str(wheel.beside)] if wheel.beside else []
    limits = ["-c", str(wheel.constraints)] if wheel.constraints else []
    what = f"{wheel.path}[{wheel.extras}]" if wheel.extras else str(wheel.path)
    pip = (
        place / "bin/python",
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
        "install",
        "--no-cache-dir",
        "--no-compile",
    )
    box.run(*pip, *where, *limits, what)
    # Once with docstrings, for the command line, and once without: the service runs so, and may not write there itself.
    box.run(
        place / "bin/python",
        "-m",
        "compileall",
        "-q",
        "-j",
        "0",
        "-o",
        "0",
        "-o",
        "2",
        place / "lib",
        quiet=True,
    )
    box.write(place / COMPLETE, f"{wheel.digest}\n".encode())
    return place


def try_out(box: Box, release: Path) -> None:
    """Whether it can be loaded here, and understands the configuration. Raises `ServiceError`; nothing runs yet."""
    if box.dry and not release.exists():
        return
    program = (
        "import sys; from pathlib import Path; from gateway.config import ConfigError, load; import gateway.app\n"
        "try: load(Path(sys.argv[1])) if Path(sys.argv[1]).exists() else None\n"
        "except ConfigError as error: sys.exit(str(error))"
    )
    code, said = box.ask(release / "bin/python", "-I", "-c", program, box.places.config)
    if code:
        raise ServiceError(
            f"the release {release.name} cannot run here; nothing was changed:\n{said[-2000:]}"
        )


def switch(box: Box, release: Path) -> None:
    """From now on a start starts this one; the one before stays, to go back to."""
    now = in_use(box)
    if now is not None and now != release:
        box.link(box.places.previous, Path("releases") / now.name)
    box.link(box.places.current, Path("releases") / release.name)


def schema_of(release: Path) -> int | None:
    """Up to which form of hearth.db it knows; None where that cannot be told."""
    found = list(
        release.glob("lib/python3*/site-packages/gateway/storage/migrations/[0-9][0-9][0-9][0-9]_*.sql")
    )
    return len(found) or None


def prune(box: Box) -> None:
    """Removes the oldest releases, with what was kept for going back to them."""
    keep = {place.name for place in (in_use(box), before(box)) if place is not None}
    folder = box.places.releases
    releases = (
        sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True) if folder.exists() else []
    )
    for old in [one for one in releases if one.name not in keep][max(0, MOST_RELEASES - len(keep)) :]:
        box.remove(old)
        box.remove(box.places.snapshots / old.name)


def _check_room(box: Box) -> None:
    folder = box.places.root / "opt"
    free = shutil.disk_usage(folder if folder.exists() else box.places.root).free
    if free < NEEDED_BYTES:
        raise ServiceError(
            f"{free / 1e6:.0f} MB are free at {folder}, and a release needs {NEEDED_BYTES / 1e6:.0f}: make room first"
        )
