"""What makes any test fail, besides its own assertions (a pytest plugin; warnings are errors by configuration).

- the event loop stood still: one callback took longer than `LOOP_BLOCKED_SECONDS`
- a connection or a name look-up that leaves this machine
- something left over: a task, a thread, a child process
- an exception that nobody took: in a callback, in a task, in a finaliser
"""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.guards_children import children, describe, end
from tests.guards_network import only_loopback

LOOP_BLOCKED_SECONDS: Final = float(os.environ.get("HEARTH_TEST_LOOP_BLOCKED_SECONDS", "0.5"))
"""Far above what a callback may take (some milliseconds): machines that run tests are shared."""

GRACE_SECONDS: Final = float(os.environ.get("HEARTH_TEST_GRACE_SECONDS", "2.0"))
"""What is ending already may end: waited for, never slept for."""

_troubles: list[str] = []
"""Of the test that runs now; added to from callbacks and patched functions, in any thread."""

_owned_threads: set[threading.Thread] = set()
_owned_children: set[int] = set()
"""Made by fixtures that outlive one test."""

_collecting = [0.0, 0.0]
"""Seconds that the garbage collector took so far, and when its present pass began. A full pass over all that the tests have
imported and made takes half a second, which no gateway has.
"""


_kept_waiting = [0.0]
"""Seconds for which the machine had let this thread wait for a processor when the present test began: others' work."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "may_block: blocks its event loop on purpose (give the reason)")


@pytest.fixture(autouse=True, scope="session")
def _patched() -> Iterator[None]:
    """The hooks into asyncio and socket, for as long as tests run."""
    with pytest.MonkeyPatch.context() as patch, only_loopback(_troubles.append):
        patch.setattr(asyncio.Handle, "_run", _timed(asyncio.Handle._run))
        runners: Any = (
            asyncio.runners
        )  # the one place where a loop's leftovers can be seen before they are cancelled
        patch.setattr(runners, "_cancel_all_tasks", _reporting_leftovers(runners._cancel_all_tasks))
        patch.setattr(asyncio.BaseEventLoop, "default_exception_handler", _report_loop_exception)
        gc.callbacks.append(_time_collection)
        yield
        gc.callbacks.remove(_time_collection)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """What a fixture of a wider scope starts belongs to it, not to the test that happened to need it first."""
    if fixturedef.scope == "function":
        return (yield)
    threads, processes = set(threading.enumerate()), children()
    try:
        return (yield)
    finally:
        _owned_threads.update(set(threading.enumerate()) - threads)
        _owned_children.update(children() - processes)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    _troubles.clear()
    _kept_waiting[0] = _run_delay()
    item.stash[_before] = (set(threading.enumerate()), children())
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    result = yield
    gc.collect(1)  # young objects only: a forgotten coroutine is one
    threads, processes = item.stash[_before]
    if nextitem is None:  # every fixture has ended by now
        _owned_threads.clear()
        _owned_children.clear()
    _check_threads(threads | _owned_threads)
    _check_children(processes | _owned_children)
    troubles = [
        text for text in _troubles if not (item.get_closest_marker("may_block") and text.startswith(_BLOCKED))
    ]
    _troubles.clear()
    if troubles:
        pytest.fail("guards:\n" + "\n".join(f"- {text}" for text in troubles), pytrace=False)
    return result


_before: pytest.StashKey[tuple[set[threading.Thread], set[int]]] = pytest.StashKey()
_BLOCKED: Final = "the event loop stood still"


def _timed(run: Callable[[asyncio.Handle], None]) -> Callable[[asyncio.Handle], None]:
    def _run(self: asyncio.Handle) -> None:
        collected, started = _collecting[0], time.perf_counter()
        run(self)
        took = time.perf_counter() - started - (_collecting[0] - collected)
        if took > LOOP_BLOCKED_SECONDS and took - _waited() > LOOP_BLOCKED_SECONDS:
            _troubles.append(f"{_BLOCKED} for {took:.2f} s in {self!r}")

    return _run


def _waited() -> float:
    """Seconds of the present test in which this thread could run, and others did (Linux: sched-stats.rst)."""
    return _run_delay() - _kept_waiting[0]


def _run_delay() -> float:
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def _time_collection(phase: str, _: dict[str, int]) -> None:
    if phase == "start":
        _collecting[1] = time.perf_counter()
    else:
        _collecting[0] += time.perf_counter() - _collecting[1]


def _reporting_leftovers(
    cancel_all: Callable[[asyncio.AbstractEventLoop], None],
) -> Callable[[asyncio.AbstractEventLoop], None]:
    def _cancel_all_tasks(loop: asyncio.AbstractEventLoop) -> None:
        tasks = asyncio.all_tasks(loop)
        if tasks:
            _, left = loop.run_until_complete(asyncio.wait(tasks, timeout=GRACE_SECONDS))
            _troubles.extend(f"task left over: {task.get_name()} ({task.get_coro()!r})" for task in left)
        cancel_all(loop)

    return _cancel_all_tasks


def _report_loop_exception(_: asyncio.BaseEventLoop, context: dict[str, object]) -> None:
    _troubles.append(f"nobody took: {context.get('message')}: {context.get('exception')!r}")


def _check_threads(known: set[threading.Thread]) -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    for thread in set(threading.enumerate()) - known:
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            _owned_threads.add(thread)  # reported once
            _troubles.append(f"thread left over: {thread.name}")


def _check_children(known: set[int]) -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    for pid in children() - known:
        what = describe(pid)
        if not end(pid, deadline):
            _troubles.append(f"child process left over: {what}")
