"""Hearth under the yardstick's load generators: `python hearth_adapter.py --gateway hearth …`, options as `bench_gateway.py`.

`--opt confirmed`: the fake device reports what it was told, and Hearth answers when it has seen that; without it the
device stays silent and Hearth answers when the command was sent (`Prefer: respond-async`), as the floor does.
`--opt flush20`: every flush of the ledger takes 20 ms longer, as on an SD card. `--opt again`: as the run before left it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "yardstick"))

import adapters  # type: ignore[import-not-found]  # noqa: E402
import orjson  # noqa: E402

PORT = 28_891


class Events(adapters.WsBase):  # type: ignore[misc]
    """The WebSocket of events: each frame is an array."""

    def handle(self, event: dict[str, Any]) -> None:
        if self.cb is None or event.get("type") != "property":
            return
        thing, value = event["thing"], event["value"]
        kind = thing[0]
        if value is True or value is False:
            value = "ON" if value else "OFF"
        self.cb(kind, int(thing[1:]), value)

    async def subscribe(self, callback: Callable[..., None]) -> None:
        self.cb = callback


class Hearth(adapters.Gateway):  # type: ignore[misc]
    name = "hearth"
    http_port = PORT
    has_ws_command = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.work: Path = Path(str(adapters.RUN)) / self.name
        self._prefer = {} if "confirmed" in self.opts else {"Prefer": "respond-async"}

    def retained(self) -> Iterator[tuple[str, bytes]]:
        for a in range(self.m):
            yield (
                f"homeassistant/light/bench_l_{a}/config",
                orjson.dumps(
                    {
                        "name": f"L{a}",
                        "unique_id": f"bench_l_{a}",
                        "command_topic": self.cmd_topic(a),
                        "state_topic": self.light_state_topic(a),
                    }
                ),
            )
        for s in range(self.m):
            yield (
                f"homeassistant/sensor/bench_s_{s}/config",
                orjson.dumps(
                    {
                        "name": f"S{s}",
                        "unique_id": f"bench_s_{s}",
                        "unit_of_measurement": "W",
                        "device_class": "power",
                        "state_topic": self.sensor_topic(s),
                    }
                ),
            )
        yield from super().retained()

    def prepare(self) -> None:
        if "again" not in self.opts or not self.work.exists():
            shutil.rmtree(self.work, ignore_errors=True)
            (self.work / "state").mkdir(parents=True)
            (self.work / "hearth.toml").write_text(
                f'state_dir = "{self.work}/state"\nruntime_dir = "{self.work}/run"\nlog_level = "warning"\n'
                f'[http]\nport = {PORT}\n[mqtt]\nhost = "127.0.0.1"\nport = {self.broker}\n'
                '[adoption]\nwithout_asking = "all"\nlabel_new = false\n'
            )
            with ThreadPoolExecutor(1) as aside:  # this thread has a loop already
                secret = aside.submit(asyncio.run, _token(self.work / "state")).result()
            (self.work / "token").write_text(secret)
        token = (self.work / "token").read_text()
        self._h = {"Authorization": f"Bearer {token}"}

    def spawn(self) -> subprocess.Popen[bytes]:
        environment = dict(os.environ)
        if "flush20" in self.opts:
            environment["HEARTH_INJECTED_FLUSH_MS"] = "20"
        return subprocess.Popen(
            [sys.executable, "-m", "gateway", "run", "--config", str(self.work / "hearth.toml")],
            stdout=self._log(),
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
        )

    async def _get(self, path: str) -> Any:
        connection = await self.http_conn()
        try:
            status, body = await connection.request(connection.build("GET", path, headers=self._h))
            return orjson.loads(body) if status == 200 else None
        finally:
            connection.close()

    async def api_ready(self) -> bool:
        return await self._get("/whoami") is not None

    async def entities_ready(self) -> bool:
        ready = 0
        for offset in range(0, self.n, 1000):  # a page of the API
            things = await self._get(f"/things?view=summary&limit=1000&offset={offset}")
            ready += sum(bool(t["state"]) and None not in t["state"].values() for t in things or ())
        return bool(ready >= self.n)

    async def http_command(self, connection: Any, a: int, on: bool) -> None:
        raw = connection.build(
            "PUT", f"/things/l{a}/properties/on", b"true" if on else b"false", self._h | self._prefer
        )
        status, body = await connection.request(raw)
        if status not in (200, 202, 204):
            raise RuntimeError((status, body))

    async def ws_conn(self) -> Events:
        socket = Events()
        await socket.open(f"ws://127.0.0.1:{PORT}/events?types=property", headers=self._h)
        socket.start()
        return socket


async def _token(state_dir: Path) -> str:
    from gateway.clock import SystemClock
    from gateway.identity import Identity
    from gateway.ledger import Ledger
    from gateway.storage import Database
    from policies.decision import Principal, Role

    clock = SystemClock()
    async with (
        Ledger(state_dir, clock) as ledger,
        Database(state_dir / "hearth.db") as database,
        Identity.open(database, clock, ledger) as identity,
    ):
        agent = Principal("coo", Role.AGENT, "Bench agent", acts_for="owner")
        return (await identity.create_token(agent))[1]


def _echoing(device: type[Any]) -> type[Any]:
    """A device that reports its new state at once, as a real one does."""

    class Echoing(device):  # type: ignore[misc]
        def on(self, topic: str, payload: bytes) -> None:
            a = self.idx.get(topic)
            if a is not None:
                self.c.publish(self.gw.light_state_topic(a), payload)
            super().on(topic, payload)

    return Echoing


if __name__ == "__main__":
    adapters.ADAPTERS["hearth"] = Hearth
    source = (HERE / "yardstick" / "bench_gateway.py").read_text()
    if "confirmed" in sys.argv or "echo" in sys.argv:
        source = source.replace(
            "async def clear_retained", "Device = _echoing(Device)\n\nasync def clear_retained"
        )
    exec(compile(source, "bench_gateway.py", "exec"), {"__name__": "__main__", "_echoing": _echoing})
