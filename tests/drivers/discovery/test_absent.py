from __future__ import annotations

import pytest

from drivers.discovery.absent import AbsentPorts, AbsentRadio, AbsentServices
from drivers.discovery.declared import Declared
from drivers.discovery.seen import SerialPort
from drivers.driver import NotSent

WHY = "install the extra"


def test_they_tell_of_nothing_and_say_why() -> None:
    told: list[object] = []
    services, radio, ports = AbsentServices(WHY), AbsentRadio(WHY), AbsentPorts(WHY)
    for stop in (
        services.watch(["_hap._tcp.local."], told.append),
        radio.watch(Declared(), told.append),
        ports.watch(told.append),
    ):
        stop()
        stop()
    assert told == []
    assert ports.find("/dev/null") is None
    assert all(one.health().detail == WHY and not one.health().connected for one in (services, radio, ports))
    with pytest.raises(NotSent, match=WHY):
        _ = services.zeroconf
    with pytest.raises(NotSent, match=WHY):
        radio.connected("aa:bb:cc:dd:ee:ff", deadline=1)
    with pytest.raises(NotSent, match=WHY):
        ports.claimed(SerialPort("/dev/null", "path:/dev/null"), "modbus")
