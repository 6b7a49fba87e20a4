"""The guards themselves: each trouble makes a test fail, and what is clean passes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

TROUBLES = """
import asyncio, socket, subprocess, threading, time
import pytest

async def test_task():
    asyncio.create_task(asyncio.Event().wait(), name="stray")

async def test_ending_task_is_fine():
    asyncio.create_task(asyncio.sleep(0.05))

def test_thread():
    threading.Thread(target=threading.Event().wait, name="stray thread", daemon=True).start()

def test_ending_thread_is_fine():
    threading.Thread(target=time.sleep, args=(0.05,)).start()

keep = []

def test_child():
    keep.append(subprocess.Popen(["sleep", "60"]))

async def test_blocked():
    time.sleep(0.12)

@pytest.mark.may_block
async def test_blocked_on_purpose_is_fine():
    time.sleep(0.12)

async def test_connection():
    with pytest.raises(OSError):
        await asyncio.open_connection("192.0.2.1", 80)

def test_look_up():
    with pytest.raises(OSError):
        socket.create_connection(("example.org", 80))

async def test_lost_exception():
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0)

async def test_lost_task_exception():
    async def fails():
        raise ValueError("lost")
    asyncio.create_task(fails())
    await asyncio.sleep(0)

async def test_forgotten_coroutine():
    asyncio.sleep(1)

@pytest.fixture(scope="module")
def child():
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()

def test_a_wider_fixtures_child_is_fine(child):
    assert child.poll() is None

def test_the_loopback_is_fine(free_port):
    with socket.create_server(("127.0.0.1", free_port)):
        socket.create_connection(("localhost", free_port)).close()
"""

EXPECTED = {
    "test_task": "task left over: stray",
    "test_thread": "thread left over: stray thread",
    "test_child": "child process left over: ",
    "test_blocked": "the event loop stood still for 0.1",
    "test_connection": "a connection to ('192.0.2.1', 80)",
    "test_look_up": "a connection to ('example.org', 'look-up')",
    "test_lost_exception": "nobody took: Exception in callback",
    "test_lost_task_exception": "nobody took: Task exception was never retrieved: ValueError('lost')",
    "test_forgotten_coroutine": "coroutine object sleep",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of the tests above, in a process of its own with the same guards."""
    folder = tmp_path_factory.mktemp("troubles")
    (folder / "test_troubles.py").write_text(TROUBLES)
    (folder / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    limits = {"HEARTH_TEST_LOOP_BLOCKED_SECONDS": "0.1", "HEARTH_TEST_GRACE_SECONDS": "0.3"}
    environ = limits | {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [*command, "--rootdir", str(folder), "-rfEp", str(folder)],
        env=environ, cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("name", EXPECTED)
def test_a_trouble_makes_its_test_fail(report: str, name: str) -> None:
    failed = [
        line.split(" - ")[0].rpartition("::")[2]
        for line in report.splitlines()
        if line.startswith(("FAILED", "ERROR"))
    ]
    assert name in failed, report
    assert EXPECTED[name] in report


def test_nothing_else_fails(report: str) -> None:
    failed = [
        line.split(" - ")[0].rpartition("::")[2]
        for line in report.splitlines()
        if line.startswith(("FAILED", "ERROR"))
    ]
    assert sorted(failed) == sorted(EXPECTED), report
