"""The rules that a gateway starts with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.rulebook.edition import Edition, compose
from gateway.rulebook.files import FOLDER, Signature, place_of, read_folder, signature
from gateway.rulebook.kept import last_kept
from policies import PolicyError, Problem


class RulesUnusable(PolicyError):
    """`PolicyError` of a whole folder: `str()` names the files."""

    def __init__(self, error: PolicyError, folder: Path) -> None:
        super().__init__(error.problems)
        self._folder = folder

    def __str__(self) -> str:
        return "\n".join(place_of(problem, self._folder) for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Opened:
    """`problems` are what keeps the files from being the rules: then `edition` is the last one that was good.

    `kept` are the texts that an earlier run kept (None: none did), `files` what the files looked like.
    """

    state_dir: Path
    edition: Edition
    problems: tuple[Problem, ...]
    kept: dict[str, str] | None
    files: Signature

    @property
    def folder(self) -> Path:
        return self.state_dir / FOLDER


def open_rules(state_dir: Path) -> Opened:
    """Reads and compiles the sets; where they cannot be used, the last good ones.

    Raises `RulesUnusable` with every problem of the files where no good ones are known, and the gateway does not start.
    """
    kept = last_kept(state_dir)
    files = signature(state_dir / FOLDER)
    found = read_folder(state_dir / FOLDER)
    try:
        return Opened(state_dir, compose(found.texts, found.problems), (), kept, files)
    except PolicyError as error:
        unusable = RulesUnusable(error, state_dir / FOLDER)
        if kept is None:
            raise unusable from None
        try:
            edition = compose(kept)
        except PolicyError:
            raise unusable from None
        return Opened(state_dir, edition, error.problems, kept, files)
