"""`hearth completion`: what a shell needs to complete commands, Things, properties and actions."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

HELP = """Print the completion script of SHELL; where it belongs:

\b
  hearth completion bash >~/.local/share/bash-completion/completions/hearth
  hearth completion zsh >"${fpath[1]}/_hearth"
  hearth completion fish >~/.config/fish/completions/hearth.fish
"""
"""The mark before the lines keeps click from filling them."""


@click.command(short_help="Print the completion script of a shell.", help=HELP)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Prints the script, for the shell to read when it starts."""
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(ctx.find_root().command, {}, "hearth", "_HEARTH_COMPLETE").source())
