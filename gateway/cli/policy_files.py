"""Rule files on this machine, and the rules in force: what the commands of `hearth policy` work with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.cli.client import segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.session import Session, items
from gateway.cli.words import plain_id

if TYPE_CHECKING:
    from capabilities.vocabulary import Json
    from policies import Problem
    from policies.checking import House, Remark

HOUSEHOLD: Final = "household"
SUFFIX: Final = ".toml"
FOLDER: Final = "policies"
LEDGER: Final = "ledger.db"

NO_GATEWAY: Final = (Exit.UNREACHABLE, Exit.REFUSED, Exit.USAGE)
"""How a question to a gateway ends where there is none, or it is none of this caller's business."""


@dataclass(frozen=True, slots=True)
class Sets:
    """The house's own sets by name, and where each stands. `where` says in words what they are."""

    texts: dict[str, str] = field(default_factory=dict)
    paths: dict[str, Path] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    where: str = ""
    read_as: str = ""
    """What the files were taken for, in one line."""

    def place(self, problem: Problem) -> str:
        """A problem as a line that editors jump to: `household.toml:12: limit "band", value: …`."""
        file = str(self.paths.get(problem.set, problem.set))
        place = f"{file}:{problem.line}" if problem.line else file
        return ": ".join(part for part in (place, problem.where, problem.text) if part)


def in_force(session: Session) -> Sets:
    """The sets of the running gateway. Raises `Failure`."""
    client = session.faithful
    listed = client.get("/policies")
    texts: dict[str, str] = {}
    for one in items(listed["sets"] if isinstance(listed, dict) else []):
        if one.get("own"):
            found = client.get(f"/policies/sets/{segment(str(one['name']))}")
            texts[str(one["name"])] = str(found["text"]) if isinstance(found, dict) else ""
    return Sets(texts, where="the rules in force")


def in_force_if_any(session: Session) -> Sets | None:
    """The same; None where no gateway answers, or it does not tell this caller."""
    try:
        return in_force(session)
    except Failure as failure:
        if failure.code not in NO_GATEWAY:
            raise
        return None


def house_of(session: Session) -> House | None:
    """What there is in the gateway's house, for rules to name; None where no gateway answers."""
    from policies.checking import House  # noqa: PLC0415 (needs the libraries of the gateway)
    from policies.decision import Role  # noqa: PLC0415

    try:
        described = items(session.client.get("/things"))
        short = items(session.client.get("/things?view=summary"))
        tokens = items(session.client.get("/tokens"))
    except Failure:
        return None
    properties = ((plain_id(one.get("id")), one.get("properties")) for one in described)
    labels = (one.get("labels") for one in short)
    return House(
        things={name: frozenset(found if isinstance(found, dict) else ()) for name, found in properties},
        rooms=frozenset(str(one["room"]) for one in short if one.get("room")),
        labels=frozenset(str(one) for found in labels if isinstance(found, list) for one in found),
        principals={str(one.get("principal")): Role(str(one.get("role"))) for one in tokens},
    )


def tell_remarks(session: Session, sets: Sets, remarks: Iterable[Remark]) -> None:
    """What can hardly be meant so, each with its file and line."""
    colours = {"error": "red", "warning": "yellow"}
    for one in remarks:
        file = sets.paths.get(one.set, one.set)
        text = f'{file}:{one.line}: {one.severity}: "{one.rule}": {one.text}'
        colour = colours.get(one.severity)
        session.say(session.style(text, colour) if colour else text)


def from_folder(folder: Path) -> Sets:
    """All rule files of a folder, as a gateway reads them."""
    from gateway.rulebook.files import read_folder  # noqa: PLC0415 (needs the libraries of the gateway)

    found = read_folder(folder)
    paths = {name: folder / f"{name}{SUFFIX}" for name in found.texts}
    paths |= {one.set: folder / f"{one.set}{SUFFIX}" for one in found.problems if one.set != FOLDER}
    read_as = f"{folder} is read as all your sets: {', '.join(sorted(found.texts)) or 'none'}"
    return Sets(found.texts, paths | {FOLDER: folder}, found.problems, str(folder), read_as)


def from_files(files: Sequence[Path], called: str = "") -> Sets:
    """Some files, each the set that it is named after (or `called`, if it is one). Raises `Failure` for a doubled name."""
    from gateway.rulebook.files import read_file  # noqa: PLC0415
    from policies import PolicyError  # noqa: PLC0415

    texts: dict[str, str] = {}
    paths: dict[str, Path] = {}
    problems: list[Problem] = []
    if called and len(files) != 1:
        raise Failure("--as is for one file", Exit.USAGE)
    for path in files:
        name = called or path.name.removesuffix(SUFFIX)
        if name in paths:
            raise Failure(f"{paths[name]} and {path} are both the set {name!r}", Exit.USAGE)
        paths[name] = path
        try:
            texts[name] = read_file(path, name)
        except PolicyError as error:
            problems += error.problems
    where = ", ".join(map(str, files))
    return Sets(texts, paths, tuple(problems), where, "; ".join(_as(paths[name], name) for name in paths))


def _as(path: Path, name: str) -> str:
    if name != HOUSEHOLD:
        return f"{path} is read as the set {name!r}, which narrows the household's rules"
    own = path.name.removesuffix(SUFFIX)
    other = "" if own == HOUSEHOLD else f" (--as {own}: as a set that narrows them)"
    return f"{path} is read as your household's rules{other}"


def from_paths(paths: Sequence[Path], called: str = "") -> tuple[Sets, bool]:
    """Files or one folder, and whether they are all there is of the house's own. One file by itself is the household's rules,
    wherever it lies and whatever it is named, unless `called` says otherwise, or it is a set of a gateway: then the sets
    beside it belong to it, and these are all there is.
    """
    if len(paths) == 1 and paths[0].is_dir():
        return from_folder(paths[0]), True
    for path in paths:
        if path.is_dir():
            raise Failure(f"{path} is a folder: give one folder, or files", Exit.USAGE)
    if called or len(paths) > 1:
        return from_files(paths, called), False
    (path,) = paths
    if not _is_set_of_a_gateway(path):
        return from_files(paths, HOUSEHOLD), False
    beside, own = from_folder(path.parent), from_files(paths)
    problems = (*own.problems, *(one for one in beside.problems if one.set not in own.paths))
    read_as = f"{own.read_as} beside it (--as {HOUSEHOLD}: as those rules)"
    return Sets(beside.texts, beside.paths | own.paths, problems, own.where, read_as), True


def _is_set_of_a_gateway(path: Path) -> bool:
    """Whether it lies beside the household's rules in a state directory, and is not those rules."""
    folder, household = path.absolute().parent, f"{HOUSEHOLD}{SUFFIX}"
    of_a_gateway = folder.name == FOLDER and (folder.parent / LEDGER).exists()
    return of_a_gateway and path.name != household and (folder / household).exists()


def over(sets: Sets, base: Sets | None) -> Sets:
    """`sets`, and those of `base` that have other names."""
    if base is None:
        return sets
    missing = set(sets.paths) - set(sets.texts)  # what cannot be read stands for nothing
    kept = {name: text for name, text in base.texts.items() if name not in missing}
    return Sets(kept | sets.texts, base.paths | sets.paths, sets.problems, sets.where, sets.read_as)


def state_dir(session: Session, given: Path | None) -> Path:
    """The gateway's state directory on this box: the one given, else the running gateway's, else a usual one that is there.

    Raises `Failure`.
    """
    for folder in [given] if given else _usual_places(session):
        if folder.is_dir():
            return folder
    where = (
        f"there is no folder {given}"
        if given
        else "no state directory of a gateway was found on this machine"
    )
    raise Failure(f"{where}; name it with --dir", Exit.NOT_FOUND)


def _usual_places(session: Session) -> Iterator[Path]:
    try:
        health = session.client.get("/health")
        if isinstance(health, dict) and isinstance(health.get("state_dir"), str):
            yield Path(str(health["state_dir"]))
    except Failure:
        pass  # it is not running: its rules can be changed all the same
    environ = session.environ
    state = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME", "/")) / ".local" / "state")
    for folder in (Path("/var/lib/hearth"), Path(state) / "hearth"):
        if (folder / LEDGER).exists() or (folder / FOLDER).exists():
            yield folder


def sentences(session: Session, title: str, lines: Json | Sequence[str], colour: str) -> None:
    """A list of sentences under a title; nothing where there are none."""
    if isinstance(lines, list | tuple) and lines:
        session.say(session.style(title, colour))
        for line in lines:
            session.say(f"  {line}")
