"""A browser (Chromium) with the gateway's authority installed: it opens the gateway's pages, and no bank's that it signed."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright import async_api

from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Config, Http
from gateway.tls.authority import read
from gateway.tls.dates import leaf_span
from gateway.tls.names import Names
from gateway.tls.serving import new_context

pytestmark = pytest.mark.peers

ROOT = Path(__file__).parents[2]
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--host-resolver-rules=MAP bank.example 127.0.0.1, MAP localhost 127.0.0.1, EXCLUDE 127.0.0.1, MAP * ~NOTFOUND",
)


@pytest.fixture(scope="module")
def programs() -> dict[str, str]:
    found = {}
    for name in ("chromium", "certutil"):
        subprocess.run([ROOT / ".ci/system-packages", name], check=False, capture_output=True)
        path = shutil.which(name)
        if path is None:
            pytest.skip(
                f"{name} is not installed, and cannot be installed from here (see .ci/system-packages)"
            )
        found[name] = path
    return found


class Browser:
    """Each page in a browser of its own, with the certificates of `home`."""

    def __init__(self, programs: dict[str, str], home: Path) -> None:
        self._programs, self._home = programs, home
        (home / ".pki" / "nssdb").mkdir(parents=True)
        self._certutil("-N", "--empty-password")

    def install(self, certificate: Path) -> None:
        self._certutil("-A", "-n", "Hearth", "-t", "C,,", "-i", str(certificate))

    def _certutil(self, *words: str) -> None:
        database = f"sql:{self._home / '.pki' / 'nssdb'}"
        subprocess.run([self._programs["certutil"], "-d", database, *words], check=True, capture_output=True)

    async def page(self, url: str) -> str:
        """What stands on the page, or the browser's error."""
        async with async_api.async_playwright() as driver:
            browser = await driver.chromium.launch(
                executable_path=self._programs["chromium"],
                args=list(FLAGS),
                env={"HOME": str(self._home), "PATH": os.environ["PATH"]},
            )
            try:
                page = await browser.new_page()
                await page.goto(url, timeout=20_000)
                return str(await page.content())
            except async_api.Error as error:
                return str(error)
            finally:
                await browser.close()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[str]:
    http = Http(host="127.0.0.1", port=0, tls="own", hosts=("localhost",))
    config = Config(state_dir=tmp_path / "state", runtime_dir=tmp_path / "run", http=http)
    async with open_gateway(config, drivers={}) as gateway, serve(gateway) as url:
        yield url


async def test_with_the_authority_installed_the_gateways_page_opens_and_no_banks(
    served: str, tmp_path: Path, programs: dict[str, str]
) -> None:
    authority = read(tmp_path / "state" / "tls" / "ca.pem")
    (tmp_path / "ca.crt").write_bytes(authority.pem)
    browser = await asyncio.to_thread(Browser, programs, tmp_path / "home")
    assert "ERR_CERT_AUTHORITY_INVALID" in await browser.page(served)
    await asyncio.to_thread(browser.install, tmp_path / "ca.crt")
    by_address = served.replace("localhost", "127.0.0.1")
    for url in (served, by_address):
        assert "Hearth" in (shown := await browser.page(url)), shown[:500]
        assert "ERR_CERT" not in shown

    forged = Names(frozenset({"bank.example"}), frozenset())
    (tmp_path / "forged.pem").write_bytes(
        authority.issue(forged, leaf_span(time.time(), known=True, last=None))
    )
    context = new_context()
    context.load_cert_chain(tmp_path / "forged.pem")

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nmoney")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        shown = await browser.page(f"https://bank.example:{server.sockets[0].getsockname()[1]}/")
    assert "money" not in shown
    assert "ERR_CERT" in shown
