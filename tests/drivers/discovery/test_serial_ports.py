"""The watcher of serial ports on a fake of the kernel's list; the ports themselves are pseudo-terminals."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.discovery.seen import SerialPort, SerialPortLost
from drivers.discovery.serial_listing import listed, nodes
from drivers.discovery.serial_ports import LOOKED_AFTER_S, SerialWatcher
from tests.drivers.mdns_lan import RealClock, until
from tests.drivers.serial_tree import SerialTree

CH9102 = "usb:1a86:55d4"


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[SerialTree]:
    made = SerialTree(tmp_path)
    yield made
    made.close()


@pytest.fixture
def watcher(tree: SerialTree) -> SerialWatcher:
    return SerialWatcher(RealClock(), sys_root=tree.sys, dev_root=tree.dev, every=0.01)


def identities(tree: SerialTree) -> list[str]:
    found = listed(nodes(tree.sys, tree.dev), tree.sys, tree.dev)
    return [one.port.identity for one in found.values()]


def test_an_adapter_with_a_serial_number_is_known_by_it_wherever_it_is(tree: SerialTree) -> None:
    tree.plug("ttyACM0", "1-1.2", serial="5849013232")
    assert identities(tree) == [f"{CH9102}:5849013232"]
    tree.pull("ttyACM0")
    tree.plug("ttyACM3", "2-4", serial="5849013232")
    assert identities(tree) == [f"{CH9102}:5849013232"]


def test_one_without_is_known_by_its_place(tree: SerialTree) -> None:
    tree.plug("ttyUSB0", "1-1.2", usb="1a86:7523")
    tree.plug("ttyUSB1", "1-1.3", usb="1a86:7523")
    assert identities(tree) == ["usb:1a86:7523@1-1.2", "usb:1a86:7523@1-1.3"]


def test_a_number_that_all_have_is_none(tree: SerialTree) -> None:
    tree.plug("ttyUSB0", "1-1", usb="10c4:ea60", serial="0001")
    assert identities(tree) == ["usb:10c4:ea60@1-1"]


def test_two_with_the_same_number_differ_and_neither_is_taken_for_the_other(
    tree: SerialTree, watcher: SerialWatcher
) -> None:
    first = tree.plug("ttyUSB0", "1-1", serial="A50285BI")
    watcher.look()
    told: list[SerialPort | SerialPortLost] = []
    watcher.watch(told.append)
    assert watcher.find(f"{CH9102}:A50285BI@1-1") == told[0]
    tree.plug("ttyUSB1", "1-2", serial="A50285BI")
    watcher.look()
    placed = f"{CH9102}:A50285BI@1-1", f"{CH9102}:A50285BI@1-2"
    assert [one.identity for one in told] == [f"{CH9102}:A50285BI", f"{CH9102}:A50285BI", *placed]
    assert told[1] == SerialPortLost(first, f"{CH9102}:A50285BI")
    assert watcher.find(f"{CH9102}:A50285BI") is None
    assert all(watcher.find(one) is not None for one in placed)


def test_the_interfaces_of_one_adapter_have_their_numbers(tree: SerialTree) -> None:
    tree.plug("ttyACM0", "1-1", serial="X1")
    device = (tree.sys / "class/tty/ttyACM0").resolve().parents[2]
    second = device / "1-1:1.2"
    (second / "tty/ttyACM1").mkdir(parents=True)
    (second / "bInterfaceNumber").write_text("02\n")
    (second / "subsystem").symlink_to(tree.sys / "bus/usb")
    (second / "tty/ttyACM1/device").symlink_to(second)
    (tree.sys / "class/tty/ttyACM1").symlink_to(second / "tty/ttyACM1")
    (tree.dev / "ttyACM1").symlink_to("ttyACM0")
    assert identities(tree) == [f"{CH9102}:X1", f"{CH9102}:X1:2"]


def test_what_is_built_in_has_its_path_and_what_is_a_place_holder_is_none(tree: SerialTree) -> None:
    path = tree.build_in("ttyS0")
    tree.build_in("ttyS1", kind="0")
    (tree.sys / "class/tty/tty7").mkdir()
    assert identities(tree) == [f"path:{path}"]


def test_what_an_adapter_says_of_itself_harms_nobody(tree: SerialTree) -> None:
    evil = b"\x1b[31m\xff\xfe" + b"A" * 5000
    tree.plug("ttyUSB0", "1-1", serial=b"a/b:c@d\x07", texts=(evil, evil))
    tree.plug("ttyUSB1", "1-2", usb="zz:zz")
    tree.plug("ttyUSB2", "1-3", serial="fine")
    found = listed(nodes(tree.sys, tree.dev), tree.sys, tree.dev)
    assert [one.port.identity for one in found.values()] == [f"{CH9102}:a_b_c_d_", f"{CH9102}:fine"]
    port = next(iter(found.values())).port
    assert len(port.product) <= 126
    assert port.product.isprintable()


async def test_what_comes_and_goes_is_told(tree: SerialTree, watcher: SerialWatcher) -> None:
    path = tree.plug("ttyACM0", serial="S1")
    told: list[SerialPort | SerialPortLost] = []
    async with watcher:
        stop = watcher.watch(told.append)
        assert [one.path for one in told] == [path]
        other = tree.plug("ttyUSB0", "1-5", usb="0403:6001", serial="FT1")
        await until(lambda: len(told) == 2)
        assert told[1] == SerialPort(
            other, "usb:0403:6001:FT1", 0x0403, 0x6001, "FT1", "QinHeng", "USB Single Serial"
        )
        tree.pull("ttyACM0")
        await until(lambda: len(told) == 3)
        assert told[2] == SerialPortLost(path, f"{CH9102}:S1")
        stop()
        stop()
        tree.pull("ttyUSB0")
        await until(lambda: not watcher.ports())
    assert len(told) == 3


def test_another_adapter_in_the_same_place_is_another_one(tree: SerialTree, watcher: SerialWatcher) -> None:
    tree.plug("ttyUSB0", "1-1", serial="one")
    watcher.look()
    told: list[SerialPort | SerialPortLost] = []
    watcher.watch(told.append)
    tree.pull("ttyUSB0")
    tree.plug("ttyUSB0", "1-1", serial="one")  # pulled out and put back between two looks
    watcher.look()
    assert [type(one) for one in told] == [SerialPort, SerialPortLost, SerialPort]


def test_a_watcher_that_fails_harms_nobody(
    tree: SerialTree, watcher: SerialWatcher, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[SerialPort | SerialPortLost] = []

    def fails(_: SerialPort | SerialPortLost) -> None:
        raise RuntimeError("not mine")

    watcher.watch(fails)
    watcher.watch(told.append)
    tree.plug("ttyUSB0")
    watcher.look()
    assert len(told) == 1
    assert "could not take" in caplog.text


def test_a_terminal_that_the_kernel_does_not_list_is_found_by_its_path(
    tree: SerialTree, watcher: SerialWatcher, tmp_path: Path
) -> None:
    listed_path = tree.plug("ttyUSB0", serial="S1")
    watcher.look()
    primary, secondary = os.openpty()
    try:
        path = os.ttyname(secondary)
        assert watcher.find(path) == SerialPort(path, f"path:{path}")
        assert watcher.find(f"path:{path}") == SerialPort(path, f"path:{path}")
    finally:
        os.close(primary)
        os.close(secondary)
    by_id = tmp_path / "by-id"
    by_id.symlink_to(listed_path)
    found = watcher.find(str(by_id))
    assert found is not None
    assert found.identity == f"{CH9102}:S1"
    assert watcher.find(str(tmp_path)) is None
    assert watcher.find("/nowhere") is None
    assert watcher.find("usb:0000:0000") is None


def test_looking_costs_little() -> None:
    """The real list of this box, when nothing has changed."""
    here = SerialWatcher(RealClock())
    here.look()
    began = time.process_time()
    for _ in range(20):
        here.look()
    assert (time.process_time() - began) / 20 < 0.01 * LOOKED_AFTER_S
