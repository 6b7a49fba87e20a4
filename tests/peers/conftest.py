"""What tests with peers under Node share."""

from __future__ import annotations

import shutil
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
