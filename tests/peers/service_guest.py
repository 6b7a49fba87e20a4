"""A box with a real systemd: a container on this machine's own files (systemd-nspawn), whose changes are gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.peers.service_wheels import ROOT

BOOT_S = 30.0
COMMAND_S = 120.0
HALT_S = 10.0
JOURNAL_S = 40.0

MADE = """
set -eu
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
rm -rf "$1/root/etc/machine-id" "$1/root/var/log/journal"
exec systemd-nspawn --quiet --directory="$1/root" --boot --console=pipe --register=no --keep-unit --private-network \
  --link-journal=no --machine=hearth-guest --notify-ready=yes \
  --bind-ro="$2:/wheels" --bind-ro="$3:/hearth" systemd.unit=basic.target
"""


class NoGuest(Exception):
    """A guest cannot be had here. The text says why."""


class Guest:
    """`run` does something in it, as root."""

    def __init__(self, leader: int) -> None:
        self._leader = leader

    def run(self, command: str, *, good: bool = True) -> str:
        """What it said. Asserts that it went well, or that it did not."""
        done = subprocess.run(
            self._entering("sh", "-c", command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=COMMAND_S,
            check=False,
        )
        said = done.stdout.decode(errors="replace").strip()
        assert (done.returncode == 0) is good, f"{command}: {done.returncode}\n{said}"
        return said

    def write(self, path: str, text: str) -> None:
        subprocess.run(
            self._entering("sh", "-c", f"mkdir -p $(dirname {path}) && cat > {path}"),
            input=text.encode(),
            check=True,
            timeout=COMMAND_S,
        )

    @contextmanager
    def journal(self, *texts: str) -> Iterator[None]:
        """Until each of the texts stood in the service's journal, in this order, after this was entered."""
        words = self._entering(
            "timeout",
            str(JOURNAL_S),
            "journalctl",
            "-u",
            "hearth",
            "-f",
            "-n",
            "0",
            "-o",
            "cat",
            "--no-pager",
        )
        begun = self.run("date +%s.%N")
        yield
        words[words.index("-n") : words.index("-n") + 2] = ["--since", f"@{begun}", "-n", "all"]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as following:
            assert following.stdout is not None
            said, left = [], list(texts)
            for line in following.stdout:
                said.append(line.decode(errors="replace").rstrip())
                if left[0] in said[-1]:
                    del left[0]
                if not left:
                    break
            following.terminate()
        assert not left, f"not in the journal: {left}\n" + "\n".join(said)

    def _entering(self, *words: str) -> list[str]:
        return ["nsenter", "--target", str(self._leader), "--all", *words]


@contextmanager
def booted(place: Path, wheels: Path) -> Iterator[Guest]:
    """`wheels` is /wheels in it, this checkout /hearth (its /tmp is its own). Raises `NoGuest`."""
    for program in ("systemd-nspawn", "systemctl", "unshare", "nsenter", "mosquitto"):
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None:
            raise NoGuest(f"{program} is not installed")
    if os.geteuid() != 0:
        raise NoGuest("a container is made by root alone")
    told = place / "ready"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(told))
        manager.settimeout(BOOT_S)
        (place / "disk").mkdir()
        command = (
            "unshare",
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            MADE,
            "guest",
            place / "disk",
            wheels,
            ROOT,
        )
        with (place / "console").open("wb") as console:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(told)},
            )
        try:
            _wait_until_ready(manager, place / "console")
            yield Guest(_leader(process))
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """As a power cut would: nothing of it is kept. With its first process everything in it ends, and then its container."""
    with suppress(OSError, IndexError):
        os.kill(_leader(process), signal.SIGKILL)
    try:
        process.wait(HALT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _leader(process: subprocess.Popen[bytes]) -> int:
    """Its first process."""
    return int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])


def _wait_until_ready(manager: socket.socket, console: Path) -> None:
    with suppress(TimeoutError):
        while True:
            if "READY=1" in manager.recv(4096).decode().splitlines():
                return
    raise NoGuest(
        f"systemd did not boot in a container here: {console.read_text()[-500:] or 'it said nothing'}"
    )
