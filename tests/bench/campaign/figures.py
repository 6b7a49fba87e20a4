"""What a campaign found, in figures."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Figures:
    """Of any number of houses. Times in seconds from the start of the process."""

    kills: Counter[str] = field(default_factory=Counter)
    """By sort: `moment`, `start`, and the points at which the gateway died by itself."""
    commands: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    asked_again: int = 0
    replayed: int = 0
    actuations: int = 0
    explained: int = 0
    duplicates: int = 0
    open_at_a_kill: int = 0
    lost: int = 0
    rows: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """Of the ledger's rows."""
    plans: Counter[str] = field(default_factory=Counter)
    """How they ended."""
    takeovers: int = 0
    """So often somebody was believed to have used a device by hand, which nobody did."""
    ready_s: list[float] = field(default_factory=list)
    settled_s: list[float] = field(default_factory=list)
    settled_by: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """By Thing and result."""
    violations: list[str] = field(default_factory=list)

    @property
    def completeness(self) -> float:
        return self.explained / self.actuations if self.actuations else 1.0

    def summary(self) -> dict[str, Any]:
        return {
            "kills": self.kills.total(),
            "kills_by_moment": dict(self.kills.most_common()),
            "commands": self.commands,
            "answers": dict(self.answers.most_common()),
            "asked_again_after_a_kill": self.asked_again,
            "replayed": self.replayed,
            "ledger_rows": self.rows,
            "ledger_kinds": dict(self.kinds.most_common()),
            "plans": dict(self.plans.most_common()),
            "believed_takeovers": self.takeovers,
            "open_at_a_kill": self.open_at_a_kill,
            "lost": self.lost,
            "actuations": self.actuations,
            "duplicates": self.duplicates,
            "trace_completeness": self.completeness,
            "ready_s": distribution(self.ready_s),
            "recovered_s": distribution(self.settled_s),
            "recovered_by_s": {name: distribution(found) for name, found in sorted(self.settled_by.items())},
            "violations": self.violations,
        }

    def table(self) -> str:
        rows = [
            ("kills", f"{self.kills.total():,}"),
            ("commands asked", f"{self.commands:,}, {self.asked_again:,} of them again after a kill"),
            ("open at a kill", f"{self.open_at_a_kill:,} executions"),
            ("lost", f"{self.lost:,}"),
            ("actuations at the devices", f"{self.actuations:,}"),
            ("duplicates", f"{self.duplicates:,}"),
            ("trace completeness", f"{self.completeness:.2%}"),
            ("plans", ", ".join(f"{count} {end}" for end, count in self.plans.most_common()) or "none"),
            (
                "questions to people",
                f"{self.kinds['intent']:,} and for plans; {self.kinds['approval']:,} answers",
            ),
            ("leases", f"{self.kinds['lease']:,} changes"),
            ("obligations", f"{self.kinds['obligation']:,} rows"),
            ("hands believed, that were none", f"{self.takeovers:,}"),
            ("ledger", f"{self.rows:,} rows, verified after each kill"),
            ("start to API ready, s", _spread(self.ready_s)),
            ("start to everything settled, s", _spread(self.settled_s)),
            ("violations", f"{len(self.violations):,}"),
        ]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def distribution(values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    ordered = sorted(values)
    return {
        "count": len(ordered),
        "mean": round(statistics.fmean(ordered), 3),
        "p50": round(_quantile(ordered, 0.5), 3),
        "p95": round(_quantile(ordered, 0.95), 3),
        "max": round(ordered[-1], 3),
    }


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _spread(values: list[float]) -> str:
    found = distribution(values)
    if not found:
        return "-"
    return f"mean {found['mean']:.2f}, p50 {found['p50']:.2f}, p95 {found['p95']:.2f}, max {found['max']:.2f}"
