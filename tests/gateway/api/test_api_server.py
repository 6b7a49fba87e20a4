"""Listeners: what may be listened on, and what is left behind."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import aiohttp
import pytest

from gateway.api.server import ensure_free, serve
from gateway.app import in_words, open_gateway, run
from gateway.config import Config, ConfigError, Http
from policies import Principal, Role


def at(tmp_path: Path, **http: object) -> Config:
    return Config(
        state_dir=tmp_path / "state",
        runtime_dir=tmp_path / "run",
        http=Http.model_validate({"port": 0, **http}),
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
async def test_plain_http_is_for_loopback_only(tmp_path: Path, host: str) -> None:
    async with open_gateway(at(tmp_path, host=host), drivers={}) as gateway, serve(gateway) as url:
        assert url.startswith("https://")
    assert (tmp_path / "state" / "tls" / "ca.pem").exists()


@pytest.mark.parametrize(("host", "name"), [("127.0.0.1", "127.0.0.1"), ("localhost", ""), ("::1", "[::1]")])
async def test_loopback_needs_no_certificate(tmp_path: Path, host: str, name: str) -> None:
    async with open_gateway(at(tmp_path, host=host), drivers={}) as gateway, serve(gateway) as url:
        assert url.startswith(f"http://{name}")


async def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with open_gateway(at(tmp_path, port=port), drivers={}) as gateway:
            with pytest.raises(OSError, match=str(port)):
                async with serve(gateway):
                    pass


async def test_a_socket_left_by_a_crash_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "run" / "hearth.sock"
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with open_gateway(at(tmp_path), drivers={}) as gateway, serve(gateway):
        assert path.is_socket()
    assert not path.exists()


async def test_a_socket_that_is_served_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "run" / "hearth.sock"
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        async with open_gateway(at(tmp_path), drivers={}) as gateway:
            with pytest.raises(OSError, match="another gateway"):
                async with serve(gateway):
                    pass
        assert path.is_socket()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    made, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "1",
    ]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(made)], check=True, capture_output=True)
    return made, key


async def test_with_a_certificate_it_is_https(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    made, key = certificate
    config = at(tmp_path, host="0.0.0.0", hosts=["localhost"], certificate=made, key=key)
    trust = ssl.create_default_context(cafile=made)
    async with open_gateway(config, drivers={}) as gateway, serve(gateway) as url:
        assert url.startswith("https://localhost:")
        _, secret = await gateway.identity.create_token(Principal("anna", Role.OWNER))
        headers = {"Authorization": f"Bearer {secret}"}
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trust), headers=headers
        ) as session:
            async with session.get(f"{url}/whoami") as answer:
                assert answer.status == 200
            reached = url.replace("localhost", "127.0.0.1")
            async with session.get(f"{reached}/.well-known/wot") as answer:
                td = await answer.json(content_type=None)
    assert td["properties"]["things"]["forms"][0]["href"].startswith(f"{reached}/things")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
async def test_nothing_is_made_where_nobody_can_be_answered(tmp_path: Path, host: str) -> None:
    family = socket.AF_INET6 if host == "::1" else socket.AF_INET
    with socket.socket(family) as taken:
        taken.bind((host if host == "::1" else "127.0.0.1", 0))
        taken.listen()
        config = at(tmp_path, host=host, port=taken.getsockname()[1])
        with pytest.raises(OSError, match="set another") as raised:
            await run(config)
    assert "Address already in use" in in_words(raised.value)
    assert not (tmp_path / "state").exists()
    await ensure_free(config)


async def test_nothing_is_made_beside_another_gateway(tmp_path: Path) -> None:
    path = tmp_path / "run" / "hearth.sock"
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        with pytest.raises(OSError, match="another gateway"):
            await run(at(tmp_path))
    assert not (tmp_path / "state").exists()


async def test_nothing_is_made_with_a_certificate_that_is_none(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    with pytest.raises(ConfigError, match=r"http\.certificate .* cannot be used"):
        await run(at(tmp_path, certificate=broken, key=broken))
    assert not (tmp_path / "state").exists()
