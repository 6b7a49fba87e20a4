"""Which gateway `hearth` talks to, and as whom."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.cli.exits import Exit, Failure

DEFAULT_URL: Final = "http://127.0.0.1:8420"
SYSTEM_SOCKET: Final = Path("/run/hearth/hearth.sock")
PROBE_SECONDS: Final = 1.0
"""A local socket answers at once or not at all."""


@dataclass(frozen=True, slots=True)
class Target:
    """A gateway: by `url` with a `token`, or by the box's own `socket`. `found` says how it was found, `token_from` where the
    token came from; `key` is the private key that was made with it ("" for none).
    """

    found: str
    url: str = DEFAULT_URL
    token: str = ""
    socket: str = ""
    token_from: str = ""
    key: str = field(default="", repr=False)
    ca: str = field(default="", repr=False)  # the authority that was kept at pairing, as PEM
    ca_file: str = ""  # --ca


def resolve(url: str, token: str, environ: Mapping[str, str]) -> Target:
    """The first of: options or environment (of which an address beats HEARTH_SOCKET), the profile that `hearth pair` wrote,
    a socket of this box.

    Raises `Failure` (unreachable) where there is none.
    """
    token_from = "--token" if token else "HEARTH_TOKEN"
    url, token = url or environ.get("HEARTH_URL", ""), token or environ.get("HEARTH_TOKEN", "")
    explicit = environ.get("HEARTH_SOCKET", "")
    if url or (token and not explicit):
        found = "HEARTH_URL" if url and url == environ.get("HEARTH_URL") else "--url" if url else "a token"
        return Target(found, _checked_url(url or DEFAULT_URL), token, token_from=token_from)
    if explicit:
        return _named_socket(Path(explicit), token, token_from)
    profile = profile_path(environ)
    if (stored := read_profile(profile)) is not None:
        return Target(
            str(profile),
            _checked_url(stored["url"]),
            stored["token"],
            token_from=str(profile),
            key=stored.get("key", ""),
            ca=stored.get("ca", ""),
        )
    silent = ""
    for path in sockets(environ):
        if _answers(path):
            return Target(str(path), socket=str(path))
        silent = f" ({path} is there, but nobody listens on it)"
    raise Failure(
        f"no gateway found{silent}: start one with `hearth demo`, or set HEARTH_SOCKET, or HEARTH_URL and HEARTH_TOKEN",
        Exit.UNREACHABLE,
    )


def _named_socket(path: Path, token: str, token_from: str) -> Target:
    """Raises `Failure` (unreachable) that tells a missing socket from a silent one."""
    if not path.is_socket():
        raise Failure(f"HEARTH_SOCKET names {path}, which is not there or no socket", Exit.UNREACHABLE)
    if not _answers(path):
        raise Failure(f"{path} is there, but nobody listens on it", Exit.UNREACHABLE)
    return Target("HEARTH_SOCKET", token=token, socket=str(path), token_from=token_from if token else "")


def sockets(environ: Mapping[str, str]) -> Iterator[Path]:
    """The sockets of this box that exist and belong to whom they should."""
    if runtime := environ.get("XDG_RUNTIME_DIR"):
        yield from _existing(Path(runtime) / "hearth" / "hearth.sock")
    yield from _existing(SYSTEM_SOCKET)
    shared = Path(environ.get("TMPDIR") or "/tmp") / f"hearth-{os.getuid()}" / "hearth.sock"  # noqa: S108 (owner checked)
    if _is_mine(shared.parent):
        yield from _existing(shared)


def profile_path(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".config")
    return Path(base) / "hearth" / "profile.json"


def read_profile(path: Path) -> dict[str, str] | None:
    """What `write_profile` wrote, or None where there is nothing. Raises `Failure` where it cannot be used."""
    try:
        stored = json.loads(path.read_bytes())
        known = {"url": str(stored["url"]), "token": str(stored["token"])}
        return known | {name: str(stored[name]) for name in ("key", "ca") if stored.get(name)}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(
            f"{path} cannot be used ({error!r}): remove it, then pair again with `hearth pair CODE`",
            Exit.USAGE,
        ) from error


def write_profile(path: Path, url: str, token: str, key: str = "", ca: str = "") -> None:
    """Stores where the gateway is, the token, the key that answers approvals, and the gateway's authority, readable by its
    owner only from the first byte on.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        further = {name: text for name, text in (("key", key), ("ca", ca)) if text}
        json.dump({"url": url, "token": token} | further, file)
    fresh.replace(path)


def _checked_url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise Failure(f"{url!r} is no address of a gateway; it looks like {DEFAULT_URL}", Exit.USAGE)
    return url.rstrip("/")


def _existing(path: Path) -> Iterator[Path]:
    try:
        if stat.S_ISSOCK(path.stat().st_mode):
            yield path
    except OSError:
        return


def _is_mine(folder: Path) -> bool:
    """Whether nobody else can have put a socket there: /tmp belongs to everyone."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_SECONDS)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True
