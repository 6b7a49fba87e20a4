"""One description: looked at, claimed, told as a candidate; and if it is a Thing, kept in touch with until it is lost."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import replace
from typing import Final

from drivers.driver import DriverError, NotSent, Uncertain
from drivers.wot.client import Client
from drivers.wot.described import Described
from drivers.wot.device import Device, candidate_of, locked_candidate
from drivers.wot.directory import directory_described, is_readable_directory
from drivers.wot.document import Document
from drivers.wot.hearing import LISTED, locked_out, said_of
from drivers.wot.holders import TakenError
from drivers.wot.house import House
from drivers.wot.keyring import Kept
from drivers.wot.link import Link, LostError, Terms
from drivers.wot.looking import GoneError, LockedError, LookError, list_things, look
from drivers.wot.reading import describe
from drivers.wot.sources import Source, listed

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 60.0
LOOK_AGAIN_S: Final = 900.0
"""So often a description that answers is read anew; and one that is nobody's Thing and does not answer."""

DIRECTORY_AGAIN_S: Final = 300.0

SETTLES_S: Final = 0.2
"""Between being told to look and looking: one that is announced again and again is not looked at again and again."""

LEFT_LOOKS_S: Final = 1.0
"""At the least between two looks at one description."""


class OursError(Exception):
    """It is this gateway, or a Thing of its own, by whatever address."""


class _WiderError(Exception):
    """It is announced with addresses at which nobody brought its credentials."""


class Attendant:
    def __init__(self, house: House, source: Source) -> None:
        self._house = house
        self._source = source
        self._pause = FIRST_PAUSE_S

    async def attend(self) -> None:
        """Until it is announced no more and nothing answers there."""
        try:
            while await self._once():
                await self._rest()
        except Exception:
            self._give_up("its description makes this driver fail")
            raise
        self._give_up("it is announced no more, and does not answer")

    async def _once(self) -> bool:
        """One look, and the life after it. False: there is nothing here any more."""
        source = self._source
        client = self._house.client(source)
        try:
            return await self._look_and_live(client)
        except _WiderError:
            self._narrow()
            return True
        except OursError:
            self._house.problems[source.key] = f"{source.shown} is this gateway itself, which is left alone"
            self._withdraw("it is this gateway itself")
            self._pause = LOOK_AGAIN_S
            return source.announced
        except GoneError as error:
            self._failed(str(error))
            self._withdraw(str(error))
            return source.announced or self._is_kept()
        except LockedError as error:
            await self._locked(error)
            return True
        except TakenError as error:
            self._house.problems[source.key] = str(error)
            self._pause = LONGEST_PAUSE_S
            return source.announced
        except (LookError, NotSent, Uncertain) as error:
            self._failed(str(error))
            if source.announced:
                return True
            self._withdraw("it is announced no more, and does not answer")
            return self._is_kept()
        finally:
            await client.close()

    async def _look_and_live(self, client: Client) -> bool:
        source = self._source
        async with self._house.turn(source):
            document = await self._document(client)
            if self._house.are_ours(document.id):
                raise OursError
            id_, before = self._id_of(document), source.device
            await self._house.holders.claim(id_, source, self._answers)
            if before and before != id_:
                self._house.outlet.withdrawn(before, "it says now who it is")
                self._house.forget(before)
            kept = self._brought()  # now that it is known who it is
            described = self._doubted(id_, kept, await describe(id_, document, source.reach))
            if source.is_directory or document.is_directory:
                described = directory_described(id_, source.reach, described)
        self._house.problems.pop(source.key, None)
        device = self._house.learn(id_, source, described)
        self._house.heard(id_, said_of(id_, source, document, is_paired=kept is not None))
        self._pause, source.failures = FIRST_PAUSE_S, 0
        self._house.outlet.candidate(candidate_of(self._house.name, id_, source, described, kept))
        if is_readable_directory(source, document):
            if described.need is None or kept is not None:
                await self._list(client, device, kept)
            return True
        if not self._is_kept():
            self._house.outlet.contacts.pop(id_, None)
            self._pause = LOOK_AGAIN_S
            return True
        if described.need is not None and kept is None:
            self._lost("it asks for credentials; pair it")
            self._pause = LOOK_AGAIN_S
            return True
        await self._live(client, device, described, kept)
        return True

    async def _document(self, client: Client) -> Document:
        """Asked for without credentials, until it is known that they were brought for whom it says it is, and for here."""
        source, house = self._source, self._house
        if source.given is not None:
            document, source.given = source.given, None
            return document
        if not house.holders.holds(source):
            try:
                return await look(client, source, None, house.patience(source))
            except LockedError:
                if house.keyring.for_source(source) is None:
                    raise
            await house.holders.claim(source.fallback, source, self._answers)
        return await look(client, source, self._brought(), house.patience(source))

    def _brought(self) -> Kept | None:
        """The credentials that may be used here. Raises `_WiderError`: not before its addresses are fewer."""
        kept = self._house.keyring.for_source(self._source)
        if kept is not None and kept.narrowed(self._source.addresses) != self._source.addresses:
            raise _WiderError
        return kept

    def _narrow(self) -> None:
        kept = self._house.keyring.for_source(self._source)
        if kept is not None:
            self._source.addresses = kept.narrowed(self._source.addresses)
        self._pause = 0.0

    def _doubted(self, id_: str, kept: Kept | None, described: Described) -> Described:
        """What was paired elsewhere is not taken for the same here, even if it wants no credentials: it asks for them."""
        secret = self._house.keyring.of(id_)
        if secret is None or kept is not None:
            return described
        problems = (self._elsewhere(secret), *described.problems)
        return replace(described, need=described.need or secret.need, problems=problems)

    def _elsewhere(self, secret: Kept) -> str:
        return (
            f"its credentials were brought for {secret.origin}, and now {self._source.home} says that it is the same; bring "
            "them for there only if you know that it moved"
        )

    async def _live(self, client: Client, device: Device, described: Described, kept: Kept | None) -> None:
        """While the device answers. Its loss is told, and looked after at once."""
        house, outlet = self._house, self._house.outlet
        secret = kept.secret if kept is not None else ""
        terms = Terms(house.clock, secret, house.settings.poll_seconds)
        asking = candidate_of(house.name, device.id, self._source, described, None)
        device.ask = lambda: outlet.candidate(asking)
        link = device.link = Link(client, described, terms, device)
        outlet.contact(device.id, True)
        self._source.again.clear()
        try:
            await link.run(self._still_the_same(device))
        except LostError as error:
            self._lost(str(error))
        finally:
            if device.link is link:  # else it moved, and is in touch elsewhere by now
                device.link = None
        self._pause = FIRST_PAUSE_S

    async def _still_the_same(self, device: Device) -> None:
        """Until somebody says that something changed, or it describes itself in another way."""
        same = True
        while same:
            try:
                async with asyncio.timeout(LOOK_AGAIN_S):
                    await self._source.again.wait()
                    same = False
            except TimeoutError:
                same = await self._describes_itself_as(device)

    async def _describes_itself_as(self, device: Device) -> bool:
        source, client = self._source, self._house.client(self._source)
        kept = self._house.keyring.for_source(source)
        try:
            document = await look(client, source, kept)
        except (LookError, DriverError):
            return False
        finally:
            await client.close()
        described = await describe(device.id, document, source.reach)
        return self._doubted(device.id, kept, described) == device.described

    async def _list(self, client: Client, device: Device, kept: Kept | None) -> None:
        """Attends to what a directory lists; what it lists no more is asked whether it is there all the same."""
        names: set[str] = set()
        async for document, mark in list_things(client, self._source, kept):
            if document.id:
                child = listed(self._source, document, mark)
                names.add(child.key)
                self._house.add(child)
        self._house.listed(self._source, names)
        self._pause = DIRECTORY_AGAIN_S
        if self._is_kept():
            self._house.outlet.contact(device.id, True)
        if device.id in self._house.taps:
            self._house.taps.tell(device.id, LISTED, {"things": len(names)})
        for point in device.points:
            device.reported(point, len(names))

    # -- who it is -------------------------------------------------------------------------------------------------

    def _id_of(self, document: Document) -> str:
        """What was paired or adopted before its description could be read keeps the name it had then. Of some directories
        all have one id (that of their software): theirs is their address.
        """
        fallback, house = self._source.fallback, self._house
        if fallback in house.kept or house.keyring.has(fallback):
            return fallback
        if document.is_directory or self._source.is_directory:
            return fallback
        return document.id or fallback

    async def _answers(self, holder: Source, id_: str) -> bool:
        """Whether `holder` still says that it is `id_`."""
        client = self._house.client(holder)
        try:
            document = await look(client, holder, self._house.keyring.for_source(holder))
        except LockedError:
            return True
        except (LookError, DriverError):
            return False
        finally:
            await client.close()
        return id_ in (document.id, holder.fallback)

    def _is_kept(self) -> bool:
        return self._house.holders.holds(self._source) and self._source.device in self._house.kept

    # -- how it ends -----------------------------------------------------------------------------------------------

    async def _locked(self, error: LockedError) -> None:
        source, house = self._source, self._house
        id_ = source.device or source.fallback
        try:
            await house.holders.claim(id_, source, self._answers)
        except TakenError as taken:
            house.problems[source.key] = str(taken)
            self._pause = LONGEST_PAUSE_S
            return
        why, secret = str(error), house.keyring.of(id_)
        if secret is not None and house.keyring.for_source(source) is None:
            why = f"{why}; {self._elsewhere(secret)}"
        if house.devices.get(id_) is None:
            house.learn(id_, source, None)
        house.heard(id_, locked_out(id_, source, error.need, str(error)))
        self._lost(str(error))
        house.outlet.candidate(locked_candidate(house.name, id_, source.home, error.need, why))
        self._pause = LOOK_AGAIN_S

    def _failed(self, why: str) -> None:
        self._house.problems[self._source.key] = f"{self._source.shown}: {why}"[:300]
        self._source.failures += 1
        self._lost(why)
        self._pause = min(max(self._pause, FIRST_PAUSE_S) * 2, LONGEST_PAUSE_S)

    def _lost(self, why: str) -> None:
        if self._is_kept():
            self._house.outlet.contact(self._source.device, False, why)

    def _withdraw(self, why: str) -> None:
        if self._house.holders.holds(self._source):
            self._house.outlet.withdrawn(self._source.device, why)

    def _give_up(self, why: str) -> None:
        self._house.give_up(self._source, why)

    async def _rest(self) -> None:
        """Until it is to be looked at again: after a while, or as soon as it is announced."""
        again = self._source.again
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause * random.uniform(0.8, 1.2)):  # noqa: S311  jitter, not a secret
                await again.wait()
        await asyncio.sleep(SETTLES_S)
        again.clear()
