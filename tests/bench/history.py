"""A year of one-minute reports of 50 properties: how long a plot takes, how much disk it is, what a report costs, and memory.

python -m tests.bench.history [--series 50] [--days 365] [--keep-minutes] [--out bench-results]

Without `--keep-minutes` the file is as a house has it that keeps what the defaults say; with it all minutes of the year
are kept.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from capabilities.vocabulary import Privacy
from gateway.history.file import HistoryFile, StoredSeries, opened
from gateway.history.levels import GOOD, Level
from gateway.history.log import Log
from gateway.history.settings import HistorySettings
from gateway.history.work import Question, Span, Wish, draw, maintain, roll_up

BEGIN = 1_700_000_000 // 86_400 * 86_400.0
DAY_S = 86_400.0
RANGES = {
    "1 h": 3_600.0,
    "6 h": 6 * 3_600.0,
    "1 d": DAY_S,
    "1 w": 7 * DAY_S,
    "30 d": 30 * DAY_S,
    "1 y": 365 * DAY_S,
}
POINTS = (500, 2_000)


@dataclass
class Year:
    file: HistoryFile
    series: list[StoredSeries]
    keeps: Any
    now: float


def main() -> None:
    options = _options()
    settings = HistorySettings(minute="2y") if options.keep_minutes else HistorySettings()
    keeps = settings.kept("bench", "p", "power.power", Privacy.PUBLIC)
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder:
        path = Path(folder) / "history.db"
        began, cpu = time.perf_counter(), time.process_time()
        year = _year(path, options.series, options.days, keeps)
        made = {"seconds": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}
        result = {
            "made": made,
            "disk": _disk(year, options),
            "plots_ms": _plots(year, options.rounds),
            "report_us": _reports(),
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        year.file.close()
    print(_table(result))
    out = Path(options.out)
    out.mkdir(exist_ok=True)
    (out / "history.json").write_text(json.dumps(result, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=50)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--keep-minutes", action="store_true")
    parser.add_argument("--out", default="bench-results")
    return parser.parse_args()


def _year(path: Path, count: int, days: int, keeps: Any) -> Year:
    """Day by day as the gateway does it: written, rolled up, thrown away."""
    file, random = opened(path), np.random.default_rng(7)
    series = [StoredSeries("bench", f"p{n}", f"bench {n}", "W", "number", False, BEGIN) for n in range(count)]
    with file.transaction():
        for one in series:
            file.put_series(one)
    known = {one.id: keeps for one in series}
    level = random.uniform(5, 500, count)
    for day in range(days):
        begin = BEGIN + day * DAY_S
        for block, now in _blocks(begin, series, level, random):
            with file.transaction():
                file.put_block(now, len(block), block.pack())
        roll_up(file, begin + DAY_S, None, known)
        if day % 7 == 6 or day == days - 1:
            maintain(file, begin + DAY_S, known)
        print(f"\rday {day + 1}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return Year(file, series, keeps, BEGIN + days * DAY_S + 1)


def _blocks(begin: float, series: list[StoredSeries], level: Any, random: Any) -> Iterator[tuple[Log, float]]:
    """Sixteen blocks of ninety minutes: the gateway writes one a minute, which takes the same room once it is rolled up."""
    for part in range(16):
        block = Log()
        for minute in range(90):
            at = begin + (part * 90 + minute) * 60.0
            noise = random.normal(0, 1, len(series))
            shift = random.uniform(0, 5, len(series))
            for place, one in enumerate(series):
                value = round(float(level[place] * (1 + 0.3 * np.sin(at / 9_000 + place)) + noise[place]), 1)
                block.add(one.id, at + shift[place], value, GOOD)
        yield block, begin + (part + 1) * 5_400.0


def _disk(year: Year, options: argparse.Namespace) -> dict[str, float]:
    rows = year.file.db.execute(
        "SELECT level, sum(rows), sum(length(data)), count(*) FROM piece GROUP BY level"
    ).fetchall()
    found: dict[str, float] = {
        "file_mb": year.file.size() / 1e6,
        "written_mb_a_day": year.file.written / 1e6 / options.days,
    }
    for level, count, size, pieces in rows:
        found |= {f"{tuple(Level)[level]} mb": size / 1e6, f"{tuple(Level)[level]} bytes a row": size / count}
        found[f"{tuple(Level)[level]} pieces a series"] = pieces / options.series
    return found


def _plots(year: Year, rounds: int) -> dict[str, dict[str, float | str]]:
    """With the JSON that is sent; each plot of another property, with an hour of reports that are not rolled up yet."""
    block = Log()
    for minute in range(600):
        for one in year.series:
            block.add(one.id, year.now + minute * 60.0, 100.0 + minute % 7, GOOD)
    now = year.now + 600 * 60.0
    with year.file.transaction():
        year.file.put_block(now, len(block), block.pack())
    found: dict[str, dict[str, float | str]] = {}
    for name, length in RANGES.items():
        for points in POINTS:
            took, level, size = [], "", 0
            for number in range(rounds):
                series = year.series[number % len(year.series)]
                wish = Wish(Span(now - length, now, now, None), points, None, year.keeps)
                began = time.perf_counter()
                told = draw(year.file, Question(series, Log(), 0, wish))
                body = orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY)
                took.append((time.perf_counter() - began) * 1000)
                level, size = str(told["level"]), len(body)
            took.sort()
            found[f"{name}, {points} points"] = {
                "level": level,
                "p50": statistics.median(took),
                "p95": took[max(0, int(len(took) * 0.95) - 1)],
                "kb": size / 1000,
            }
    return found


def _reports() -> dict[str, float]:
    """What the recorder takes for one report, beside nothing."""
    from gateway.history.recorder import Followed, Recorder
    from gateway.marks import Marks
    from gateway.observers import Event

    class Still:
        def wall(self) -> float:
            return BEGIN

        monotonic = wall

    recorder = Recorder([], HistorySettings(), Still())  # type: ignore[arg-type]
    followed = Followed(0, ("bench", "p"), "bench p", "W", False, {})
    recorder._of[followed.topic] = followed
    recorder._all.append(followed)
    marks = Marks()
    events = [
        Event(n, "property", ("bench", "p"), BEGIN, {"value": n * 0.1, "quality": "good"}, marks=marks)
        for n in range(50_000)
    ]
    best = float("inf")
    for _ in range(5):
        recorder.take()
        gc.collect()
        began = time.perf_counter()
        for event in events:
            recorder.tap(event)
        best = min(best, (time.perf_counter() - began) / len(events) * 1e6)
    return {"us": best}


def _table(result: dict[str, Any]) -> str:
    lines = [
        f"made in {result['made']['seconds']:.0f} s ({result['made']['cpu_s']:.0f} s of a core), pid {os.getpid()}"
    ]
    lines += [f"{name:28} {value:10.2f}" for name, value in result["disk"].items()]
    for name, one in result["plots_ms"].items():
        lines.append(
            f"{name:20} {one['level']:6} p50 {one['p50']:7.1f} ms  p95 {one['p95']:7.1f} ms  {one['kb']:6.1f} kB"
        )
    lines.append(
        f"one report: {result['report_us']['us']:.2f} µs; memory of this process: {result['memory_mb']:.0f} MB"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
