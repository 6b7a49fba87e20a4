"""What agents, people and the gateway say to each other about a task: typed, and in the ledger."""

from gateway.messages.exchange import Messages
from gateway.messages.message import GATEWAY, Message, Type
from gateway.messages.uses import Asked, Done, Use

__all__ = ["GATEWAY", "Asked", "Done", "Message", "Messages", "Type", "Use"]
