"""`hearth completion`: what a shell needs to complete commands, Things, properties and actions."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command(short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    r"""Print the completion script of SHELL.

    \b
    bash:  hearth completion bash > ~/.local/share/bash-completion/completions/hearth
    zsh:   hearth completion zsh > "${fpath[1]}/_hearth"
    fish:  hearth completion fish > ~/.config/fish/completions/hearth.fish
    """
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(ctx.find_root().command, {}, "hearth", "_HEARTH_COMPLETE").source())
