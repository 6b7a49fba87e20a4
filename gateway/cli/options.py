"""Options and arguments that several commands share, with their completion."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from gateway.cli.exits import Failure
from gateway.cli.session import Session

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Completion = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def json_option(function: Decorated) -> Decorated:
    """`--json`: one JSON document (for streams, one a line) instead of text."""
    return click.option(
        "--json", is_flag=True, expose_value=False, callback=_want_json, help="Print JSON, for programs."
    )(function)


def _want_json(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and (session := ctx.find_object(Session)) is not None:
        session.as_json = True


def thing_argument(*, required: bool = True) -> Callable[[Decorated], Decorated]:
    return _argument("thing", "THING", _things, required=required)


def property_argument(*, writable: bool = False, required: bool = True) -> Callable[[Decorated], Decorated]:
    complete = _writable_properties if writable else _properties
    return _argument("property_name", "PROPERTY", complete, required=required)


def _argument(
    name: str, shown: str, complete: Completion, *, required: bool
) -> Callable[[Decorated], Decorated]:
    """A required one has no default: any, even None, would stand for a missing word."""
    if required:
        return click.argument(name, metavar=shown, shell_complete=complete)
    return click.argument(name, metavar=f"[{shown}]", required=False, default="", shell_complete=complete)


def action_argument(function: Decorated) -> Decorated:
    return _argument("action", "ACTION", _actions, required=True)(function)


def _things(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    text = incomplete.casefold()
    try:
        things = _session(ctx).things()
    except Failure:
        return []  # a shell's line is no place for an error
    return [
        CompletionItem(t.id, help=t.title)
        for t in things
        if t.id.casefold().startswith(text) or t.title.casefold().startswith(text)
    ]


def _properties(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return _affordances(ctx, "properties", incomplete, lambda affordance: not affordance.get("writeOnly"))


def _writable_properties(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return _affordances(ctx, "properties", incomplete, lambda affordance: not affordance.get("readOnly"))


def _actions(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return _affordances(ctx, "actions", incomplete, lambda _: True)


def _affordances(
    ctx: click.Context, group: str, incomplete: str, wanted: Callable[[dict[str, Json]], bool]
) -> list[CompletionItem]:
    try:
        found = _session(ctx).thing(str(ctx.params.get("thing", ""))).get(group)
    except Failure:
        return []
    return [
        CompletionItem(name, help=str(affordance.get("title") or ""))
        for name, affordance in (found if isinstance(found, dict) else {}).items()
        if name.startswith(incomplete) and isinstance(affordance, dict) and wanted(affordance)
    ]


def _session(ctx: click.Context) -> Session:
    """While completing, no command has run: the options of the whole command stand in the outermost context."""
    if (session := ctx.find_object(Session)) is not None:
        return session
    options = ctx.find_root().params
    return Session(url=str(options.get("url") or ""), token=str(options.get("token") or ""))
