"""What the ledger tells of how well it all goes. Everything here is read from entries: nothing is lost with the process."""

from gateway.measures.keeper import Measures

__all__ = ["Measures"]
