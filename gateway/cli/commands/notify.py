"""`hearth notify`: by which ways people are told, and whether they work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click
from click.shell_completion import CompletionItem

from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.times import ago

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

TRIAL_SECONDS: Final = 30.0
"""One delivery may take 15 s, and all of them go at the same time."""

NONE_YET: Final = (
    "no [[notify]] in hearth.toml, and nobody has turned notices on in the app: people are told in the open app and by"
    " `hearth watch` alone"
)


@click.group(short_help="By which ways people are told, and whether they work.")
def notify() -> None:
    """How people are told when something waits for them or went wrong: the channels of [[notify]] in hearth.toml, and the
    phones on which somebody turned notices on in the app (push:…).

    \b
    hearth notify list
    hearth notify test phones
    """  # noqa: D301 (click's mark for lines that stay as they are)


def _names(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    options = ctx.find_root().params
    session = ctx.find_object(Session) or Session(
        url=str(options.get("url") or ""), token=str(options.get("token") or "")
    )
    try:
        found = items(session.client.get("/notify"))
    except Failure:
        return []  # a shell's line is no place for an error
    names = [(str(one.get("name")), str(one.get("where"))) for one in found]
    return [CompletionItem(name, help=where) for name, where in names if name.startswith(incomplete)]


@notify.command(name="list", short_help="The channels, and how each does.")
@json_option
def list_channels() -> None:
    """List the channels: whom each reaches, from which urgency on, and how it does."""
    session = current()
    answer = session.client.ask("GET", "/notify")
    if not answer.ok:
        raise failure(answer)
    found = items(answer.body)
    session.show(list(found), lambda: _table(session, found))


@notify.command(short_help="Send a test notice, and say what came of it.")
@click.argument("name", metavar="[NAME]", required=False, default="", shell_complete=_names)
@json_option
def test(name: str) -> None:
    """Send a test notice by the channel NAME, or by all of them, at once. Ends with 0 where all of them took it, else 1.

    \b
    hearth notify test
    hearth notify test phones
    """  # noqa: D301 (click's mark for lines that stay as they are)
    session = current()
    answer = session.client.ask("POST", "/notify/test", {"name": name} if name else {}, seconds=TRIAL_SECONDS)
    if not answer.ok:
        raise failure(answer)
    found = items(answer.body)
    session.show(list(found), lambda: _tell(session, found))
    if not all(one.get("delivered") for one in found):
        raise SystemExit(int(Exit.ERROR))


def _tell(session: Session, trials: list[dict[str, Json]]) -> None:
    if not trials:
        session.say(NONE_YET)
    for one in trials:
        what = f"{one.get('name')} ({one.get('where')})"
        if one.get("delivered"):
            session.wrap(
                f"{session.style('sent', 'green')}    {what}: {one.get('text')}; look whether it is there",
                " " * 8,
            )
            continue
        session.wrap(f"{session.style('FAILED', 'red')}  {what}: {one.get('text')}", " " * 8)
        if one.get("remedy"):
            session.wrap(f"        → {one.get('remedy')}", " " * 10)


def _table(session: Session, found: list[dict[str, Json]]) -> None:
    if not found:
        session.say(NONE_YET)
        return
    rows = [
        [
            str(one.get("name")),
            str(one.get("where")),
            _whom(one),
            str(one.get("urgency")),
            str(one.get("state")),
            _last(one),
        ]
        for one in found
    ]
    session.table(["NAME", "BY", "REACHES", "FROM", "STATE", "LAST"], rows, whole=[0], folded=5)
    session.note("`hearth notify test NAME` tries one out")


def _whom(one: dict[str, Json]) -> str:
    to = one.get("to")
    words = [str(word) for word in to] if isinstance(to, list) else []
    return ", ".join([*words, "escalations"] if one.get("escalation") else words)


def _last(one: dict[str, Json]) -> str:
    """The last success, and the last failure where that is news."""
    success, counters = one.get("last_success"), one.get("counters")
    parts = [f"delivered {ago(success)}" if success else "nothing delivered yet"]
    failing = one.get("state") == "failing"
    if failing:
        parts.insert(0, f"failed {ago(one.get('last_failure'))}: {one.get('last_error')}")
    if isinstance(counters, dict) and counters.get("waiting"):
        parts.append(f"{counters['waiting']} waiting")
    text = "; ".join(parts)
    return f"{text} → {one['remedy']}" if failing and one.get("remedy") else text
