"""The ledger: what was attempted, decided, done and seen, append-only, hash-chained and signed."""

from gateway.ledger.entries import Entry, LedgerUnavailable, Record
from gateway.ledger.exporting import export
from gateway.ledger.heads import Head
from gateway.ledger.ledger import Ledger, Stats
from gateway.ledger.verification import Problem, Verification, verify

__all__ = [
    "Entry",
    "Head",
    "Ledger",
    "LedgerUnavailable",
    "Problem",
    "Record",
    "Stats",
    "Verification",
    "export",
    "verify",
]
