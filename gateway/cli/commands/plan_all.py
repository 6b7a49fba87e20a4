"""`hearth all`: the same on all Things of a kind, as one plan."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import click

from gateway.cli import plan_texts as texts
from gateway.cli.exits import Exit, Failure
from gateway.cli.options import json_option
from gateway.cli.planning import carry_out, prepared
from gateway.cli.session import Session, current
from gateway.cli.text import joined

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

STANDING: Final = frozenset({"conflict", "suspended", "obligation", "state-unknown", "stale-lease"})
"""Why a step cannot be begun, though the rules allow it."""

_PERCENT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*%")


@click.command(name="all", short_help="The same on all Things of a kind: hearth all light off.")
@click.argument("kind")
@click.argument("words", metavar="PROPERTY VALUE | ACTION | on | off", nargs=-1, required=True)
@click.option("--room", default="", help="Only those in this room.")
@click.option("--label", "labels", multiple=True, help="Only those with this label; may be repeated.")
@click.option("--allowed", is_flag=True, help="Leave out those that the rules do not allow.")
@click.option("--undo", is_flag=True, help="Undo all where one fails (else the others go on).")
@click.option("--why", default="", help="What it is for.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask whether to go on.")
@json_option
def all_things(kind: str, words: tuple[str, ...], **options: Any) -> None:
    """Do the same on all Things of KIND: decided whole, asked once.

    \b
    Examples:
      hearth all light off
      hearth all light brightness 30 --room Kitchen
      hearth all blind close
    """  # noqa: D301  (click's mark: what follows is not wrapped)
    session = current()
    document = _of_all(_kind(kind), words, options)
    draft = prepared(session, document)
    refused = [step for step in texts.documents(draft.get("steps")) if step.get("verdict") == "deny"]
    if refused and options["allowed"]:
        allowed: list[Json] = [
            str(step.get("thing"))
            for step in texts.documents(draft.get("steps"))
            if step.get("verdict") != "deny"
        ]
        if not allowed:
            raise Failure("the rules allow none of them", Exit.REFUSED, document=draft)
        session.note(f"left out, not allowed: {', '.join(str(step.get('thing')) for step in refused)}")
        document = _of_all(_kind(kind), words, options, allowed)
        draft = prepared(session, document)
    elif refused:
        session.note("  → --allowed leaves out what is not allowed")
    held = [] if (refused and not options["allowed"]) or options["undo"] else _held(draft)
    if held and not draft.get("committable"):
        others = _others(session, draft, held)
        draft = prepared(session, _of_all(_kind(kind), words, options, others))
    carry_out(session, draft, yes=options["yes"], no_wait=False)
    if held:
        raise Failure(f"not done: {joined([str(step.get('thing')) for step in held], 'and')}", Exit.REFUSED)


def _held(draft: dict[str, Json]) -> list[dict[str, Json]]:
    """The steps that something stands against which does not pass by waiting a little."""
    steps = texts.documents(draft.get("steps"))
    return [one for one in steps if texts.obstacle(one) in STANDING and one.get("verdict") != "deny"]


def _others(session: Session, draft: dict[str, Json], held: list[dict[str, Json]]) -> list[Json]:
    """The Things without those: where one fails the others go on, and these have failed before they began. Raises `Failure`."""
    for step in held:
        obstacle = step.get("obstacle")
        detail = obstacle.get("detail") if isinstance(obstacle, dict) else ""
        session.note(f"left out: {step.get('thing')}: {detail or texts.obstacle(step)}")
    names = {str(step.get("thing")) for step in held}
    things = dict.fromkeys(str(one.get("thing")) for one in texts.documents(draft.get("steps")))
    others: list[Json] = [one for one in things if one not in names]
    if not others:
        raise Failure("nothing was begun: something stands against all of them", Exit.REFUSED, document=draft)
    return others


all = all_things  # noqa: A001  (its name on the command line)


def _of_all(
    kind: str, words: tuple[str, ...], options: dict[str, Any], things: list[Json] | None = None
) -> dict[str, Json]:
    select: dict[str, Json] = {"kind": kind}
    if things:
        select["things"] = things
    if options["room"]:
        select["room"] = options["room"]
    if options["labels"]:
        select["labels"] = list[Json](options["labels"])
    step: dict[str, Json] = {"id": "all", "select": select}
    first = words[0].casefold()
    if len(words) == 1 and first in {"on", "off"}:
        step |= {"property": "on", "value": first == "on"}
    elif len(words) == 1:
        step["action"] = words[0]
    else:
        step |= {"property": words[0], "value": _value(" ".join(words[1:]))}
    failing = "compensate" if options["undo"] else "continue"
    title = f"All: {kind} {' '.join(words)}" + (f" in {options['room']}" if options["room"] else "")
    return {"title": title[:120], "purpose": options["why"], "steps": [step], "on_failure": failing}


def _kind(word: str) -> str:
    """`lights` is what people say."""
    from gateway.kind_words import kind_meant, no_such_kind  # noqa: PLC0415 (only here)

    known = kind_meant(word)
    if not known:
        raise Failure(no_such_kind(word), Exit.USAGE)
    return known


def _value(text: str) -> Json:
    percent = _PERCENT.fullmatch(text.strip())
    if percent:
        return float(percent[1])
    word = text.strip().casefold()
    if word in {"on", "yes", "off", "no"}:
        return word in {"on", "yes"}
    try:
        value: Json = json.loads(text)
    except ValueError:
        return text
    return value
