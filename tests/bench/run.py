"""`make bench`: Hearth beside the floor, in alternating order, on one mosquitto. Prints medians and ratios.

python tests/bench/run.py [--repeat 3] [--entities 200] [--quick] [--out bench-results]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
Run = dict[str, Any]

RUNS: dict[str, tuple[str, list[str]]] = {
    # name in the tables: (adapter, options)
    "floor + row": ("floor", ["uvloop", "ledger-full"]),
    "hearth (sent)": ("hearth", []),
    "floor + row, device answers": ("floor", ["uvloop", "ledger-full", "echo"]),
    "hearth (confirmed)": ("hearth", ["confirmed"]),
}
ROWS: dict[str, tuple[str, ...]] = {
    "API ready, s": ("api_ready_s",),
    "all entities, s": ("entities_ready_s",),
    "resident, MB, ready": ("rss_ready_mb",),
    "resident, MB, after load": ("rss_end_mb",),
    "idle CPU, %": ("idle", "sut_cpu_pct"),
    "command → device, p50, ms": ("http_seq", "arrive_ms", "p50"),
    "command → device, p99, ms": ("http_seq", "arrive_ms", "p99"),
    "command → answer, p50, ms": ("http_seq", "ack_ms", "p50"),
    "32 callers, calls/s": ("http_conc", "calls_per_s"),
    "32 callers, device p99, ms": ("http_conc", "arrive_ms", "p99"),
    "gateway CPU a call, ms": ("http_conc", "sut_ms_cpu_per_call"),
    "report → observer, p50, ms": ("prop", "p50"),
    "report → observer, p99, ms": ("prop", "p99"),
    "drain, updates/s": ("drain", "updates_per_s"),
}


def main() -> None:
    options = _options()
    out = Path(options.out)
    out.mkdir(exist_ok=True)
    names = list(RUNS)[: 2 if options.quick else None]
    results: dict[str, list[Run]] = {name: [] for name in names}
    with _mosquitto() as port:
        for number in range(options.repeat):
            for name in names if number % 2 == 0 else reversed(names):
                print(f"{number + 1}/{options.repeat}  {name} …", file=sys.stderr, flush=True)
                results[name].append(_measure(name, port, options))
    (out / "gateway.json").write_text(json.dumps(results, indent=1))
    print(_table(results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--entities", type=int, default=200)
    parser.add_argument("--idle", type=float, default=5.0, help="seconds of idleness measured")
    parser.add_argument("--quick", action="store_true", help="only the floor and the sent command")
    parser.add_argument("--tests", default="idle,cmd,conc,prop,drain")
    parser.add_argument("--out", default="bench-results")
    return parser.parse_args()


def _measure(name: str, port: int, options: argparse.Namespace) -> Run:
    gateway, flags = RUNS[name]
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as work:
        file = Path(work) / "result.jsonl"
        command = [sys.executable, str(HERE / "hearth_adapter.py"), "--gateway", gateway, "--repeat", "1"]
        command += ["--entities", str(options.entities), "--broker-port", str(port), "--tests", options.tests]
        command += ["--idle-s", str(options.idle), "--quiet", "5", "--out", str(file)]
        for flag in flags:
            command += ["--opt", flag]
        done = subprocess.run(
            command, env={**os.environ, "BENCH_RUN": work}, capture_output=True, text=True, check=False
        )
        if not file.exists():
            raise SystemExit(f"{name} gave no result:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        result: Run = json.loads(file.read_text().splitlines()[-1])
        if "error" in result:
            log = Path(work) / f"{gateway}.log"
            print(f"{name}: {result['error']}\n{done.stderr[-2000:]}", file=sys.stderr)
            print(log.read_text()[-2000:] if log.exists() else "", file=sys.stderr)
        return result


def _table(results: dict[str, list[Run]]) -> str:
    names = list(results)
    width = max(len(row) for row in ROWS)
    lines = ["  ".join([" " * width, *(f"{name:>27}" for name in names), "      ratios"])]
    for row, path in ROWS.items():
        medians = [_median(results[name], path) for name in names]
        pairs = [_ratio(medians[i + 1], medians[i]) for i in range(0, len(medians) - 1, 2)]
        lines.append("  ".join([f"{row:<{width}}", *(f"{_shown(m):>27}" for m in medians), "  ".join(pairs)]))
    return "\n".join(lines)


def _median(runs: list[Run], path: tuple[str, ...]) -> float | None:
    values = [v for run in runs if (v := _at(run, path)) is not None]
    return statistics.median(values) if values else None


def _at(run: Run, path: tuple[str, ...]) -> float | None:
    value: Any = run
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return float(value) if value is not None else None


def _ratio(value: float | None, floor: float | None) -> str:
    return f"{value / floor:.2f}×" if value is not None and floor else "–"


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:,.3f}" if value < 10 else f"{value:,.0f}"


@contextmanager
def _mosquitto() -> Iterator[int]:
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        raise SystemExit("the bench needs mosquitto: apt-get install mosquitto")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as directory:
        config = Path(directory) / "mosquitto.conf"
        text = (HERE / "yardstick" / "peers" / "mosquitto.conf").read_text()
        config.write_text(text.replace("28830", str(port)))
        broker = subprocess.Popen(
            [program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield port
        finally:
            broker.terminate()
            broker.wait(10)


if __name__ == "__main__":
    main()
