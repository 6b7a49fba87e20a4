"""Series as sensors of a house report them, made from a seed: time in seconds since midnight of the first day, and value."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator

DAY = 86_400.0

Series = Iterator[tuple[float, float]]


def _jittered(
    rnd: random.Random, every: float, days: float, *, jitter: float = 0.03, lost: float = 0.0
) -> Iterator[float]:
    t = rnd.random() * every
    while t < days * DAY:
        if rnd.random() >= lost:
            yield t
        t += every * (1 + rnd.gauss(0, jitter))


def ble_thermometer(rnd: random.Random, days: float) -> Series:
    """In steps of 0.01 °C, noise 0.04 °C, every minute, a fifth of the messages lost; a room that is aired now and then."""
    room, aired_until = 20.5, 0.0
    for t in _jittered(rnd, 60, days, lost=0.2):
        outside = 8 + 6 * math.sin(2 * math.pi * (t / DAY - 0.4)) + 3 * math.sin(2 * math.pi * t / (9 * DAY))
        if t % DAY > 7 * 3600 and t % DAY < 22 * 3600 and rnd.random() < 1 / 400:
            aired_until = t + rnd.uniform(300, 1200)
        room += (
            0.06 * (outside - room) * 0.3 if t < aired_until else 0.02 * (20.5 + 0.05 * (outside - 8) - room)
        )
        yield t, round(room + rnd.gauss(0, 0.04), 2)


def thermostat(rnd: random.Random, days: float) -> Series:
    """The temperature at a thermostat that switches a boiler: a saw of 1 K, lower by night, steps of 0.1 °C, every 5 min."""
    room, heats = 19.0, False
    for t in _jittered(rnd, 300, days):
        wanted = 20.5 if 6 * 3600 < t % DAY < 22.5 * 3600 else 17.5
        heats = room < wanted - 0.4 or (heats and room < wanted + 0.4)
        room += (0.25 if heats else -0.07) + rnd.gauss(0, 0.03)
        yield t, round(room, 1)


def daylight(rnd: random.Random, days: float) -> Series:
    """Lux at a window every 2 min: clouds pass, lamps are on in the evening, nothing by night."""
    cloud, lamp = 1.0, 0.0
    for t in _jittered(rnd, 120, days):
        hour = t % DAY / 3600
        sun = max(0.0, math.sin(math.pi * (hour - 6.5) / 11)) if 6.5 < hour < 17.5 else 0.0
        cloud = min(1.0, max(0.08, cloud + rnd.gauss(0, 0.12)))
        lamp = (180.0 if 17 < hour < 22.5 else 0.0) if rnd.random() < 0.1 else lamp
        yield t, float(round(9000 * sun * cloud + lamp + abs(rnd.gauss(0, 1)) * (sun + lamp > 0)))


def washing_machine(rnd: random.Random, days: float) -> Series:
    """Watts every 30 s: stand-by, and four washes a week between 8 and 20 o'clock."""
    begun = -DAY
    for t in _jittered(rnd, 30, days):
        into = t - begun
        if into > 2 * 3600 and 8 < t % DAY / 3600 < 18 and rnd.random() < 4 / 7 / 1200:
            begun, into = t, 0.0
        if into < 1500:
            power = 2050 + rnd.gauss(0, 12)
        elif into < 6600:
            power = rnd.choice((20.0, 90.0, 180.0, 320.0)) + rnd.gauss(0, 8)
        else:
            power = 1.1 + rnd.gauss(0, 0.12)
        yield t, round(max(power, 0.0), 1)


def fridge(rnd: random.Random, days: float) -> Series:
    """Watts on change of more than 1 W or every 5 min: a compressor that cycles."""
    last = -1.0
    for t in _jittered(rnd, 15, days):
        on = (t % 2700) < 900 + 200 * math.sin(t / 20_000)
        power = round(82 + rnd.gauss(0, 0.8), 1) if on else 0.9
        if abs(power - last) > 1 or rnd.random() < 0.05:
            last = power
            yield t, power


def humid_bathroom(rnd: random.Random, days: float) -> Series:
    """Per cent every 4 min: showers in the morning and evening."""
    wet = 0.0
    for t in _jittered(rnd, 240, days, lost=0.05):
        hour = t % DAY / 3600
        if (6.5 < hour < 8 or 21 < hour < 22) and rnd.random() < 0.06:
            wet = rnd.uniform(20, 38)
        wet *= 0.93
        base = 50 + 5 * math.sin(2 * math.pi * t / (11 * DAY))
        yield t, round(min(99.0, base + wet + rnd.gauss(0, 0.3)), 1)


def outdoor(rnd: random.Random, days: float) -> Series:
    """°C every 10 min: the day, fronts that pass, and spring that comes."""
    front = 0.0
    for t in _jittered(rnd, 600, days, lost=0.02):
        front += rnd.gauss(0, 0.06) - 0.002 * front
        day = 5 * math.sin(2 * math.pi * (t / DAY - 0.4))
        yield t, round(4 + day + front + 0.15 * t / DAY + rnd.gauss(0, 0.1), 1)


def air(rnd: random.Random, days: float) -> Series:
    """CO2 in ppm every minute: people come and go, windows open."""
    level, people = 450.0, 0
    for t in _jittered(rnd, 60, days):
        hour = t % DAY / 3600
        if rnd.random() < 1 / 90:
            people = rnd.choice((0, 1, 2, 3)) if 7 < hour < 23 else rnd.choice((0, 2))
        drain = 0.05 if rnd.random() < 0.02 else 0.006
        level += people * 4 - drain * (level - 420)
        yield t, float(round(level + rnd.gauss(0, 4)))


def pressure(rnd: random.Random, days: float) -> Series:
    """hPa every 5 min."""
    level = 1013.0
    for t in _jittered(rnd, 300, days):
        level += rnd.gauss(0, 0.12) - 0.002 * (level - 1013)
        yield t, round(level + rnd.gauss(0, 0.05), 2)


Maker = Callable[[random.Random, float], Series]

ORDINARY: dict[str, tuple[Maker, str, str]] = {
    # name: (series, capability, unit)
    "BLE thermometer": (ble_thermometer, "temperature.temperature", "°C"),
    "thermostat": (thermostat, "thermostat.temperature", "°C"),
    "daylight": (daylight, "illuminance.illuminance", "lx"),
    "washing machine": (washing_machine, "power.power", "W"),
    "fridge": (fridge, "power.power", "W"),
    "bathroom": (humid_bathroom, "humidity.humidity", "%"),
    "outdoors": (outdoor, "temperature.temperature", "°C"),
    "air": (air, "air.co2", "ppm"),
    "pressure": (pressure, "pressure.pressure", "hPa"),
}
NOISY = ("BLE thermometer", "bathroom", "outdoors", "air", "pressure")


def contact_times(rnd: random.Random, days: float, *, check_in: float = 0.0) -> Iterator[float]:
    """When a door's contact reports: on change, by day, on some weekends never; every `check_in` seconds besides, counted from
    the last report, as Zigbee's longest reporting interval is (ZCL, 2.5.7)."""
    t, day = 0.0, -1
    away = False
    last = 0.0
    while t < days * DAY:
        if int(t // DAY) != day:
            day = int(t // DAY)
            away = day % 7 in {5, 6} and (away or rnd.random() < 0.4)
        hour = t % DAY / 3600
        rate = 1 / 2400 if 7 < hour < 22 and not away else 1e-9
        step = rnd.expovariate(rate) if rate > 1e-8 else 3600.0
        changes = rate > 1e-8
        t = min(t + step, t + 3600.0)
        changes = changes and step <= 3600.0
        while check_in and t - last >= check_in:
            last += check_in * (1 + rnd.gauss(0, 0.005))
            yield last
        if changes and t > last:
            last = t
            yield t
