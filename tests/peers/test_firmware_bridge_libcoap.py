"""libcoap's client against the endpoint's core over UDP: discovery, reading, writing, blocks both ways, Observe."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.firmware_bridge_build import BRIDGE, Endpoint, acts

ROOT = Path(__file__).parents[2]
CLIENTS = ("coap-client-openssl", "coap-client-gnutls", "coap-client")

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def client() -> str:
    subprocess.run([ROOT / ".ci/system-packages", "coap-client"], check=False, capture_output=True)
    found = next(filter(None, map(shutil.which, CLIENTS)), None)
    if found is None:
        pytest.skip(
            "libcoap's coap-client is not installed, and cannot be installed from here (see .ci/system-packages)"
        )
    return found


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Endpoint]:
    with Endpoint("relay", "--udp", "127.0.0.1:0", "--log", str(tmp_path / "log")) as it:
        yield it


def ask(client: str, at: Endpoint, path: str, *options: str) -> tuple[str, str]:
    """What it prints, and what it complains of."""
    command = [client, "-B", "5", *options, f"coap://127.0.0.1:{at.where}/{path}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
    return done.stdout.rstrip("\n"), done.stderr


def test_discovery(client: str, relay: Endpoint) -> None:
    links, _ = ask(client, relay, ".well-known/core")
    assert '</.well-known/wot>;ct=432;rt="wot.thing"' in links
    assert "</on>;obs;ct=50" in links
    assert len(ask(client, relay, "hearth/link")[0]) == 12


@pytest.mark.parametrize("size", ["16", "32", "64", "1024"])
def test_a_description_in_blocks(client: str, relay: Endpoint, size: str) -> None:
    golden = (BRIDGE / "vectors" / "relay.td.jsonld").read_text().replace("32473-bench", "32473-relay-1")
    assert ask(client, relay, ".well-known/wot", "-b", size)[0] == golden


def test_writing_acting_and_being_refused(client: str, relay: Endpoint, tmp_path: Path) -> None:
    assert ask(client, relay, "on", "-m", "put", "-t", "50", "-e", "true") == ("", "")
    assert ask(client, relay, "on")[0] == "true"
    assert "4.00" in ask(client, relay, "on", "-m", "put", "-t", "50", "-e", "perhaps")[1]
    assert "4.15" in ask(client, relay, "on", "-m", "put", "-t", "60", "-e", "true")[1]
    assert "4.06" in ask(client, relay, "on", "-A", "60")[1]
    assert "4.04" in ask(client, relay, "of")[1]
    assert "4.05" in ask(client, relay, "on", "-m", "delete")[1]
    assert "4.02" in ask(client, relay, "on", "-O", "2049,x")[1]
    assert "4.12" in ask(client, relay, "on", "-m", "put", "-e", "false", "-O", "1,another")[1]
    assert ask(client, relay, "on", "-m", "put", "-e", "false") == ("", "")
    assert ask(client, relay, "identify", "-m", "post") == ("", "")
    assert acts(tmp_path / "log") == [("on", 1), ("on", 0), ("identify", 2000)]


def test_an_upload_in_blocks(client: str, tmp_path: Path) -> None:
    label = f'"{"0123456789" * 10}"'
    with Endpoint("climate", "--udp", "127.0.0.1:0", "--log", str(tmp_path / "log")) as climate:
        assert ask(client, climate, "label", "-m", "put", "-t", "50", "-b", "32", "-e", label) == ("", "")
        assert ask(client, climate, "label")[0] == label
        too_long = f'"{"0123456789" * 20}"'
        assert "4.13" in ask(client, climate, "label", "-m", "put", "-t", "50", "-b", "32", "-e", too_long)[1]
    assert acts(tmp_path / "log") == [("label", len(label))]


def test_a_datagram_larger_than_the_buffer_is_refused_and_not_cut(client: str, tmp_path: Path) -> None:
    with Endpoint("climate", "--udp", "127.0.0.1:0", "--log", str(tmp_path / "log")) as climate:
        label = f'"{"x" * 300}"'
        said, complaint = ask(client, climate, "label", "-m", "put", "-t", "50", "-e", label)
        assert "4.13" in complaint + said
        assert ask(client, climate, "label")[0] == '""'
        assert climate.state()["refused"] > 0
    assert acts(tmp_path / "log") == []


def test_observe(client: str, relay: Endpoint) -> None:
    command = [client, "-s", "60", f"coap://127.0.0.1:{relay.where}/interlock_closed"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as observer:
        assert observer.stdout
        try:
            assert observer.stdout.read(4) == b"true"
            relay.say("interlock 0")
            assert observer.stdout.read(5) == b"false"
            relay.say("interlock 1")
            assert observer.stdout.read(4) == b"true"
        finally:
            observer.terminate()
