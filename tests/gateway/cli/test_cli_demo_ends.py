"""A demonstration that is told to end before it is ready, or by a terminal that closes, leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.house import HEARTH

PATIENCE_S = 20.0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
def test_it_ends_in_order_while_it_starts(tmp_path: Path, number: signal.Signals) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "LANG": "C.UTF-8"}
    with subprocess.Popen(
        [
            "env",
            "--default-signal=HUP,INT,TERM",
            HEARTH,
            "demo",
            "--port",
            "0",
        ],  # also where tests run with nohup
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as demo:
        assert demo.stdout is not None
        assert demo.stdout.readline().startswith("Starting ")
        os.killpg(demo.pid, number)  # as a terminal does
        said, _ = demo.communicate(timeout=PATIENCE_S)
    assert said == "\nStopped; nothing was left behind.\n"
    assert demo.returncode == 0
    assert list(tmp_path.iterdir()) == []
