"""Interfaces that come and go under a running browser, in two network namespaces; the device is announced by Avahi."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
KIND = "_hap._tcp.local."
WAIT_S = 20.0

pytestmark = pytest.mark.peers

SERVICE = """<?xml version="1.0" standalone='no'?><!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group><name>Desk lamp</name><service><type>_hap._tcp</type><port>8080</port>
<txt-record>id=AA:BB:CC:DD:EE:FF</txt-record></service></service-group>
"""
CONFIG = "[server]\nuse-ipv4=yes\nuse-ipv6=yes\nenable-dbus=no\nhost-name=lampbox\n[publish]\npublish-workstation=no\n"


class Namespaces:
    """Two, `gw` and `dev`, of names that nobody else has. A cable between them can be plugged and pulled."""

    def __init__(self) -> None:
        self.gw, self.dev = f"hgw{os.getpid()}", f"hdev{os.getpid()}"
        for name in (self.gw, self.dev):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")

    def close(self) -> None:
        for name in (self.gw, self.dev):
            subprocess.run(["ip", "netns", "del", name], check=False)

    def plug(self, network: str) -> None:
        ip("link", "add", "v0", "netns", self.gw, "type", "veth", "peer", "name", "v1", "netns", self.dev)
        for name, link, host in ((self.gw, "v0", 1), (self.dev, "v1", 2)):
            ip("-n", name, "addr", "add", f"{network}.{host}/24", "dev", link)
            ip("-n", name, "addr", "add", f"fd77::{host}/64", "dev", link)
            ip("-n", name, "link", "set", link, "up")
            ip("-n", name, "route", "add", "default", "dev", link)

    def pull(self) -> None:
        ip("-n", self.gw, "link", "del", "v0")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def lan() -> Iterator[Namespaces]:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and the program `ip` (iproute2)")
    if subprocess.run(
        ["ip", "netns", "add", f"htry{os.getpid()}"], check=False, capture_output=True
    ).returncode:
        pytest.skip("this machine lets nobody make network namespaces")
    ip("netns", "del", f"htry{os.getpid()}")
    made = Namespaces()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def device(lan: Namespaces, tmp_path: Path) -> Iterator[None]:
    """Avahi in the namespace `dev`, with a configuration of its own."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    program = shutil.which("avahi-daemon", path=path)
    if program is None:
        pytest.skip("avahi-daemon is not installed: sudo apt-get install avahi-daemon")
    (tmp_path / "avahi/services").mkdir(parents=True)
    (tmp_path / "avahi/avahi-daemon.conf").write_text(CONFIG)
    (tmp_path / "avahi/services/lamp.service").write_text(SERVICE)
    script = (
        f"mount --bind {tmp_path}/avahi /etc/avahi && mount -t tmpfs none /run && "
        f"exec {program} --no-drop-root --no-chroot --no-rlimits"
    )
    command = ["ip", "netns", "exec", lan.dev, "sh", "-c", script]
    with (tmp_path / "avahi.log").open("wb") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield
    finally:
        child.terminate()
        child.wait(10)


class Watcher:
    def __init__(self, lan: Namespaces, interface: str) -> None:
        program = [sys.executable, "-m", "tests.peers.lan_watcher", interface, KIND]
        command = ["ip", "netns", "exec", lan.gw, *program]
        self._child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._rest = b""
        self.said: list[dict[str, Any]] = []

    def until(self, fits: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The first line that fits, from now on."""
        assert self._child.stdout is not None
        deadline = time.monotonic() + WAIT_S
        while True:
            line, found, rest = self._rest.partition(b"\n")
            if found:
                self._rest = rest
                self.said.append(json.loads(line))
                if fits(self.said[-1]):
                    return self.said[-1]
                continue
            ready, _, _ = select.select([self._child.stdout], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, self.said[-5:]
            more = os.read(self._child.stdout.fileno(), 65536)
            assert more, "the watcher ended"
            self._rest += more

    def close(self) -> None:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        self._child.wait(15)
        self._child.stdout.close()


@pytest.mark.parametrize("interface", ["v0", ""])
def test_interfaces_come_and_go_and_everybody_gets_the_truth(
    lan: Namespaces, device: None, interface: str
) -> None:
    watcher = Watcher(lan, interface)
    try:
        before = watcher.until(lambda one: "detail" in one)
        if interface:
            assert before["problems"] == ["there is no interface v0: it is waited for"]
        lan.plug("10.77.0")
        found = watcher.until(lambda one: {"10.77.0.2", "fd77::2"} <= set(one.get("addresses", ())))
        assert (found["name"], found["port"]) == ("Desk lamp", 8080)
        assert found["properties"] == {"id": "AA:BB:CC:DD:EE:FF"}
        assert found["addresses"] == ["10.77.0.2", "fd77::2"]
        lan.pull()
        watcher.until(lambda one: one.get("lost"))
        lan.plug("10.78.0")
        again = watcher.until(lambda one: "10.78.0.2" in one.get("addresses", ()))
        assert "10.77.0.2" not in again["addresses"]
        last = watcher.until(lambda one: "detail" in one)
        assert last["same"], "whoever held the instance of zeroconf has lost it"
        assert last["problems"] == []
    finally:
        watcher.close()
