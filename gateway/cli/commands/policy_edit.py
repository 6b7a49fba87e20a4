"""`hearth policy edit`, `undo` and `init`: changing the rules, on the gateway's own box."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gateway.cli import policy_files
from gateway.cli.asking import agreed
from gateway.cli.commands.policy_group import policy
from gateway.cli.commands.policy_look import reloaded, tell_reload
from gateway.cli.exits import Exit, Failure
from gateway.cli.policy_files import HOUSEHOLD, Sets, sentences
from gateway.cli.session import Session, current

if TYPE_CHECKING:
    from gateway.rulebook.trying import Report
    from policies import Problem

BEFORE: Final = ".before"
"""Added to a file's name for what was in force before the last change. It is no rule file, and is not read."""

DIRECTORY = click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path),
    help="The gateway's state directory, if it is not found.",
)
SET = click.argument("name", metavar="[SET]", required=False, default=HOUSEHOLD)


@policy.command(short_help="Change your rules: edit, check, see who may do more, put into force.")
@SET
@DIRECTORY
@click.option("--editor", metavar="PROGRAM", help="Instead of $VISUAL or $EDITOR.")
@click.option("--yes", is_flag=True, help="Ask nothing: put good rules into force.")
def edit(name: str, directory: Path | None, editor: str | None, yes: bool) -> None:
    """Open your household's rules in an editor; when you leave it they are checked, you are told who may do more or less than
    now, and asked whether to put them into force. Until then nothing changes.

    The first time it is a copy of the rules that ship with Hearth. SET is another set beside it, which narrows: `hearth policy
    edit landlord`. `hearth policy undo` takes the last change back.
    """
    session = current()
    path = path_of(session, directory, name)
    start = present(path, name)
    with tempfile.TemporaryDirectory(prefix="hearth-rules-") as folder:
        copy = Path(folder) / f"{name}.toml"
        copy.write_text(start, encoding="utf-8")
        while True:
            click.edit(filename=str(copy), editor=editor)
            fresh = policy_files.from_files([copy], name)
            if fresh.texts.get(name) == start:
                session.say("nothing was changed")
                return
            report, problems = examined(session, path, fresh)
            for problem in problems:
                session.say(session.style(fresh.place(problem).removeprefix(f"{folder}/"), "red"))
            if not problems:
                break
            if yes or not agreed(
                "These rules cannot be used. Edit on? (no: forget the changes)", default=True
            ):
                raise Failure("nothing was changed", Exit.USAGE)
        policy_files.tell_remarks(session, Sets(paths={name: path}), report.remarks)
        tell(session, report)
        question = "Put these rules into force?"
        if not yes and not agreed(question, default=not report.told.more):
            raise Failure("nothing was changed", Exit.ERROR)
        install(path, fresh.texts[name], start)
    into_force(session, path)


@policy.command(short_help="Take the last change of your rules back.")
@SET
@DIRECTORY
@click.option("--yes", is_flag=True, help="Ask nothing.")
def undo(name: str, directory: Path | None, yes: bool) -> None:
    """Put the rules of before the last `hearth policy edit`, `init` or `undo` back. Undone twice, nothing has changed."""
    session = current()
    path = path_of(session, directory, name)
    before = path.with_name(path.name + BEFORE)
    if not before.exists():
        raise Failure(f"there is nothing to take back: {before} is not there", Exit.NOT_FOUND)
    old = policy_files.from_files([before], name)
    report, problems = examined(session, path, old)
    if problems:
        raise Failure(f"{before} cannot be used", Exit.USAGE, advice=[old.place(one) for one in problems])
    tell(session, report)
    if not yes and not agreed("Put these rules into force?", default=not report.told.more):
        raise Failure("nothing was changed", Exit.ERROR)
    install(path, old.texts[name], present(path, name))
    into_force(session, path)


@policy.command(short_help="Write the rules that ship into a file of your own.")
@DIRECTORY
def init(directory: Path | None) -> None:
    """Write the household rules that ship with Hearth to policies/household.toml, for you to edit with whatever you like. A
    gateway that runs takes every good edit of that file in within three seconds, and tells loudly of a bad one.
    """
    session = current()
    path = path_of(session, directory, HOUSEHOLD)
    if path.exists():
        raise Failure(f"{path} is there already; `hearth policy edit` opens it", Exit.USAGE)
    text = present(path, HOUSEHOLD)
    install(path, text, text)
    session.say(f"your rules are in {path}; as they stand, they are those that ship with Hearth")
    into_force(session, path)


def path_of(session: Session, directory: Path | None, name: str) -> Path:
    """The file of a set. Raises `Failure`."""
    from gateway.rulebook.files import fault_in_name  # noqa: PLC0415

    if wrong := fault_in_name(name):
        raise Failure(wrong, Exit.USAGE)
    folder = policy_files.state_dir(session, directory)
    path = folder / policy_files.FOLDER / f"{name}{policy_files.SUFFIX}"
    if not os.access(path.parent if path.parent.exists() else folder, os.W_OK | os.X_OK):
        owner = folder.owner()
        message = f"{path.parent} is not yours to write"
        raise Failure(
            message, Exit.REFUSED, advice=[f"as its owner: sudo -u {owner} hearth policy …, or as root"]
        )
    return path


def present(path: Path, name: str) -> str:
    """What the file says; where there is none, what it begins with."""
    from policies import PolicyError, defaults  # noqa: PLC0415

    if path.exists():
        from gateway.rulebook.files import read_file  # noqa: PLC0415

        try:
            return read_file(path, name)
        except PolicyError as error:
            raise Failure(f"{path}: {error}", Exit.USAGE) from error
    if name == HOUSEHOLD:
        return defaults.load(HOUSEHOLD)
    return (
        f"# The set {name!r}: it narrows what your household's rules allow.\n"
        "# With `shadow = true` below the next line it only reports: `hearth policy shadow` tells.\n\nformat = 1\n"
    )


def examined(session: Session, path: Path, fresh: Sets) -> tuple[Report, list[Problem]]:
    """What the folder comes to with `fresh` in it, against what is in force."""
    from gateway.rulebook.kept import last_kept  # noqa: PLC0415
    from gateway.rulebook.trying import examine  # noqa: PLC0415

    now = policy_files.from_folder(path.parent)
    kept = last_kept(path.parent.parent)  # what is in force, whatever the files say by now
    in_force = now.texts if kept is None else kept
    report = examine(policy_files.over(fresh, now).texts, in_force, policy_files.house_of(session))
    others = [one for one in now.problems if one.set not in fresh.paths]
    return report, [*fresh.problems, *others, *report.problems]


def tell(session: Session, report: Report) -> None:
    sentences(session, "With these rules somebody may do more than now:", report.told.more, "yellow")
    sentences(session, "With these rules somebody may do less than now:", report.told.less, "bold")
    if not report.told.more and not report.told.less:
        session.say("Nobody may do more or less than now.")


def install(path: Path, text: str, before: str) -> None:
    """Writes the file whole, as its folder's owner would, and what was there before beside it. Raises `Failure`."""
    from gateway.rulebook import saving  # noqa: PLC0415

    try:
        saving.install(path, text, before)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}", Exit.ERROR) from error


def into_force(session: Session, path: Path) -> None:
    """Tells the gateway, if one runs."""
    try:
        told = reloaded(session)
    except Failure as failure:
        if failure.code not in policy_files.NO_GATEWAY or failure.document is not None:
            raise
        session.say(f"written to {path}; no gateway answered, so it is in force at the next start")
    else:
        tell_reload(session, told)
