"""Steps 1 to 3 of a command's life: its Thing and operation exist, its input fits, and its idempotency key is its own."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import orjson

from capabilities.errors import SchemaError
from capabilities.secrets import without
from capabilities.thing import Operation
from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.clock import Clock
from gateway.commands import Command, Execution
from gateway.failpoints import failpoint
from gateway.idempotency import Claim, IdempotencyKeys, KeyInOtherUse
from gateway.parties import Waiting
from gateway.registry import Registry
from gateway.requests import BadInput, KeyReused, NoSuchAffordance


class Admitted(NamedTuple):
    """A command whose Thing and operation exist and whose input fits."""

    execution: Execution
    adopted: Adopted
    operation: Operation
    value: Json
    request: str  # the request after defaults, for the idempotency key ("" without one)
    approval: str = ""  # it waits for this one already


class Admission:
    """Lets commands in."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock
        self.keys = IdempotencyKeys()

    def find(self, command: Command) -> tuple[Adopted, Operation, Json]:
        """What the command is about, and its input after defaults. Raises `RequestError`."""
        adopted = self._registry.get(command.thing)
        operation = (
            adopted.thing.operation(command.affordance, is_action=command.is_action) if adopted else None
        )
        if adopted is None or operation is None:
            what = "action" if command.is_action else "writable property"
            raise NoSuchAffordance(f"there is no {what} {command.affordance!r} on {command.thing!r}")
        try:
            return adopted, operation, operation.check(command.value)
        except SchemaError as error:
            raise BadInput(f"{command.thing}.{command.affordance}: {error}") from error

    def admit(self, command: Command) -> tuple[Admitted, Claim | None]:
        """The command, or the earlier one that it repeats. Raises `RequestError`."""
        adopted, operation, value = self.find(command)
        if operation.secrets:  # from here on nothing but the way to the device knows a code
            command = replace(command, value=without(command.value, operation.secrets))
        execution = Execution(command, self._clock.wall())
        if not command.key:
            return Admitted(execution, adopted, operation, value, ""), None
        asked = without(value, operation.secrets)
        request = orjson.dumps([command.thing, command.affordance, command.is_action, asked]).decode()
        try:
            earlier = self.keys.claim(command, request, execution, execution.requested_at)
        except KeyInOtherUse as error:
            raise KeyReused(str(error)) from error
        failpoint("claimed")
        return Admitted(execution, adopted, operation, value, request), earlier

    def again(self, waiting: Waiting) -> Admitted:
        """One that waited for people when the gateway stopped: what was shown to them. Raises `RequestError`."""
        command = waiting.command
        shown = replace(
            command, affordance=waiting.affordance, is_action=waiting.is_action, value=waiting.value
        )
        adopted, operation, value = self.find(shown)
        execution = Execution(command, command.received_at, waits_for="approval")
        if command.key:
            try:
                self.keys.claim(command, waiting.request, execution, self._clock.wall())
            except KeyInOtherUse as error:
                raise KeyReused(str(error)) from error
        return Admitted(execution, adopted, operation, value, waiting.request, waiting.approval)
