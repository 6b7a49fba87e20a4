"""What agents, people and the gateway say to each other about a task: typed, and in the ledger."""

from gateway.messages.exchange import Messages

__all__ = ["Messages"]
