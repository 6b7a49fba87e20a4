"""Loading profiles: the shipped ones beside this file, and those of the house. What is wrong is said, file by file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from capabilities.admission import Described, admit
from capabilities.errors import ComposeError, nearest
from capabilities.thing_models import contract
from capabilities.vocabulary import KINDS
from drivers.modbus.checking import Checked
from drivers.modbus.describing import affordance
from drivers.modbus.profile import ComponentTable, ProfileTable

SHIPPED: Final = Path(__file__).parent / "profiles"

MAX_FILE_BYTES: Final = 262_144
"""A profile of a thousand registers has half of that."""

MAX_FILES: Final = 200
"""In a directory of one's own: reading them takes a second at the most."""

MAX_PROBLEMS_PER_FILE: Final = 20
"""Who has more repairs these first."""


class ProfileError(Exception):
    """A profile cannot be used. One line for each problem: file, table, what is wrong, what would be right."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems[:MAX_PROBLEMS_PER_FILE]))
        self.problems = tuple(problems[:MAX_PROBLEMS_PER_FILE])


class Profiles:
    """Profiles by name. Those of the house are all read and checked at once, a shipped one when it is asked for."""

    def __init__(self, own: Path | None = None, shipped: Path = SHIPPED) -> None:
        self.problems: tuple[str, ...] = ()
        self._shipped = shipped
        self._found: dict[str, ProfileTable] = {}
        if own is not None:
            self._read_all(own)
        self._own = frozenset(self._found)

    def is_shipped(self, name: str) -> bool:
        """Whether it is one of Hearth's, as everybody has it."""
        return name not in self._own

    def names(self) -> tuple[str, ...]:
        return tuple(sorted({*self._found, *(path.stem for path in self._shipped.glob("*.toml"))}))

    def get(self, name: str) -> ProfileTable:
        """Raises `ProfileError`."""
        if name not in self._found:
            path = self._shipped / f"{name}.toml"
            if name not in {one.stem for one in self._shipped.glob("*.toml")}:
                raise ProfileError([f"there is no profile {name!r}; known: {nearest(name, self.names())}"])
            self._found[name] = load(path)
        return self._found[name]

    def _read_all(self, own: Path) -> None:
        try:
            paths = sorted(path for path in own.iterdir() if path.suffix == ".toml")
        except OSError as error:
            self.problems = (
                f"{own}: the profiles cannot be read ({error.strerror}); look at the directory's rights",
            )
            return
        problems: list[str] = []
        if len(paths) > MAX_FILES:
            problems.append(f"{own}: only the first {MAX_FILES} of its {len(paths)} profiles are read")
        for path in paths[:MAX_FILES]:
            try:
                profile = load(path)
            except ProfileError as error:
                problems += error.problems
            else:
                self._found[profile.name] = profile
        self.problems = tuple(problems)


def load(path: Path) -> ProfileTable:
    """Raises `ProfileError`."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ProfileError(
                [f"{path}: is larger than {MAX_FILE_BYTES} bytes; a profile is some kilobytes"]
            )
        document: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProfileError([f"{path}: cannot be read ({error.strerror})"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProfileError([f"{path}: is no TOML: {error}"]) from None
    checked = Checked(document)
    problems = [f"{path}: {problem}" for problem in (*checked.problems, *_contradictions(checked))]
    profile = checked.profile
    if profile is not None and () not in checked.mended and path.stem != profile.name:
        problems.insert(0, f"{path}: has name = {profile.name!r}; call the file {profile.name}.toml")
    if problems or profile is None:
        raise ProfileError(problems or [f"{path}: is no profile"])
    return profile


def _contradictions(checked: Checked) -> Iterator[str]:
    """What the Thing Models say otherwise."""
    profile = checked.profile
    for at, component in enumerate(profile.component if profile is not None else ()):
        if ("component", at) in checked.mended and component.kind == "other":
            continue  # its kind may be a stand-in
        table = f"component {component.key!r}"
        if component.kind not in KINDS:
            yield f"{table}: has the kind {component.kind!r}; known: {nearest(component.kind, KINDS)}"
            continue
        names = [of.name for of in component.property]
        for number, of in enumerate(component.property):
            if ("component", at, "property", number) in checked.mended:
                continue
            if names.count(of.name) > 1:
                yield f"{table}, property {of.name!r}: is there twice; give each its own name"
            if profile is not None and not of.is_bit and of.width > profile.max_registers:
                yield f"{table}, property {of.name!r}: is wider than max_registers"
            yield from _contradiction(table, component, of.name)


def _contradiction(table: str, component: ComponentTable, name: str) -> Iterator[str]:
    of = next(one for one in component.property if one.name == name)
    try:
        admit(contract(component.kind), Described.of(affordance("", of)))
    except ComposeError as error:
        yield f"{table}, property {name!r}: {error}"
