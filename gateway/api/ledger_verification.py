"""`/ledger/verification`: whether the ledger still holds, for people, and the signed head that their phones keep."""

from __future__ import annotations

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.auth import caller, require_manager
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.record import LedgerStanding
from gateway.api.problems import Problem
from gateway.api.wire import number, reply, rfc3339
from gateway.context import Gateway
from gateway.ledger.heads import Head, read_public_key
from gateway.ledger.standing import Watchman

MOST_PROBLEMS_TOLD = 10
"""A ledger that was overwritten names every row; a person needs the first. `hearth ledger verify` tells all."""

HIGHEST_ENTRY = 2**53
"""No browser counts further exactly, and no house gets there."""


class LedgerVerificationRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._watchman = Watchman(gateway.config.state_dir, gateway.clock)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/ledger/verification", self.standing),
            web.post("/ledger/verification", self.anew),
        ]

    async def close(self, _: web.Application) -> None:
        """Ends what is being looked at."""
        await self._watchman.close()

    @operation(
        "Record",
        "Whether the ledger holds",
        {200: Answer(LedgerStanding)},
        parameters=(common.whole("seq", "Of this entry, too, the hash that it has now"),),
    )
    async def standing(self, request: web.Request) -> web.Response:
        """What is known now; what is new since is looked at meanwhile (`looking`). For people: the newest signed `head` is to
        be kept outside of the gateway. Whoever kept one asks with its `seq` whether that entry has still its hash: it has
        another where the ledger was rewritten (forked), and none where it was cut.
        """
        self._require_person(request)
        self._watchman.look()
        seq = number(request, "seq", 0, most=HIGHEST_ENTRY)
        return reply(await self._shown(seq))

    @operation("Record", "Check all of the ledger again", {202: Answer(LedgerStanding)})
    async def anew(self, request: web.Request) -> web.Response:
        """From the first entry on, slowly (owner, adult); `GET` tells when it is done."""
        require_manager(request)
        self._watchman.look(anew=True)
        return reply(await self._shown(0), status=202)

    async def _shown(self, seq: int) -> dict[str, Json]:
        now, head = self._watchman.standing, self._gateway.ledger.head
        key = now.key or read_public_key(self._gateway.config.state_dir)
        problems: list[Json] = [
            {"seq": one.seq, "place": one.place, "what": one.what} for one in now.problems
        ]
        return {
            "ok": None if now.at is None else not now.problems,
            "looking": self._watchman.is_looking,
            "checked_at": None if now.at is None else rfc3339(now.at),
            "entries": now.entries,
            "through": now.through,
            "signed_through": now.signed,
            "erased": now.erased,
            "problems": problems[:MOST_PROBLEMS_TOLD],
            "more_problems": max(0, len(problems) - MOST_PROBLEMS_TOLD),
            "head": None if head is None else _head(head),
            "key": None if key is None else key.hex(),
            "entry": None if seq < 1 else {"seq": seq, "hash": await self._watchman.hash_of(seq)},
        }

    def _require_person(self, request: web.Request) -> None:
        if not caller(request).role.is_person:
            raise Problem("forbidden", "whether the ledger holds is told to people")


def _head(head: Head) -> Json:
    return {
        "seq": head.seq,
        "hash": head.hash,
        "at": head.at,
        "settled": head.settled,
        "signature": head.signature,
    }
