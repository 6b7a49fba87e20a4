"""What is still owed when a command has ended: it is switched off after its time, or put back as it was."""

from gateway.obligations.keeper import ObligationKeeper

__all__ = ["ObligationKeeper"]
