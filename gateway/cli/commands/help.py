"""`hearth help`: what --help tells, for those who say it the other way round."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from gateway.cli.names import nearest


def _commands(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The commands that may follow those already typed."""
    at, group = ctx.find_root(), ctx.find_root().command
    for name in ctx.params.get("names") or ():
        found = group.get_command(at, name) if isinstance(group, click.Group) else None
        if found is None:
            return []
        group = found
    listed = group.list_commands(at) if isinstance(group, click.Group) else []
    return [CompletionItem(name) for name in listed if name.startswith(incomplete)]


@click.command("help", short_help="Tell what a command does: the same as COMMAND --help.")
@click.argument("names", metavar="[COMMAND]...", nargs=-1, shell_complete=_commands)
@click.pass_context
def help(ctx: click.Context, names: tuple[str, ...]) -> None:  # noqa: A001 (its name)
    """Tell what COMMAND does and takes; without COMMAND, list all of them.

    Example: hearth help lease hold
    """
    at, command = ctx.find_root(), ctx.find_root().command
    for name in names:
        found = command.get_command(at, name) if isinstance(command, click.Group) else None
        if found is None:
            raise click.UsageError(_no_command(at, command, name), ctx)
        at, command = click.Context(found, info_name=name, parent=at), found
    click.echo(command.get_help(at))


def _no_command(at: click.Context, command: click.Command, name: str) -> str:
    if not isinstance(command, click.Group):
        return (
            f"`{at.command_path}` has no commands of its own; `{at.command_path} --help` tells what it takes"
        )
    near = nearest(name, command.list_commands(at))
    root = at.find_root().info_name
    listing = f"{root} help{at.command_path.removeprefix(str(root))}"
    hint = f"did you mean `{at.command_path} {near[0]}`?" if near else f"`{listing}` lists them"
    return f"`{at.command_path}` has no command {name!r}; {hint}"
