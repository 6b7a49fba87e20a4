"""Pair-setup, pair-verify and the removal of a pairing, over a connection. The cryptography is aiohomekit's.

Source: HomeKit Accessory Protocol Specification R2, 5.6 (pair-setup), 5.7 (pair-verify), 5.12 (remove pairing).
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from aiohomekit import exceptions as hap
from aiohomekit.crypto.srp import SrpClient
from aiohomekit.protocol import get_session_keys, perform_pair_setup_part1, perform_pair_setup_part2, tlv

from drivers.driver import NotSent, Rejected
from drivers.homekit.keys import Keys
from drivers.homekit.wire.connection import TLV, Connection, LinkError
from drivers.homekit.wire.frames import Frames

logging.getLogger("aiohomekit").setLevel(logging.WARNING)  # below that it writes keys

PUBLIC_KEY_BYTES: Final = 384
"""Of SRP's 3,072-bit group: a longer one is an attempt to make us calculate."""

MAX_TLV_BYTES: Final = 8 * 1024
"""Of one answer of a pairing: a certificate of Apple's coprocessor fits."""

_GROUP: Final = SrpClient("", "")
"""Only its modulus is wanted, which belongs to every instance."""

_Steps = Generator[Any, Any, Any]


class NotOurs(Exception):
    """The accessory does not know our keys (it was reset, or our pairing was removed). `is_somebody_else`: another one answers
    at this address.
    """

    def __init__(self, text: str, *, is_somebody_else: bool = False) -> None:
        super().__init__(text)
        self.is_somebody_else = is_somebody_else


async def pair_setup(connection: Connection, code: str, *, with_auth: bool) -> Keys:
    """Pairs. Raises `Rejected` (what to do), `LinkError`."""
    # The modular powers take some 50 ms each on a small computer: not in the loop.
    calculator = ThreadPoolExecutor(1, "homekit pairing")
    try:
        salt, public = await _run(connection, "/pair-setup", perform_pair_setup_part1(with_auth), None)
        _refuse_weak(bytes(public))
        steps: _Steps = await _calculate(
            calculator, lambda: perform_pair_setup_part2(code, str(uuid.uuid4()), salt, public)
        )
        made = await _run(connection, "/pair-setup", steps, calculator)
        return Keys.made(made)
    except (Rejected, NotSent, LinkError):
        raise
    except Exception as error:
        raise _setup_refusal(error) from None
    finally:
        calculator.shutdown(wait=False, cancel_futures=True)


async def pair_verify(connection: Connection, keys: Keys) -> None:
    """Makes the connection a secure one. Raises `NotOurs`, `LinkError`."""
    try:
        _, derive = await _run(connection, "/pair-verify", get_session_keys(dict(keys.for_verify())), None)
    except LinkError:
        raise
    except hap.IncorrectPairingIdError:
        raise NotOurs("another accessory answers at its address", is_somebody_else=True) from None
    except (hap.AuthenticationError, hap.InvalidAuthTagError, hap.InvalidSignatureError):
        raise NotOurs("it does not know our keys") from None
    except Exception as error:
        raise LinkError(f"its answer to our keys is none ({type(error).__name__})") from None
    connection.secure(
        Frames(
            derive(b"Control-Salt", b"Control-Write-Encryption-Key"),
            derive(b"Control-Salt", b"Control-Read-Encryption-Key"),
        )
    )


async def remove_pairing(connection: Connection, keys: Keys) -> None:
    """Removes ours, over a secure connection. Raises `Rejected`, `LinkError`."""
    asked = [
        (tlv.TLV.kTLVType_State, tlv.TLV.M1),
        (tlv.TLV.kTLVType_Method, tlv.TLV.RemovePairing),
        (tlv.TLV.kTLVType_Identifier, keys.controller_id.encode()),
    ]
    answer = await connection.request("POST", "/pairings", bytes(tlv.TLV.encode_list(asked)), TLV)
    try:
        said = dict(tlv.TLV.decode_bytes(answer.body[:MAX_TLV_BYTES]))
    except Exception:
        raise Rejected("it answered nothing that HomeKit knows") from None
    if tlv.TLV.kTLVType_Error in said:
        raise Rejected("it says that we may not remove our own pairing")


async def _run(
    connection: Connection, target: str, steps: _Steps, calculator: ThreadPoolExecutor | None
) -> Any:
    """Each step gives a question and gets its answer; the last one gives what comes of it."""
    answer: Any = None
    while True:
        sent = answer

        def step(sent: Any = sent) -> tuple[bool, Any]:
            try:
                return False, steps.send(sent)
            except StopIteration as end:
                return True, end.value

        done, result = step() if calculator is None else await _calculate(calculator, step)
        if done:
            return result
        question, expected = result
        message = await connection.request("POST", target, bytes(tlv.TLV.encode_list(question)), TLV)
        if len(message.body) > MAX_TLV_BYTES:
            raise LinkError("it answers with more than any pairing needs", sent=True)
        if message.status >= 500 or not message.body:
            raise LinkError(f"it answers with HTTP status {message.status}", sent=True)
        answer = tlv.TLV.decode_bytes(message.body, expected=[*expected, tlv.TLV.kTLVType_Error])


async def _calculate(calculator: ThreadPoolExecutor, work: Callable[[], Any]) -> Any:
    return await asyncio.get_running_loop().run_in_executor(calculator, work)


def _refuse_weak(public: bytes) -> None:
    """SRP (RFC 5054, 2.5.4): a public key that is a multiple of the modulus would give the code away."""
    if len(public) > PUBLIC_KEY_BYTES or int.from_bytes(public, "big") % int(_GROUP.n) == 0:
        raise hap.IllegalData("public key")


_REFUSALS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (
        hap.AuthenticationError,
        "the setup code is wrong: look again on the accessory, and try once more (some refuse a right one now and"
        " then). After 100 wrong codes it takes none any more until it is reset",
    ),
    (
        hap.UnavailableError,
        "it is paired with somebody else: remove it there first (in Apple's Home app, say), or reset the accessory",
    ),
    (hap.MaxTriesError, "it was given too many wrong codes: reset the accessory, then pair it again"),
    (
        hap.MaxPeersError,
        "it has no room for another pairing: remove one in another app, or reset the accessory",
    ),
    (
        hap.BackoffError,
        "it wants to be left alone for a while after a wrong code: wait a minute, then try again",
    ),
    (hap.BusyError, "somebody else is pairing it right now: wait a minute, then try again"),
)


def _setup_refusal(error: Exception) -> Rejected:
    for kind, text in _REFUSALS:
        if isinstance(error, kind):
            return Rejected(text)
    return Rejected(
        f"pairing failed, as its answer was none that HomeKit knows ({type(error).__name__}):"
        " switch it off and on, then try again"
    )
