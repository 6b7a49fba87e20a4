"""What `hearth doctor` asks of the box as a service's: the unit, memory, addresses, rights to devices."""

from __future__ import annotations

import grp
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gateway.cli.checks import Check, Level

UNIT: Final = "hearth.service"
USER: Final = "hearth"
ANSWER_S: Final = 5.0

LITTLE_MEMORY_BYTES: Final = 64 * 1024 * 1024
"""Available to all: with less the kernel begins to end processes. The gateway itself takes 75 MB."""

_SERIAL: Final = ("ttyUSB*", "ttyACM*", "ttyAMA*")


def checks_of_system() -> Iterator[Check]:
    yield from _unit()
    yield from _memory()
    yield from _serial()
    yield from _addresses()


def _unit() -> Iterator[Check]:
    """Nothing where it is not a service of this box."""
    if shutil.which("systemctl") is None or not Path("/run/systemd/system").is_dir():
        return
    shown = _ask("systemctl", "show", UNIT, "-p", "LoadState,ActiveState,SubState,Result,NRestarts")
    state = dict(line.partition("=")[::2] for line in shown.splitlines())
    if state.get("LoadState") != "loaded":
        return
    if state.get("ActiveState") == "active":
        again = int(state.get("NRestarts") or 0)
        found = f"runs{f', and was started again {again} times by itself' if again else ''}"
        remedy = f"journalctl -u {UNIT} tells why" if again else ""
        yield Check("service", Level.WARNING if again else Level.OK, found, remedy)
        return
    last = _ask("journalctl", "-u", UNIT, "-n", "1", "-o", "cat", "--no-pager").strip()
    why = f"; it said last: {last[:300]}" if last else ""
    found = f"{state.get('ActiveState')} ({state.get('Result')}){why}"
    yield Check("service", Level.FAILURE, found, f"mend that, then: systemctl restart {UNIT}")


def _ask(*command: str) -> str:
    try:
        ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=ANSWER_S)  # noqa: S603  systemd's own
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stdout


def _memory() -> Iterator[Check]:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return
    found = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines)}
    available = found.get("MemAvailable")
    if available is None:
        return
    text = f"{available / 1e6:.0f} MB available"
    if available >= LITTLE_MEMORY_BYTES:
        yield Check("memory", Level.OK, text)
    else:
        yield Check("memory", Level.WARNING, text, "end what else runs here, or give the box swap (zram)")


def _serial() -> Iterator[Check]:
    """Whether the service's user may open the adapters that are plugged in."""
    ports = [port for pattern in _SERIAL for port in Path("/dev").glob(pattern)]
    for port in sorted(ports)[:3]:
        try:
            group = grp.getgrgid(port.stat().st_gid)
            is_service = bool(_members_of(USER))
        except (KeyError, OSError):
            continue
        if is_service and group.gr_name not in _members_of(USER):
            remedy = f"usermod -aG {group.gr_name} {USER} && systemctl restart {UNIT}"
            yield Check(
                "serial", Level.WARNING, f"{port} belongs to {group.gr_name}, and {USER} does not", remedy
            )


def _members_of(user: str) -> set[str]:
    """The groups of `user`; none where there is no such user."""
    return {group.gr_name for group in grp.getgrall() if user in group.gr_mem}


def _addresses() -> Iterator[Check]:
    """Whether phones could reach this box at all."""
    try:
        import ifaddr  # noqa: PLC0415
    except ImportError:
        return
    found = [
        ip.ip
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
        if isinstance(ip.ip, str) and not ip.ip.startswith(("127.", "169.254."))
    ]
    if found:
        yield Check("network", Level.OK, f"this box is at {', '.join(found[:3])}")
    else:
        yield Check(
            "network",
            Level.WARNING,
            "this box has no address in a network",
            "plug it in, or join the Wi-Fi (nmtui)",
        )
