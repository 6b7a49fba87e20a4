"""A gateway on the house's network: https by its own authority, and everybody who has to trust it."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509

from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.cli.qr import drawn
from gateway.cli.trust import read_link
from gateway.config import Config, Http
from gateway.context import Gateway
from gateway.discovery.announcing import announcement_of
from policies import Principal, Role


@dataclass
class Served:
    gateway: Gateway
    url: str
    socket: Path
    home: Path

    async def hearth(self, *words: str, at_box: bool = False) -> tuple[int, str, str]:
        """One run of the command, as somebody who has nothing but this environment: exit code, output, errors."""
        environ = {"HOME": str(self.home), "PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd())}
        environ["TMPDIR"] = environ["XDG_RUNTIME_DIR"] = str(self.home / "nowhere")
        if at_box:
            environ["HEARTH_SOCKET"] = str(self.socket)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from gateway.cli.main import main; main()", *words),
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        async with asyncio.timeout(30):
            out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def json(self, *words: str, at_box: bool = False) -> dict[str, str]:
        code, out, err = await self.hearth(*words, "--json", at_box=at_box)
        assert code == 0, err
        found: dict[str, str] = json.loads(out)
        return found


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    http = Http(host="127.0.0.1", port=0, tls="own", hosts=("localhost",))
    config = Config(state_dir=tmp_path / "state", runtime_dir=tmp_path / "run", http=http)
    (tmp_path / "home").mkdir()
    async with open_gateway(config, drivers={}) as gateway, serve(gateway) as url:
        yield Served(gateway, url, config.socket, tmp_path / "home")


async def test_anybody_can_have_the_authoritys_certificate(served: Served) -> None:
    unverified = aiohttp.TCPConnector(ssl=False)
    async with aiohttp.ClientSession(served.url, connector=unverified) as session:
        async with session.get("/ca.crt") as answer:
            assert answer.content_type == "application/x-x509-ca-cert"
            authority = x509.load_pem_x509_certificate(await answer.read())
        async with session.get("/ca.crt", headers={"Accept": "application/pkix-cert"}) as answer:
            assert x509.load_der_x509_certificate(await answer.read()) == authority
        async with session.get("/ca.der") as answer:
            assert answer.content_type == "application/pkix-cert"
            assert x509.load_der_x509_certificate(await answer.read()) == authority
        async with session.get("/ca.pem") as answer:
            pem = await answer.text()
            assert "PRIVATE" not in pem
        async with session.get("/ca") as answer:
            assert answer.status == 401
    trust = ssl.create_default_context(cadata=pem)
    connector = aiohttp.TCPConnector(ssl=trust)
    async with (
        aiohttp.ClientSession(served.url, connector=connector) as session,
        session.get("/health") as answer,
    ):
        assert answer.status == 200
        assert "Strict-Transport-Security" not in answer.headers


async def test_only_the_box_renews(served: Served) -> None:
    _, secret = await served.gateway.identity.create_token(Principal("anna", Role.OWNER))
    headers = {"Authorization": f"Bearer {secret}"}
    connector = aiohttp.TCPConnector(ssl=False)
    async with aiohttp.ClientSession(served.url, connector=connector, headers=headers) as session:
        async with session.get("/ca") as answer:
            before = await answer.json()
        async with session.post("/ca/renew", json={"authority": True}) as answer:
            assert answer.status == 403
    assert (await served.json("ca", "show", at_box=True))["pin"] == before["pin"]
    assert (await served.json("ca", "renew", at_box=True))["pin"] == before["pin"]
    assert (await served.json("ca", "renew", "--authority", "--yes", at_box=True))["pin"] != before["pin"]


async def test_plain_http_has_no_authority(tmp_path: Path) -> None:
    config = Config(state_dir=tmp_path / "state", runtime_dir=tmp_path / "run", http=Http(port=0))
    async with (
        open_gateway(config, drivers={}) as gateway,
        serve(gateway) as url,
        aiohttp.ClientSession(url) as session,
        session.get("/ca.crt") as answer,
    ):
        assert answer.status == 404
    assert not (tmp_path / "state" / "tls").exists()


async def test_the_command_pairs_by_the_link_and_trusts_from_then_on(served: Served) -> None:
    window = await served.json("pair", "--role", "owner", "--principal", "anna", at_box=True)
    link = read_link(window["link"])
    assert window["link"].startswith("https://localhost:")
    assert "/pair#v=1&c=" in window["link"], "the code is sent to nobody"
    paired = await served.json("pair", window["link"])
    assert paired["principal"] == "anna"
    code, _, err = await served.hearth("things", "--json")
    assert code == 0, err
    profile = json.loads((served.home / ".config" / "hearth" / "profile.json").read_text())
    assert profile["url"] == link.url
    assert "BEGIN CERTIFICATE" in profile["ca"]


async def test_a_link_of_another_gateway_gets_nothing(served: Served) -> None:
    """Somebody in between answers with an authority of its own: the code is not sent to it."""
    window = await served.json("pair", "--role", "owner", "--principal", "anna", at_box=True)
    link = read_link(window["link"])
    forged = window["link"].replace(link.pin, "A" * 43)
    code, _, err = await served.hearth("pair", forged)
    assert code != 0
    assert "nothing was sent to it" in err
    assert served.gateway.identity.pairing_open()


async def test_the_command_trusts_a_named_file_and_its_own_box(served: Served) -> None:
    _, secret = await served.gateway.identity.create_token(Principal("anna", Role.OWNER))
    ask = ("--url", served.url, "--token", secret)
    code, _, err = await served.hearth(*ask, "things", "--json")
    assert code != 0, "nobody said that this authority is to be trusted"
    assert "certificate" in err.lower()
    code, _, err = await served.hearth(*ask, "things", "--json", at_box=True)
    assert code == 0, err
    file = served.home / "ca.crt"
    code, _, err = await served.hearth("ca", "export", str(file), at_box=True)
    assert code == 0, err
    code, _, err = await served.hearth("--ca", str(file), *ask, "things", "--json")
    assert code == 0, err


def test_a_qr_code_is_drawn() -> None:
    picture = drawn("https://shelf.local:8420/pair#v=1&c=0123456789ABCDEFGHJKMNPQRS&p=" + "A" * 43)
    assert picture is not None
    lines = picture.splitlines()
    assert len({len(line) for line in lines}) == 1
    assert 20 <= len(lines) <= 40, "it fits into a terminal"


def test_it_is_announced_with_its_scheme() -> None:
    said = announcement_of("https://192.168.1.5:8420", "shelf")
    assert said is not None
    assert said.properties["scheme"] == "https"
