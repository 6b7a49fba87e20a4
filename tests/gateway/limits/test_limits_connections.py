"""Who opens connections and says nothing (slow requests, half handshakes) cannot keep others from connecting."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from gateway.api.connections import Connections
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Config, Http


class Line:
    """A transport of a connection from somewhere."""

    def __init__(self, address: str) -> None:
        self.address, self.is_open = address, True

    def get_extra_info(self, name: str) -> tuple[str, int]:
        assert name == "peername"
        return (self.address, 40_000)

    def abort(self) -> None:
        self.is_open = False


def add(connections: Connections, address: str) -> Line:
    line: Any = Line(address)
    connections.add(object(), line)  # type: ignore[arg-type]
    return line  # type: ignore[no-any-return]


def test_one_network_has_so_many_and_no_more() -> None:
    connections = Connections(most_of_one=3, most_in_all=100)
    lines = [add(connections, f"fd00::{n:x}") for n in range(1, 6)]
    assert [line.is_open for line in lines] == [True] * 3 + [False] * 2
    assert add(connections, "192.168.1.20").is_open
    assert len(connections) == 4


def test_where_there_are_too_many_who_has_the_most_loses_its_oldest() -> None:
    connections = Connections(most_of_one=100, most_in_all=20)
    phone = [add(connections, "192.168.1.20") for _ in range(2)]
    flood = [add(connections, f"10.0.0.{n % 4}") for n in range(1_000)]
    assert all(line.is_open for line in phone)
    assert add(connections, "192.168.1.21").is_open, "who comes new comes in"
    assert sum(line.is_open for line in flood) == 17
    assert not flood[0].is_open
    assert len(connections) == 20


def test_the_box_is_not_counted() -> None:
    connections = Connections(most_of_one=1, most_in_all=1)
    lines = [
        add(connections, address) for address in ("127.0.0.1", "::1", "127.0.0.1", "::ffff:127.0.0.1") * 3
    ]
    assert sum(line.is_open for line in lines) >= 9


async def test_silent_connections_do_not_keep_the_owner_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.api.connections.is_near", lambda _: False)
    monkeypatch.setattr("gateway.api.connections.MOST_IN_ALL", 30)
    config = Config(state_dir=tmp_path / "state", runtime_dir=tmp_path / "run", http=Http(port=0))
    async with open_gateway(config, drivers={}) as gateway, serve(gateway) as url:
        port, silent = urlsplit(url).port, []
        for n in range(100):
            _, writer = await asyncio.open_connection(
                "127.0.0.1", port, local_addr=(f"127.0.0.{66 + n % 5}", 0)
            )
            silent.append(writer)
        connector = aiohttp.TCPConnector(local_addr=("127.0.0.7", 0))
        async with aiohttp.ClientSession(url, connector=connector) as owner, owner.get("/health") as answer:
            assert answer.status == 200
        for writer in silent:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in silent), return_exceptions=True)
