"""Round trips through a real bridge: our driver writes, the bridge takes it through its converters and tells the new state, and
our driver reports it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Self

from capabilities.readings import Observation, Refusal, Report
from capabilities.vocabulary import Json
from drivers.driver import Candidate, NotSent, Withdrawn
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from gateway.clock import SystemClock
from tests.peers.rounds import Writable, same, thing_of, values_for, writables

ENOUGH_S = 60.0
"""A thousand devices are candidates within ten seconds on a busy machine."""

QUIET_S = 2.5
"""While announcements keep coming, candidates come out every two seconds."""

ANSWER_S = 2.0
"""A simulated radio answers within milliseconds; some converters wait a second before they tell anything. What the bridge told
of an earlier command may come in between."""

SILENCES = 2
"""So many values of one sort of property may go without any report before the others are left out."""

AT_ONCE = 40
"""Devices that are tried at the same time."""

COMMAND_S = 20.0


@dataclass(frozen=True, slots=True)
class Round:
    """One value, there and back. `result`: ok, refused (`told` is why), silent (no report), wrong (`told` is what came instead)
    unsendable (`told` is why) or skipped (others of its sort were silent).
    """

    device: str
    capability: str
    point: str
    sent: Json
    result: str
    told: Json = None


class _Waiter:
    """For the report of one value, a refusal, or enough silence."""

    def __init__(self, is_it: Callable[[Json], bool]) -> None:
        self._is_it = is_it
        self._done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._last: Json = None
        self._heard = False

    def hear(self, item: Report | Refusal) -> None:
        if self._done.done():
            return
        if isinstance(item, Refusal):
            self._last = item.reason
            self._done.set_result("refused")
            return
        if item.reading.value is None:
            return  # it tells that it does not know: the same as silence
        self._last = item.reading.value
        if self._is_it(self._last):
            self._done.set_result("ok")
        self._heard = True

    async def answer(self) -> tuple[str, Json]:
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._done, self._last
        except TimeoutError:
            return ("wrong" if self._heard else "silent"), self._last


class BridgeRounds:
    """`async with BridgeRounds(port) as rounds`: our driver on a broker where a bridge has announced its devices."""

    def __init__(self, port: int) -> None:
        self.driver = MqttDriver(MqttSettings(port=port, announce_birth=False), SystemClock())
        self.candidates: dict[str, Candidate] = {}
        self._news = asyncio.Event()
        self._waiting: dict[str, _Waiter] = {}
        self._stack = contextlib.AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.driver)
        self._tasks = [
            asyncio.create_task(self._listen(self.driver.reports()), name="reports"),
            asyncio.create_task(self._collect(self.driver.candidates()), name="candidates"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    async def found(
        self,
        ids: Iterable[str],
        complete: Callable[[Candidate | None], bool] = lambda found: found is not None,
    ) -> None:
        """Returns when what is known of each of these devices is `complete` (by default, that it is a candidate), and nothing
        more comes.
        """
        missing = set(ids)
        try:
            async with asyncio.timeout(ENOUGH_S):
                while missing:
                    missing = {id_ for id_ in missing if not complete(self.candidates.get(id_))}
                    self._news.clear()
                    if missing:
                        await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{len(missing)} are missing: {sorted(missing)[:5]}") from None
        with contextlib.suppress(TimeoutError):
            while True:
                self._news.clear()
                async with asyncio.timeout(QUIET_S):
                    await self._news.wait()

    async def all_of(self, devices: Iterable[str]) -> list[Round]:
        """Every value of every writable property of these devices that is told; some devices at the same time."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def device(id_: str) -> list[Round]:
            async with gate:
                return await self.device(id_)

        return [r for rounds in await asyncio.gather(*map(device, devices)) for r in rounds]

    async def device(self, id_: str) -> list[Round]:
        thing = thing_of(self.candidates[id_])
        told = {p.point for p in thing.properties.values() if p.observable}
        silent: Counter[str] = Counter()
        rounds: list[Round] = []
        for writable in writables(thing):
            if writable.point in told:
                rounds += await self._property(id_, writable, silent)
        return rounds

    async def _property(self, device: str, writable: Writable, silent: Counter[str]) -> list[Round]:
        """What stays silent is not asked for ever: not with more values, and not at each of a device's twenty endpoints."""
        rounds: list[Round] = []
        stem = re.sub(r"\d+", "", writable.point)
        for value in values_for(writable.schema):
            if silent[stem] >= SILENCES:
                rounds.append(Round(device, writable.capability, writable.point, value, "skipped"))
                continue
            rounds.append(await self._round(device, writable, value))
            silent[stem] += rounds[-1].result == "silent"
        return rounds

    async def _round(self, device: str, writable: Writable, value: Json) -> Round:
        step = resolution(writable)
        waiter = self._waiting[writable.point] = _Waiter(lambda told: same(value, told, step))
        try:
            await self.driver.write(writable.point, value, COMMAND_S)
            result, told = await waiter.answer()
        except NotSent as error:
            result, told = "unsendable", str(error)
        finally:
            del self._waiting[writable.point]
        return Round(device, writable.capability, writable.point, value, result, told)

    async def _listen(self, reports: AsyncIterator[Observation]) -> None:
        async for item in reports:
            if isinstance(item, Report | Refusal) and item.point in self._waiting:
                self._waiting[item.point].hear(item)

    async def _collect(self, candidates: AsyncIterator[Candidate | Withdrawn]) -> None:
        async for item in candidates:
            if isinstance(item, Candidate):
                self.candidates[item.id] = item
                self._news.set()


def resolution(writable: Writable) -> float:
    """How far a device may round: a brightness of 254 steps is told in percent, a white in whole mireds."""
    step = writable.schema.get("multipleOf")
    if writable.capability == "light.color_temperature":
        return 25.0
    return float(step) / 2 if isinstance(step, int | float) else 0.51


def summary(rounds: Iterable[Round]) -> Counter[str]:
    return Counter(r.result for r in rounds)
