"""Keeps the rules in force: good edits are taken in at once and whole, and what is wrong with others is said loudly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.ledger import Entry, Ledger, LedgerUnavailable
from gateway.observers import Observers, Topic
from gateway.rulebook.changes import Told, shortened, told_if_known
from gateway.rulebook.edition import Edition, compose
from gateway.rulebook.files import MOST_SETS, Signature, place_of, read_folder, signature
from gateway.rulebook.kept import keep
from gateway.rulebook.start import Opened
from policies import Policy, PolicyError, Problem

LOOK_EVERY_S: Final = 2.0
"""A look costs up to 0.3 ms, most of it for waking: 5 ms in 30 s."""

SETTLED_AFTER_S: Final = 0.3
"""A file must look the same twice, so far apart, before it is read: editors write in pieces."""

MOST_PROBLEMS_TOLD: Final = 20
"""In one entry of the ledger and one event; `hearth policy check` tells all."""

TOPIC: Final[Topic] = ("", "rules")

log = logging.getLogger(__name__)


class RuleKeeper:
    """`edition` is what is in force; `problems` are those of the files in `folder`, if they are not what is in force."""

    def __init__(
        self,
        opened: Opened,
        *,
        ledger: Ledger,
        observers: Observers,
        clock: Clock,
        install: Callable[[Policy], None],
    ) -> None:
        """`install` puts a policy in the place of the one before."""
        self.edition = opened.edition
        self.problems: tuple[Problem, ...] = ()
        self.ignored: tuple[str, ...] = ()
        self._opened = opened
        self.folder, self._state_dir = opened.folder, opened.state_dir
        self._ledger = ledger
        self._observers = observers
        self._clock = clock
        self._install = install
        self._read: Signature = opened.files  # what the files looked like when they were read last
        self._seen: Signature = opened.files  # … and at the last look
        self._turn = asyncio.Lock()

    async def begin(self) -> None:
        """Records what the gateway starts with, where that is not what the ledger has."""
        opened, edition = self._opened, self.edition
        latest = await self._ledger.entries(kinds=("rules",), limit=1, newest_first=True)
        if not latest or latest[0].body.get("version") != edition.policy.version:
            told = await asyncio.to_thread(told_if_known, opened.kept, edition.own)
            self._record("rules", self._body(told))
        if opened.kept != edition.own:
            await self._keep(edition)
        if opened.problems:
            self._refuse(opened.problems)

    async def watch(self) -> None:
        """Looks at the files again and again."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S if self._seen == self._read else SETTLED_AFTER_S)
            await self.look()

    async def look(self) -> None:
        """Reads the files if they were changed, and nobody is writing them."""
        now, before = signature(self.folder), self._seen
        self._seen = now
        if now == before and now != self._read:
            with suppress(PolicyError):  # it is told
                await self.reload()

    async def reload(self, by: str = "", how: Mapping[str, Json] | None = None) -> Told:
        """Puts the files into force, and tells what that changes; `by` is the principal who asked for it. What a person saved
        stands in the ledger with `how` that is known, also where nobody may do more or less by it. Raises `PolicyError` with
        what is wrong with the files: then nothing changes.
        """
        async with self._turn:
            self._read = self._seen = signature(self.folder)
            found = await asyncio.to_thread(read_folder, self.folder)
            self.ignored = found.ignored
            try:
                edition = await asyncio.to_thread(compose, found.texts, found.problems)
            except PolicyError as error:
                self._refuse(error.problems)
                raise
            return await self._take(edition, by, how or {})

    def places(self) -> list[str]:
        """The problems, each with its file and line."""
        return [place_of(problem, self.folder) for problem in self.problems]

    async def _take(self, edition: Edition, by: str, how: Mapping[str, Json]) -> Told:
        before, told = self.edition, Told()
        mended, changed = bool(self.problems), edition.policy.version != before.policy.version
        if changed:
            told = await asyncio.to_thread(told_if_known, before.own, edition.own)
        self.problems = ()
        if changed:
            self.edition = edition
        elif edition.sets != before.sets:  # comments: what was remembered of the rules stays true
            self.edition = Edition(before.policy, edition.sets)
        if changed or mended or how:
            # First the ledger, then the rules, with nothing between: what is decided by them is written behind this.
            self._record("rules", self._body(told, before=before, by=by, mended=mended) | {**how})
            if changed:
                self._install(edition.policy)
            self._tell({"change": "in-force" if changed else "mended"})
            log.warning("rules %s are in force%s", self.edition.policy.version, _aside(told, mended=mended))
        if edition.own != before.own:
            await self._keep(edition)
        return told

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        if problems == self.problems:
            return
        self.problems = problems
        said = self.places()
        in_force = self.edition.policy.version
        log.error("the rule files cannot be used; rules %s stay in force:\n%s", in_force, "\n".join(said))
        told: list[Json] = [*map(str, problems[:MOST_PROBLEMS_TOLD])]
        self._record("rules-refused", {"version": in_force, "problems": told, "count": len(problems)})
        self._tell({"change": "refused", "problems": told})

    def _body(
        self, told: Told, *, before: Edition | None = None, by: str = "", mended: bool = False
    ) -> dict[str, Json]:
        body: dict[str, Json] = {
            "version": self.edition.policy.version,
            "sets": {one.name: one.digest for one in self.edition.sets[:MOST_SETS]},
            "widened": [*shortened(told.more)],
            "narrowed": [*shortened(told.less)],
        }
        if shadows := [one.name for one in self.edition.sets if one.shadow]:
            body["shadows"] = [*shadows]
        if before is not None:
            body["before"] = before.policy.version
        if by:
            body["by"] = by
        if mended:
            body["mended"] = True
        return body

    async def _keep(self, edition: Edition) -> None:
        try:
            await asyncio.to_thread(keep, self._state_dir, edition.own)
        except OSError as error:
            log.error("the rules in force cannot be kept for a restart with a broken file: %s", error)

    def _record(self, kind: str, body: dict[str, Json]) -> None:
        """What cannot be written now stands in the entry of the next start: its version is another one."""
        try:
            self._ledger.append(Entry(kind, self._clock.wall(), body, principal=str(body.get("by", ""))))
        except (LedgerUnavailable, ValueError) as error:
            log.error("not recorded: %s: %s", kind, error)

    def _tell(self, data: dict[str, Json]) -> None:
        data["version"] = self.edition.policy.version
        self._observers.publish("rules", TOPIC, self._clock.wall(), data)


def _aside(told: Told, *, mended: bool) -> str:
    sentences = (*(["the files are mended"] if mended else []), *shortened(told.more))
    return ": " + "; ".join(sentences) if sentences else ""
