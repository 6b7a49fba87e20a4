"""The contract that every driver keeps, as one suite. A driver's tests subclass `DriverContract` and give it a `rig`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from capabilities.readings import Contact, Observation, Report
from capabilities.vocabulary import Evidence, Json
from drivers.driver import Candidate, Driver, NotSent, Rejected, Scanner, Uncertain, Withdrawn

T = TypeVar("T")

PATIENCE_S = 15.0
"""Nothing here takes so long: a test that waits for it fails."""

AT_ONCE_S = 1.0
"""What must not wait for a network is done within this, on a loaded machine too."""


class Rig(Protocol):
    """A driver that is not entered yet, and the hand on the other side of it.

    There is one device with one writable boolean property. `point` is that property's, `unreadable` a point that cannot
    be asked for ("" if all can). The peer runs when the test begins, but the device is not announced yet.
    """

    driver: Driver
    point: str
    unreadable: str

    async def announce(self) -> None:
        """Let the device be found."""

    async def withdraw(self) -> None:
        """Take the announcement back."""

    async def report(self, value: bool) -> None:
        """Let the device say that the property has this value."""

    async def received(self) -> Json:
        """The next value that the device was told to take; waits for it."""

    async def received_so_far(self) -> int:
        """How many commands have reached the device, once all that is under way has arrived."""

    async def cut(self) -> None:
        """Break the link between driver and device, as a pulled plug does."""

    async def mend(self) -> None:
        """Plug it in again."""

    async def deafen(self) -> None:
        """The link stays, but nobody takes or answers anything any more."""

    async def hear_again(self) -> None: ...


async def wait_for(source: AsyncIterator[T], wanted: Callable[[T], bool]) -> T:
    """The first item of `source` that is `wanted`."""
    async with asyncio.timeout(PATIENCE_S):
        async for item in source:
            if wanted(item):
                return item
    raise AssertionError("the source ended")


async def looked_at(scanner: Scanner) -> None:
    """Read all candidates that wait, and come back for the next, as the gateway does when it is through with the last."""
    while True:
        waiting = asyncio.ensure_future(anext(scanner.candidates()))
        await asyncio.sleep(0)
        if not waiting.done():
            waiting.cancel()
            return


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


class DriverContract:
    """Each test has a fresh `rig` (a fixture of the subclass)."""

    async def adopted(self, rig: Rig) -> Candidate:
        """Announce the device and wait until the driver has found it and can reach it."""
        await rig.announce()
        found = await self.found(rig)
        await self.contact(rig, True)
        return found

    async def found(self, rig: Rig) -> Candidate:
        assert isinstance(rig.driver, Scanner)
        item = await wait_for(rig.driver.candidates(), lambda item: isinstance(item, Candidate))
        assert isinstance(item, Candidate)
        return item

    async def contact(self, rig: Rig, reachable: bool) -> Contact:
        def wanted(item: Observation) -> bool:
            return isinstance(item, Contact) and item.reachable is reachable

        item = await wait_for(rig.driver.reports(), wanted)
        assert isinstance(item, Contact)
        return item

    async def told(self, rig: Rig, value: Json) -> Report:
        def wanted(item: Observation) -> bool:
            return isinstance(item, Report) and item.point == rig.point and item.reading.value == value

        item = await wait_for(rig.driver.reports(), wanted)
        assert isinstance(item, Report)
        return item

    async def test_leaves_nothing_behind(self, rig: Rig) -> None:
        tasks, files = asyncio.all_tasks(), open_files()
        async with rig.driver:
            await rig.announce()
            await self.found(rig)
        assert asyncio.all_tasks() == tasks
        assert open_files() <= files
        assert not rig.driver.health().connected

    async def test_starts_without_its_peer_and_finds_it_later(self, rig: Rig) -> None:
        await rig.cut()
        async with rig.driver:
            assert not rig.driver.health().connected
            assert rig.driver.health().detail
            await rig.mend()
            await self.adopted(rig)
            assert rig.driver.health().connected

    async def test_finds_describes_and_loses_a_candidate(self, rig: Rig) -> None:
        async with rig.driver:
            found = await self.adopted(rig)
            assert found.driver == rig.driver.name
            assert found.fingerprint
            points = [a for c in found.components for a in c.affordances]
            assert len({a.point for a in points}) == len(points), "points are unique"
            assert next(a for a in points if a.point == rig.point).writable
            await rig.withdraw()
            assert isinstance(rig.driver, Scanner)
            gone = await wait_for(rig.driver.candidates(), lambda item: isinstance(item, Withdrawn))
            assert gone.id == found.id

    async def test_a_write_arrives_exactly_once(self, rig: Rig) -> None:
        async with rig.driver:
            await self.adopted(rig)
            await rig.driver.write(rig.point, True, PATIENCE_S)
            assert await rig.received() is True
            await rig.driver.write(rig.point, False, PATIENCE_S)
            assert await rig.received() is False
            assert await rig.received_so_far() == 2

    async def test_reports_are_typed_and_in_order(self, rig: Rig) -> None:
        async with rig.driver:
            await self.adopted(rig)
            for value in (True, False, True):
                await rig.report(value)
            seen = [await self.told(rig, value) for value in (True, False, True)]
            assert all(type(report.reading.value) is bool for report in seen)
            assert all(report.reading.received_at >= report.reading.observed_at for report in seen)
            assert not any(report.retained for report in seen)
            assert all(report.evidence is Evidence.DEVICE for report in seen), "nobody commanded anything"

    async def test_a_write_to_nobody_is_not_sent_and_says_why(self, rig: Rig) -> None:
        async with rig.driver:
            await self.adopted(rig)
            await rig.cut()
            assert (await self.contact(rig, False)).reason
            async with asyncio.timeout(AT_ONCE_S):
                with pytest.raises(NotSent, match=r"\w{4,}"):
                    await rig.driver.write(rig.point, True, PATIENCE_S)
            assert not rig.driver.health().connected

    async def test_nothing_that_was_refused_is_sent_later(self, rig: Rig) -> None:
        async with rig.driver:
            await self.adopted(rig)
            await rig.cut()
            await self.contact(rig, False)
            with pytest.raises(NotSent):
                await rig.driver.write(rig.point, True, PATIENCE_S)
            await rig.mend()
            await self.contact(rig, True)
            await rig.driver.write(rig.point, False, PATIENCE_S)
            assert await rig.received() is False, "the refused command must not come first"
            assert await rig.received_so_far() == 1

    async def test_works_again_after_a_reconnect(self, rig: Rig) -> None:
        async with rig.driver:
            await self.adopted(rig)
            for _ in range(2):
                await rig.cut()
                await self.contact(rig, False)
                await rig.mend()
                await self.contact(rig, True)
            await rig.report(True)
            await self.told(rig, True)

    async def test_keeps_its_deadline(self, rig: Rig) -> None:
        async with rig.driver:
            await self.adopted(rig)
            await rig.deafen()
            try:
                async with asyncio.timeout(AT_ONCE_S):
                    await rig.driver.write(rig.point, True, 0.1)
            except (NotSent, Uncertain):
                pass  # both are true answers; taking longer, or another error, is not
            finally:
                await rig.hear_again()

    async def test_cancelling_a_write_harms_nothing(self, rig: Rig) -> None:
        async with rig.driver:
            await self.adopted(rig)
            await rig.deafen()
            writing = asyncio.create_task(rig.driver.write(rig.point, True, PATIENCE_S), name="a write")
            await asyncio.sleep(0)  # let it start; it may even end
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            await rig.hear_again()
            await rig.report(False)
            await self.told(rig, False)
            await rig.driver.write(rig.point, False, PATIENCE_S)
            while await rig.received() is not False:
                pass
            assert await rig.received_so_far() <= 2

    async def test_unknown_points_are_refused(self, rig: Rig) -> None:
        async with rig.driver:
            await self.adopted(rig)
            with pytest.raises(NotSent, match="not known"):
                await rig.driver.write("no such point", True, PATIENCE_S)
            with pytest.raises(NotSent, match="not known"):
                await rig.driver.invoke("no such point", None, PATIENCE_S)
            if rig.unreadable:
                with pytest.raises(Rejected):
                    await rig.driver.read(rig.unreadable, PATIENCE_S)

    async def test_a_value_of_the_wrong_type_is_not_sent(self, rig: Rig) -> None:
        async with rig.driver:
            await self.adopted(rig)
            wrongs: list[Json] = ["on", 1, None, [True], {"on": True}]
            for wrong in wrongs:
                with pytest.raises(NotSent, match="true or false"):
                    await rig.driver.write(rig.point, wrong, PATIENCE_S)
            assert await rig.received_so_far() == 0
