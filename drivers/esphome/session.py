"""Reaching a device: at which of its addresses, with what, and that it is the one that was meant."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from drivers.discovery.tools import Clock
from drivers.esphome.description import place_of
from drivers.esphome.listing import Listing, listed
from drivers.esphome.secret import Secret
from drivers.esphome.wire.connection import Connection
from drivers.esphome.wire.errors import (
    AnotherDevice,
    Garbled,
    LinkError,
    LostSecret,
    NeedsKey,
    NotEncrypted,
    Unreachable,
    WrongKey,
)
from drivers.esphome.wire.plain import PlainFrames
from drivers.esphome.wire.sealed import SealedFrames


@dataclass(frozen=True, slots=True)
class Session:
    """A greeted connection, what the device lists, and where it is."""

    connection: Connection
    listing: Listing
    place: str
    address: str
    port: int


async def reach(where: Iterable[tuple[str, int]], place: str, secret: Secret, clock: Clock) -> Session:
    """At the first address where the device `place` answers. Raises `LinkError`: what says most of why not."""
    if secret.is_lost:
        raise LostSecret("its secret cannot be read any more")
    found: LinkError = Unreachable("it has not announced an address")
    for address, port in where:
        try:
            return await _reach(address, port, place, secret, clock)
        except LinkError as error:
            if type(found) is Unreachable:
                found = error
    raise found


async def look(address: str, port: int, clock: Clock) -> Session | str:
    """At an address of which nothing is known: the device, or the MAC address of one that needs a key. Raises `LinkError`."""
    try:
        return await _reach(address, port, "", Secret(), clock)
    except NeedsKey:
        return await _name_of(address, port, clock)


async def _reach(address: str, port: int, place: str, secret: Secret, clock: Clock) -> Session:
    connection = await _dial(address, port, place, secret, clock)
    try:
        await connection.greet(secret.password or None)
        listing = await listed(connection)
        here = place_of(listing.device.mac_address)
        if not here:
            raise Garbled("it does not say its MAC address")
        if place and here != place:
            raise AnotherDevice(f"another device ({here}) answers at {address}")
    except BaseException:
        connection.close()
        raise
    return Session(connection, listing, here, address, port)


async def _dial(address: str, port: int, place: str, secret: Secret, clock: Clock) -> Connection:
    if not secret.key:
        return await Connection.dial(address, port, PlainFrames(), clock)
    frames = SealedFrames(secret.key)
    try:
        connection = await Connection.dial(address, port, frames, clock)
    except Unreachable:
        if await _answers_in_the_clear(address, port, clock):
            raise NotEncrypted("it answers without encryption") from None
        raise
    except WrongKey:
        _refuse_another(frames, place, address)
        raise
    return connection


def _refuse_another(frames: SealedFrames, place: str, address: str) -> None:
    here = place_of(frames.mac)
    if here and place and here != place:
        raise AnotherDevice(f"another device ({here}) answers at {address}")


async def _answers_in_the_clear(address: str, port: int, clock: Clock) -> bool:
    """Firmware without encryption hangs up on an encrypted hello without a word. Nothing secret is said here."""
    try:
        connection = await Connection.dial(address, port, PlainFrames(), clock)
    except LinkError:
        return False
    try:
        await connection.greet(None)
    except LinkError:
        return False
    finally:
        connection.close()
    return True


async def _name_of(address: str, port: int, clock: Clock) -> str:
    """Its MAC address stands in the hello, before any key is proven: asked with a key that cannot fit."""
    frames = SealedFrames(b64encode(secrets.token_bytes(32)).decode())
    try:
        connection = await Connection.dial(address, port, frames, clock)
        connection.close()
    except WrongKey:
        pass
    place = place_of(frames.mac)
    if not place:
        raise NeedsKey(
            "it is encrypted, and too old to say its MAC address before (2025.4 does): update its firmware"
        )
    return place
