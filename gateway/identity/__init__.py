"""Who is asking: principals, tokens, pairing."""

from gateway.identity.identity import Identity
from gateway.identity.minting import TooManyTokensError
from gateway.identity.narrowing import WiderThanParentError, may_grant
from gateway.identity.pairing import PairingClosedError, PairingError, WrongCodeError
from gateway.identity.sessions import Session, TokenInfo
from gateway.identity.window import Stay

__all__ = [
    "Identity",
    "PairingClosedError",
    "PairingError",
    "Session",
    "Stay",
    "TokenInfo",
    "TooManyTokensError",
    "WiderThanParentError",
    "WrongCodeError",
    "may_grant",
]
