"""Bugs of one operator each, as they slip in: what each would mean, what stands in the file, and what would stand there."""

from __future__ import annotations

from typing import Final, NamedTuple


class Bug(NamedTuple):
    file: str
    meaning: str
    old: str
    new: str


_BUGS: Final = {
    "clauses.py": (
        ("modes turned round", "if mode in self.modes:", "if mode not in self.modes:"),
        ("an unknown time raises or passes", "if now is None or not (0", "if now is not None and not (0"),
        (
            "the end is quiet too",
            "self.start <= minutes < self.end and",
            "self.start <= minutes <= self.end and",
        ),
        (
            "the start is not quiet",
            "self.start <= minutes < self.end and",
            "self.start < minutes < self.end and",
        ),
        ("22:00 is not yet night", "(minutes >= self.start and", "(minutes > self.start and"),
        ("a night belongs to the day after it", "(weekday - 1) % 7", "(weekday + 1) % 7"),
        ("the morning after belongs to its own day", "(weekday - 1) % 7", "weekday"),
        ("a use leaves its window too late", "age >= self.rate.seconds", "age > self.rate.seconds"),
        ("a window without uses is full", "if age is None or age", "if age is not None and age"),
        (
            "one use more than at_most says",
            "facts.age_of_use(self.ref, request.subject.thing, self.rate.count)",
            "facts.age_of_use(self.ref, request.subject.thing, self.rate.count + 1)",
        ),
        ("a remedy that is a second early", "return int(-(-seconds // 1))", "return int(seconds // 1)"),
        ("rest holds what stops, not what starts", "if not starts(request):", "if starts(request):"),
        ("rest lasts longer than it says", "off >= self.span.seconds", "off > self.span.seconds"),
        ("every number is taken for off", "and value == 0)", "and value >= 0)"),
        ("OFF starts something", "value.lower() in AT_REST", "value in AT_REST"),
        (
            "what an action makes of a value is not looked at",
            "if request.becomes is None else request.becomes",
            "if request.becomes is not None else request.becomes",
        ),
        (
            "unknown evidence stops safe commands",
            "return None if request.toward_safe else self._failure(thing, unknown",
            "return self._failure(thing, unknown",
        ),
        (
            "an uncertain reading is taken for a good one",
            "self.bounds.admit(low) and self.bounds.admit(high)",
            "self.bounds.admit(low) or self.bounds.admit(high)",
        ),
        ("a bad reading is a good one", "if not seen.good:", "if seen.good:"),
        (
            "only what is not trusted counts",
            "if self.trusted and not seen.trusted:",
            "if self.trusted and seen.trusted:",
        ),
        (
            "fresh ends too early",
            "not seen.age_s <= self.fresh.seconds",
            "not seen.age_s < self.fresh.seconds",
        ),
        (
            "an age that is no number is fresh",
            "not seen.age_s <= self.fresh.seconds",
            "seen.age_s > self.fresh.seconds",
        ),
        ("one standard deviation instead of two", "SPREAD: Final = 2.0", "SPREAD: Final = 1.0"),
        ("spread to one side only", "value - SPREAD * seen.deviation,", "value + SPREAD * seen.deviation,"),
    ),
    "input_clauses.py": (
        (
            "an ask about a member looks away where it is given",
            "not in value:\n                return None\n            value = value[self.member]\n        if self.bounds",
            "in value:\n                return None\n            value = value[self.member]\n        if self.bounds",
        ),
        (
            "a step down is shorter than a step up",
            "reach[0] - ROUNDING <= value",
            "reach[0] - ROUNDING < value - 1",
        ),
        (
            "commands under way are not looked at",
            "max(numbers) - self.distance",
            "min(numbers) - self.distance",
        ),
        (
            "present values that nobody knows are left out",
            "if not is_number(one):\n                return None",
            "if not is_number(one):\n                continue",
        ),
    ),
    "bounds.py": (
        (
            "min does not belong to its range",
            "self.low <= value <= self.high",
            "self.low < value <= self.high",
        ),
        (
            "max does not belong to its range",
            "self.low <= value <= self.high",
            "self.low <= value < self.high",
        ),
        ("true is 1", "return (type(value) is bool, value)", "return (False, value)"),
        (
            "the lower minimum wins",
            "low = one.low if one.low >= other.low",
            "low = one.low if one.low <= other.low",
        ),
        (
            "the higher maximum wins",
            "high = one.high if one.high <= other.high",
            "high = one.high if one.high >= other.high",
        ),
        ("options of two rules add up", "options &= one.options", "options |= one.options"),
        (
            "nothing is ever outside for sure",
            "high < self.low or low > self.high",
            "high < self.low and low > self.high",
        ),
    ),
    "acceptance.py": (
        ("members that are given are not looked at", "if member in value\n", "if member not in value\n"),
    ),
    "binding.py": (
        (
            "silence permits",
            "if self._silent or not self.acceptance",
            "if not self._silent and not self.acceptance",
        ),
        ("safe commands are free of what binds them", "if not clause.spares_safe)", "if clause.spares_safe)"),
        (
            "rates and hours hold for nobody",
            "if request.toward_safe and clause.spares_safe:",
            "if clause.spares_safe:",
        ),
        ("only safe commands are asked about", "self.always_asks and not safe", "self.always_asks and safe"),
        (
            "one ask with conditions drops the others",
            "self.always_asks = any(not ask.clauses",
            "self.always_asks = all(not ask.clauses",
        ),
        (
            "consents deny, and their lack permits",
            "if waiver is None:\n                reasons += failed",
            "if waiver is not None:\n                reasons += failed",
        ),
        (
            "a consent lives on at its end",
            "not 0 < waiver.left_s < math.inf",
            "not 0 <= waiver.left_s < math.inf",
        ),
        (
            "software consents, people do not",
            "or not waiver.by.role.is_person",
            "or waiver.by.role.is_person",
        ),
        (
            "what is not waivable is waived",
            "if limit.waivable_by is None:\n        return None",
            "if limit.waivable_by is not None:\n        return None",
        ),
        ("asks within their conditions", "if ask.clauses and not failed:", "if ask.clauses and failed:"),
        ("approvals of other rules count", "ask.ref in approval.asks", "ask.ref not in approval.asks"),
        (
            "only old approvals count",
            "approval.age_s <= ask.valid.seconds",
            "approval.age_s >= ask.valid.seconds",
        ),
        (
            "only what is lifted bounds",
            "if limit.ref not in lifted] if lifted",
            "if limit.ref in lifted] if lifted",
        ),
        (
            "who is asked is told of no duties",
            "() if verdict is Verdict.DENY else owed",
            "() if verdict is not Verdict.DENY else owed",
        ),
        (
            "what rests on a consent is not looked at again before the send",
            "self._rests_on_facts or bool(waivers),\n        )\n\n    def _permit",
            "self._rests_on_facts,\n        )\n\n    def _permit",
        ),
        ("silence is denied where something allows", "        if not covering:\n", "        if covering:\n"),
    ),
    "policy.py": (
        (
            "only the first allow lets see",
            "for allow in allows)\n                for _, one, allows",
            "for allow in allows[:1])\n                for _, one, allows",
        ),
        ("mandates do not narrow", "narrowed if allows]", "narrowed if not allows]"),
        (
            "an agent forgets its person",
            "return (principal,) if person is None else (principal, person)",
            "return (principal,)",
        ),
        (
            "who was a guest stays one",
            "known is principal or known == principal",
            "known is principal or known.id == principal.id",
        ),
        (
            "shadows cry where they agree",
            "if would.verdict >= decision.verdict:",
            "if would.verdict > decision.verdict:",
        ),
    ),
    "compile.py": (
        (
            "shadows are taken in earnest",
            "real = [one for one in narrowing if not one.document.shadow]",
            "real = [*narrowing]",
        ),
        (
            "the limits of narrowing sets are lost",
            "for one in sets for table in one.document.limit",
            "for one in sets[:1] for table in one.document.limit",
        ),
    ),
    "selectors.py": (
        ("things turned round", "subject.thing in self.things", "subject.thing not in self.things"),
        ("a rule for a room holds everywhere", "(self.rooms is None or", "(self.rooms is not None or"),
        (
            "hazard_min = 2 lets hazard 2 pass",
            "subject.hazard >= self.hazard_min",
            "subject.hazard > self.hazard_min",
        ),
        (
            "a limit on manage binds what is below",
            "subject.privilege.rank >= self.privilege_rank",
            "subject.privilege.rank <= self.privilege_rank",
        ),
        (
            "a limit on agents binds none that acts for somebody",
            "any(self.who.fits(one) for one in principals)",
            "all(self.who.fits(one) for one in principals)",
        ),
        ("a role alone fits nobody", "principal.role in self.roles or", "principal.role in self.roles and"),
        ("who is called owner is the owner", "principal.id in self.ids", "principal.id in self.words"),
        ("adults are owners only", "roles |= {Role.OWNER}", "roles &= {Role.OWNER}"),
    ),
    "rules.py": (
        (
            "an allow of operate allows to administer",
            "<= self.privilege_rank\n            and self.where.fits(subject)\n            and any(self._reaches",
            ">= self.privilege_rank\n            and self.where.fits(subject)\n            and any(self._reaches",
        ),
        (
            "wildcards reach what can kill",
            "hazard < Hazard.LIFE_SAFETY or",
            "hazard <= Hazard.LIFE_SAFETY or",
        ),
        ("the word sensitive hides", "and not self.sees_sensitive", "and self.sees_sensitive"),
        (
            "wildcards reach what is sensitive, and nothing else",
            "is_exact(pattern) or not closed",
            "is_exact(pattern) or closed",
        ),
        ("software answers, people do not", "approver.role.is_person\n", "not approver.role.is_person\n"),
        ("who asks answers itself", "if one is chain[0] or", "if one is not chain[0] and"),
        (
            "a person is barred from its own agent, and not from its own ask",
            "self.uses.who.fits(one))",
            "not self.uses.who.fits(one))",
        ),
    ),
    "tables.py": (
        ("never means nothing", "value=NOTHING if table.never else", "value=None if table.never else"),
        (
            "only a rule without the word sensitive sees it",
            "see=see - {SENSITIVE},\n        sees_sensitive=SENSITIVE in see,",
            "see=see - {SENSITIVE},\n        sees_sensitive=SENSITIVE not in see,",
        ),
        (
            "max_change is lost in an ask",
            "clauses=(*_withins(table), *_changes(table), *_clauses(table, ref)),",
            "clauses=(*_withins(table), *_clauses(table, ref)),",
        ),
        (
            "max_change is lost in a limit",
            "clauses=(*_changes(table), *_clauses(table, ref)),\n        waivable",
            "clauses=(*_clauses(table, ref),),\n        waivable",
        ),
    ),
    "obligations.py": (
        (
            "what stops is timed",
            "if is_start or one.kind not in ON_START",
            "if not is_start or one.kind not in ON_START",
        ),
        (
            "the longest time wins",
            "other if other.value < one.value else one",
            "other if other.value > one.value else one",
        ),
        ("only one of two is told", "(*one.value, *other.value)", "(*one.value,)"),
    ),
    "parts.py": (
        ("the mildest part decides", "verdict = min(one.verdict", "verdict = max(one.verdict"),
        ("what a part accepts is not told", "[members.get(name), part.accepted]", "[members.get(name)]"),
        ("parts are not counted", "for ref in one.counts}", "for ref in one.counts[:0]}"),
    ),
    "index.py": (
        (
            "rules about a room are not found",
            "(pattern, subject.thing, None), (pattern, None, subject.room), (pattern, None, None)",
            "(pattern, subject.thing, None), (pattern, None, None)",
        ),
        (
            "rules hold beyond their selectors",
            "if id(rule) not in found and rule.uses.fits(chain, subject)",
            "if id(rule) not in found",
        ),
    ),
}

BUGS: Final = tuple(Bug(file, *texts) for file, found in _BUGS.items() for texts in found)
