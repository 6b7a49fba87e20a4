"""Bodies that are not as they should be: told, counted, and never unpacked."""

from __future__ import annotations

import asyncio
import logging
import zlib
from pathlib import Path

import aiohttp
import pytest

from gateway.api.server import serve
from tests.gateway.limits.test_limits_floods import opened, owners_secret

GIGABYTE_IN_A_FEW = zlib.compress(b"[" * 50_000_000, 9)

PATHS = (
    *(("POST", "/pairings/redeem"), ("POST", "/oauth/token"), ("POST", "/oauth/register"), ("POST", "/mcp")),
    *(("PUT", "/things/lamp/properties/on"), ("PUT", "/mode"), ("POST", "/oauth/authorize")),
)


@pytest.mark.parametrize("known", [False, True])
async def test_nothing_is_unpacked(tmp_path: Path, *, known: bool) -> None:
    async with opened(tmp_path) as gateway, serve(gateway) as url:
        headers = await owners_secret(gateway) if known else {}
        headers |= {"Content-Encoding": "deflate", "Content-Type": "application/json"}
        async with aiohttp.ClientSession(url, headers=headers) as client, asyncio.timeout(2):
            for method, path in PATHS:
                async with client.request(method, path, data=GIGABYTE_IN_A_FEW) as answer:
                    assert answer.status in {415, 413, 401}, (path, answer.status)


async def test_what_cannot_be_read_is_counted_and_writes_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path) as gateway, serve(gateway) as url, aiohttp.ClientSession(url) as client:
        statuses = []
        with caplog.at_level(logging.WARNING):
            for encoding in ("gzip", "br", "x") * 10:
                headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
                async with client.post("/pairings/redeem", data=b"abc", headers=headers) as answer:
                    statuses.append(answer.status)
        assert set(statuses) <= {415, 429}
        assert not [one for one in caplog.records if one.exc_info]


async def test_chunks_that_are_none_are_a_mistake_of_whoever_sends_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path) as gateway, serve(gateway) as url:
        host, port = url.removeprefix("http://").split(":")
        for path in ("/pairings/redeem", "/oauth/token", "/oauth/register"):
            reader, writer = await asyncio.open_connection(host, int(port))
            head = f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\nzz\r\n".encode())
            async with asyncio.timeout(5):
                line = await reader.readline()
            assert b" 400 " in line or b" 429 " in line, (path, line)
            writer.close()
            await writer.wait_closed()
        assert not [one for one in caplog.records if one.exc_info]
