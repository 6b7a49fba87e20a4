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
@click.option(
    "--story", is_flag=True, help="Tell a day in the life of the house, while it happens, in half a minute."
)
@click.option("--interactive", is_flag=True, help="With --story: you answer where a person is asked.")
@click.pass_context
def demo(ctx: click.Context, port: int, state_dir: Path | None, *, story: bool, interactive: bool) -> None:
    """Run a gateway with a simulated house on a real broker.

    `hearth demo --story` tells a day in it: agents with a plan, a device that fails, a person who is asked, two who want
    something else, and a power cut; its exit code is 0 only if everything happened as told.
    """
    if interactive and not story:
        raise click.UsageError("--interactive goes with --story")
    if story:
        from gateway.story.command import main as tell  # noqa: PLC0415

        ctx.exit(tell(state_dir=state_dir, interactive=interactive))
    from gateway.demo import main  # noqa: PLC0415 (the whole daemon, and a house)

    ctx.exit(main(port=port, state_dir=state_dir))
