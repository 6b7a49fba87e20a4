"""Estimates in sentences for people. Only numbers stand in them, nothing that a device said in words: not even its unit."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ((86_400.0 * 2, 86_400.0, "d"), (5400.0, 3600.0, "h"), (90.0, 60.0, "min"))


def lasting(seconds: float) -> str:
    """Some time in one unit: `3 h`."""
    for above, one, name in _UNITS:
        if seconds >= above:
            return f"{seconds / one:.0f} {name}"
    return f"{seconds:.0f} s"


def number(x: float) -> str:
    return f"{x:.6g}"


def quiet(seconds: float, every: float) -> str:
    return f"quiet for {lasting(seconds)}; it reports about every {lasting(every)}"


def quiet_between(seconds: float, longest: float) -> str:
    return f"quiet for {lasting(seconds)}; it reports at least every {lasting(longest)}"


def impossible(x: float, low: float, high: float) -> str:
    return f"{number(x)} cannot be: such a value lies between {number(low)} and {number(high)}"


def no_value(x: float) -> str:
    return f"{number(x)} is what such sensors say when they measure nothing"


def jumped(before: float, x: float, most: float) -> str:
    return f"it went from {number(before)} to {number(x)} at once; in the last weeks it never moved by more than {number(most)}"


def frozen(x: float, reports: float, seconds: float, most: float) -> str:
    return (
        f"exactly {number(x)} in {reports:.0f} reports over {lasting(seconds)}; "
        f"it never said the same more than {most:.0f} times before"
    )


def out_of_hours(x: float, low: float, high: float, days: float) -> str:
    return f"{number(x)} at this hour of the day; in {days:.0f} days it was between {number(low)} and {number(high)} then"
