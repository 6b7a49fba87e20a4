"""Questions to whoever typed the command. Where nobody is there to answer they say what answers them."""

from __future__ import annotations

import sys

import click

from gateway.cli.exits import Exit, Failure


def agreed(question: str, *, default: bool = False, left: str = "nothing was changed") -> bool:
    """The answer, typed or piped in. Raises `Failure`, with what is `left` so, where nobody answers."""
    try:
        return click.confirm(question, default=default)
    except click.Abort:
        if sys.stdin.isatty():  # Ctrl-C
            raise
    click.echo()
    raise Failure(f"{left}: nobody is there to be asked; --yes asks nothing", Exit.USAGE)
