"""The managed broker: mosquitto, or nats-server where that is not installed, as a supervised child on
loopback.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import socket
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from drivers.mqtt import broker_mosquitto as mosquitto
from drivers.mqtt import broker_nats as nats
from drivers.mqtt.broker_files import Owner, private_directory
from drivers.mqtt.broker_probe import accepts
from drivers.mqtt.broker_users import BrokerUser, check_users

Kind = Literal["mosquitto", "nats"]

_READY_SECONDS: Final = 15.0  # a Pi with a cold SD card
_PROBE_SECONDS: Final = 0.02
_STOP_SECONDS: Final = 5.0
_PORT_ATTEMPTS: Final = 5
# Linux' outgoing ports begin at 32768 (ip_local_port_range).
_PORTS: Final = range(20_000, 32_000)
_BACKOFF_FIRST_SECONDS: Final = 0.2
_BACKOFF_LAST_SECONDS: Final = 30.0
# A child that ran this long has recovered: the next crash is a new one.
_STABLE_SECONDS: Final = 60.0
# Enough to see why it died; nobody reads more, and a chatty client must not fill memory.
_LOG_LINES: Final = 200
_LOG_LINE_BYTES: Final = 500

log = logging.getLogger(__name__)


class BrokerError(Exception):
    """The broker cannot be had. The text says why, and what would help."""


class ManagedBroker:
    """A broker of our own on 127.0.0.1, from `async with` until its end, restarted when it dies.

    `directory` holds its files (mode 0600, in a subdirectory of mode 0700) and, if `persistent`, the retained
    messages, which survive a restart. `port` None takes any free one. `prefer` insists on one of the two
    brokers. It lives as long as the thread that runs the event loop; if that dies without a word, so does the
    broker.
    """

    def __init__(
        self,
        directory: Path,
        users: Sequence[BrokerUser],
        *,
        port: int | None = None,
        prefer: Kind | None = None,
        persistent: bool = False,
    ) -> None:
        self.users = check_users(users)
        self.port = port or 0
        """0 until it runs, if none was asked for."""
        self.host: Final = "127.0.0.1"
        self.restarts = 0
        """How often it had to be started again."""
        self.ready = asyncio.Event()
        """Set while it answers."""
        self._came_up = asyncio.Condition()
        self._fixed_port = port is not None
        self._persistent = persistent
        self._kind, self._binary = _choose(prefer)
        self._directory = directory / self._kind
        # A user without any right, so that no real password is shown to whoever may listen on the port.
        self._probe = BrokerUser("hearth-probe")
        self._lines: deque[str] = deque(maxlen=_LOG_LINES)
        self._child: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def kind(self) -> Kind:
        """Which of the two it is."""
        return self._kind

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        return self._child.pid if self._child and self._child.returncode is None else None

    def log_tail(self) -> list[str]:
        """Its last lines, oldest first."""
        return list(self._lines)

    async def restarted(self, times: int) -> None:
        """Wait until it has been started again `times` times in all, and answers."""
        async with self._came_up:
            await self._came_up.wait_for(lambda: self.restarts >= times and self.ready.is_set())

    async def __aenter__(self) -> Self:
        """Returns when it accepts a CONNECT. Raises `BrokerError` if it does not come up."""
        try:
            await self._start_on_some_port()
        except BaseException:
            await self._stop_child()
            raise
        self._supervisor = asyncio.create_task(self._supervise(), name="managed-broker")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._supervisor:
            self._supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervisor
        await self._stop_child()

    async def _start_on_some_port(self) -> None:
        attempts = 1 if self._fixed_port else _PORT_ATTEMPTS
        for attempt in range(1, attempts + 1):
            if not self._fixed_port:
                self.port = _free_port()
            try:
                await self._start()
                return
            except BrokerError:
                # Somebody may have taken the port between our look and its start.
                if attempt == attempts or not _is_taken(self.port):
                    raise
                await self._stop_child()

    async def _start(self) -> None:
        if _is_taken(self.port):
            raise BrokerError(
                f"port {self.port} on 127.0.0.1 is taken: stop what listens there, or choose another port"
            )
        owner, command = self._prepare()
        run_as = f"{owner.uid}:{owner.gid}" if owner else "-"
        launcher = str(Path(__file__).with_name("broker_exec.py"))
        self._child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", launcher, str(os.getpid()), run_as, *command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            env={"PATH": os.defpath, **(nats.environment() if self._kind == "nats" else {})},
            cwd=self._directory,
            start_new_session=True,  # Ctrl-C is for the gateway, which stops the broker after its clients
        )
        self._reader = asyncio.create_task(self._read_log(self._child), name="managed-broker-log")
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await self._wait_ready(self._child)
        except TimeoutError as error:
            raise BrokerError(
                f"{self._kind} did not answer within {_READY_SECONDS:g} s\n{self._last_words()}"
            ) from error
        async with self._came_up:
            self.ready.set()
            self._came_up.notify_all()
        log.info("broker %s ready on 127.0.0.1:%d", self._kind, self.port)

    def _prepare(self) -> tuple[Owner | None, list[str]]:
        users = (*self.users, self._probe)
        if self._kind == "nats":
            private_directory(self._directory, None)
            return None, nats.prepare(
                self._binary, self._directory, self.port, users, persistent=self._persistent
            )
        self._directory.parent.mkdir(parents=True, exist_ok=True)
        owner = mosquitto.owner(self._directory.parent)
        private_directory(self._directory, owner)
        command = mosquitto.prepare(
            self._binary, self._directory, self.port, users, persistent=self._persistent, runs_as=owner
        )
        return owner, command

    async def _wait_ready(self, child: Process) -> None:
        while not await accepts(self.port, self._probe):
            if child.returncode is not None:
                if self._reader:
                    await self._reader  # its last words
                raise BrokerError(f"{self._kind} ended with code {child.returncode}\n{self._last_words()}")
            await asyncio.sleep(_PROBE_SECONDS)

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        backoff = _BACKOFF_FIRST_SECONDS
        while True:
            started = loop.time()
            if self._child:
                await self._child.wait()
            self.ready.clear()
            self.restarts += 1
            if loop.time() - started > _STABLE_SECONDS:
                backoff = _BACKOFF_FIRST_SECONDS
            log.error("broker %s died, restart %d\n%s", self._kind, self.restarts, self._last_words())
            await asyncio.sleep(backoff * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            backoff = min(backoff * 2, _BACKOFF_LAST_SECONDS)
            await self._stop_child()
            try:
                await self._start()
            except (BrokerError, OSError) as error:
                log.error("broker %s does not come back: %s", self._kind, error)
                await self._stop_child()

    async def _stop_child(self) -> None:
        self.ready.clear()
        child, self._child = self._child, None
        if child is None:
            return
        try:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.terminate()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_STOP_SECONDS):
                        await child.wait()
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
        await child.wait()
        if self._reader:
            await self._reader

    async def _read_log(self, child: Process) -> None:
        stream = child.stdout
        rest = b""
        while stream and (chunk := await stream.read(4096)):
            *lines, rest = (rest + chunk).split(b"\n")
            rest = rest[:_LOG_LINE_BYTES]
            for line in lines:
                text = line[:_LOG_LINE_BYTES].decode(errors="replace")
                self._lines.append(text)
                log.debug("%s: %s", self._kind, text)

    def _last_words(self) -> str:
        return "\n".join(list(self._lines)[-10:]) or "(it said nothing)"


def _choose(prefer: Kind | None) -> tuple[Kind, Path]:
    """Raises `BrokerError` where there is none."""
    if prefer != "nats" and (found := mosquitto.find()):
        return "mosquitto", found
    if prefer != "mosquitto" and (found := nats.find()):
        return "nats", found
    wanted = "neither mosquitto nor nats-server" if prefer is None else f"no {prefer}"
    raise BrokerError(
        f"{wanted} is installed: `apt install mosquitto`, or `pip install 'hearth-gateway[broker]'`"
    )


def _free_port() -> int:
    """A port that nobody listens on, outside of those that the kernel gives to outgoing connections: a client
    that reconnects while the broker is away could otherwise connect to itself, and so take the port.
    """
    for _ in range(_PORT_ATTEMPTS):
        port = random.randrange(_PORTS.start, _PORTS.stop)  # noqa: S311 - not a secret
        if not _is_taken(port):
            return port
    raise BrokerError(f"found no free port between {_PORTS.start} and {_PORTS.stop}: name one")


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as the brokers do: TIME_WAIT does not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False
