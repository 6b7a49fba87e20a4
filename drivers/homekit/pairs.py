"""Pairing and its end, as a person asks for it."""

from __future__ import annotations

import asyncio
from typing import Final

from drivers.discovery.tools import Vault
from drivers.driver import DriverError, NotSent, Rejected, Uncertain
from drivers.homekit.advert import Advert
from drivers.homekit.hub import Hub
from drivers.homekit.keys import Keys
from drivers.homekit.session import Session
from drivers.homekit.wire.connection import LinkError, connect
from drivers.homekit.wire.pairing import NotOurs, pair_setup, pair_verify, remove_pairing

PAIRING_S: Final = 60.0
"""Slow accessories calculate for half a minute; after that nothing comes any more."""

REMOVING_S: Final = 8.0

RESET: Final = "the accessory may believe itself still paired: reset it before it is paired again"


async def set_up(advert: Advert, code: str, vault: Vault) -> Keys:
    """Pairs and keeps the keys. To be run as a task of its own: whoever waits for it may give up, the keys must not be lost.

    Raises `Rejected`, `NotSent`, `Uncertain`.
    """
    connection = None
    try:
        async with asyncio.timeout(PAIRING_S):
            connection = await connect(advert.addresses, advert.port)
            keys = await pair_setup(connection, code, with_auth=bool(advert.features & 1))
    except LinkError as error:
        if connection is None:
            raise NotSent(f"{error}: see whether it has power and is connected") from None
        raise Uncertain(
            f"pairing broke off, as {error}: try again. If it then says that it is paired, reset it"
        ) from None
    except TimeoutError:
        raise Uncertain(
            "it did not finish pairing: try again. If it then says that it is paired, reset it"
        ) from None
    finally:
        if connection is not None:
            await connection.close()
    if keys.accessory_id.lower() != advert.id:
        raise Rejected("another accessory answered at its address: " + RESET)
    try:
        await vault.put(advert.id, keys.encode())
    except OSError as error:
        await _take_back(advert, keys)
        raise NotSent(
            f"the keys of the pairing could not be stored ({error.strerror or 'no reason given'})"
        ) from None
    return keys


async def _take_back(advert: Advert, keys: Keys) -> None:
    """A pairing whose keys cannot be kept is none."""
    try:
        async with asyncio.timeout(REMOVING_S):
            connection = await connect(advert.addresses, advert.port)
            try:
                await pair_verify(connection, keys)
                await remove_pairing(connection, keys)
            finally:
                await connection.close()
    except (LinkError, NotOurs, Rejected, TimeoutError):
        raise Uncertain("the keys of the pairing could not be stored, and " + RESET) from None


async def take_down(hub: Hub, keys: Keys, session: Session | None) -> None:
    """Removes our pairing at the accessory. Raises `DriverError`, with what to do."""
    own = None
    try:
        async with asyncio.timeout(REMOVING_S):
            if session is None:
                own = session = await hub.open(keys)
            await remove_pairing(session.connection, keys)
    except (LinkError, TimeoutError):
        raise DriverError(
            f"it could not be reached, and its pairing was forgotten here all the same: {RESET}"
        ) from None
    except NotOurs:
        return  # it has forgotten us already
    except Rejected as error:
        raise DriverError(f"{error}: {RESET}") from None
    finally:
        if own is not None:
            await own.connection.close()
