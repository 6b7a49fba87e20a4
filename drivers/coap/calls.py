"""One call of a resource, whole: bodies that do not fit into a message go and come in blocks (RFC 7959)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from aiocoap import Message
from aiocoap.numbers.codes import Code

from drivers.coap.conversation import Conversation, Told, Unanswered
from drivers.coap.messages import request, understood

SMALL_BLOCK_EXP: Final = 2
"""Of 64 bytes: what an endpoint with little memory takes, and a frame that a noisy line lets through."""

LARGE_BLOCK_EXP: Final = 6
"""Of 1024 bytes, the largest there is."""

BRISK_BLOCKS: Final = 64
SLOW_BLOCK_S: Final = 0.03
"""A long body is fetched with a pause before each further block: who describes himself at great length, in small blocks, costs
a few percent of a core, and not all of it. 64 small blocks are three times the description of an endpoint.
"""

MAX_BLOCKS: Final = 256
"""Of one body: 16 kB in the smallest blocks that are asked for."""

MAX_RESTARTS: Final = 2
"""So often a body that changes while it is fetched is begun anew (another ETag)."""

DEFAULT_MAX_AGE_S: Final = 60
"""RFC 7252 §5.10.5."""


@dataclass(frozen=True, slots=True)
class Call:
    """`path` are segments, without escapes."""

    code: Code
    path: tuple[str, ...]
    query: tuple[str, ...] = ()
    payload: bytes = b""
    content_format: int | None = None
    accept: int | None = None
    if_match: bytes | None = None

    def message(self, payload: bytes | None = None) -> Message:
        message = request(
            self.code,
            self.path,
            self.query,
            payload=self.payload if payload is None else payload,
            content_format=self.content_format,
            accept=self.accept,
        )
        if self.if_match is not None:
            message.opt.if_match = [self.if_match]
        return message


@dataclass(frozen=True, slots=True)
class Answer:
    """`max_age` in seconds. `more` where this is one block of several, the one with the number `block`."""

    code: Code
    payload: bytes
    content_format: int | None = None
    etag: bytes | None = None
    max_age: int = DEFAULT_MAX_AGE_S
    observe: int | None = None
    more: bool = False
    block: int = 0

    @property
    def good(self) -> bool:
        return bool(self.code.is_successful())


def answer(message: Message) -> Answer:
    block = message.opt.block2
    more = block is not None and (block.more or block.block_number > 0)
    age = message.opt.max_age
    return Answer(
        code=message.code if understood(message) else Code.BAD_OPTION,
        payload=message.payload,
        content_format=_number(message.opt.content_format),
        etag=message.opt.etag,
        max_age=DEFAULT_MAX_AGE_S if age is None else int(age),
        observe=_number(message.opt.observe),
        more=more,
        block=0 if block is None else int(block.block_number),
    )


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, int) else None


@dataclass(slots=True)
class Caller:
    """Calls over one conversation. `block_exp` is that of the largest block the peer takes, `most` bytes of a body are
    believed at the most.
    """

    talk: Conversation
    block_exp: int = SMALL_BLOCK_EXP

    async def call(self, call: Call, patience: float, *, most: int) -> Answer:
        """The whole answer within `patience` seconds. Raises `Unanswered`, `TooLarge`."""
        until = asyncio.get_running_loop().time() + patience
        if len(call.payload) > _size(self.block_exp):
            first = await self._in_blocks(call, until)
        else:
            first = answer(await self._ask(call.message(), until))
        if not first.more:
            return _bounded(first, most)
        return await self._rest(call, first, until, most)

    async def document(self, call: Call, patience: float, *, most: int) -> Answer:
        """As `call`, for what is long: says first how large the blocks may be."""
        until = asyncio.get_running_loop().time() + patience
        message = call.message()
        message.opt.block2 = (0, False, self.block_exp)
        first = answer(await self._ask(message, until))
        if first.code == Code.BAD_OPTION:  # it knows no blocks
            return await self.call(call, until - asyncio.get_running_loop().time(), most=most)
        return await self._rest(call, first, until, most) if first.more else _bounded(first, most)

    async def observe(
        self, call: Call, patience: float, told: Told, *, token: bytes | None = None
    ) -> tuple[bytes, Answer]:
        """Registers as an observer. The first answer; later ones go to `told`."""
        message = call.message()
        message.opt.observe = 0
        token, first = await self.talk.observe(message, patience, told, token=token)
        return token, answer(first)

    async def _ask(self, message: Message, until: float) -> Message:
        left = until - asyncio.get_running_loop().time()
        return await self.talk.ask(message, min(left, self.talk.pace.patience))

    async def _rest(self, call: Call, first: Answer, until: float, most: int) -> Answer:
        """Everything from the first block on, fetched with one ETag (RFC 7959 §2.4)."""
        for turn in range(MAX_RESTARTS + 1):
            whole = await self._fetched(call, until, most, None if turn else first)
            if whole is not None:
                return whole
        raise Unanswered("what it tells changed whenever it was half told", sent=True)

    async def _fetched(self, call: Call, until: float, most: int, first: Answer | None) -> Answer | None:
        """`first` is the first block, where it is here already. None: what came does not fit together."""
        body, number, exponent, etag = b"", 0, self.block_exp, None
        if first is not None and first.block == 0 and 16 <= len(first.payload) <= _size(exponent):
            if len(first.payload) not in _SIZES:
                return None
            body, number, exponent, etag = first.payload, 1, _SIZES[len(first.payload)], first.etag
        while True:
            message = call.message(b"")
            message.opt.block2 = (number, False, exponent)
            reply = await self._ask(message, until)
            part, block = answer(reply), reply.opt.block2
            if not part.good or block is None:
                return part
            if block.block_number != number or block.size_exponent > exponent:
                return None if number else part
            if number and part.etag != etag:
                return None
            etag = part.etag
            if block.size_exponent < exponent:
                exponent = block.size_exponent  # only the first answer may be smaller than asked for
                if number:
                    return None
            if block.more and len(part.payload) != _size(exponent):
                return None
            body += part.payload
            if len(body) > most:
                raise TooLarge(most)
            if not block.more:
                return Answer(part.code, body, part.content_format, etag, part.max_age, part.observe)
            number += 1
            await _paced(number, len(body))

    async def _in_blocks(self, call: Call, until: float) -> Answer:
        """RFC 7959 §2.3 and §2.9. Nothing acts before the last block has arrived."""
        body, exponent, at = call.payload, self.block_exp, 0
        while True:
            size = _size(exponent)
            part = body[at : at + size]
            more = at + size < len(body)
            message = call.message(part)
            message.opt.block1 = (at // size, more, exponent)
            if at == 0:
                message.opt.size1 = len(body)
            reply = await self._ask(message, until)
            told, block = answer(reply), reply.opt.block1
            smaller = block.size_exponent if block is not None and block.size_exponent < exponent else None
            if told.code == Code.REQUEST_ENTITY_TOO_LARGE and at == 0 and smaller is not None:
                exponent = smaller
                continue
            if not more or told.code != Code.CONTINUE:
                return told
            at += len(part)
            if smaller is not None:
                exponent = smaller


async def _paced(number: int, fetched: int) -> None:
    """Before the block with that number is asked for. Raises `TooLarge`."""
    if number >= MAX_BLOCKS:
        raise TooLarge(fetched)
    if number >= BRISK_BLOCKS:
        await asyncio.sleep(SLOW_BLOCK_S)


class TooLarge(Exception):
    """A body that nobody needs in this length."""

    def __init__(self, most: int) -> None:
        super().__init__(f"what it tells is longer than {most // 1024} kB, and was not read")


def _bounded(whole: Answer, most: int) -> Answer:
    if len(whole.payload) > most:
        raise TooLarge(most)
    return whole


_SIZES: Final = {1 << (exponent + 4): exponent for exponent in range(LARGE_BLOCK_EXP + 1)}


def _size(exponent: int) -> int:
    return 1 << (exponent + 4)
