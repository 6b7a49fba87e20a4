"""A fake of the kernel's sysfs and /dev, as deep as a watcher of serial ports looks."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


class SerialTree:
    def __init__(self, root: Path) -> None:
        self.sys, self.dev = root / "sys", root / "dev"
        (self.sys / "class/tty").mkdir(parents=True)
        (self.sys / "bus/usb-serial").mkdir(parents=True)
        (self.sys / "bus/usb").mkdir(parents=True)
        (self.sys / "bus/pnp").mkdir(parents=True)
        self.dev.mkdir()
        self._open: dict[str, tuple[int, int]] = {}
        self._plugs = 0

    def plug(
        self,
        name: str,
        place: str = "1-1",
        *,
        usb: str = "1a86:55d4",
        serial: str | bytes = "",
        interface: int = 0,
        texts: tuple[str | bytes, str | bytes] = ("QinHeng", "USB Single Serial"),
    ) -> str:
        """An adapter: `ttyUSB0` of a driver of its own, `ttyACM0` of the class CDC. Gives the path of its port."""
        self._plugs += 1
        device = self.sys / f"devices/plug{self._plugs}/{place}"
        face = device / f"{place}:1.{interface}"
        acm = name.startswith("ttyACM")
        port = face if acm else face / name
        tty = port / "tty" / name
        tty.mkdir(parents=True)
        vid, pid = usb.split(":")
        files = {"idVendor": vid, "idProduct": pid, "manufacturer": texts[0], "product": texts[1]}
        for file, text in (files | ({"serial": serial} if serial else {})).items():
            raw = text if isinstance(text, bytes) else text.encode()
            (device / file).write_bytes(raw + b"\n")
        (face / "bInterfaceNumber").write_text(f"{interface:02x}\n")
        if not acm:
            (port / "port_number").write_text("0\n")
        (port / "subsystem").symlink_to(self.sys / f"bus/{'usb' if acm else 'usb-serial'}")
        (tty / "device").symlink_to(port)
        (self.sys / "class/tty" / name).symlink_to(tty)
        return self._node(name)

    def build_in(self, name: str = "ttyS0", kind: str = "4") -> str:
        port = self.sys / f"devices/pnp0/{name}"
        tty = port / "tty" / name
        tty.mkdir(parents=True)
        (tty / "type").write_text(f"{kind}\n")
        (port / "subsystem").symlink_to(self.sys / "bus/pnp")
        (tty / "device").symlink_to(port)
        (self.sys / "class/tty" / name).symlink_to(tty)
        return self._node(name)

    def pull(self, name: str) -> None:
        link = self.sys / "class/tty" / name
        shutil.rmtree(link.resolve())
        link.unlink()
        (self.dev / name).unlink()
        for fd in self._open.pop(name):
            os.close(fd)

    def close(self) -> None:
        for fds in self._open.values():
            for fd in fds:
                os.close(fd)

    def _node(self, name: str) -> str:
        self._open[name] = os.openpty()
        (self.dev / name).symlink_to(os.ttyname(self._open[name][1]))
        return str(self.dev / name)
