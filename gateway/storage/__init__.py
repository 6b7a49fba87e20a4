"""Everything the gateway keeps but the ledger: one SQLite file, numbered migrations, small typed repositories."""

from gateway.storage.database import Database, StorageError, Transaction
from gateway.storage.ignored import IgnoredCandidates
from gateway.storage.pairings import PairingRepository, PairingRow
from gateway.storage.settings import SettingsRepository
from gateway.storage.things import ThingRepository, ThingRow, ThingState
from gateway.storage.tokens import TokenRepository, TokenRow

__all__ = [
    "Database",
    "IgnoredCandidates",
    "PairingRepository",
    "PairingRow",
    "SettingsRepository",
    "StorageError",
    "ThingRepository",
    "ThingRow",
    "ThingState",
    "TokenRepository",
    "TokenRow",
    "Transaction",
]
