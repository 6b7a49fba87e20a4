"""What keeps Bluetooth from working, and what a person can do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakDBusError

MAX_TEXT_CHARS: Final = 200
"""Of what a library says: the rest helps nobody."""

_RFKILL: Final = Path("/sys/class/rfkill")

_START_SERVICE: Final = "the Bluetooth service is not running: `systemctl enable --now bluetooth`"
_SWITCHED_OFF: Final = "the Bluetooth adapter is switched off: `bluetoothctl power on`"
_NO_RIGHT: Final = (
    "Bluetooth may not be used by this user: let the gateway run as a member of the group `bluetooth`"
)

_REASONS: Final = {
    BleakBluetoothNotAvailableReason.NO_BLUETOOTH: (
        "no Bluetooth adapter was found: plug in one that has Bluetooth 4.0 or newer"
    ),
    BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE: (
        "the Bluetooth adapter has no Low Energy: plug in one that has Bluetooth 4.0 or newer"
    ),
    BleakBluetoothNotAvailableReason.POWERED_OFF: _SWITCHED_OFF,
    BleakBluetoothNotAvailableReason.DENIED_BY_USER: _NO_RIGHT,
    BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM: _NO_RIGHT,
    BleakBluetoothNotAvailableReason.DENIED_BY_UNKNOWN: _NO_RIGHT,
}

_DBUS: Final = {
    "org.freedesktop.DBus.Error.ServiceUnknown": _START_SERVICE,
    "org.freedesktop.DBus.Error.NameHasNoOwner": _START_SERVICE,
    "org.freedesktop.DBus.Error.NoReply": "the Bluetooth service does not answer: `systemctl restart bluetooth`",
    "org.freedesktop.DBus.Error.AccessDenied": _NO_RIGHT,
    "org.freedesktop.DBus.Error.UnknownObject": "the Bluetooth adapter is gone: plug it in again",
    "org.freedesktop.DBus.Error.UnknownMethod": "the Bluetooth adapter is gone: plug it in again",
    "org.bluez.Error.NotReady": _SWITCHED_OFF,
    "org.bluez.Error.InProgress": (
        "another program has the Bluetooth adapter busy: stop it, or `systemctl restart bluetooth`"
    ),
}


def trouble(error: BaseException, adapter: str, *, rfkill: Path = _RFKILL) -> str:
    """One sentence for a person. `adapter` is the one that was asked for ("": any)."""
    if isinstance(error, BleakBluetoothNotAvailableError):
        said = _REASONS.get(error.reason, "")
        return _named(blocked(rfkill) or said, adapter) if said else _as_it_is(error)
    if isinstance(error, BleakDBusError):
        said = _DBUS.get(error.dbus_error, "")
        if said == _SWITCHED_OFF:
            said = blocked(rfkill) or said
        return _named(said, adapter) if said else _as_it_is(error)
    if isinstance(error, TimeoutError):
        return _named("the Bluetooth service does not answer: `systemctl restart bluetooth`", adapter)
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return "the system's D-Bus cannot be reached, through which Bluetooth is used: install and start `dbus` and `bluez`"
    if isinstance(error, PermissionError):
        return _NO_RIGHT
    if adapter and "not found" in str(error):
        return f"there is no Bluetooth adapter {adapter}: plug it in, or name another one under [ble] adapter"
    return _as_it_is(error)


def blocked(rfkill: Path = _RFKILL) -> str:
    """What blocks the radio (rfkill(4)), "" where nothing does or nobody can tell."""
    try:
        for switch in sorted(rfkill.iterdir()):
            if (switch / "type").read_text().strip() != "bluetooth":
                continue
            if (switch / "hard").read_text().strip() == "1":
                return "Bluetooth is blocked by a switch of this computer: switch it on"
            if (switch / "soft").read_text().strip() == "1":
                return "Bluetooth is blocked: `rfkill unblock bluetooth`"
    except OSError:
        return ""
    return ""


def _named(said: str, adapter: str) -> str:
    return f"{said} ({adapter})" if adapter else said


def _as_it_is(error: BaseException) -> str:
    said = " ".join(str(part) for part in error.args) or type(error).__name__
    return f"Bluetooth does not work: {' '.join(said.split())[:MAX_TEXT_CHARS]}"
