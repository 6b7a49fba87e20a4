"""Requests, and finding the answer to one in what came in. No I/O.

Sources: MODBUS Application Protocol V1.1b3 (functions), MODBUS over Serial Line V1.02, section 2.5.1 (RTU frames), MODBUS
Messaging on TCP/IP V1.0b, section 3.1.3 (MBAP header). PDUs and checksums are pymodbus'.

An answer must fit its request: unit, function, length, and of a write what it repeats. A frame that does not is somebody
else's, or of an earlier question, and is passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import count
from typing import Final, Protocol

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadDiscreteInputsRequest,
    WriteMultipleCoilsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.mei_message import ReadDeviceInformationRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

MAX_BUFFER_BYTES: Final = 1024
"""Four of the longest frames (260 bytes): what is older answers nothing that is still asked."""

_READS: Final = {
    "coil": ReadCoilsRequest,
    "discrete": ReadDiscreteInputsRequest,
    "holding": ReadHoldingRegistersRequest,
    "input": ReadInputRegistersRequest,
}
_EXCEPTION_BYTES: Final = 5
_IDENTIFY: Final = 0x2B


def read(unit: int, table: str, start: int, amount: int) -> ModbusPDU:
    return _READS[table](dev_id=unit, address=start, count=amount)


def write(unit: int, function: int, start: int, value: bool | Sequence[int]) -> ModbusPDU:
    if isinstance(value, bool):
        kind = WriteSingleCoilRequest if function == 5 else WriteMultipleCoilsRequest
        return kind(dev_id=unit, address=start, bits=[value])
    if function == 6:
        return WriteSingleRegisterRequest(dev_id=unit, address=start, registers=list(value))
    return WriteMultipleRegistersRequest(dev_id=unit, address=start, registers=list(value))


def identify(unit: int) -> ModbusPDU:
    """Read Device Identification (V1.1b3, section 6.21): maker, model, version. It changes nothing."""
    return ReadDeviceInformationRequest(dev_id=unit, read_code=1)


class Framing(Protocol):
    def frame(self, request: ModbusPDU) -> bytes: ...

    def take(self, buffer: bytearray, request: ModbusPDU) -> ModbusPDU | None:
        """The answer to `request` if it is in `buffer`; it and what precedes it leave the buffer. Raises `Desynchronised`."""

    @property
    def mixes_up(self) -> bool:
        """Whether a late answer may look like that to a later question."""


class Desynchronised(Exception):
    """Where the next frame begins is not known any more: the connection is of no use."""


def fits(request: ModbusPDU, answer: ModbusPDU) -> bool:
    """Whether `answer` is one to `request`: of its function, as long, and of a write with what was written."""
    if isinstance(answer, ExceptionResponse):
        return answer.function_code & 0x7F == request.function_code
    if answer.function_code != request.function_code:
        return False
    if request.function_code in {1, 2}:
        return len(answer.bits) == 8 * ((request.count + 7) // 8)
    if request.function_code in {3, 4}:
        return len(answer.registers) == request.count
    if request.function_code == 5:
        return answer.address == request.address and list(answer.bits[:1]) == list(request.bits[:1])
    if request.function_code == 6:
        return answer.address == request.address and list(answer.registers) == list(request.registers)
    if request.function_code in {15, 16}:
        written = len(request.bits) if request.function_code == 15 else len(request.registers)
        return answer.address == request.address and answer.count == written
    return request.function_code == _IDENTIFY


def answer_bytes(request: ModbusPDU, start: bytes = b"") -> int:
    """How long the RTU frame of the answer is that begins with `start`; 0: not known yet."""
    if len(start) > 1 and start[1] & 0x80:
        return _EXCEPTION_BYTES
    if request.function_code in {1, 2}:
        return 5 + (request.count + 7) // 8
    if request.function_code in {3, 4}:
        return 5 + 2 * request.count
    if request.function_code in {5, 6, 15, 16}:
        return 8
    return _identification_bytes(start)


def _identification_bytes(start: bytes) -> int:
    """V1.1b3, section 6.21: six bytes of header behind the function, then objects, each with its number and length."""
    at, objects = 8, start[7] if len(start) > 7 else -1
    if objects < 0:
        return 0
    for _ in range(objects):
        if len(start) < at + 2:
            return 0
        at += 2 + start[at + 1]
    return at + 2


class RtuFraming:
    """Frames with a checksum, one after the other. Some adapters hear what they send: such echoes are noticed and left out."""

    mixes_up = True

    def __init__(self) -> None:
        self.strangers = 0  # sound frames of others than were asked
        self.echoes = False
        self._framer = FramerRTU(DecodePDU(False))

    def frame(self, request: ModbusPDU) -> bytes:
        return self._framer.buildFrame(request)

    def take(self, buffer: bytearray, request: ModbusPDU) -> ModbusPDU | None:
        del buffer[:-MAX_BUFFER_BYTES]
        sent = self.frame(request)
        if request.function_code in {1, 2, 3, 4} and buffer.startswith(sent):
            self.echoes = True  # of a question, which no answer looks like
        begin = len(sent) if self.echoes and buffer.startswith(sent) else 0
        if self.echoes and not begin and len(buffer) < len(sent):
            return None
        for at in range(begin, len(buffer) - 4):
            if buffer[at] != request.dev_id or buffer[at + 1] & 0x7F != request.function_code:
                continue
            size = answer_bytes(request, bytes(buffer[at:]))
            if not size or len(buffer) < at + size:
                continue
            answer = self._sound(bytes(buffer[at : at + size]), request.dev_id)
            if answer is not None and fits(request, answer):
                del buffer[: at + size]
                return answer
        return None

    def noise(self, buffer: bytearray) -> str:
        """What it was that answered nothing, for a person; "" for nothing."""
        if len(buffer) < 4:
            return "only some bytes came" if buffer else ""
        other = buffer[0]
        checked = FramerRTU.compute_CRC(bytes(buffer[:-2])).to_bytes(2, "big") == bytes(buffer[-2:])
        if checked:
            self.strangers += 1
            return f"unit {other} answered with something else"
        return "what came was garbled (is the line terminated, and are baud rate and parity right?)"

    def _sound(self, frame: bytes, unit: int) -> ModbusPDU | None:
        if FramerRTU.compute_CRC(frame[:-2]).to_bytes(2, "big") != frame[-2:]:
            return None
        try:
            _, answer = self._framer.handleFrame(frame, unit, 0)
        except (ModbusException, ValueError, IndexError, struct.error, KeyError):
            return None
        return answer


class TcpFraming:
    """Frames with a header that numbers question and answer."""

    mixes_up = False

    def __init__(self) -> None:
        self.strangers = 0
        self._framer = FramerSocket(DecodePDU(False))
        self._numbers = count(1)

    def frame(self, request: ModbusPDU) -> bytes:
        request.transaction_id = next(self._numbers) % 0xFFFF + 1
        return self._framer.buildFrame(request)

    def take(self, buffer: bytearray, request: ModbusPDU) -> ModbusPDU | None:
        while len(buffer) >= 8:
            number, protocol, length = struct.unpack(">HHH", buffer[:6])
            if protocol or not 3 <= length <= 254:
                raise Desynchronised(
                    "what came is no Modbus TCP; is this the right port, or is it rtu+tcp:// instead?"
                )
            if len(buffer) < 6 + length:
                return None
            frame = bytes(buffer[: 6 + length])
            del buffer[: 6 + length]
            if number != request.transaction_id or frame[6] != request.dev_id:
                self.strangers += 1
                continue
            answer = self._decoded(frame)
            if answer is not None and fits(request, answer):
                return answer
            self.strangers += 1
        return None

    def noise(self, buffer: bytearray) -> str:
        return "only part of an answer came" if buffer else ""

    def _decoded(self, frame: bytes) -> ModbusPDU | None:
        try:
            answer = self._framer.decoder.decode(frame[7:])
        except (ModbusException, ValueError, IndexError, struct.error, KeyError):
            return None
        if answer is not None:
            answer.dev_id = frame[6]
        return answer
