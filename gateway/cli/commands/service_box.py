"""`hearth service`: its words are those of `gateway.service`, which runs from a wheel, too."""

from __future__ import annotations

import click


@click.command(
    short_help="The gateway as a service of this box: install, upgrade, roll back.",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def service(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Install, upgrade, roll back, status, uninstall, keep-key; each has --help."""
    from gateway.service.__main__ import main  # noqa: PLC0415  it takes the part of the command line

    ctx.exit(main(arguments or ("--help",)))
