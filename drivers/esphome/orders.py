"""Commands: on the wire within their deadline, or not at all. Nothing waits to be sent later.

The native API acknowledges no command but user-defined actions that ask for it: what comes of one shows in the states.
"""

from __future__ import annotations

import asyncio

from capabilities.vocabulary import Json
from drivers.driver import NotSent, Rejected, Uncertain
from drivers.esphome.answers import Answers
from drivers.esphome.book import Book, Device
from drivers.esphome.entities.entity import Command
from drivers.esphome.wire.connection import Connection
from drivers.esphome.wire.errors import LinkError
from drivers.esphome.wire.messages import PB, Message


class Orders:
    def __init__(self, book: Book, answers: Answers) -> None:
        self._book = book
        self._answers = answers

    async def carry_out(self, point: str, value: Json, deadline: float) -> None:
        device, command = self._command(point)
        try:
            messages = list(command.make(value))
        except ValueError as error:
            raise NotSent(f"the value {error}") from None
        except (TypeError, OverflowError, KeyError):  # a message's field does not take it
            raise NotSent("the value is of another sort than this device takes") from None
        connection = device.connection
        if connection is None:
            raise NotSent(f"the device cannot be reached: {device.trouble or 'it is not connected'}")
        if connection.is_stuck:
            raise NotSent("the device takes nothing at present; try again in a moment")
        if command.is_answered:
            await self._ask(device, connection, messages[0], deadline)
        else:
            await _send(connection, messages, deadline)

    def refuse_to_read(self, point: str) -> None:
        self._find(point)
        raise Rejected("an ESPHome device tells its states by itself; it cannot be asked for one")

    def refresh(self, place: str) -> None:
        """All states once more."""
        device = self._book.get(place)
        if device is not None and device.connection is not None:
            try:
                device.connection.send(PB.SubscribeStatesRequest())
            except LinkError:
                return  # it is lost, and will tell them when it is back

    def _find(self, point: str) -> Device:
        device = self._book.get(point.partition("|")[0])
        if device is None or device.described is None or point not in device.described.points:
            raise NotSent(
                f"the point {point[:200]!r} is not known: its device may have changed, or was not found yet"
            )
        return device

    def _command(self, point: str) -> tuple[Device, Command]:
        device = self._find(point)
        command = device.described.commands.get(point) if device.described else None
        if command is None:
            raise Rejected("this can only be read")
        return device, command

    async def _ask(self, device: Device, connection: Connection, request: Message, deadline: float) -> None:
        """A user-defined action that is answered. Raises `Rejected` with what the device says."""
        number, answer = self._answers.expect(device.place)
        request.call_id = number
        try:
            async with asyncio.timeout(deadline):
                await _send(connection, [request], deadline)
                await answer
        except TimeoutError:
            raise Uncertain(f"the device has not answered within {deadline:g} s") from None
        finally:
            self._answers.drop(number)


async def _send(connection: Connection, messages: list[Message], deadline: float) -> None:
    try:
        connection.send(*messages)
    except LinkError as error:
        raise NotSent(f"the device cannot be reached: {error}") from None
    try:
        async with asyncio.timeout(deadline):
            await connection.written()
    except TimeoutError:
        connection.fail("it took nothing any more")  # else the command would go out whenever it does
        raise Uncertain(f"the device has not taken the command within {deadline:g} s") from None
    except LinkError as error:
        raise Uncertain(f"the connection was lost while the command went out: {error}") from None
    except asyncio.CancelledError:
        if connection.is_stuck:
            connection.fail("a command was taken back while it went out")
        raise
