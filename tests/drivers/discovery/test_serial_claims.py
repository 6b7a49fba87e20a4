"""Who has a serial port, and what whoever wants it is told."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.discovery.seen import SerialPort
from drivers.discovery.serial_claims import Claims, keep_others_out
from drivers.discovery.serial_ports import SerialWatcher
from drivers.driver import NotSent
from tests.drivers.mdns_lan import RealClock


@pytest.fixture
def path() -> Iterator[str]:
    primary, secondary = os.openpty()
    yield os.ttyname(secondary)
    os.close(primary)
    os.close(secondary)


def test_one_driver_at_a_time_has_a_port(path: str) -> None:
    watcher, port = SerialWatcher(RealClock()), SerialPort(path, f"path:{path}")
    with watcher.claimed(port, "modbus"):
        assert watcher.held() == {path: "modbus"}
        with pytest.raises(NotSent, match="is used by modbus here"), watcher.claimed(port, "coap"):
            pass
    with watcher.claimed(port, "coap"):
        assert watcher.held() == {path: "coap"}
    assert watcher.held() == {}


def test_the_lock_holds_against_programs_that_keep_to_it(path: str) -> None:
    other = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        with Claims().claimed(path, "modbus"), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(other)


def test_another_program_is_named(path: str) -> None:
    holds = (
        "import fcntl, os, sys; fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY);"
        "fcntl.flock(fd, fcntl.LOCK_EX); print('locked', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", holds, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(NotSent) as refused, Claims().claimed(path, "modbus"):
            pass
        assert f"(process {other.pid})" in str(refused.value)
        assert "python" in str(refused.value)
    finally:
        other.communicate()


def test_one_that_only_has_it_open_is_found_by_looking(path: str, tmp_path: Path) -> None:
    """Where the kernel's table of locks tells nothing: what TIOCEXCL keeps out."""
    process = tmp_path / "77" / "fd"
    process.mkdir(parents=True)
    (process / "3").symlink_to(path)
    (tmp_path / "77/comm").write_text("minicom\n")
    assert Claims(tmp_path)._holder(path) == "minicom (process 77)"
    assert Claims(tmp_path / "nowhere")._holder(path) == "another program"


@pytest.mark.parametrize(
    ("name", "said"),
    [("none", "is the adapter plugged in"), (".", "Is a directory"), ("file", "is no serial port")],
)
def test_why_it_cannot_be_had_is_said(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotSent, match=said), Claims().claimed(str(tmp_path / name), "modbus"):
        pass


def test_who_may_not_open_it_is_told_what_to_do(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("drivers.discovery.serial_claims.os.open", refuses)
    with (
        pytest.raises(NotSent, match=r"may not be opened: its rights would let the user .*DeviceAllow"),
        Claims().claimed(path, "modbus"),
    ):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root opens what is kept from others")
def test_others_are_kept_out(path: str) -> None:
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    keep_others_out(fd)
    with pytest.raises(OSError, match="busy"):
        os.open(path, os.O_RDWR | os.O_NOCTTY)
    os.close(fd)


def test_what_is_no_terminal_is_left_as_it_is() -> None:
    with Path("/dev/null").open() as file:
        keep_others_out(file.fileno())
