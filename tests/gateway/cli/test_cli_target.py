"""Which gateway the command talks to, and as whom."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli import target
from gateway.cli.exits import Exit, Failure


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment in which nothing of this machine is found."""
    monkeypatch.setattr(target, "SYSTEM_SOCKET", tmp_path / "none.sock")
    return {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)}


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / f"hearth-{os.getuid()}" / "hearth.sock"
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        yield path


def test_options_come_first(home: dict[str, str], listening: Path) -> None:
    environ = home | {"HEARTH_URL": "http://other:1", "HEARTH_TOKEN": "t", "HEARTH_SOCKET": str(listening)}
    found = target.resolve("http://named:2/", "", environ)
    assert (found.url, found.token, found.socket) == ("http://named:2", "t", "")
    assert target.resolve("", "", environ).url == "http://other:1"


def test_a_token_alone_is_for_the_gateway_of_this_box(home: dict[str, str]) -> None:
    assert target.resolve("", "secret", home).url == target.DEFAULT_URL


def test_then_the_profile(home: dict[str, str], listening: Path) -> None:
    path = target.profile_path(home)
    target.write_profile(path, "https://house:8420", "secret")
    found = target.resolve("", "", home)
    assert (found.url, found.token, found.found) == ("https://house:8420", "secret", str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    target.write_profile(path, "https://house:8420", "newer")
    assert target.resolve("", "", home).token == "newer"


def test_a_profile_that_cannot_be_used(home: dict[str, str]) -> None:
    path = target.profile_path(home)
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(Failure, match="remove it, then pair again"):
        target.resolve("", "", home)


def test_then_the_socket_of_this_user(home: dict[str, str], listening: Path) -> None:
    assert target.resolve("", "", home).socket == str(listening)


def test_a_socket_that_others_may_have_put_there(home: dict[str, str], listening: Path) -> None:
    listening.parent.chmod(0o777)
    with pytest.raises(Failure):
        target.resolve("", "", home)


def test_a_socket_by_name(home: dict[str, str], listening: Path) -> None:
    assert target.resolve("", "", home | {"HEARTH_SOCKET": str(listening)}).socket == str(listening)


def test_a_socket_by_name_comes_before_the_profile(home: dict[str, str], listening: Path) -> None:
    target.write_profile(target.profile_path(home), "https://house:8420", "secret")
    found = target.resolve("", "", home | {"HEARTH_SOCKET": str(listening)})
    assert (found.socket, found.token) == (str(listening), "")


def test_a_named_socket_that_is_not_there(home: dict[str, str], listening: Path) -> None:
    with pytest.raises(Failure, match=r"none\.sock, which is not there"):
        target.resolve("", "", home | {"HEARTH_SOCKET": str(listening.with_name("none.sock"))})


def test_nothing_found(home: dict[str, str]) -> None:
    with pytest.raises(Failure) as caught:
        target.resolve("", "", home)
    assert (
        str(caught.value)
        == "no gateway found: start one with `hearth demo`, or set HEARTH_SOCKET, or HEARTH_URL and HEARTH_TOKEN"
    )
    assert caught.value.code is Exit.UNREACHABLE


def test_a_socket_that_nobody_listens_on(home: dict[str, str], listening: Path) -> None:
    silent = listening.with_name("silent.sock")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(silent))
    with pytest.raises(Failure, match=r"silent.sock is there, but nobody listens on it"):
        target.resolve("", "", home | {"HEARTH_SOCKET": str(silent)})


def test_an_address_that_is_none(home: dict[str, str]) -> None:
    with pytest.raises(Failure, match="it looks like http://127"):
        target.resolve("localhost:8420", "", home)
