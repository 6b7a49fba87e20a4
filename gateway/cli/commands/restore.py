"""`hearth restore`: the house out of a backup, on this box or a new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.commands.backup import open_file, tell_contents, told_in_words
from gateway.cli.exits import Exit, Failure
from gateway.cli.keeping import configured, is_terminal, secret_of, state_dir_of
from gateway.cli.options import json_option
from gateway.cli.session import Session, current

if TYPE_CHECKING:
    from capabilities.vocabulary import Json
    from gateway.keeping.restoring import Restored


@click.command(short_help="Restore the house from a backup.")
@click.argument("file")
@click.option(
    "--state-dir", type=click.Path(file_okay=False, path_type=Path), help="Where the data is to be."
)
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="hearth.toml.")
@click.option("--replace", is_flag=True, help="Move what is there aside (it is not deleted).")
@click.option(
    "--key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The recovery key, or the passphrase, in a file (default: you are asked).",
)
@json_option
def restore(
    file: str, state_dir: Path | None, config: Path | None, key_file: Path | None, *, replace: bool
) -> None:
    """Restore the house from FILE (`-` is stdin) while no gateway runs on it: all is verified before anything is replaced.

    Tokens, phones and paired devices go on as they were. Switch the old box off first: two of one identity command the same
    devices.
    """
    from gateway.keeping.restoring import restore as bring_back  # noqa: PLC0415

    session = current()
    place = state_dir_of(session, state_dir, configured(config))
    ask = key_file is None and file != "-" and is_terminal()
    secret = secret_of(session, key_file=key_file, ask=ask, state_dir=place)
    if secret is None:
        raise Failure("give the recovery key or the passphrase with --key-file", Exit.USAGE)
    with told_in_words(), open_file(file) as source:
        restored = bring_back(source, secret, place, replace=replace)
    document: dict[str, Json] = {
        **restored.contents.shown(),
        "state_dir": str(restored.state_dir),
        "aside": str(restored.aside) if restored.aside else None,
    }
    session.show(document, lambda: _tell(session, restored))


def _tell(session: Session, restored: Restored) -> None:
    tell_contents(session, restored.contents)
    session.say(f"It is in {restored.state_dir} now.")
    if restored.aside:
        session.say(f"What was there is in {restored.aside}; remove it when you no longer need it.")
    folder = restored.state_dir / "restored-config"
    if folder.is_dir():
        session.wrap(
            f"The configuration lies in {folder}: put hearth.toml and what it names where they belong.", "  "
        )
    session.wrap(
        "Before you start it: the old box must be off. After: look at `hearth token list`, for what was revoked since that "
        "backup is good again.",
        "  ",
    )
