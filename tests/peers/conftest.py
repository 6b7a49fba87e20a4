"""What tests with peers under Node share."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with the packages of .ci/node-packages. Skipped only where there is no Node and none can be installed."""
    subprocess.run([ROOT / ".ci/system-packages", "node"], check=False, capture_output=True)
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node.js is not installed, and cannot be installed from here (see .ci/system-packages)")
    done = subprocess.run([ROOT / ".ci/node-packages"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return program


@pytest.fixture
def unused_ports() -> list[int]:
    """Two TCP ports of the loopback interface that nobody uses now, for peers that must be told theirs."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return [one.getsockname()[1], other.getsockname()[1]]
