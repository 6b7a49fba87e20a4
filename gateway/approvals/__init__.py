"""What people are asked, and what they answered."""

from gateway.approvals.keeper import ApprovalKeeper

__all__ = ["ApprovalKeeper"]
