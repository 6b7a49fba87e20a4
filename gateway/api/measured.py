"""What the ledger tells of how well it all goes, as metric families: no names of Things or persons in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from capabilities.vocabulary import Json
from gateway.api.exposition import Exposition, Samples
from gateway.measures.figures import part


def tell_of_house(text: Exposition, by: Counter[str], found: Mapping[str, Json]) -> None:
    """`by` are the counts, `found` the figures that were made of them."""
    commands = _labelled("outcome", part(by, "outcome."), {"denied": sum(part(by, "denied.").values())})
    text.add("hearth_ledger_commands_total", "counter", "Commands in the ledger, by outcome.", commands)
    text.add(
        "hearth_plans_total", "counter", "Plans that ended, by how.", _labelled("end", part(by, "plan."))
    )
    _gauge(
        text,
        "hearth_command_completion_ratio",
        "Commands confirmed, or so already, of those let through.",
        found["commands"],
        "rate",
    )
    _gauge(
        text,
        "hearth_plan_completion_ratio",
        "Plans done, of those let through that ended.",
        found["plans"],
        "rate",
    )
    _recovery(text, by)
    unsafe = {"denied": by["grave.denied"], "asked": by["grave.asked"]}
    text.add(
        "hearth_unsafe_attempts_total",
        "counter",
        "Attempts that could do damage and were caught.",
        _labelled("how", unsafe),
    )
    text.add(
        "hearth_approvals_total",
        "counter",
        "Answers of people, by which.",
        _labelled("answer", part(by, "approval.")),
    )
    ends = {end: by[f"obligation.{change}"] for end, change in (("met", "done"), ("failed", "failed"))}
    help_ = "Obligations that were met, and ends that failed at first."
    text.add("hearth_obligations_total", "counter", help_, _labelled("end", ends))
    text.add(
        "hearth_corrections_total",
        "counter",
        "What software did and a person took back.",
        [({}, by["correction"])],
    )
    help_ = "Corrections for 100 confirmed commands of software."
    _gauge(text, "hearth_correction_burden", help_, found["corrections"], "per_100")
    arbitrated = {"conflict": by["refused.conflict"], "takeover": by["takeover"]}
    text.add("hearth_arbitrations_total", "counter", "Wishes that met others.", _labelled("what", arbitrated))
    text.add("hearth_leases_total", "counter", "Changes of leases.", _labelled("change", part(by, "lease.")))
    _gauge(text, "hearth_trace_complete_ratio", "Dispatches with the whole chain.", found["trace"], "share")
    _gauge(text, "hearth_evidence_ratio", "Confirmed with a reading.", found["trace"], "evidence_share")
    _gauge(text, "hearth_ledger_uncounted_entries", "Not in these figures yet.", found["entries"], "behind")


def _recovery(text: Exposition, by: Counter[str]) -> None:
    starts = by["recovered.starts"]
    text.add("hearth_recoveries_total", "counter", "Starts after an end out of order.", [({}, starts)])
    total: Samples = [({}, by["recovered.ms"] / 1000)]
    text.add("hearth_recovery_seconds_total", "counter", "Until all was settled, over them.", total)


def _gauge(text: Exposition, name: str, help_: str, group: Json, member: str) -> None:
    value = group.get(member) if isinstance(group, dict) else None
    text.add(name, "gauge", help_, [({}, value)] if isinstance(value, int | float) else [])


def _labelled(label: str, *counts: Mapping[str, int]) -> Samples:
    return [({label: name}, number) for one in counts for name, number in one.items()]
