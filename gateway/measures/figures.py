"""The counts as figures: rates, means and shares, each with the numbers that it is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from capabilities.vocabulary import Json
from gateway.commands import Result
from gateway.measures.counting import Counts
from gateway.plans.plan import End

QUANTILES: Final = (0.5, 0.9, 0.99)

_PLANS_DONE: Final = frozenset({End.DONE})


def figures(counts: Counts, on_their_way: int, latencies: Mapping[str, Sequence[float]]) -> dict[str, Json]:
    """All of them, for programs. `on_their_way`: commands that are sent and not ended. `latencies`: seconds, by what of.

    What has no denominator yet is null.
    """
    by = counts.by
    return {
        "commands": _commands(by),
        "plans": _plans(by),
        "recovery": _recovery(by),
        "unsafe": {
            "denied": by["grave.denied"],
            "asked": by["grave.asked"],
            "approved_after_asking": by["approval.approve"],
        },
        "obligations": {
            name: by[f"obligation.{change}"]
            for name, change in (("met", "done"), ("failed", "failed"), ("settled", "settled"))
        },
        "corrections": _corrections(by),
        "arbitration": _arbitration(by),
        "trace": _trace(by, on_their_way),
        "latency": {name: quantiles(sorted(seconds)) for name, seconds in latencies.items()},
        "entries": {"counted": counts.seq, "behind": counts.behind},
    }


def quantiles(ordered: Sequence[float]) -> dict[str, Json]:
    """Seconds, by quantile, and of how many (`count`); nothing where nothing was measured."""
    if not ordered:
        return {}
    return {"count": len(ordered)} | {
        str(q): ordered[min(len(ordered) - 1, int(q * len(ordered)))] for q in QUANTILES
    }


def part(by: Counter[str], prefix: str) -> dict[str, int]:
    """The counts whose name begins so, without that beginning."""
    return {
        name.removeprefix(prefix): number for name, number in sorted(by.items()) if name.startswith(prefix)
    }


def _commands(by: Counter[str]) -> dict[str, Json]:
    """Of what was let through: what the rules deny, or somebody refuses, is no failure, and what was so already is none."""
    ended = part(by, "outcome.")
    denied, refused = sum(part(by, "denied.").values()), ended.pop(Result.REFUSED, 0)
    let_through = sum(ended.values())
    already = min(by["already"], ended.get(Result.ACKNOWLEDGED, 0))
    outcomes: dict[str, Json] = {**ended}
    if already:
        outcomes |= {"so_already": already, "acknowledged": ended["acknowledged"] - already}
    done = ended.get(Result.CONFIRMED, 0) + already
    return {
        "attempted": let_through + denied + refused,
        "let_through": let_through,
        "done": done,
        "confirmed": ended.get(Result.CONFIRMED, 0),
        "rate": _share(done, let_through),
        "by": {name: number for name, number in outcomes.items() if number},
        "held_back": {"by_rules": denied, "refused": refused, "why": dict[str, Json](part(by, "refused."))},
        "asked": by["intent"],
    }


def _plans(by: Counter[str]) -> dict[str, Json]:
    ends = part(by, "plan.")
    refused = ends.pop(End.REFUSED, 0)
    ended, done = sum(ends.values()), sum(ends.get(word, 0) for word in _PLANS_DONE)
    return {
        "ended": ended + refused,
        "let_through": ended,
        "done": done,
        "rate": _share(done, ended),
        "by": dict[str, Json](ends),
        "refused": refused,
    }


def _recovery(by: Counter[str]) -> dict[str, Json]:
    starts = by["recovered.starts"]
    mean = round(by["recovered.ms"] / starts) if starts else None
    return {"starts": starts, "mean_ms": mean, "longest_ms": by["recovered.longest_ms"] if starts else None}


def _corrections(by: Counter[str]) -> dict[str, Json]:
    corrected, confirmed = by["correction"], by["software.confirmed"]
    share = _share(corrected, confirmed)
    return {
        "corrected": corrected,
        "confirmed_by_software": confirmed,
        "per_100": None if share is None else round(100 * share, 2),
    }


def _arbitration(by: Counter[str]) -> dict[str, Json]:
    conflicts, takeovers = by["refused.conflict"], by["takeover"]
    commands = sum(part(by, "software.").values())
    share = _share(conflicts + takeovers, commands)
    return {
        "conflicts": conflicts,
        "counter_proposals": by["message.counter-proposal"],
        "takeovers": takeovers,
        "leases": dict[str, Json](part(by, "lease.")),
        "commands_of_software": commands,
        "per_100": None if share is None else round(100 * share, 2),
    }


def _trace(by: Counter[str], on_their_way: int) -> dict[str, Json]:
    dispatched, complete = by["dispatch"], by["chain.complete"]
    confirmed, evident = by["chain.confirmed"], by["chain.evident"]
    # What ended since it was asked how many are on their way is complete already.
    over = max(dispatched - on_their_way, complete)
    return {
        "dispatched": dispatched,
        "on_their_way": on_their_way,
        "complete": complete,
        "share": _share(complete, over),
        "confirmed": confirmed,
        "with_evidence": evident,
        "evidence_share": _share(evident, confirmed),
    }


def _share(count: int, of: int) -> float | None:
    return round(count / of, 6) if of else None
