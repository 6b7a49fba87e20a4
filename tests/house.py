"""A running demonstration as a fixture (a pytest plugin): the gateway, a real broker and a simulated house, each a process;
and the command `hearth`, run as somebody."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

HEARTH = str(Path(sys.executable).with_name("hearth"))
READY_SECONDS = 40.0


@dataclass(frozen=True)
class House:
    """A running demonstration. `box` acts as the person at the box, `agent` as the agent whose token was printed."""

    box: Mapping[str, str]
    agent: Mapping[str, str]
    url: str
    code: str
    state: Path
    welcome: str


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.out)
        return found


def hearth(environ: Mapping[str, str], *words: str) -> Ran:
    done = subprocess.run(
        [HEARTH, *words], env=environ, capture_output=True, text=True, timeout=30, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("house")
    base = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "LANG": "C.UTF-8",
    }
    command = [HEARTH, "demo", "--port", "0", "--state-dir", str(home / "state")]
    process = subprocess.Popen(command, env=base, stdout=subprocess.PIPE)
    try:
        welcome = _read_until(process, "Ctrl-C")
        token, url, code = (
            re.search(p, welcome) for p in (r"(hearth_\S+)", r"(http://\S+)", r"([0-9A-Z]{4}-[0-9A-Z]{4})")
        )
        assert token, welcome
        assert url, welcome
        assert code, welcome
        agent = base | {"HEARTH_URL": url[1], "HEARTH_TOKEN": token[1]}
        yield House(base, agent, url[1], code[1], home / "state", welcome)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        assert process.stdout is not None
        process.stdout.close()


def _read_until(process: subprocess.Popen[bytes], word: str) -> str:
    assert process.stdout is not None
    text, deadline = b"", time.monotonic() + READY_SECONDS
    while word.encode() not in text:
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"the demonstration did not start in {READY_SECONDS} s; it said: {text.decode()}"
        chunk = os.read(process.stdout.fileno(), 4096)
        assert chunk, f"the demonstration ended; it said: {text.decode()}"
        text += chunk
    return text.decode()
