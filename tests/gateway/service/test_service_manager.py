"""What systemd is told, word by word."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from gateway.service.manager import Manager
from tests.gateway.service.service_manager import listening


@pytest.mark.parametrize("kind", ["path", "abstract"])
async def test_each_word_is_one_datagram(kind: str, tmp_path: Path) -> None:
    address = str(tmp_path / "notify") if kind == "path" else f"@hearth-test-{os.getpid()}-{tmp_path.name}"
    async with listening(address) as heard:
        environ = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000", "HOME": "/"}
        manager = Manager.of(environ)
        assert manager.is_there and manager.watchdog_s == 30.0
        assert environ == {"HOME": "/"}, "what the gateway starts must not speak for it"
        manager.ready()
        manager.reloading()
        manager.feed()
        manager.extend(1.5)
        manager.status("two\nlines, " + "long" * 100)
        manager.status("two\nlines, " + "long" * 100)  # the same again is nothing new
        manager.stopping()
        await heard.hears("STATUS=ends")
        manager.close()
        manager.feed()
    reloading = heard.said.index("RELOADING=1")
    assert re.fullmatch(r"MONOTONIC_USEC=\d+", heard.said[reloading + 1])
    assert heard.said[0] == "READY=1"
    assert heard.said[3:5] == ["WATCHDOG=1", "EXTEND_TIMEOUT_USEC=1500000"]
    assert heard.count("two lines") == 1, "one line, and once"
    assert heard.said[-2:] == ["STOPPING=1", "STATUS=ends"]


def test_nobody_is_there() -> None:
    manager = Manager.of({"WATCHDOG_USEC": "1000000"})
    assert not manager.is_there and manager.watchdog_s == 0.0
    manager.ready()
    manager.close()


def test_a_manager_that_is_gone_is_no_failure(tmp_path: Path) -> None:
    manager = Manager(str(tmp_path / "gone"))
    manager.ready()
    manager.close()


def test_a_watchdog_for_somebody_else_is_not_ours(tmp_path: Path) -> None:
    manager = Manager.of({"NOTIFY_SOCKET": f"{tmp_path}/x", "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"})
    assert manager.watchdog_s == 0.0
    manager.close()
