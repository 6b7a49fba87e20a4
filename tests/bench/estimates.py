"""Estimates: the cost of a report, false alarms on ordinary series, and which planted faults are found.

python tests/bench/estimates.py [--days 60] [--houses 10]
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from gateway.estimates.pulse import Pulse
from gateway.estimates.track import Track
from tests.bench.estimates_series import DAY, NOISY, ORDINARY, Series, contact_times

PLANTED_AFTER = 21 * DAY
FAULT_DAYS = 2.0
LOOK_S = 30.0
"""Between two sweeps; see `gateway.estimates.keeper`."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=60)
    parser.add_argument("--houses", type=int, default=10)
    parser.add_argument("--only", choices=("alarms", "planted", "contacts"))
    options = parser.parse_args()
    print(f"a report costs {_cost():.2f} µs (p50)\n")
    if options.only in {None, "alarms"}:
        _false_alarms(options.days, options.houses)
    if options.only in {None, "planted"}:
        _planted(options.houses)
    if options.only in {None, "contacts"}:
        _contacts(options.days, options.houses)


def run(track: Track, pulse: Pulse, series: Series) -> Iterator[tuple[float, str]]:
    """When something was marked, and what: unusual values as they begin, silences."""
    due = float("nan")
    for t, x in series:
        while due <= t:
            at, (changed, again) = due, pulse.judge(due, 0.0, vouched=False)
            due += min(max(again, LOOK_S), 1800.0)
            if changed and pulse.doubt is not None:
                yield at, f"silence {pulse.doubt.quality}"
        pulse.see(t)
        if track.see(x, t, int(t % DAY // 3600)) and track.unusual is not None:
            yield t, str(track.unusual.what)
        if math.isnan(due):
            due = t + 1800


def _cost() -> float:
    rnd, costs = random.Random(1), []
    track, pulse = Track("temperature.temperature", "°C"), Pulse("x")
    for t, x in ORDINARY["BLE thermometer"][0](rnd, 14):
        hour, begun = int(t % DAY // 3600), time.perf_counter_ns()
        pulse.see(t)
        track.see(x, t, hour)
        costs.append(time.perf_counter_ns() - begun)
    return statistics.median(costs) / 1000


def _false_alarms(days: float, houses: int) -> None:
    print(f"false alarms a month on ordinary series, {houses} × {days:.0f} days; noise")
    for name, (make, capability, unit) in ORDINARY.items():
        found, noises = Counter[str](), []
        for seed in range(houses):
            track, pulse = Track(capability, unit), Pulse(name)
            found.update(what for _, what in run(track, pulse, make(random.Random(f"{name}{seed}"), days)))
            noises.append(track.uncertainty or 0.0)
        months = houses * days / 30
        rates = ", ".join(f"{what} {count / months:.2f}" for what, count in sorted(found.items()))
        print(f"  {name:<16} {sum(found.values()) / months:5.2f}  ± {statistics.median(noises):.3g}  {rates}")


def spoilt(series: Series, fault: str, rnd: random.Random, scale: float) -> Series:
    """The series with a fault from `PLANTED_AFTER` on (and some hours). `scale`: 1 is about the range of a day."""
    begin = PLANTED_AFTER + rnd.uniform(0, 20) * 3600
    stuck = None
    spiked = False
    for t, x in series:
        if t < begin:
            yield t, x
        elif t > begin + FAULT_DAYS * DAY:
            return
        elif fault == "stuck":
            stuck = x if stuck is None else stuck
            yield t, stuck
        elif fault == "spike":
            yield t, x if spiked else x + 5 * scale
            spiked = True
        elif fault == "small spike":
            yield t, x if spiked else x + scale
            spiked = True
        elif fault == "step":
            yield t, x + 2 * scale
        elif fault == "drift":
            yield t, x + 2 * scale * (t - begin) / DAY
        elif fault == "nothing measured":
            yield t, -127.0 if scale < 100 else 655.35
        elif fault == "silence":
            continue


SCALES = {"BLE thermometer": 3.0, "bathroom": 30.0, "outdoors": 10.0, "air": 800.0, "pressure": 8.0}


def _planted(houses: int) -> None:
    print(f"\nplanted faults found within {FAULT_DAYS:.0f} days, of {houses} each (median time until then)")
    for name in NOISY:
        make, capability, unit = ORDINARY[name]
        told = []
        for fault in ("stuck", "spike", "small spike", "step", "drift", "silence"):
            waits = []
            for seed in range(houses):
                rnd = random.Random(f"{name}{fault}{seed}")
                track, pulse = Track(capability, unit), Pulse(name)
                series = list(make(rnd, 25))
                mark = random.Random(seed)
                begin = PLANTED_AFTER + random.Random(seed).uniform(0, 20) * 3600
                found = [
                    at
                    for at, _ in run(track, pulse, _and_end(spoilt(iter(series), fault, mark, SCALES[name])))
                ]
                late = [at - begin for at in found if begin <= at <= begin + FAULT_DAYS * DAY]
                if late:
                    waits.append(late[0])
            middle = f" ({statistics.median(waits) / 60:.0f} min)" if waits else ""
            told.append(f"{fault} {len(waits)}{middle}")
        print(f"  {name:<16} {', '.join(told)}")


def _and_end(series: Series) -> Series:
    """And a last report long after, so that the sweep goes on until then."""
    yield from series
    yield PLANTED_AFTER + 3 * DAY, 20.0


def _contacts(days: float, houses: int) -> None:
    print("\ncontacts: silences a month; with the device dead for the last two days, found")
    for label, check_in in (
        ("on change alone", 0.0),
        ("check-in every hour", 3600.0),
        ("every 5 min", 300.0),
    ):
        silences = found = 0
        for seed in range(houses):
            times = list(contact_times(random.Random(f"c{seed}"), days, check_in=check_in))
            for dead in (False, True):
                pulse, count = Pulse("door"), 0
                until = days - 2 if dead else days
                due = 1800.0
                for t in [*(one for one in times if one < until * DAY), days * DAY]:
                    while due <= t:
                        changed, again = pulse.judge(due, 0.0, vouched=False)
                        count += changed and pulse.doubt is not None
                        due += min(max(again, LOOK_S), 1800.0)
                    pulse.see(t)
                if dead:
                    found += count > 0
                else:
                    silences += count
        print(f"  {label:<20} {silences / (houses * days / 30):.2f}; {found} of {houses}")


if __name__ == "__main__":
    main()
