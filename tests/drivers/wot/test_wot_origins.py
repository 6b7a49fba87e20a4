"""Where a description may lead, and where nothing is ever sent."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.driver import NotSent
from drivers.wot.addresses import all_own, is_own, parsed, refusal
from drivers.wot.client import Client, Request
from drivers.wot.document import document_of
from drivers.wot.origins import Origin, OriginError, Reach
from drivers.wot.reading import describe
from tests.drivers.wot_liars import Liar, lying, saying
from tests.drivers.wot_peer import lamp_td
from tests.drivers.wot_tls import certified

HOME = Origin("http", "lamp.local", 8080)
REACH = Reach(HOME, "http://lamp.local:8080/things/lamp", frozenset({"lamp.local", "10.0.0.5", "fe80::1"}))


@pytest.mark.parametrize(
    ("base", "href", "url"),
    [
        ("", "properties/on", "http://lamp.local:8080/things/properties/on"),
        ("", "/on", "http://lamp.local:8080/on"),
        ("/api/", "on", "http://lamp.local:8080/api/on"),
        ("http://10.0.0.5:8080/x/", "on", "http://lamp.local:8080/x/on"),
        ("", "http://10.0.0.5:8080/on?a=b", "http://lamp.local:8080/on?a=b"),
        ("", "http://LAMP.local:8080", "http://lamp.local:8080/"),
        ("", "//lamp.local:8080/on", "http://lamp.local:8080/on"),
        ("", "?a", "http://lamp.local:8080/things/lamp?a"),
    ],
)
def test_what_leads_home(base: str, href: str, url: str) -> None:
    assert REACH.resolve(base, href) == url


@pytest.mark.parametrize(
    "href",
    [
        "https://lamp.local:8080/on", "http://lamp.local/on", "http://10.0.0.6:8080/on", "http://evil.example/on",
        "http://127.0.0.1:8080/on", "http://[::1]:8080/", "ftp://lamp.local:8080/", "file:///etc/passwd", "coap://lamp.local/",
        "http://user:pw@lamp.local:8080/", "http://lamp.local:8080@evil.example/", "//evil.example/on", "http://lamp.local:99999/",
        "http://lamp.local:8080\\@evil.example/", "http://lamp.local:8080\r\nHost: x/", "javascript:alert(1)",
        "http://[lamp/", "http://lamp.local:8080.evil.example/", "http://10.0.0.5.evil.example:8080/", "x" * 3000,
    ],
)  # fmt: skip
def test_what_leads_elsewhere_is_refused(href: str) -> None:
    with pytest.raises(OriginError, match=r"\w{3,}"):
        REACH.resolve("", href)


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_is_written_leads_home_or_nowhere(base: str, href: str) -> None:
    try:
        url = REACH.resolve(base, href)
    except OriginError:
        return
    assert url.startswith("http://lamp.local:8080/")
    assert Origin.of(url) == HOME
    assert url.isascii()


def test_further_origins_are_those_of_the_configuration() -> None:
    further = Reach(HOME, REACH.url, REACH.aliases, frozenset({Origin.of("https://other.lan")}))
    assert further.resolve("", "https://other.lan/x") == "https://other.lan/x"
    with pytest.raises(OriginError):
        further.resolve("", "https://other.lan:444/x")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "0.1.2.3", "::1", "::", "169.254.169.254", "169.254.0.1", "fe80::1%eth0",
        "224.0.0.1",         "255.255.255.255", "240.0.0.1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::",
        "fd00:ec2::254", "100.100.100.200", "ff02::1", "lamp.local", "",
    ],
)  # fmt: skip
def test_addresses_that_nothing_is_sent_to(address: str) -> None:
    assert refusal(address)


def test_an_address_of_this_machine_is_its_own() -> None:
    assert is_own(ipaddress.ip_address("127.0.0.1"))
    assert not is_own(ipaddress.ip_address("192.0.2.77"))
    assert all_own(["127.0.0.1", "::1"])
    assert not all_own(["127.0.0.1", "192.0.2.77"])
    assert not all_own([])
    name = parsed("192.0.2.77")
    assert name is not None
    assert refusal(str(name)) == ""


@given(st.ip_addresses())
def test_every_address_is_judged(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    why = refusal(str(address))
    if address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
        assert why


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_no_connection_is_made_to_this_machine(host: str) -> None:
    """Neither by address nor by a name that means it now."""
    async with lying(saying(b"{}")) as liar:
        origin = Origin.of(f"http://{host}:{liar.port}")
        client = Client(Reach(origin, f"{origin}/"), None, this_machine=False)
        with pytest.raises(NotSent, match="loopback"):
            await client.read(Request("GET", f"{origin}/"), 5)
        await client.close()
        assert liar.asked == []


async def test_a_name_that_changed_its_meaning_reaches_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address counts with which a connection is made: what the name meant when it was looked at does not."""
    async with lying(saying(b"{}")) as liar:

        def rebound(*_: object, **__: object) -> list[object]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", liar.port))]

        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        origin = Origin("http", "rebinding.example", liar.port)
        client = Client(Reach(origin, f"{origin}/"), None, this_machine=False)
        with pytest.raises(NotSent, match="loopback"):
            await client.read(Request("GET", f"{origin}/"), 5)
        await client.close()
        assert liar.asked == []


async def test_forms_that_lead_elsewhere_cost_only_themselves() -> None:
    description = lamp_td()
    description["properties"]["on"]["forms"] = [
        {"href": "http://169.254.169.254/latest"}, {"href": "coap://lamp.local/on"}, {"href": "http://10.0.0.5:8080/on"},
    ]  # fmt: skip
    description["properties"]["brightness"]["forms"] = [{"href": "http://127.0.0.1/brightness"}]
    described = await describe("x", document_of(description), REACH)
    assert described.points["x properties/on"].read.url == "http://lamp.local:8080/on"  # type: ignore[union-attr]
    assert "x properties/brightness" not in described.points
    assert any("brightness" in line and "127.0.0.1" in line for line in described.problems)


async def test_a_certificate_that_nobody_vouches_for_is_told(tmp_path: Path) -> None:
    """And nothing is sent to who shows it, unless a person believes it."""
    context, ca = certified(tmp_path, "localhost")
    liar = Liar(saying(b"{}"))
    server = await asyncio.start_server(liar.serve, "127.0.0.1", 0, ssl=context)
    origin = Origin("https", "localhost", server.sockets[0].getsockname()[1])
    client = Client(Reach(origin, f"{origin}/"), None, this_machine=True)
    with pytest.raises(NotSent, match="its certificate: self-signed"):
        await client.read(Request("GET", f"{origin}/"), 5)
    await client.close()
    assert liar.asked == []
    client = Client(Reach(origin, f"{origin}/"), None, this_machine=True, ca=ca)
    assert (await client.read(Request("GET", f"{origin}/"), 5)).body == b"{}"
    await client.close()
    server.close()
    await server.wait_closed()
