"""Which state directory, which configuration and which key `hearth backup` and `hearth restore` work with."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.exits import Exit, Failure
from gateway.cli.session import Session
from gateway.keeping.errors import BackupError
from gateway.keeping.keys import Secret, kept, looks_like_recovery_key, passphrase, recovery_key

if TYPE_CHECKING:
    from gateway.config import Config

CONFIG: Final = Path("/etc/hearth/hearth.toml")
SERVICE_STATE: Final = Path("/var/lib/hearth")
LARGEST_KEY_FILE: Final = 1024


def configured(config: Path | None) -> Config | None:
    """What hearth.toml says; None without one. Raises `Failure`."""
    from gateway.config import ConfigError, load  # noqa: PLC0415  (pydantic: 0.3 s on a small computer)

    file = config or (CONFIG if CONFIG.is_file() else None)
    try:
        return load(file) if file else None
    except ConfigError as error:
        if config is None:  # where it is broken, the state directory matters the more
            return None
        raise Failure(str(error), Exit.USAGE) from error


def state_dir_of(session: Session, given: Path | None, config: Config | None) -> Path:
    """The one named, else the configuration's, the running gateway's, the service's, the user's own."""
    if given is not None:
        return given.absolute()
    if config is not None:
        return config.state_dir
    if (told := _told(session)) is not None:
        return told
    if SERVICE_STATE.is_dir() or os.geteuid() == 0:
        return SERVICE_STATE
    base = session.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "hearth"


def _told(session: Session) -> Path | None:
    try:
        health = session.client.get("/health")
    except Failure:
        return None
    told = health.get("state_dir") if isinstance(health, dict) else None
    return Path(told) if isinstance(told, str) and Path(told).is_dir() else None


def config_files(config: Path | None, parsed: Config | None) -> tuple[Path, ...]:
    """hearth.toml and the files that it names."""
    file = config or (CONFIG if CONFIG.is_file() else None)
    if file is None:
        return ()
    found = [file]
    for section in (parsed.http, parsed.mqtt, parsed.wot, parsed.push) if parsed else ():
        for value in (section.__dict__ if section is not None else {}).values():
            found += [value] if isinstance(value, Path) and value.is_file() else []
    return tuple(found)


def secret_of(session: Session, *, key_file: Path | None, ask: bool, state_dir: Path | None) -> Secret | None:
    """From a file, from systemd's credential, from the terminal where that is wanted, or as this box keeps it; None where
    there is none. Raises `Failure`.
    """
    try:
        if key_file is not None:
            return _in_file(key_file)
        credentials = session.environ.get("CREDENTIALS_DIRECTORY")
        if credentials and (file := Path(credentials) / "hearth-backup-key").is_file():
            return _in_file(file)
        if ask:
            return of_text(click.prompt("Recovery key or passphrase", hide_input=True, err=True))
        return kept(state_dir) if state_dir is not None else None
    except BackupError as error:
        raise Failure(str(error), Exit.USAGE) from error


def of_text(text: str) -> Secret:
    """A recovery key where it is one, else a passphrase. Raises `BackupError`."""
    text = text.strip()
    return recovery_key(text) if looks_like_recovery_key(text) else passphrase(text)


def _in_file(file: Path) -> Secret:
    try:
        with file.open("rb") as content:
            return of_text(content.read(LARGEST_KEY_FILE).decode())
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file} cannot be read as a key: {error}", Exit.USAGE) from error


def is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
