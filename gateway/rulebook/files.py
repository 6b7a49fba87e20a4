"""The rule files of a house: which there are, what they say, and whether they have changed."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from policies import PolicyError, Problem
from policies.defaults import NAMES

FOLDER: Final = "policies"
"""In the state directory."""

SUFFIX: Final = ".toml"

HOUSEHOLD: Final = "household"
"""The root: the set that allows. Every other set narrows it."""

SHIPPED_ALWAYS: Final = frozenset(NAMES) - {HOUSEHOLD}
"""Their names are taken."""

LARGEST_FILE_BYTES: Final = 1_000_000
"""Some 4,000 rules. A household has twenty."""

MOST_SETS: Final = 64
"""Mandates, makers and landlords of a house; each is looked at whenever one changes."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

Signature = tuple[tuple[str, int, int, int, int, int], ...]
"""What changes whenever a file of the folder does."""


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in the folder: texts by the names of their sets, what is wrong with other files, and the names of those that
    are no rule files at all.
    """

    texts: dict[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    ignored: tuple[str, ...] = ()


def read_folder(folder: Path) -> Found:
    """Every `*.toml` of `folder`; nothing where there is no folder. Never raises for what stands in it."""
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208  names, not paths
    except FileNotFoundError:
        return Found()
    except OSError as error:
        return Found(problems=(Problem(FOLDER, 0, "", f"cannot be listed: {error.strerror}"),))
    ours = [name for name in names if name.endswith(SUFFIX) and not name.startswith(".")]
    ignored = tuple(name for name in names if name not in ours and not _is_scratch(name))
    if len(ours) > MOST_SETS:
        text = f"has {len(ours)} rule files; there may be {MOST_SETS}"
        return Found(problems=(Problem(FOLDER, 0, "", text),), ignored=ignored)
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for name in ours:
        try:
            texts[name.removesuffix(SUFFIX)] = _read_own(folder, name)
        except PolicyError as error:
            problems += error.problems
    return Found(texts, tuple(problems), ignored)


def read_file(path: Path, name: str) -> str:
    """The text of one rule file, for the set `name`. Raises `PolicyError` with what is wrong with the file."""
    try:
        # Opening a pipe would wait for whoever writes to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        why = "is a link that leads nowhere" if path.is_symlink() and error.errno == errno.ENOENT else ""
        raise _fault(name, why or f"cannot be read: {error.strerror}") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _fault(name, "is not a file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            raw = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise _fault(name, f"cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)
    if len(raw) > LARGEST_FILE_BYTES:
        raise _fault(name, f"is larger than {LARGEST_FILE_BYTES:,} bytes")
    return decoded(raw, name)


def decoded(raw: bytes, name: str) -> str:
    """UTF-8, with or without a mark of byte order. Raises `PolicyError` that names the line of the first wrong byte."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        text = f"is not UTF-8 (byte 0x{raw[error.start]:02X}): save it as UTF-8 in your editor"
        raise _fault(name, text, line) from None


def signature(folder: Path) -> Signature:
    """Equal as long as no file of `folder` was changed, added or taken away. Some 20 µs."""
    return tuple(sorted(_stats(folder)))


def place_of(problem: Problem, folder: Path) -> str:
    """A problem with the file that it is in: `/var/lib/hearth/policies/household.toml:12: limit "band": …`."""
    file = folder if problem.set == FOLDER else folder / f"{problem.set}{SUFFIX}"
    place = f"{file}:{problem.line}" if problem.line else str(file)
    return ": ".join(part for part in (place, problem.where, problem.text) if part)


def fault_in_name(name: str) -> str:
    """What is wrong with `name` as the name of a set of one's own; "" if nothing is."""
    if name in SHIPPED_ALWAYS:
        return f'"{name}" is the name of a set that ships with Hearth: give the file another name'
    if not _NAME.fullmatch(name):
        return 'a set is named after its file: lower-case letters, digits and "-", 64 at the most, like landlord.toml'
    return ""


def _read_own(folder: Path, name: str) -> str:
    """Raises `PolicyError`."""
    set_name, path = name.removesuffix(SUFFIX), folder / name
    if wrong := fault_in_name(set_name):
        raise _fault(set_name[:64], wrong)
    try:
        home, real = folder.resolve(), path.resolve()
    except (OSError, RuntimeError):  # a circle of links
        raise _fault(set_name, "is a link that leads nowhere") from None
    if not real.is_relative_to(home):
        raise _fault(set_name, f"is a link out of its folder, to {real}: put the file itself there")
    return read_file(path, set_name)


def _stats(folder: Path) -> Iterator[tuple[str, int, int, int, int, int]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(SUFFIX) and not entry.name.startswith("."):
                    yield (entry.name, *_stat(entry))
    except FileNotFoundError:
        return
    except OSError as error:
        yield ("", error.errno or 0, 0, 0, 0, 0)


def _stat(entry: os.DirEntry[str]) -> tuple[int, int, int, int, int]:
    try:
        seen = entry.stat()
    except OSError as error:
        return (error.errno or 0, 0, 0, 0, 0)
    return (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_mode)


def _is_scratch(name: str) -> bool:
    """What editors leave beside a file, and what `hearth policy edit` keeps of the last edit."""
    return name.startswith((".", "#")) or name.endswith(("~", ".swp", ".bak", ".before", "#"))


def _fault(name: str, text: str, line: int = 0) -> PolicyError:
    return PolicyError([Problem(name, line, "", text)])
