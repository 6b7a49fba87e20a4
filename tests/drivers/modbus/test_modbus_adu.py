"""Finding the answer: only what fits the question counts, whatever else comes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsResponse, WriteSingleCoilResponse
from pymodbus.pdu.mei_message import ReadDeviceInformationResponse
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersResponse,
    ReadInputRegistersResponse,
    WriteSingleRegisterResponse,
)

from drivers.modbus import adu

READ = adu.read(3, "input", 0, 2)
ANSWER = ReadInputRegistersResponse(dev_id=3, registers=[0x4366, 0x3334])


def rtu(answer: ModbusPDU) -> bytes:
    return FramerRTU(DecodePDU(True)).buildFrame(answer)


def found(data: bytes, request: ModbusPDU = READ) -> ModbusPDU | None:
    return adu.RtuFraming().take(bytearray(data), request)


def test_the_golden_frame_of_a_manual() -> None:
    """Eastron, SDM230 manual: 01 04 00 00 00 02 → 01 04 04 43 66 33 34."""
    request = adu.read(1, "input", 0, 2)
    assert adu.RtuFraming().frame(request).hex(" ") == "01 04 00 00 00 02 71 cb"
    answer = found(bytes.fromhex("01 04 04 43 66 33 34 1b 38"), request)
    assert answer is not None
    assert list(answer.registers) == [0x4366, 0x3334]


def test_waveshares_own_example() -> None:
    """Waveshare wiki: 01 05 00 00 FF 00 8C 3A switches relay 0 on; the answer repeats it."""
    frame = adu.RtuFraming().frame(adu.write(1, 5, 0, True))
    assert frame.hex(" ") == "01 05 00 00 ff 00 8c 3a"
    assert found(frame, adu.write(1, 5, 0, True)) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        ReadInputRegistersResponse(dev_id=4, registers=[1, 2]),
        ReadInputRegistersResponse(dev_id=3, registers=[1]),
        ReadInputRegistersResponse(dev_id=3, registers=[1, 2, 3]),
        ReadHoldingRegistersResponse(dev_id=3, registers=[1, 2]),
        ReadCoilsResponse(dev_id=3, bits=[True] * 8),
        ExceptionResponse(3, 2, device_id=3),
        ExceptionResponse(4, 2, device_id=9),
    ],
)
def test_what_does_not_fit_is_no_answer(wrong: ModbusPDU) -> None:
    assert found(rtu(wrong)) is None
    assert found(rtu(wrong) + rtu(ANSWER)) is not None, "the right one behind it counts"


@pytest.mark.parametrize(
    ("request_", "wrong"),
    [
        (adu.write(3, 5, 7, True), WriteSingleCoilResponse(dev_id=3, address=7, bits=[False])),
        (adu.write(3, 5, 7, True), WriteSingleCoilResponse(dev_id=3, address=8, bits=[True])),
        (adu.write(3, 6, 7, [5]), WriteSingleRegisterResponse(dev_id=3, address=7, registers=[6])),
    ],
)
def test_a_write_is_confirmed_by_what_was_written(request_: ModbusPDU, wrong: ModbusPDU) -> None:
    assert found(rtu(wrong), request_) is None


def test_exceptions_and_identities_are_answers() -> None:
    answer = found(rtu(ExceptionResponse(4, 2, device_id=3)))
    assert isinstance(answer, ExceptionResponse)
    assert answer.exception_code == 2
    identity = ReadDeviceInformationResponse(1, {0: b"Acme", 1: b"X1", 2: b"1.0"}, dev_id=3)
    told = found(b"\x00\x03" + rtu(identity), adu.identify(3))
    assert isinstance(told, ReadDeviceInformationResponse)
    assert told.information[0] == b"Acme"


def test_an_adapter_that_hears_itself_confirms_nothing() -> None:
    framing = adu.RtuFraming()
    asked = framing.frame(READ)
    assert framing.take(bytearray(asked + rtu(ANSWER)), READ) is not None
    assert framing.echoes
    write = adu.write(3, 6, 7, [5])
    sent = framing.frame(write)
    assert framing.take(bytearray(sent), write) is None, "that is our own voice"
    assert framing.take(bytearray(sent + sent), write) is not None


@settings(max_examples=300)
@given(st.binary(max_size=300), st.binary(max_size=40))
def test_noise_around_an_answer_does_not_hide_or_make_one(before: bytes, after: bytes) -> None:
    taken = found(before + rtu(ANSWER) + after)
    assert taken is not None
    alone = found(before)
    assert alone is None or alone.dev_id == 3


@settings(max_examples=300)
@given(st.integers(0, 8), st.integers(1, 255))
def test_no_corrupted_frame_is_taken(at: int, flip: int) -> None:
    frame = bytearray(rtu(ANSWER))
    frame[at] ^= flip
    assert found(bytes(frame)) is None


@given(st.lists(st.binary(max_size=80), max_size=8))
def test_the_header_of_tcp_may_be_anything(parts: list[bytes]) -> None:
    framing, buffer = adu.TcpFraming(), bytearray()
    request = adu.read(3, "input", 0, 2)
    framing.frame(request)
    for part in parts:
        buffer += part
        try:
            framing.take(buffer, request)
        except adu.Desynchronised:
            return


def test_late_answers_over_tcp_are_known_by_their_number() -> None:
    framing = adu.TcpFraming()
    request = adu.read(3, "input", 0, 2)
    framing.frame(request)
    wire = FramerSocket(DecodePDU(True))
    late = ReadInputRegistersResponse(dev_id=3, registers=[9, 9], transaction_id=request.transaction_id - 1)
    right = ReadInputRegistersResponse(dev_id=3, registers=[1, 2], transaction_id=request.transaction_id)
    buffer = bytearray(wire.buildFrame(late) + wire.buildFrame(right))
    answer = framing.take(buffer, request)
    assert answer is not None
    assert list(answer.registers) == [1, 2]
    assert framing.strangers == 1


def test_what_the_noise_was_is_said() -> None:
    framing = adu.RtuFraming()
    assert framing.noise(bytearray()) == ""
    assert "garbled" in framing.noise(bytearray(b"\x00\xff\x12\x55\x01"))
    assert "unit 9" in framing.noise(bytearray(rtu(ReadInputRegistersResponse(dev_id=9, registers=[1]))))
