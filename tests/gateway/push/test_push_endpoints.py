"""Which addresses a browser may name, and where the gateway really goes."""

from __future__ import annotations

import errno
import socket

import ifaddr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.notify.webpush.endpoints import is_apple, not_public, problem_with, public_sockets

OWN = frozenset({"push.house.example", "10.0.0.7:8443", "[fd00::7]:8443"})


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
        "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAD%2f",
        "https://web.push.apple.com/QCZbsBBf3jVP",
        "https://push.house.example/x",
        "https://10.0.0.7:8443/x",
        "https://[fd00::7]:8443/x",
    ],
)
def test_push_services(endpoint: str) -> None:
    assert problem_with(endpoint, OWN) == ""


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://[fd00::7]/x",
        "https://192.168.1.1/x",
        "https://8.8.8.8/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://127.1/x",
        "https://localhost/x",
        "https://router/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com:22/x",
        "https://user:word@fcm.googleapis.com/x",
        "https://fcm.googleapis.com@127.0.0.1/x",
        "https://127.0.0.1\\@fcm.googleapis.com/x",
        "https://fcm.googleapis.com/x#y",
        "https://fcm.googleapis.com/x y",
        "https://fcm.googleapis.com/\r\nX: y",
        "https://ｌocalhost/x",
        "https:///x",
        "https://fcm.googleapis.com:99999/x",
        "https://[::1/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "",
        "https://a.example/" + "x" * 2048,
        "https://10.0.0.7:8444/x",
        "https://10.0.0.7/x",
    ],
)
def test_what_is_no_push_service(endpoint: str) -> None:
    assert problem_with(endpoint, OWN)


@given(st.text(max_size=200))
def test_any_text_has_an_answer(endpoint: str) -> None:
    assert isinstance(problem_with(endpoint, OWN), str)
    assert problem_with(f"http://{endpoint}", OWN)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *(
            "224.0.0.1",
            "255.255.255.255",
            "100.100.100.200",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
        ),
        *("fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::c0a8:1", "2002:7f00:1::", "2002:c0a8:1::", "2001:db8::1", "a.name"),
    ],
)
def test_addresses_of_the_house_are_not_public(address: str) -> None:
    assert not_public(address)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(OSError, match=r"."):
        public_sockets()((family, socket.SOCK_STREAM, 6, "", (address, 443)))


def test_public_addresses() -> None:
    for address in ("142.250.185.74", "2a00:1450:4001:813::200a", "64:ff9b::8efa:b94a"):
        assert not_public(address) == ""
    try:
        made = public_sockets()((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("142.250.185.74", 443)))
    except OSError as error:  # a machine without that family
        assert error.errno in {errno.EAFNOSUPPORT}
    else:
        made.close()


@pytest.mark.parametrize(
    ("own", "prefix", "address", "is_house"),
    [
        (("2a00:1450:4001:0813::5", 0, 3), 64, "2a00:1450:4001:813::200a", True),
        (("2a00:1450:4001:0801::5", 0, 3), 128, "2a00:1450:4001:8ff::1", True),
        (("2a00:1450:4001:0801::5", 0, 3), 128, "2a00:1450:4001:7ff::1", False),
        (("2a00:1450:4001:0801::5", 0, 3), 64, "2a00:1450:4001:900::1", False),
        ("142.250.185.7", 24, "142.250.185.74", True),
        ("142.250.185.7", 24, "64:ff9b::8efa:b94a", True),
        ("142.250.186.7", 24, "142.250.185.74", False),
        ("142.250.186.7", 0, "142.250.185.74", False),
        (("fe80::1%eth0", 0, 3), 64, "2a00:1450:4001:813::200a", False),
    ],
)
def test_public_addresses_of_the_house(
    own: object, prefix: int, address: str, is_house: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What this machine's interfaces have is told by the system: here it has another, as no test can give it one."""
    told = ifaddr.Adapter("eth0", "eth0", [ifaddr.IP(own, prefix, "eth0")], index=3)  # type: ignore[arg-type]
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: [told])
    assert ("own network" in not_public(address)) is is_house
    if is_house:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with pytest.raises(OSError, match="own network"):
            public_sockets()((family, socket.SOCK_STREAM, 6, "", (address, 443)))


def test_apple() -> None:
    assert is_apple("https://web.push.apple.com/x") and not is_apple("https://push.apple.com.evil.example/x")
