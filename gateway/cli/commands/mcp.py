"""`hearth mcp`: the gateway for an agent's host that starts a program instead of speaking HTTP."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from gateway.cli.exits import Exit, Failure
from gateway.cli.session import current


@click.command(short_help="Serve the gateway to an agent's host over stdin and stdout (MCP).")
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file with the agent's token; others cannot see it, as they can see arguments.",
)
def mcp(token_file: Path | None) -> None:
    """Carry MCP messages between stdin and stdout and the gateway, until stdin ends.

    An agent's host starts it, with HEARTH_URL and HEARTH_TOKEN in its environment; a host that speaks HTTP uses the gateway's
    /mcp itself. Whatever is wrong is told on stderr.
    """
    session = current()
    if token_file is not None:
        session.token = _token(token_file)
    target = session.client.target
    if not target.token:
        raise Failure(
            "an agent needs a token of its own, also at the box",
            Exit.USAGE,
            advice=["`hearth token create` makes one; set HEARTH_TOKEN, or --token-file"],
        )
    from gateway.cli.mcp.stdio import carry  # noqa: PLC0415  what it needs is slow to import

    asyncio.run(carry(session, target, target.token))


def _token(path: Path) -> str:
    """Raises `Failure` for a file that cannot be used."""
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"the token file {path} cannot be read ({error})", Exit.USAGE) from error
    if not token or any(c.isspace() for c in token):
        raise Failure(f"{path} is not one token", Exit.USAGE)
    return token
