"""A person brings a key or a password: tried on the device, then kept."""

from __future__ import annotations

import asyncio

from drivers.discovery.tools import Vault
from drivers.driver import Candidate, DriverError, NotSent, Rejected
from drivers.esphome.book import Device
from drivers.esphome.house import House
from drivers.esphome.secret import ASKS_KEY, Secret
from drivers.esphome.session import reach
from drivers.esphome.survey import take_in
from drivers.esphome.wire.errors import LinkError, NeedsKey, NeedsPassword, NotEncrypted, WrongKey


async def paired(house: House, vault: Vault, device: Device, code: str, deadline: float) -> Candidate:
    """Raises `Rejected`, `NotSent`. Where it fails, everything is as it was; but a key that fits is kept, even where a password
    is wanted besides.
    """
    asks = device.asks or ASKS_KEY
    try:
        secret = device.secret.with_code(asks.what, code)
    except ValueError as error:
        raise Rejected(f"{error}. {asks.hint}") from None
    try:
        async with asyncio.timeout(deadline):
            session = await reach(device.where(), device.place, secret, house.clock)
    except TimeoutError:
        raise NotSent(
            f"the device did not answer within {deadline:g} s; is it switched on, and near enough?"
        ) from None
    except LinkError as error:
        if isinstance(error, NeedsPassword) and not secret.password:
            await _keep(vault, device, secret)
        refusal = _refusal(error, device, secret)
        house.book.publish(device)
        raise refusal from None
    try:
        await _keep(vault, device, secret)
    except NotSent:
        await session.connection.farewell()
        raise
    await take_in(device, session)
    candidate = device.candidate()
    if candidate is None:
        raise NotSent("the device was lost while it was paired; try again")
    house.book.publish(device)
    device.wake.set()
    return candidate


async def _keep(vault: Vault, device: Device, secret: Secret) -> None:
    try:
        await vault.put(device.place, secret.encode())
    except OSError as error:
        raise NotSent(f"its secret could not be kept, so it was not paired: {error}") from None
    device.secret = secret


def _refusal(error: LinkError, device: Device, secret: Secret) -> DriverError:
    if isinstance(error, WrongKey):
        return Rejected(f"this key does not fit the device. {ASKS_KEY.hint}")
    if isinstance(error, NotEncrypted):
        return Rejected(
            "the device answers without encryption: no key can fit. If you took the key out of its configuration yourself,"
            " forget the device and adopt it anew; if you did not, something else answers in its place"
        )
    if isinstance(error, NeedsPassword):
        if not secret.password:  # the key fits, and a password is wanted as well
            device.refused(error)
            return Rejected("the device wants its password too; give that as the code of the next try")
        return Rejected("this password does not fit the device; it stands in its YAML under api: password:")
    if isinstance(error, NeedsKey):
        device.refused(error)
        return Rejected(f"the device is encrypted, and wants a key and no password. {ASKS_KEY.hint}")
    return NotSent(f"the device cannot be reached: {error}")
