"""`hearth plan` and `hearth plans`: several commands as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from gateway.cli.client import segment
from gateway.cli.exits import Exit, Failure
from gateway.cli.ids import short
from gateway.cli.options import json_option
from gateway.cli.planning import (
    OPEN,
    carry_out,
    get_plan,
    known_plans,
    plan_id,
    prepared,
    read_document,
    show_draft,
    show_plan,
    tell_under_way,
    watch_plan,
)
from gateway.cli.problems import failure
from gateway.cli.session import Session, current, items
from gateway.cli.times import ago, clock

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

    Document = dict[str, Json]


@click.group(name="plan", short_help="Several commands as one: prepare, run, watch, cancel.")
def plan() -> None:
    """Plans: several commands as one. They are decided whole before anything moves, asked for once, and undone where one
    fails.

    \b
    Example (evening.toml):
      title = "Evening"
      [[steps]]
      id = "light"
      select = { kind = "light", room = "Study" }
      property = "on"
      value = true
      [[steps]]
      thing = "blind"
      action = "close"

    \b
      hearth plan run evening.toml
      hearth plan help-format       every member of a plan, with examples

    A plan is named by the end of its id (as `hearth plans` shows it), by `last`, or by its title.
    """  # noqa: D301  (click's mark: what follows is not wrapped)


def _plan_ids(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    try:
        known = known_plans(ctx.find_object(Session) or Session())
    except Failure:
        return []
    return [
        CompletionItem(short(one.id), help=one.about) for one in known if short(one.id).startswith(incomplete)
    ]


_id_argument = click.argument("ident", metavar="ID", shell_complete=_plan_ids)
_yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask whether to go on.")


@plan.command(short_help="Say what would become of a plan; nothing moves.")
@click.argument("file", metavar="FILE|-")
@json_option
def prepare(file: str) -> None:
    """Prepare the plan in FILE (JSON or TOML; - is standard input), and show what would become of it.

    Nothing moves. What is prepared can be committed for ten minutes: hearth plan commit ID. Ends with 3 where it cannot be
    begun as it is.
    """
    session = current()
    draft = prepared(session, read_document(file))
    session.show(draft, lambda: show_draft(session, draft))
    if not session.as_json and draft.get("committable"):
        session.note(f"  → hearth plan commit {short(draft.get('id'))}")
    if not draft.get("committable"):
        raise SystemExit(int(Exit.REFUSED))


@plan.command(short_help="Prepare a plan, show it, ask, and carry it out.")
@click.argument("file", metavar="FILE|-")
@_yes_option
@click.option("--no-wait", is_flag=True, help="Do not wait for its end.")
@json_option
def run(file: str, *, yes: bool, no_wait: bool) -> None:
    """Prepare the plan in FILE (JSON or TOML; - is standard input), show it, ask, carry it out and watch it.

    Ctrl-C stops watching, not the plan.
    """
    session = current()
    carry_out(session, prepared(session, read_document(file)), yes=yes, no_wait=no_wait)


@plan.command(short_help="Begin what was prepared.")
@_id_argument
@_yes_option
@click.option("--no-wait", is_flag=True, help="Do not wait for its end.")
@json_option
def commit(ident: str, *, yes: bool, no_wait: bool) -> None:
    """Show the prepared plan ID once more, ask, and begin it."""
    session = current()
    carry_out(session, get_plan(session, ident), yes=yes, no_wait=no_wait)


@plan.command(short_help="Show a plan: its steps, and how far it is.")
@_id_argument
@json_option
def show(ident: str) -> None:
    """Show the plan ID."""
    session = current()
    found = get_plan(session, ident)
    as_text = show_draft if found.get("state") == "prepared" else show_plan
    session.show(found, lambda: as_text(session, found))


@plan.command(short_help="Begin nothing further of a plan, until it is resumed.")
@_id_argument
@json_option
def pause(ident: str) -> None:
    """Pause the plan ID: what is under way ends, nothing further begins."""
    _change(ident, "pause", "nothing further begins until `hearth plan resume {id}`")


@plan.command(short_help="Go on with a plan that was paused.")
@_id_argument
@json_option
def resume(ident: str) -> None:
    """Go on with the plan ID."""
    _change(ident, "resume", "it goes on: `hearth plan watch {id}` shows it")


@plan.command(short_help="End a plan; what it has done is left, or undone.")
@_id_argument
@click.option("--undo", is_flag=True, help="Undo what it has done so far.")
@json_option
def cancel(ident: str, *, undo: bool) -> None:
    """Cancel the plan ID. What was done stays so, unless --undo is given. What is under way still comes to its end."""
    said = "nothing further begins; what it did " + (
        "is undone: `hearth plan watch {id}` shows it" if undo else "stays so"
    )
    _change(ident, "cancel", said, {"undo": undo})


@plan.command(short_help="Watch a plan to its end.")
@_id_argument
@json_option
def watch(ident: str) -> None:
    """Show how the plan ID goes on, step by step, until it is over. Ctrl-C stops watching, not the plan."""
    session = current()
    watch_plan(session, get_plan(session, ident))


@plan.command("help-format", short_help="How plans are written: every member, with examples.")
def help_format() -> None:
    """Print how plans are written: every member of a plan, its steps and its times, with examples to copy."""
    from gateway.cli.plan_format import lines  # noqa: PLC0415 (long, and seldom wanted)

    click.echo_via_pager("\n".join(lines()))


@click.command(name="plans", short_help="List plans: those that go on, and the last that ended.")
@click.option("--all", "everything", is_flag=True, help="All that are kept, not only the last 20 that ended.")
@json_option
def plans(*, everything: bool) -> None:
    """List the plans that you may see."""
    session = current()
    found = items(session.client.get("/plans?ended=200" if everything else "/plans"))
    session.show(list(found), lambda: _list(session, found))


def _change(wanted: str, what: str, said: str, body: Json = None) -> None:
    session = current()
    ident = plan_id(session, wanted)
    answer = session.client.ask("POST", f"/plans/{segment(ident)}/{what}", body)
    if answer.status == 404:
        get_plan(session, ident)
    if not answer.ok:
        raise failure(answer)
    document: Json = answer.body if answer.body is not None else {"id": ident, "state": "discarded"}

    def as_text() -> None:
        if isinstance(answer.body, dict):
            session.wrap(f"{answer.body.get('state')}: {said.format(id=short(ident))}", "  ")
            tell_under_way(session, answer.body)
        else:
            session.say("the draft is thrown away")

    session.show(document, as_text)


def _list(session: Session, found: list[Document]) -> None:
    if not found:
        session.say("there are no plans; `hearth plan --help` shows what one looks like")
        return
    rows = [
        [
            short(one.get("id")),
            str(one.get("title")),
            str(one.get("state")),
            f"{one.get('ended_steps')}/{one.get('of')}" if one.get("state") in OPEN else str(one.get("of")),
            str(one.get("principal")),
            clock(one.get("next"))
            if one.get("next")
            else ago(one.get("ended") or one.get("committed") or one.get("prepared")),
        ]
        for one in found
    ]
    session.table(["ID", "TITLE", "STATE", "STEPS", "BY", "WHEN"], rows, whole=[0], folded=1, uncut=True)
