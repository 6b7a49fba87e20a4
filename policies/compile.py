"""Rule sets to one `Policy`: the root grants, every other set can only narrow.

A narrowing set's limits add to the root's. If it has allow rules whose `who` fits a principal, they are the whole of what
it leaves to that principal: what they do not cover, to use or to see, is denied, whatever the root says. A set without
allow rules for a principal says nothing about what it allows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from policies.decision import RuleRef
from policies.documents import AllowTable, RuleSet, SelectingTable
from policies.index import Index
from policies.policy import Grants, Policy, Rules
from policies.problems import PolicyError, Problem
from policies.selectors import who_of
from policies.tables import compile_allow, compile_ask, compile_limit, compile_then

VERSION_HEX_DIGITS: Final = 16
"""64 bits of SHA-256: enough to tell every edit of a household's rules apart, short enough to be read out."""


def compile_rules(root: RuleSet, narrowing: Sequence[RuleSet] = ()) -> Policy:
    """The policy of `root`, narrowed by every set of `narrowing`, in whatever order they come. Sets with `shadow = true` only
    report what they would have refused: `Policy.shadow` is the policy that takes them in earnest.

    Raises `PolicyError` if two sets have one name (findings could not say which they mean), or the root is a shadow.
    """
    sets = [root, *narrowing]
    names = [one.name for one in sets]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise PolicyError(
            Problem(name, 0, "", "is the name of several sets; give each its own") for name in doubled
        )
    if root.document.shadow:
        text = "is the set that allows: as a shadow it would allow nothing, and nothing would work"
        raise PolicyError([Problem(root.name, 0, "shadow", text)])
    if root.document.mandate is not None:
        text = f"is the set that allows, and not {root.document.mandate}'s mandate: put that into a file of its own"
        raise PolicyError([Problem(root.name, 0, "mandate", text)])
    if sparing := [
        _of_root_alone(one, rule) for one in narrowing for rule in one.document.allow if rule.unasked
    ]:
        raise PolicyError(sparing)
    version = version_of(root, narrowing)
    real = [one for one in narrowing if not one.document.shadow]
    policy = _policy(root, real, version)
    _tell_of(policy, sets, [root, *real])
    if len(real) < len(narrowing):
        shadows = frozenset(one.name for one in narrowing if one.document.shadow)
        policy.cast(_policy(root, narrowing, version), shadows)
    return policy


def _of_root_alone(rules: RuleSet, rule: AllowTable) -> Problem:
    text = "is a word of the household's own set: a set that narrows it spares nobody a question"
    return Problem(rules.name, rules.line_of(rule.id), f'allow "{rule.id}", unasked', text)


def _tell_of(policy: Policy, sets: Sequence[RuleSet], real: Sequence[RuleSet]) -> None:
    """What those need to know of the rules who keep what decisions look at. `real` are the sets that are no shadows."""
    conditions = [(one.name, table) for one in sets for table in (*one.document.limit, *one.document.ask)]
    policy.sets = tuple(one.name for one in sets)
    policy.rates = {
        RuleRef(name, table.id): table.at_most for name, table in conditions if table.at_most is not None
    }
    policy.rested = frozenset(
        pattern for _, table in conditions if table.rest is not None for pattern in table.on
    )
    policy.timed = frozenset(
        pattern
        for one in real
        for table in one.document.then
        if table.max_on is not None and table.who is None
        for pattern in table.on
    )
    policy.limits = {
        RuleRef(one.name, table.id): None if table.waivable_by is None else who_of(table.waivable_by)
        for one in real
        for table in one.document.limit
    }


def _policy(root: RuleSet, narrowing: Sequence[RuleSet], version: str) -> Policy:
    sets = [root, *narrowing]
    asks = [compile_ask(table, one.name) for one in sets for table in one.document.ask]
    rules = Rules(
        Index(compile_limit(table, one.name) for one in sets for table in one.document.limit),
        Index(asks),
        Index(compile_then(table, one.name) for one in sets for table in one.document.then),
    )
    mandates = sorted(map(_grants, narrowing), key=lambda grants: grants.set)
    policy = Policy(version, _grants(root), mandates, rules)
    policy.asks = {one.ref: one for one in asks}
    return policy


def version_of(root: RuleSet, narrowing: Sequence[RuleSet] = ()) -> str:
    """Hexadecimal digits that are the same for the same rules, in whatever order rules, sets and words in lists stand.

    Comments and spacing do not count; `why` does, because decisions show it.
    """
    others = sorted((_canonical(one) for one in narrowing), key=json.dumps)
    text = json.dumps([_canonical(root), others], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:VERSION_HEX_DIGITS]


def _canonical(rules: RuleSet) -> dict[str, object]:
    return {
        "name": rules.name,
        "shadow": rules.document.shadow,
        "allow": sorted(map(_canonical_rule, rules.document.allow)),
        "limit": sorted(map(_canonical_rule, rules.document.limit)),
        "ask": sorted(map(_canonical_rule, rules.document.ask)),
        "then": sorted(map(_canonical_rule, rules.document.then)),
    }


def _canonical_rule(rule: AllowTable | SelectingTable) -> str:
    written = rule.model_dump(mode="json")
    for table, word in ((written, "not_between"), (written.get("when"), "between")):
        if isinstance(table, dict) and isinstance(hours := table.get(word), list):
            # The lists whose order counts.
            table[word] = dict(zip(("start", "end"), hours, strict=True))
    return json.dumps(_sorted_lists(written), sort_keys=True)


def _sorted_lists(value: object) -> object:
    if isinstance(value, dict):
        return {name: _sorted_lists(one) for name, one in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(one, sort_keys=True) for one in value})
    return value


def _grants(rules: RuleSet) -> Grants:
    return Grants(rules.name, tuple(compile_allow(table, rules.name) for table in rules.document.allow))
