"""The serial ports of this box as the kernel's sysfs has them.

Read here and not by a library: pyserial's places are fixed, serialx does not tell in which socket an adapter is, and one
adapter with a malformed text in it hides all others.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drivers.discovery.seen import SerialPort

LONGEST_TEXT: Final = 126
"""Characters of a USB string (USB 2.0, section 9.6.7): its length in bytes is one byte."""

MOST_PORTS: Final = 64
"""More than a box has sockets for."""

NO_SERIAL_NUMBERS: Final = frozenset(
    {
        "0",
        "00",
        "000",
        "0000",
        "0001",
        "1",
        "00000000",
        "000000000000",
        "123456",
        "12345678",
        "0123456789abcdef",
    }
)
"""What makers write into every adapter alike (CP210x: 0001): it tells none apart."""

_VIRTUAL: Final = re.compile(r"tty\d*|ttyprintk|console|ptmx|[pt]ty[p-za-e][0-9a-f]")
_UNUSABLE_TYPE: Final = "0"  # PORT_UNKNOWN of linux/serial_core.h: a place holder, no port
_PLATFORMS: Final = frozenset({"serial-base", "platform", "pnp", "amba", "pci"})


@dataclass(frozen=True, slots=True)
class Node:
    """What is looked at often: it is another one as soon as anything was plugged in again."""

    name: str
    target: str
    inode: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A port, and by what else it may be named: with its place behind its serial number."""

    port: SerialPort
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Read:
    path: str
    vid: int = 0
    pid: int = 0
    place: str = ""
    interface: int = 0
    serial: str = ""
    manufacturer: str = ""
    product: str = ""


def nodes(sys_root: Path, dev_root: Path) -> frozenset[Node]:
    """All that could be a port, and has its file. Some 0.1 ms."""
    found = []
    try:
        names = sorted(path.name for path in (sys_root / "class/tty").iterdir())
    except OSError:
        return frozenset()
    for name in names:
        if _VIRTUAL.fullmatch(name):
            continue
        link = sys_root / "class/tty" / name
        try:
            node = Node(name, str(link.readlink()) if link.is_symlink() else "", link.lstat().st_ino)
        except OSError:
            continue  # pulled out just now
        if (dev_root / name).exists():
            found.append(node)
    return frozenset(found[:MOST_PORTS])


def listed(found: frozenset[Node], sys_root: Path, dev_root: Path) -> dict[str, Listed]:
    """By path. Of several adapters with the same serial number none is known by it alone."""
    read = [one for one in (_read(node.name, sys_root, dev_root) for node in found) if one is not None]
    places = {(_plain(one), one.place) for one in read if one.serial}  # one adapter may have several ports
    same = Counter(plain for plain, _ in places)
    return {one.path: _listed(one, same) for one in sorted(read, key=lambda one: one.path)}


def _listed(one: _Read, same: Counter[str]) -> Listed:
    if not one.place:
        identity = f"path:{one.path}"
        return Listed(SerialPort(one.path, identity), frozenset({identity, one.path}))
    plain = _plain(one)
    placed = f"{plain}@{one.place}{_suffix(one)}"
    identity = plain + _suffix(one) if one.serial and same[plain] == 1 else placed
    port = SerialPort(one.path, identity, one.vid, one.pid, one.serial, one.manufacturer, one.product)
    return Listed(port, frozenset({identity, placed, one.path}))


def _plain(one: _Read) -> str:
    serial = re.sub(r"[^A-Za-z0-9._-]", "_", one.serial)
    return f"usb:{one.vid:04x}:{one.pid:04x}" + (f":{serial}" if serial else "")


def _suffix(one: _Read) -> str:
    return f":{one.interface}" if one.interface else ""


def _read(name: str, sys_root: Path, dev_root: Path) -> _Read | None:
    tty = sys_root / "class/tty" / name
    path = str(dev_root / name)
    try:
        device = (tty / "device").resolve(strict=True)
        subsystem = (device / "subsystem").resolve(strict=True).name
    except OSError:
        return None
    if subsystem in _PLATFORMS:
        return None if _text(tty / "type") in {"", _UNUSABLE_TYPE} else _Read(path)
    if subsystem not in {"usb", "usb-serial"}:
        return _Read(path) if name.startswith("rfcomm") else None
    interface = device if subsystem == "usb" else device.parent
    usb = interface.parent
    try:
        vid, pid = int(_text(usb / "idVendor"), 16), int(_text(usb / "idProduct"), 16)
        number = int(_text(interface / "bInterfaceNumber") or "0", 16)
        of_chip = int(_text(device / "port_number") or "0")
    except ValueError:
        return None
    serial = _text(usb / "serial")
    if serial.lower() in NO_SERIAL_NUMBERS:
        serial = ""
    texts = (_text(usb / "manufacturer"), _text(usb / "product"))
    return _Read(path, vid, pid, usb.name, number or of_chip, serial, *texts)


def _text(path: Path) -> str:
    """One line of untrusted text; "" where there is none."""
    try:
        raw = path.read_bytes()[: 4 * LONGEST_TEXT]
    except OSError:
        return ""
    text = raw.decode("utf-8", "replace").split("\n", 1)[0]
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)[
        :LONGEST_TEXT
    ].strip()
