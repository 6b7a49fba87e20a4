"""What the ledger and people are told of contracts."""

from __future__ import annotations

import logging

from capabilities.vocabulary import Json
from gateway.contracts.contract import Contract
from gateway.contracts.counting import Count
from gateway.ids import new_id
from gateway.ledger import Entry, LedgerUnavailable
from gateway.notify.notice import EVERYBODY_IN_CHARGE, Notice, says
from gateway.notify.words import in_parts
from gateway.parts import Parts

KIND = "contract"
READ = "read"

log = logging.getLogger(__name__)


class Recorder:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def commit(self, contract: Contract, change: str, by: str) -> None:
        """Durable when it returns: what gives somebody something. Raises `LedgerUnavailable`."""
        await self._parts.ledger.commit(self._entry(contract, change, by))

    async def commit_release(self, reader: str, by: str) -> None:
        """Raises `LedgerUnavailable`."""
        body: dict[str, Json] = {"change": "released", "by": by}
        await self._parts.ledger.commit(Entry(KIND, self._parts.clock.wall(), body, principal=reader))

    def if_possible(self, contract: Contract, change: str, by: str = "") -> None:
        """For what only narrows: it happens even if it cannot be recorded."""
        self._append(self._entry(contract, change, by))

    async def erased(self, contract: str, reader: str) -> None:
        """The working set goes. Where the disk does not take it, it goes all the same."""
        body: dict[str, Json] = {"erased": "notes", "contract": contract}
        entry = Entry("erase", self._parts.clock.wall(), body, execution=contract, principal=reader)
        try:
            await self._parts.ledger.commit(entry)
        except (LedgerUnavailable, ValueError) as error:
            log.error("not recorded: the notes of contract %s are erased: %s", contract, error)

    def read(self, count: Count, at: float) -> None:
        """Reads of a quarter hour. Raises `LedgerUnavailable`."""
        one = count.contract
        private: dict[str, Json] = {"purpose": one.terms.purpose}
        self._parts.ledger.append(Entry(READ, at, count.body(), one.id, one.reader, private=private))

    def tell_asked(self, contract: Contract, person: str) -> None:
        """People learn that software would like to know something."""
        now = self._parts.clock.wall()
        self._parts.notifier.tell(
            Notice(
                new_id(now),
                now,
                title=f"{contract.reader} asks what it may know",
                text=f"It asks for a contract. {says(contract.reader, contract.terms.purpose)}",
                to=(person, *EVERYBODY_IN_CHARGE) if person else EVERYBODY_IN_CHARGE,
                ref=f"/contracts/{contract.id}",
                tag=f"contract.{contract.id}",
                until=contract.expires_at,
                words=in_parts("contract_asked", who=contract.reader, says=contract.terms.purpose),
            )
        )

    def _entry(self, contract: Contract, change: str, by: str) -> Entry:
        terms = contract.terms.shown()
        private: dict[str, Json] = {"purpose": terms.pop("purpose", "")}
        body: dict[str, Json] = {
            "change": change,
            "by": by or None,
            "until_ms": round(contract.expires_at * 1000),
        }
        if contract.because:
            body["because"] = contract.because
        if change in {"asked", "made", "accepted"}:
            body["terms"] = terms
        return Entry(KIND, self._parts.clock.wall(), body, contract.id, contract.reader, private=private)

    def _append(self, entry: Entry) -> None:
        try:
            self._parts.ledger.append(entry)
        except (LedgerUnavailable, ValueError) as error:
            log.error("not recorded: %s %s: %s", entry.kind, entry.body, error)
