"""`hearth run` and `hearth demo`: the gateway itself, imported only here."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.daemon import become_daemon


@click.command(short_help="Run the gateway.")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="hearth.toml (default: a state directory of your own, and no driver).",
)
def run(config: Path | None) -> None:
    """Run the gateway until it is told to stop (SIGTERM, or Ctrl-C)."""
    become_daemon(config)


@click.command(short_help="Run a gateway with a simulated house.")
@click.option(
    "--port", default=8420, show_default=True, type=click.IntRange(0, 65535), help="Taken if it is free."
)
@click.option(
    "--state-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the data there (default: it is gone afterwards).",
)
@click.pass_context
def demo(ctx: click.Context, port: int, state_dir: Path | None) -> None:
    """Run a gateway with a simulated house on a real broker."""
    from gateway.demo import main  # noqa: PLC0415 (the whole daemon, and a house)

    ctx.exit(main(port=port, state_dir=state_dir))
