"""`hearth policy show`, `shadow` and `reload`: the rules in force."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import TYPE_CHECKING

import click

from gateway.cli.client import segment
from gateway.cli.commands.policy_group import policy
from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.policy_files import sentences
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.text import clean_lines, joined
from gateway.cli.times import ago
from gateway.cli.words import plain_id, value_text

if TYPE_CHECKING:
    from capabilities.vocabulary import Json


@policy.command(short_help="The sets of rules in force; --text SET prints one.")
@click.option("--text", "name", metavar="SET", default="", help="Print this set as it was written.")
@json_option
def show(name: str) -> None:
    """Show which sets of rules are in force, and what is wrong with files that are not.

    `--text household > my-rules.toml` copies your rules; without a file of your own, those that ship with Hearth.
    """
    session = current()
    if name:
        found = _set(session, name)
        session.show(found, lambda: click.echo(_printable(str(found.get("text"))), nl=False))
        return
    body = session.client.get("/policies")
    session.show(body, lambda: _tell(session, body if isinstance(body, dict) else {}))


def _set(session: Session, name: str) -> dict[str, Json]:
    """Raises `Failure`."""
    answer = session.faithful.ask("GET", f"/policies/sets/{segment(name)}")
    if answer.status == HTTPStatus.NOT_FOUND:
        body = session.client.get("/policies")
        known = [str(one.get("name")) for one in items(body.get("sets") if isinstance(body, dict) else [])]
        message = f"there is no set {name!r} in force; there is {joined(known, 'and')}"
        raise Failure(message, Exit.NOT_FOUND, document=answer.body)
    if not answer.ok or not isinstance(answer.body, dict):
        raise failure(answer)
    return answer.body


def _printable(text: str) -> str:
    """As it is into a file; without what a terminal would obey on one."""
    return clean_lines(text.replace("\r\n", "\n")) if sys.stdout.isatty() else text


def _tell(session: Session, body: dict[str, Json]) -> None:
    rows = [
        [
            str(one.get("name")),
            "allows" if one.get("root") else "reports only" if one.get("shadow") else "narrows",
            "yours" if one.get("own") else "ships with Hearth",
            str(one.get("digest"))[:12],
        ]
        for one in items(body.get("sets"))
    ]
    session.table(["SET", "WHAT IT DOES", "WHOSE", "TEXT"], rows, whole=[0])
    session.say(f"\nversion {body.get('version')}")
    if body.get("folder"):
        session.say(f"your files are in {body['folder']}")
    if not any(one.get("own") and one.get("root") for one in items(body.get("sets"))):
        session.say(
            "you have no household rules of your own yet: `hearth policy edit` begins with a copy of those that ship"
        )
    ignored = body.get("ignored")
    if isinstance(ignored, list) and ignored:
        session.say(session.style(f"no rule files, and not read: {', '.join(map(str, ignored))}", "yellow"))
    problems = items(body.get("problems"))
    if problems:
        session.say(
            session.style("\nthe files cannot be used, and the rules of before stay in force:", "red")
        )
        for line in map(fault_text, problems):
            session.say(f"  {line}")


def fault_text(fault: dict[str, Json]) -> str:
    """`household.toml:12: limit "band", value: …`"""
    line = f":{fault['line']}" if fault.get("line") else ""
    parts = (f"{fault.get('set')}.toml{line}", str(fault.get("where") or ""), str(fault.get("text")))
    return ": ".join(part for part in parts if part)


@policy.command(short_help="What the sets that only report would have refused.")
@click.option(
    "--days", default=7, show_default=True, type=click.IntRange(1, 30), help="How far to look back."
)
@json_option
def shadow(days: int) -> None:
    """Tell what the sets with `shadow = true` would have refused lately, rule by rule, the most frequent first.

    A set that you want to try is put beside household.toml, with `shadow = true` below `format = 1`. Take that line out when
    the numbers please you, and it is in force.
    """
    session = current()
    body = session.client.get(f"/policies/shadow?days={days}")
    session.show(body, lambda: _shadows(session, body if isinstance(body, dict) else {}, days))


def _shadows(session: Session, body: dict[str, Json], days: int) -> None:
    names = body.get("shadows")
    if not names and not body.get("rules"):
        session.say(
            "no set only reports: put `shadow = true` below `format = 1` of one beside household.toml to try it"
        )
        return
    sets = ", ".join(map(str, names)) if isinstance(names, list) else ""
    more = "" if body.get("complete") else " (only the newest were looked at)"
    session.say(
        f"of {body.get('dispatches')} commands in {days} days{more}, {sets or 'sets that are gone by now'}"
        f" would have stopped {body.get('refused')}"
    )
    for rule in items(body.get("rules")):
        asks = "asked" if rule.get("verdict") == "needs-approval" else "refused"
        session.say(f"\n{rule.get('rule')}: {asks} {rule.get('count')} times – {rule.get('why')}")
        for one in items(rule.get("examples")):
            value = "" if one.get("value") is None else f" {value_text(one.get('value'))}"
            seen = f": {one['seen']}" if one.get("seen") else ""
            what = f"{plain_id(one.get('thing'))} {one.get('affordance')}{value}{seen}"
            session.say(f"  {ago(one.get('at'))}  {one.get('principal')}  {what}")


@policy.command(short_help="Read the rule files now.")
@json_option
def reload() -> None:
    """Make the gateway read its rule files now. It does so by itself within three seconds of an edit; this waits, and tells."""
    session = current()
    told = reloaded(session)
    session.show(told, lambda: tell_reload(session, told))


def reloaded(session: Session) -> dict[str, Json]:
    """What the gateway answers. Raises `Failure` with every problem of the files."""
    answer = session.client.ask("POST", "/policies/reload", {})
    body = answer.body if isinstance(answer.body, dict) else {}
    if answer.ok:
        return body
    faults = [fault_text(one) for one in items(body.get("problems"))]
    if not faults:
        raise failure(answer)
    message = "the files cannot be used; the rules of before stay in force"
    raise Failure(message, Exit.USAGE, advice=faults, document=answer.body)


def tell_reload(session: Session, told: dict[str, Json]) -> None:
    session.say(f"rules {told.get('version')} are in force" + ("" if told.get("changed") else ", as before"))
    sentences(session, "somebody may do more:", told.get("more"), "yellow")
    sentences(session, "somebody may do less:", told.get("less"), "bold")
