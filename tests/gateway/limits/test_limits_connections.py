"""Who opens connections and says nothing (slow requests, half handshakes) cannot keep others from connecting."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from gateway.api.accepting import HANDSHAKES_IN_ALL, HANDSHAKES_OF_ONE
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


def test_this_computer_has_half_of_all() -> None:
    connections = Connections(most_of_one=1, most_in_all=10)
    addresses = ("127.0.0.1", "::1", "127.0.0.1", "::ffff:127.0.0.1") * 3
    lines = [add(connections, address) for address in addresses]
    assert sum(line.is_open for line in lines) == 5
    assert add(connections, "192.168.1.20").is_open


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


async def test_handshakes_that_nobody_begins_keep_nobody_out(tmp_path: Path) -> None:
    """They are counted from the moment they are accepted: the box's own socket and files keep their descriptors."""
    config = Config(state_dir=tmp_path / "state", runtime_dir=tmp_path / "run", http=Http(port=0, tls="own"))
    async with open_gateway(config, drivers={}) as gateway, serve(gateway) as url:
        port, silent = urlsplit(url).port, []
        for n in range(4 * HANDSHAKES_IN_ALL // HANDSHAKES_OF_ONE):
            for _ in range(HANDSHAKES_OF_ONE + 4):
                where = (f"127.0.0.{66 + n}", 0)
                silent.append(await asyncio.open_connection("127.0.0.1", port, local_addr=where))
        connector = aiohttp.TCPConnector(ssl=False, local_addr=("127.0.0.7", 0))
        async with aiohttp.ClientSession(url, connector=connector) as owner, owner.get("/health") as answer:
            assert answer.status == 200
        shaking = [one for one in asyncio.all_tasks() if one.get_name() == "TLS handshake"]
        assert len(shaking) <= HANDSHAKES_IN_ALL + 1
        box = aiohttp.UnixConnector(str(config.socket))
        async with aiohttp.ClientSession("http://box", connector=box) as client, client.get("/whoami") as me:
            assert me.status == 200
        for _, writer in silent:
            writer.close()


async def test_what_is_no_tls_ends_and_is_forgotten(tmp_path: Path) -> None:
    config = Config(state_dir=tmp_path / "state", runtime_dir=tmp_path / "run", http=Http(port=0, tls="own"))
    async with open_gateway(config, drivers={}) as gateway, serve(gateway) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        async with asyncio.timeout(5):
            await reader.read()
            while any(one.get_name() == "TLS handshake" for one in asyncio.all_tasks()):  # noqa: ASYNC110
                await asyncio.sleep(0)
        writer.close()
