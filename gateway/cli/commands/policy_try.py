"""`hearth policy check`, `diff` and `test`: rules that are not in force yet. They work without a gateway, too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli import policy_files
from gateway.cli.commands.policy_group import policy
from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.policy_files import Sets, sentences
from gateway.cli.session import Session, current

if TYPE_CHECKING:
    from capabilities.vocabulary import Json
    from gateway.rulebook.trying import Report, Run
    from policies import Problem

FILES = click.Path(exists=True, path_type=Path)


@policy.command(short_help="What is wrong with rule files, and who could do more with them.")
@click.argument("files", nargs=-1, type=FILES)
@click.option(
    "--as",
    "called",
    metavar="SET",
    default="",
    help="What FILE is to be: `household`, or a set that narrows it.",
)
@click.option("--dir", "directory", type=click.Path(path_type=Path), help="The gateway's state directory.")
@json_option
def check(files: tuple[Path, ...], called: str, directory: Path | None) -> None:
    """Check rule FILES: whether every word is known and every value right, with file and line; what can never work or is hardly
    meant so; names that this house does not have; and what they would let somebody do that the rules in force do not.

    One file is taken for your household's rules, whatever it is named; `--as landlord` makes it that set, which narrows them.
    Of several, each is the set that it is named after, and so is one in the folder of a gateway. A folder stands for all your
    sets. Without FILES it is the gateway's own folder. What was taken for what is said first. Nothing is changed.

    Ends with 0 where the files can be used (also where somebody could do more: that is for you to judge), else with 2.
    """
    from gateway.rulebook.trying import examine  # noqa: PLC0415

    session = current()
    now = policy_files.in_force_if_any(session)
    if files:
        sets, complete = policy_files.from_paths(files, called)
    else:
        folder = policy_files.state_dir(session, directory) / policy_files.FOLDER
        sets, complete = policy_files.from_folder(folder), True
    _tell_read(session, sets.read_as)
    whole = sets if complete else policy_files.over(sets, now)
    house = None if now is None else policy_files.house_of(session)
    report = examine(whole.texts, now.texts if now else None, house)
    problems = [*sets.problems, *report.problems]
    session.show(
        _as_document(report, problems, whole), lambda: _tell_check(session, report, problems, whole, now)
    )
    if problems:
        raise SystemExit(int(Exit.USAGE))


def _tell_check(
    session: Session, report: Report, problems: list[Problem], sets: Sets, now: Sets | None
) -> None:
    for problem in problems:
        session.say(session.style(sets.place(problem), "red"))
    if problems:
        session.say(
            f"{len(problems)} {'problem' if len(problems) == 1 else 'problems'}: these rules cannot be used"
        )
        return
    policy_files.tell_remarks(session, sets, report.remarks)
    session.say(f"{sets.where} can be used")
    if now is None:
        session.note("no gateway answered, so nothing was compared with the rules in force")
        return
    sentences(session, "with them somebody may do more than now:", report.told.more, "yellow")
    sentences(session, "with them somebody may do less than now:", report.told.less, "bold")
    if not report.told.more and not report.told.less:
        session.say("nobody may do more or less than now")


def _as_document(report: Report, problems: list[Problem], sets: Sets) -> Json:
    faults: list[Json] = [
        {"file": str(sets.paths.get(p.set, p.set)), "line": p.line, "where": p.where, "text": p.text}
        for p in problems
    ]
    remarks: list[Json] = [
        {
            "severity": one.severity,
            "file": str(sets.paths.get(one.set, one.set)),
            "line": one.line,
            "rule": one.rule,
            "text": one.text,
        }
        for one in report.remarks
    ]
    document: dict[str, Json] = {"ok": not faults, "version": report.version or None, "problems": faults}
    return document | {"remarks": remarks, "more": [*report.told.more], "less": [*report.told.less]}


@policy.command(short_help="Who may do more, and who less, with other rules.")
@click.argument("old", required=False, type=FILES)
@click.argument("new", required=False, type=FILES)
@click.option("--in-force", "against", type=FILES, metavar="NEW", help="Compare the rules in force with NEW.")
@json_option
def diff(old: Path | None, new: Path | None, against: Path | None) -> None:
    """Say in words who may do more with the rules NEW than with OLD, and who less.

    Each is a file (your household's rules) or a folder with all your sets. What ships with Hearth belongs to both.
    """
    session = current()
    if against is not None and old is None:
        before, after = policy_files.in_force(session), _whole(against)
    elif against is None and old is not None and new is not None:
        before, after = _whole(old), _whole(new)
    else:
        raise Failure("give OLD and NEW, or --in-force NEW", Exit.USAGE)
    from gateway.rulebook.trying import examine  # noqa: PLC0415

    for sets in (before, after):
        _tell_read(session, sets.read_as)
        _must_be_good(sets)
    told = examine(after.texts, before.texts).told

    def as_text() -> None:
        sentences(session, f"with {after.where} somebody may do more:", told.more, "yellow")
        sentences(session, f"with {after.where} somebody may do less:", told.less, "bold")
        if not told.more and not told.less:
            session.say("nobody may do more or less")

    session.show({"more": [*told.more], "less": [*told.less]}, as_text)


def _tell_read(session: Session, read_as: str) -> None:
    """What the files were taken for, so that nobody tests something else than he thinks."""
    if read_as and not session.as_json:
        session.note(read_as)


def _whole(path: Path) -> Sets:
    return policy_files.from_paths([path])[0]


def _must_be_good(sets: Sets) -> None:
    """Raises `Failure` with every problem."""
    from gateway.rulebook.trying import examine  # noqa: PLC0415

    problems = [*sets.problems, *examine(sets.texts).problems]
    if problems:
        message = f"{sets.where} cannot be used"
        raise Failure(message, Exit.USAGE, advice=[sets.place(problem) for problem in problems])


@policy.command(short_help="Run examples: what the rules should decide, and do.")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--rules",
    multiple=True,
    type=FILES,
    metavar="FILE",
    help="Against these rules (default: those in force).",
)
@click.option(
    "--as", "called", metavar="SET", default="", help="What the one --rules FILE is to be, as `household`."
)
@click.option("--shipped", is_flag=True, help="Against the rules that ship with Hearth.")
@json_option
def test(files: tuple[Path, ...], rules: tuple[Path, ...], called: str, shipped: bool) -> None:
    """Run the case FILES, or the everyday cases that ship with Hearth, and tell which the rules decide otherwise.

    \b
    A case file begins with `format = 1`, and has cases like this one:
      [[case]]
      name  = "At night the agent may not open the front blind"
      given = { who = "agent", person = "adult", mode = "night", at = "fri 23:10" }
      when  = { thing = "blind-1", room = "Bedroom", use = "blind.position", value = 40 }
      then  = { verdict = "deny", rule = "quiet-night" }

    `verdict` is permit, ask or deny; `hearth policy help-cases` explains every word. One --rules FILE is taken for your
    household's rules, whatever it is named, as in `hearth policy check`. Where a shipped case fails against your own rules, you
    decided otherwise: it is told so that you know. Ends with 0 where all hold, else with 1; with 2 where a file cannot be used.
    """  # noqa: D301  click reads the sign
    from gateway.rulebook.trying import run  # noqa: PLC0415
    from policies import PolicyError  # noqa: PLC0415

    session = current()
    sets = _tested(session, rules, called, shipped=shipped)
    ships = bool(rules) and policy_files.HOUSEHOLD not in sets.paths
    _tell_read(session, sets.read_as + (": those that ship with Hearth" if ships else ""))
    _must_be_good(sets)
    cases = policy_files.from_files(files) if files else None
    if cases is not None and cases.problems:
        raise Failure(
            "a case file cannot be read", Exit.USAGE, advice=[cases.place(p) for p in cases.problems]
        )
    try:
        found = run(sets.texts, cases.texts if cases else None)
    except PolicyError as error:
        place = (cases or sets).place
        message = "a case file cannot be used"
        raise Failure(message, Exit.USAGE, advice=[place(problem) for problem in error.problems]) from error
    document: dict[str, Json] = {"files": found.files, "cases": found.cases}
    document["failed"] = [
        {"file": f.file, "line": f.line, "name": f.name, "text": f.text} for f in found.failed
    ]
    session.show(document, lambda: _tell_test(session, found, sets, cases))
    if found.failed:
        raise SystemExit(int(Exit.ERROR))


def _tested(session: Session, rules: tuple[Path, ...], called: str, *, shipped: bool) -> Sets:
    """The sets to run against. Raises `Failure`."""
    if rules and shipped:
        raise Failure("--shipped and --rules exclude each other", Exit.USAGE)
    if rules:
        return policy_files.from_paths(rules, called)[0]
    ships = Sets(where="the rules that ship with Hearth")
    if shipped:
        return ships
    found = policy_files.in_force_if_any(session)
    if found is None:
        session.note("no gateway answered: these are the rules that ship with Hearth")
    return found or ships


def _tell_test(session: Session, found: Run, sets: Sets, cases: Sets | None) -> None:
    for failed in found.failed:
        path = cases.paths[failed.file] if cases else f"{failed.file}.toml, which ships with Hearth"
        session.say(f"{path}, {failed.text}\n")
    good = found.cases - len(found.failed)
    text = f"{good} of {found.cases} cases hold for {sets.where}"
    session.say(session.style(text, "red" if found.failed else "green"))
