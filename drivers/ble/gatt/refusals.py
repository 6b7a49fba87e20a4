"""What a device's no means. Source: Core Specification, volume 3, part F, 3.4.1.1 (error codes of ATT)."""

from __future__ import annotations

from typing import Final

from bleak.exc import BleakDBusError, BleakError, BleakGATTProtocolError

_PAIRING: Final = frozenset({0x05, 0x08, 0x0C, 0x0F})
"""Insufficient authentication, authorization, key size, encryption."""

_BLUEZ_PAIRING: Final = frozenset({"org.bluez.Error.NotPermitted", "org.bluez.Error.NotAuthorized"})
_BLUEZ_NO: Final = frozenset({
    "org.bluez.Error.NotSupported", "org.bluez.Error.InvalidValueLength", "org.bluez.Error.InvalidArguments",
})  # fmt: skip


def wants_pairing(error: BaseException) -> bool:
    if isinstance(error, BleakGATTProtocolError):
        return error.code in _PAIRING
    return isinstance(error, BleakDBusError) and error.dbus_error in _BLUEZ_PAIRING


def is_no(error: BaseException) -> bool:
    """The device itself refused; with anything else nobody knows."""
    if isinstance(error, BleakGATTProtocolError) or wants_pairing(error):
        return True
    return isinstance(error, BleakDBusError) and error.dbus_error in _BLUEZ_NO


def pairing_line(address: str) -> str:
    return (
        f"{address} wants to be paired before this can be used: put it into its pairing mode, and on the gateway's computer"
        f" `bluetoothctl pair {address.upper()}`"
    )


def why(error: BaseException, address: str) -> str:
    """For a person."""
    if wants_pairing(error):
        return pairing_line(address)
    if isinstance(error, BleakGATTProtocolError):
        return f"{address} refused it: {_said(error)}"
    if isinstance(error, TimeoutError):
        return f"{address} does not answer"
    return f"{address}: {_said(error)}"


def _said(error: BaseException) -> str:
    parts = (
        [str(part) for part in error.args if isinstance(part, str)]
        if isinstance(error, BleakError)
        else [str(error)]
    )
    return " ".join(" ".join(parts).split())[:120] or type(error).__name__
