"""What every test shares: the guards, and a free port."""

from __future__ import annotations

import os
import signal
import socket

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ("tests.guards", "tests.house", "tests.together")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what runs in the background so, and every process that a test starts would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


# The test runner's workers say how wide its terminal is; what commands print in a test goes into no terminal.
os.environ.pop("COLUMNS", None)

# How fast examples are made is the machine's affair, and it has other work.
settings.register_profile("hearth", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hearth")


@pytest.fixture
def free_port() -> int:
    """A TCP port of the loopback interface that nobody uses now. Where a server can bind port 0 itself, prefer that."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
