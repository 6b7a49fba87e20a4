"""Which rules are in force: the household's file if there is one, else the shipped set; always narrowed by the safety set."""

from __future__ import annotations

from pathlib import Path

from policies import Policy, compile_rules, defaults, parse


def load(state_dir: Path) -> Policy:
    """Reads and compiles the rule sets. Raises `policies.PolicyError` with every problem, and the gateway does not start."""
    household = state_dir / "policies" / "household.toml"
    if household.exists():
        root = parse(household.read_text(encoding="utf-8"), name="household")
    else:
        root = parse(defaults.load("household"), name="household")
    return compile_rules(root, [parse(defaults.load("safety"), name="safety")])
