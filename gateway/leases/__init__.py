"""Who holds what, until when, and what they accept."""

from gateway.leases.keeper import LeaseKeeper

__all__ = ["LeaseKeeper"]
