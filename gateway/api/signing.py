"""How it is known that a person asks, and not software that has its token: at the box, or signed by their device."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from capabilities.vocabulary import Json
from gateway.api.approvals import CLOCKS_DIFFER_S, require_pin
from gateway.api.problems import Problem, bad_request
from gateway.api.wire import rfc3339
from gateway.approvals.keys import is_signed, thumbprint, to_sign
from gateway.approvals.pin import BoxPin
from gateway.context import Gateway
from gateway.identity import Session

NO_KEY = (
    "this device has no key that could sign: pair it anew with a code made at the box (`hearth pair` there),"
    " or do it at the box"
)


async def by_a_person(
    gateway: Gateway,
    pin: BoxPin,
    session: Session,
    *,
    about: str,
    said: Mapping[str, Json],
    at: datetime | None,
    signature: str,
    given_pin: str,
) -> dict[str, Json]:
    """How it is known, for the ledger. `said` is signed as an answer to the approval `about` is (`gateway.approvals.keys`).

    Raises `Problem` (403, 429; 400 for what no signature can be of).
    """
    if session.principal.at_box:
        await require_pin(pin, given_pin)
        return {"channel": "box"}
    if not session.key or not gateway.identity.is_of_people(session):
        raise Problem("forbidden", NO_KEY)
    if not signature or at is None:
        raise Problem(
            "not-signed", "it is signed with the key of your device: `at` and `signature` are needed"
        )
    if abs(at.timestamp() - gateway.clock.wall()) > CLOCKS_DIFFER_S:
        now = rfc3339(gateway.clock.wall())
        raise Problem(
            "not-signed", f"it was signed at another time; here it is {now}: set the clock of your device"
        )
    try:
        message = to_sign(about, said)
    except ValueError as error:
        raise bad_request(str(error)) from error
    if not is_signed(session.key, message, signature):
        raise Problem("not-signed", "the signature is not that of this by the key of your device")
    return {
        "channel": "key",
        "key": thumbprint(session.key),
        "using": session.token_id,
        "signature": signature,
        "signed_at": str(said["at"]),
    }
