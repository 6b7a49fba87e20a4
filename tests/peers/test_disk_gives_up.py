"""A card that fails while the gateway runs: the kernel makes its file system read-only under it. The real process on
a real ext4.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.ledger import verify
from tests.system.process import HearthProcess

pytestmark = [pytest.mark.peers, pytest.mark.timeout(120)]

DISK_BYTES = 48 * 1024 * 1024
MOST_LINES = 10
"""Of the log after fifty refusals."""


@pytest.fixture
def failing_disk(tmp_path: Path) -> Iterator[Path]:
    """A file that makes its file system fail, of which the state directory is the root."""
    state, image = tmp_path / "state", tmp_path / "image"
    state.mkdir()
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    for command in (
        ["mkfs.ext4", "-q", "-F", str(image)],
        ["mount", "-o", "loop,errors=remount-ro", str(image), str(state)],
    ):
        try:
            done = (
                os.geteuid() == 0
                and subprocess.run(command, check=False, capture_output=True).returncode == 0
            )
        except FileNotFoundError:
            done = False
        if not done:
            pytest.skip(f"{command[0]} needs root, e2fsprogs and a loop device")
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
        device = next(fields[0] for fields in mounts if fields[1] == str(state)).rpartition("/")[2]
        trigger = Path(f"/sys/fs/ext4/{device}/trigger_fs_error")
        if not device.startswith("loop") or not trigger.exists():
            pytest.skip("this kernel's ext4 cannot be made to fail")
        state.chmod(0o700)
        yield trigger
    finally:
        subprocess.run(["umount", "-l", str(state)], check=False)


def fail(trigger: Path) -> None:
    trigger.write_text("1", encoding="ascii")


async def mode(box: Any, wanted: str) -> tuple[int, str]:
    async with box.put("/mode", json={"mode": wanted}) as answer:
        return answer.status, (await answer.json()).get("type", "").rpartition(":")[2]


async def test_what_cannot_be_recorded_is_refused_and_doctor_says_why(
    failing_disk: Path, tmp_path: Path
) -> None:
    async with HearthProcess(tmp_path) as hearth:
        await hearth.start()
        box = hearth.at_box()
        assert await mode(box, "away") == (200, "")
        fail(failing_disk)
        lines = len(hearth.log)
        for number in range(50):
            assert await mode(box, ("home", "night")[number % 2]) == (503, "ledger-unavailable")
        async with box.get("/health") as answer:
            health = await answer.json()
        assert (health["status"], health["mode"]) == ("degraded", "away")
        assert len(hearth.log) - lines < MOST_LINES, "\n".join(hearth.log[lines:])
        checks = await doctor(hearth)
        assert checks["state"]["level"] == "FAILED" and "read-only" in checks["state"]["found"]
        assert "dmesg" in checks["ledger"]["remedy"]
        assert await hearth.stop() == 0, "it ends in order all the same"
        assert "Traceback" not in "\n".join(hearth.log)
    assert verify(hearth.state).ok


async def doctor(hearth: HearthProcess) -> dict[str, dict[str, Any]]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "doctor", "--json", "--state-dir", str(hearth.state)),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "HEARTH_SOCKET": str(hearth.socket)},
    )
    async with asyncio.timeout(30):
        out, _ = await child.communicate()
    return {one["check"]: one for one in orjson.loads(out)}
