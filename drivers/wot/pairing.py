"""What a person brings for a device is tried before it is kept."""

from __future__ import annotations

import asyncio

from drivers.driver import Candidate, DriverError, NotSent, Rejected, Uncertain
from drivers.wot import exchange
from drivers.wot.client import Client
from drivers.wot.described import Described
from drivers.wot.device import candidate_of
from drivers.wot.directory import directory_described
from drivers.wot.house import House
from drivers.wot.keyring import Kept
from drivers.wot.looking import LockedError, LookError, look
from drivers.wot.reading import describe
from drivers.wot.security import Need, SecurityError, check_secret
from drivers.wot.sources import Source


async def pair(house: House, source: Source, device: str, code: str, deadline: float) -> Candidate:
    """Its description, with `code` kept in the vault. Raises `Rejected`, `NotSent`, `Uncertain`."""
    client = house.client(source)
    try:
        async with asyncio.timeout(deadline):
            kept, described = await _tried(client, source, device, code.strip())
            await house.keyring.put(device, kept)
    except TimeoutError:
        raise Uncertain(f"{source.home} did not answer within {deadline:.3g} s; try again") from None
    except OSError as error:
        raise NotSent(
            f"the credentials cannot be stored ({error.strerror}); look after the state directory"
        ) from None
    finally:
        await client.close()
    house.learn(device, source, described)
    candidate = candidate_of(house.name, device, source, described, kept)
    house.outlet.known[device] = candidate
    return candidate


async def unpair(house: House, device: str) -> None:
    """A server of Things knows nothing of us: to forget the secret is all; then it asks for one. Raises `DriverError`."""
    was_paired = house.keyring.has(device)
    try:
        await house.keyring.delete(device)
    except OSError as error:
        raise DriverError(
            f"the credentials are still stored ({error.strerror}); look after the state directory"
        ) from None
    known = house.devices.get(device)
    if not was_paired or known is None or house.keyring.for_source(known.source) is not None:
        return
    if known.described is not None and known.described.need is not None:
        house.outlet.candidate(candidate_of(house.name, device, known.source, known.described, None))
    else:  # what it tells strangers is looked at in a moment
        house.outlet.withdrawn(device, "its credentials were forgotten")
        known.source.again.set()


async def _tried(client: Client, source: Source, device: str, code: str) -> tuple[Kept, Described]:
    kept = Kept(source.home, "", code, source.addresses)
    try:
        document = await look(client, source, kept)
    except LockedError as error:
        raise Rejected(f"{source.home}: {error}") from None
    except LookError as error:
        raise Uncertain(f"{source.home}: {error}") from None
    described = await describe(device, document, source.reach)
    need = described.need
    if need is not None:
        _check(need, code)
        await _try_reading(client, described, code, source)
    if source.is_directory or document.is_directory:
        described = directory_described(device, source.reach, described)
    scheme = need.scheme if need is not None else ""
    return Kept(source.home, scheme, code, source.addresses), described


def _check(need: Need, code: str) -> None:
    try:
        check_secret(need, code)
    except SecurityError as error:
        raise Rejected(str(error)) from None


async def _try_reading(client: Client, described: Described, code: str, source: Source) -> None:
    """Reads one property that is not for everybody. Where there is none the code is taken as it is."""
    for point in described.points.values():
        if point.read is None or point.read.security.need is None:
            continue
        answer = await client.read(exchange.request_for(point.read, code), 10.0)
        if answer.status in (401, 403):
            raise Rejected(
                f"{source.home} does not take these credentials ({answer.status}); look whether they are right"
            )
        return
