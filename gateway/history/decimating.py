"""Fewer points that look the same: the least and the greatest of each stretch, or those that span the largest triangles.

The latter is Sveinn Steinarsson, "Downsampling Time Series for Visual Representation" (University of Iceland, 2013),
section 4.2.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gateway.history.levels import STALE
from gateway.history.rows import Points

A_STRETCH: Final = 2
"""Points that a stretch is left with: its least and its greatest."""


def envelope(points: Points, most: int) -> Points:
    """The first and the last point, the least and the greatest of each stretch of time, and all that begin or end what is
    not known (of which there may be more than `most`, which is at least 4).
    """
    count = len(points)
    if count <= most:
        return points
    stretches = max(1, (most - 2) // A_STRETCH)
    known = (points.code <= STALE) & np.isfinite(points.value)
    span = points.t[-1] - points.t[0]
    stretch = np.minimum((points.t - points.t[0]) / (span or 1.0) * stretches, stretches - 1).astype(np.int64)
    keep = np.zeros(count, bool)
    keep[[0, count - 1]] = True
    turns = np.flatnonzero(np.diff(known))
    keep[turns] = keep[turns + 1] = True
    at = np.flatnonzero(known)
    for sign in (1.0, -1.0):
        order = at[np.lexsort((points.value[at] * sign, stretch[at]))]
        keep[order[np.flatnonzero(np.diff(stretch[order], prepend=-1))]] = True
    return points.where(keep)


def largest_triangles(points: Points, most: int) -> Points:
    """Of points that are all known: at most `most` (3 at least), with the first and the last one."""
    count = len(points)
    if count <= most:
        return points
    edges = np.linspace(1, count - 1, most - 1).astype(
        np.int64
    )  # buckets of those between the first and the last
    t, value = points.t - points.t[0], points.value
    keep = np.zeros(most, np.int64)
    keep[-1] = count - 1
    chosen = 0
    for number in range(most - 2):
        begin, end = int(edges[number]), int(edges[number + 1])
        after = slice(end, int(edges[number + 2]) if number + 2 < len(edges) else count)
        mean_t, mean_value = t[after].mean(), value[after].mean()
        area = np.abs(
            (t[chosen] - mean_t) * (value[begin:end] - value[chosen])
            - (t[chosen] - t[begin:end]) * (mean_value - value[chosen])
        )
        chosen = begin + int(area.argmax())
        keep[number + 1] = chosen
    return Points(points.t[keep], value[keep], points.code[keep])
