"""`hearth record`: what a protocol says, taken down for a test or for somebody who helps, without what is private."""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.exits import Exit, Failure
from gateway.cli.session import Session, current

if TYPE_CHECKING:
    from gateway.cli.mqtt_recorder import Recorder

PASSWORD_VARIABLE: Final = "HEARTH_MQTT_PASSWORD"  # noqa: S105 (a name)
"""Others see a command's words; nobody sees its environment but its owner."""

LOOK_AT: Final = (
    "Before you share it, read it: what is left are words that devices use, names of makers and models, and measured values.",
    "What is measured tells of habits, and a code of four digits that a device publishes as a number looks like one.",
)


@dataclass(frozen=True, slots=True)
class Account:
    """A broker, and who one is to it."""

    host: str
    port: int
    username: str
    password: str
    prefix: str
    tls: bool = False
    ca: Path | None = None


@click.group(short_help="Take down what devices say, without what is private.")
def record() -> None:
    """Take down what devices say, for a test or for somebody who helps, without what is private."""


@record.command(short_help="Record a broker: announcements, states, availability.")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A gateway's hearth.toml: its broker, as its user.",
)
@click.option("--host", default="", metavar="HOST", help="The broker (default: 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Its port (default: 1883, with --tls 8883).")
@click.option(
    "--username", default="", metavar="NAME", help=f"Its password: {PASSWORD_VARIABLE}, else you are asked."
)
@click.option("--tls", is_flag=True, help="Speak TLS; the system's authorities vouch for the broker.")
@click.option("--prefix", default="", metavar="TOPIC", help="The discovery prefix (default: homeassistant).")
@click.option(
    "--seconds", type=click.FloatRange(min=0, min_open=True), help="How long (default: until Ctrl-C)."
)
@click.option("--discovery-only", is_flag=True, help="Until no kept announcement comes any more; no states.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def mqtt(
    *,
    file: Path,
    config: Path | None,
    host: str,
    port: int | None,
    username: str,
    tls: bool,
    prefix: str,
    seconds: float | None,
    discovery_only: bool,
    force: bool,
) -> None:
    """Record the devices on an MQTT broker in FILE (.jsonl).

    Listens to announcements (Home Assistant's discovery format) and to the topics that they name, never to commands, and
    publishes nothing. Addresses, serial numbers, names of devices and rooms, networks, keys, codes and places are replaced
    before anything is written: the same by the same, so that the recording can be replayed.
    """
    session = current()
    if file.exists() and not force:
        raise Failure(f"{file} is there already; --force writes over it", Exit.USAGE)
    if not file.absolute().parent.is_dir():
        raise Failure(f"there is no folder {file.parent}; make it first", Exit.USAGE)
    account = Account(
        host or "127.0.0.1", port or (8883 if tls else 1883), username, "", prefix or "homeassistant", tls
    )
    if config is not None:
        if host or port or username or tls or prefix:
            raise Failure("--config says where the broker is: leave out what says it again", Exit.USAGE)
        account = _configured(config)
    elif username:
        account = replace(account, password=_password(session))
    try:
        from gateway.cli.mqtt_recorder import Recorder  # noqa: PLC0415 (paho: this command only)
    except ModuleNotFoundError as error:
        raise Failure(
            f"this needs the extra `mqtt`: pip install 'hearth-gateway[mqtt]' ({error})", Exit.USAGE
        ) from error
    recorder = Recorder(account.prefix, states=not discovery_only)
    try:
        recorder.connect(
            account.host, account.port, account.username, account.password, tls=account.tls, ca=account.ca
        )
        _say(f"connected to {account.host}:{account.port}; {_until(seconds, discovery_only)}")
        with _until_interrupted(recorder):
            recorder.run(seconds)
    except OSError as error:
        raise Failure(
            f"the broker at {account.host}:{account.port} cannot be used: {error}", Exit.UNREACHABLE
        ) from error
    finally:
        recorder.close()
    _keep(recorder, file)


@record.command(short_help="Record one device of another family.")
@click.argument("device")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option(
    "--seconds", type=click.IntRange(1, 86_400), default=60, show_default=True, help="How long (or Ctrl-C)."
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def device(device: str, file: Path, *, seconds: int, force: bool) -> None:
    """Record what DEVICE (a Thing, or what stands in `hearth inbox`) says in FILE (.jsonl).

    The gateway listens in: nothing is sent to the device. Addresses, serial numbers, names and keys are replaced before
    anything is written. What Hearth makes of the recording can be tested with it, without the device.

        hearth record device hallway-sensor hallway.jsonl --seconds 300
    """
    session = current()
    if file.exists() and not force:
        raise Failure(f"{file} is there already; --force writes over it", Exit.USAGE)
    from gateway.cli.device_recorder import recorded  # noqa: PLC0415  this command only

    lines, end = recorded(session, device, seconds, _say)
    _write_private(file, b"".join(lines))
    _say(f"{file}: {max(0, len(lines) - 2)} messages")
    for line in end:
        _say(line)
    for line in LOOK_AT:
        _say(line)


@contextmanager
def _until_interrupted(recorder: Recorder) -> Iterator[None]:
    """Ctrl-C is the usual end: it finishes what was being read, and keeps it."""
    before = signal.signal(signal.SIGINT, lambda *_: recorder.stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _password(session: Session) -> str:
    known = session.environ.get(PASSWORD_VARIABLE, "")
    return known or click.prompt("Password", hide_input=True, err=True, default="", show_default=False)


def _configured(path: Path) -> Account:
    """The broker of a gateway on this box; raises `Failure` where the file does not name one."""
    from gateway.config import ConfigError, load  # noqa: PLC0415 (pydantic)

    try:
        config = load(path)
        broker = config.mqtt
        if broker is None:
            raise Failure(f"{path} has no [mqtt]: name the broker with --host", Exit.USAGE)
        if broker.managed is None:
            password = broker.password_file.read_text().strip() if broker.password_file is not None else ""
            return Account(
                broker.host,
                broker.port,
                broker.username,
                password,
                broker.discovery_prefix,
                broker.tls,
                broker.ca,
            )
        folder = config.state_dir / "broker"
        port, password = ((folder / name).read_text().strip() for name in ("port", "hearth.password"))
    except (ConfigError, OSError) as error:
        raise Failure(f"{path}: {error}", Exit.USAGE) from error
    return Account("127.0.0.1", int(port), "hearth", password, broker.discovery_prefix)


def _until(seconds: float | None, discovery_only: bool) -> str:
    if discovery_only:
        return "recording what is announced"
    return f"recording for {seconds:g} s" if seconds is not None else "recording until Ctrl-C"


def _keep(recorder: Recorder, file: Path) -> None:
    if not recorder.messages:
        raise Failure(
            f"nothing is announced under {recorder.prefix!r}; is it the discovery prefix, and may this user read it?",
            Exit.NOT_FOUND,
        )
    lines = list(recorder.lines())
    _write_private(file, b"".join(lines))
    replaced = ", ".join(f"{number} {sort}" for sort, number in recorder.replaced.most_common())
    _say(f"{file}: {len(recorder.messages)} messages, {recorder.announced} of them announcements")
    _say(f"replaced: {replaced or 'nothing'}")
    if recorder.left_out:
        _say(f"left out: {recorder.left_out} messages that were too long, or too many")
    for line in LOOK_AT:
        _say(line)


def _write_private(file: Path, content: bytes) -> None:
    """Readable by its owner alone, before anything is in it."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as opened:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            os.fchmod(handle, 0o600)  # it may have been there, and been read by all
        opened.write(content)


def _say(text: str) -> None:
    """To standard error: what is printed here is for a person."""
    print(text, file=sys.stderr)
