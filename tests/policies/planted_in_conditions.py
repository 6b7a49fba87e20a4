"""Planted bugs in what one condition of a rule means: see `tests.policies.planted_bugs`."""

from __future__ import annotations

from typing import Final

PLANTED_IN_CONDITIONS: Final = {
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
            "_tidy(highest - self.distance)",
            "_tidy(lowest - self.distance)",
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
    "when.py": (
        (
            "what stops is held by what is for starts",
            "if self.starts and not starts(request):",
            "if self.starts and starts(request):",
        ),
        (
            "an unknown mode is none of them",
            "(mode := facts.mode()) is not None and mode not in",
            "(mode := facts.mode()) not in",
        ),
        ("modes turned round", "mode not in self.modes:", "mode in self.modes:"),
        (
            "by day what is said of the night",
            "self.hours.failure(request, facts) is not None\n",
            "self.hours.failure(request, facts) is None\n",
        ),
        (
            "one of mode and hours is enough",
            "return self.hours is None or self.hours.failure",
            "return self.hours is None or self.modes is not None or self.hours.failure",
        ),
        (
            "what the clock says is not looked at",
            "return self.modes is not None or self.hours is not None",
            "return self.modes is not None",
        ),
        (
            "a bound of the night spares what is safe",
            "return self.clause.spares_safe",
            "return not self.clause.spares_safe",
        ),
        (
            "what holds by night holds never",
            "if self.when.applies(request, facts) else None",
            "if not self.when.applies(request, facts) else None",
        ),
        (
            "a permit that hangs on the clock is final",
            "self.clause.rests_on_facts or self.when.looks_at_facts",
            "self.clause.rests_on_facts",
        ),
    ),
}
