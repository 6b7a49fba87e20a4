"""What `hearth plan help-format` teaches: how plans are written."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent
from typing import Final, NamedTuple


class Part(NamedTuple):
    """One idea. `example` is TOML: a piece of a plan, or a whole one."""

    words: str
    example: str


INTRODUCTION: Final = """\
HOW PLANS ARE WRITTEN

A plan is several commands as one: decided whole before anything moves, asked
for once, and undone where one of them fails. It is TOML or JSON text, for
`hearth plan prepare FILE`, `hearth plan run FILE` or POST /plans. The same
members in both; in JSON, steps is a list of objects:
  {"title": "Evening", "steps": [{"thing": "desk-lamp", "property": "on",
   "value": true}]}
"""

OF_PLANS: Final = (
    Part(
        """\
title is needed: what people see first, 120 characters at the most.
purpose says why; evidence is what it rests on, any value of 4 kB at the
most; both stand in the ledger, and whoever is asked reads the purpose.
task is the id of the message that asked for the plan.
""",
        """\
title = "Evening"
purpose = "guests come at eight"
evidence = { calendar = "dinner", from = "20:00" }
""",
    ),
    Part(
        """\
on_failure says what a failed step means for the whole plan:
  "compensate"   what was done is undone, the last first (the default)
  "stop"         nothing further begins, what was done stays
  "continue"     the other steps go on
""",
        """\
on_failure = "compensate"
""",
    ),
    Part(
        """\
deadline: what has not begun by then has failed. A time is so long after the
commit ("90s", "10m", "2h", at most "7d"; of a plan that recurs: after each
run's beginning), or one of the calendar, with its zone.
""",
        """\
deadline = "2h"
""",
    ),
)

OF_STEPS: Final = (
    Part(
        """\
steps are up to 50. Each uses one Thing: property and value to write it, or
action to invoke it (value is its input, where it takes one). `hearth show`
shows what a Thing has.
id names a step; without it, it is called by its place: "1", "2".
""",
        """\
[[steps]]
id = "lamp"
thing = "desk-lamp"
property = "brightness"
value = 30
[[steps]]
thing = "blind"
action = "close"
""",
    ),
    Part(
        """\
Instead of thing, select finds Things: by kind ("light"; `hearth policy
words` lists them) or capability ("light.on"), by room, labels and things.
All that is given must fit. Each Thing becomes a step of its own; 200 steps
at the most.
""",
        """\
[[steps]]
id = "dark"
select = { kind = "light", room = "Kitchen", labels = ["ceiling"] }
property = "on"
value = false
[[steps]]
select = { capability = "outlet.on", things = ["kettle", "iron"] }
property = "on"
value = false
""",
    ),
    Part(
        """\
after: the steps that must have ended first. Without it a step waits for the
one that is written before it; after = [] begins at once.
not_before: the time before which it does not begin.
deadline: what has not begun by then has failed.
""",
        """\
[[steps]]
id = "one"
thing = "desk-lamp"
property = "on"
value = true
[[steps]]
id = "two"
thing = "blind"
action = "close"
after = []
[[steps]]
thing = "heater"
property = "on"
value = false
after = ["one", "two"]
not_before = "10m"
deadline = "1h"
""",
    ),
    Part(
        """\
on_failure of a step goes before the plan's: the same words, or a table.
retry is how many times more it is tried (1 to 10), pause how long between
("5s"), then what happens if it fails even so.
""",
        """\
[[steps]]
thing = "blind"
action = "close"
on_failure = { retry = 2, pause = "10s", then = "continue" }
[[steps]]
thing = "radio"
property = "on"
value = true
on_failure = "continue"
""",
    ),
    Part(
        """\
compensate is what undoes a step:
  "restore"   what it was before, even where that costs something or opens
              what the step shut
  "none"      nothing: it stays
  a table     this, on the same Thing unless another thing is named
Without it, what it was before, where that can be put back without harm.
What somebody else has changed since is left alone.
""",
        """\
[[steps]]
thing = "front-door"
action = "lock"
compensate = "none"
[[steps]]
thing = "heater"
property = "on"
value = true
compensate = { property = "on", value = false }
[[steps]]
thing = "valve"
action = "open"
compensate = { thing = "main-valve", action = "close" }
""",
    ),
)

OF_SCHEDULES: Final = (
    Part(
        """\
schedule says when; without it a plan begins with its commit. One of
  at      once: a time of the calendar, with its zone
  daily   every day at this time of the house's clock, or on days alone
  every   again and again, from the commit on; "60s" at the least
""",
        """\
schedule = { daily = "19:00", days = ["mon", "fri"] }
""",
    ),
    Part("", 'schedule = { at = "2030-01-31T19:00:00+01:00" }\n'),
    Part(
        """\
until and count end what recurs. late: how late a run may begin that was
missed while the gateway was down (default "15m"); at most one is made up
for. Each run is decided anew. Times in the steps of a plan that recurs count
from the beginning of each run.
""",
        """\
[schedule]
every = "30m"
until = "2030-01-31T19:00:00Z"
count = 12
late = "5m"
""",
    ),
)

WHOLE: Final = """\
title = "Good night"
purpose = "everybody is in bed"
on_failure = "continue"
deadline = "30m"
schedule = { daily = "23:00", days = ["mon", "tue", "wed", "thu"] }

[[steps]]
id = "dark"
select = { kind = "light" }
property = "on"
value = false

[[steps]]
id = "blind"
thing = "bedroom-blind"
action = "close"
after = []
on_failure = { retry = 2, pause = "10s" }

[[steps]]
id = "door"
thing = "front-door"
action = "lock"
after = ["dark"]
not_before = "5m"
compensate = "none"
"""

LAST: Final = """\
TO TRY IT
  hearth plan prepare FILE   what would become of it: nothing moves
  hearth plan run FILE       shows it, asks, does it, and watches
  GET /schemas/plan          the JSON Schema of a plan, for editors and agents
"""


def lines() -> Iterator[str]:
    """The text, part by part."""
    yield INTRODUCTION
    for name, parts in (("THE PLAN", OF_PLANS), ("ITS STEPS", OF_STEPS), ("ITS TIMES", OF_SCHEDULES)):
        yield f"{name}\n"
        for part in parts:
            yield "\n".join(filter(None, (indent(part.words, "  "), indent(part.example, "      "))))
    yield f"A WHOLE PLAN\n\n{indent(WHOLE, '      ')}"
    yield LAST
