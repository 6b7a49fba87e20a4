"""What systemd and udev are given: the unit, the user, directories, rules for adapters; and what is asked of systemd."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket
from typing import Final

from gateway.service.box import Box, ServiceError

UNIT: Final = "hearth.service"

FILES: Final[Mapping[str, str]] = {
    UNIT: "etc/systemd/system/hearth.service",
    "hearth-backup.service": "etc/systemd/system/hearth-backup.service",
    "hearth-backup.timer": "etc/systemd/system/hearth-backup.timer",
    "hearth.sysusers.conf": "etc/sysusers.d/hearth.conf",
    "hearth.tmpfiles.conf": "etc/tmpfiles.d/hearth.conf",
    "99-hearth.rules": "etc/udev/rules.d/99-hearth.rules",
}
"""Each file of a release, and where it goes. A person's own settings stand in drop-ins (`systemctl edit hearth`)."""

NOT_IN_EACH: Final = ("hearth-backup.service", "hearth-backup.timer")
"""A release without them runs all the same: one may go back to it."""

COMMAND: Final = "usr/local/bin/hearth"

ANSWER_S: Final = 5.0
"""Within this time the gateway answers on its socket."""

CONFIG: Final = b"""\
# The gateway of this house: every setting is in hearth.example.toml, beside the gateway's program.

[http]
host = "0.0.0.0"          # the house's network, by https; "127.0.0.1": this box alone

[discovery]               # mDNS, Bluetooth: what is there stands in the inbox until a person adopts it

# [mqtt]
# [mqtt.managed]          # a broker of the gateway's own (sudo apt-get install mosquitto)
"""


def files_of(release: Path) -> dict[str, bytes]:
    """What a release brings for the system. Raises `ServiceError`."""
    found = next(iter(release.glob("lib/python3*/site-packages/gateway/service/files")), None)
    if found is None:
        raise ServiceError(f"{release} has no unit: it is older than the service, and cannot be run as one")
    return {
        name: (found / name).read_bytes()
        for name in FILES
        if name not in NOT_IN_EACH or (found / name).is_file()
    }


def put(box: Box, release: Path) -> None:
    """Everything that the system needs to run `release`."""
    if box.dry and not release.exists():
        box.say(f"write {', '.join(str(box.places.at(place)) for place in FILES.values())}")
    else:
        for name, data in files_of(release).items():
            box.write(box.places.at(FILES[name]), data)
    box.run("systemd-sysusers", box.places.at(FILES["hearth.sysusers.conf"]))
    box.write(box.places.config, CONFIG, 0o640) if not box.places.config.exists() else None
    box.run("systemd-tmpfiles", "--create", box.places.at(FILES["hearth.tmpfiles.conf"]))
    if shutil.which("udevadm"):
        box.ask("udevadm", "control", "--reload") if not box.dry else None
    box.link(box.places.at(COMMAND), Path("/opt/hearth/current/bin/hearth"))
    box.run("systemctl", "daemon-reload")


def take_away(box: Box) -> None:
    for place in (*FILES.values(), COMMAND):
        box.remove(box.places.at(place))
    box.run("systemctl", "daemon-reload")


def stop(box: Box) -> None:
    """Also one that only waits to be started again after it fell over."""
    if box.ask("systemctl", "show", "-P", "ActiveState", UNIT)[1] not in {"", "inactive", "failed"}:
        box.run("systemctl", "stop", UNIT)


def is_active(box: Box) -> bool:
    return box.ask("systemctl", "is-active", "--quiet", UNIT)[0] == 0


def start(box: Box) -> None:
    """Returns once it said READY, answers, and did not fall over right after. Raises `ServiceError` with the journal's end."""
    box.say(f"start {UNIT}, and see that it stays up")
    if box.dry:
        return
    box.ask("systemctl", "reset-failed", UNIT)
    code, said = box.ask("systemctl", "start", UNIT)  # Type=notify: it returns at READY
    if code:
        raise ServiceError(f"it did not start: {said}\n{journal(box)}")
    process = box.ask("systemctl", "show", "-P", "MainPID", UNIT)[1]
    _answers(box)
    time.sleep(box.steady_s)
    if box.ask("systemctl", "show", "-P", "MainPID", UNIT)[1] != process or not is_active(box):
        raise ServiceError(f"it fell over within {box.steady_s:g} s:\n{journal(box)}")
    _answers(box)


def journal(box: Box) -> str:
    return box.ask("journalctl", "-u", UNIT, "-n", "20", "--no-pager", "-o", "cat")[1]


def _answers(box: Box) -> None:
    """Whether it lives, as anybody at the box may ask. Raises `ServiceError`."""
    try:
        with socket(AF_UNIX, SOCK_STREAM) as to:
            to.settimeout(ANSWER_S)
            to.connect(str(box.places.socket))
            asked = HTTPConnection("localhost", timeout=ANSWER_S)
            asked.sock = to
            asked.request("GET", "/health")
            status = asked.getresponse().status
    except OSError as error:
        raise ServiceError(f"it does not answer on {box.places.socket}: {error}\n{journal(box)}") from error
    if status != 200:
        raise ServiceError(f"it answers {status} to GET /health\n{journal(box)}")
