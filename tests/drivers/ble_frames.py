"""Frames as sensors make them. Source: bthome.io, "BTHome format" and "Encryption"; MiBeacon as xiaomi-ble reads it."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

KEY = bytes.fromhex("231d39c1d7cc1ab1aee224cd096db932")
OTHER_KEY = bytes(16)

TEMPERATURE = bytes.fromhex("02ca09")  # 25.06 °C
HUMIDITY = bytes.fromhex("03bf13")  # 50.55 %
BATTERY = bytes.fromhex("0161")  # 97 %
BUTTON = bytes.fromhex("3a01")


def packet(number: int) -> bytes:
    return bytes([0x00, number])


def bthome(*objects: bytes, sleepy: bool = False) -> bytes:
    return bytes([0x44 if sleepy else 0x40]) + b"".join(objects)


def bthome_locked(address: str, counter: int, *objects: bytes, key: bytes = KEY) -> bytes:
    info, count = b"\x41", counter.to_bytes(4, "little")
    nonce = _mac(address) + b"\xd2\xfc" + info + count
    sealed = AESCCM(key, tag_length=4).encrypt(nonce, b"".join(objects), None)
    return info + sealed[:-4] + count + sealed[-4:]


def bthome_v1(*objects: bytes) -> bytes:
    """Each object with its control byte: type and length."""
    return b"".join(objects)


def mibeacon(address: str, number: int, obj: bytes, *, model: int = 0x055B) -> bytes:
    return (
        (0x5050).to_bytes(2, "little")
        + model.to_bytes(2, "little")
        + bytes([number])
        + _mac(address)[::-1]
        + obj
    )


def mibeacon_locked(address: str, number: int, obj: bytes, *, key: bytes = KEY, model: int = 0x055B) -> bytes:
    head = (0x5058).to_bytes(2, "little") + model.to_bytes(2, "little") + bytes([number])
    mac, more = _mac(address)[::-1], bytes([number, 0, 0])
    sealed = AESCCM(key, tag_length=4).encrypt(mac + head[2:5] + more, obj, b"\x11")
    return head + mac + sealed[:-4] + more + sealed[-4:]


MI_TEMPERATURE = bytes.fromhex("041002d700")  # 21.5 °C
MI_HUMIDITY = bytes.fromhex("061002f401")  # 50.0 %


def _mac(address: str) -> bytes:
    return bytes.fromhex(address.replace(":", ""))
