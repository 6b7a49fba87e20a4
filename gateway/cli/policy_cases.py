"""What `hearth policy help-cases` teaches: how examples of what rules decide are written."""

from __future__ import annotations

from typing import Final

CASES: Final = """\
HOW CASES ARE WRITTEN

A case is an example of what your rules decide. `hearth policy test my-cases.toml --rules my-rules.toml` runs a file of them;
nothing moves, and no gateway is needed. The file is TOML. Its first line is `format = 1`; then come cases, each a [[case]] with
a `name` of its own, and `given`, `when` and `then`. [defaults] may stand before them: its `given` (and `more_rules`,
`only_rules`) holds for every case that does not say otherwise. What ships is tested alike: `hearth policy test --shipped`.

GIVEN          who asks, and how the world is. What is not given is not known, and a rule that looks at it does not permit.
  who = "agent"                   a role: owner adult child guest agent guest-agent service
  id = "coo"                      the name of who asks, for rules that name one; left out, it is the role's name
  person = "child"                the role of the person whom an agent acts for; person_id = "tim" is that person's name
  mode = "night"                  home away night holiday, or "unknown"
  at = "fri 23:10"                the local time, or "unknown"
  readings = { "tank.level" = 12 }           what `needs` looks at, also where it is of the Thing itself: "<Thing>.<property>".
                                             With more: { value = 12, age = "10m" }, good = false (the device says that it is
                                             wrong), trusted = false (not by its own word), deviation = 0.5 (it may be off by)
  present = 20                    what the property that is written is now (max_change looks at it, and not at readings).
                                  Of an input with members: present = { brightness = 40 }. [20, 22]: 22 is on its way
  off_for = "30s"                 how long it has been off, for `rest`; "on": it runs. Left out, it has just been switched off
  used = { heating = ["2m", "9m"] }          how long ago each use was that the rule with the id `heating` counts (at_most).
                                             Also { each = ["2m", "9m"] }; six, ten minutes ago: { times = 6, ago = "10m" }
  waived = { heating = "adult" }  who has lifted the rule with that id. With more: { by = "adult", id = "anna", left = "1h" }
  approved = "adult"              who says yes to all that is asked. With more: { by = "adult", id = "anna", ago = "2m" },
                                  standing = true (for a while). Several: [{ by = "owner" }, { by = "adult", id = "ben" }]

WHEN           what is asked
  use = "light.brightness", value = 50       a use, and its input (none for an action without)
  see = "lock.state"              or whether this may be looked at; then without a value
  thing = "lamp", room = "Kitchen", labels = ["new"]      where it is
  hazard = 2, privilege = "manage", privacy = "sensitive", toward_safe = true
                                  as `hearth policy words` has them, unless a device or a person says otherwise

THEN           what must come out
  verdict = "deny"                permit, ask or deny
  rule = "heating"                this rule is among the reasons; or several; also "safety/hot-water", or "no-allow"
  accepted = { min = 18, max = 22 }          the range that all rules together accept; or one_of = ["heat", "off"]
  remedy = "at most 22"           words in what would make it allowed
  unknown = true                  something that a rule looks at was not known
  owes = ["notify"]               all that a use owes: max_on, restore, confirm, notify; [] is nothing
  see = true                      for see: it may be looked at

RULES OF ITS OWN
  more_rules = '''...'''          rules beside yours, for this case; one with an id of yours stands in its place
  only_rules = '''...'''          these instead of all others: what they mean by themselves
  more_sets = { mandate = '''...''' }   further sets that narrow, for this case

EXAMPLES
"""

EXAMPLES: Final = """\
format = 1

[defaults]
given = { who = "agent", person = "adult", mode = "home", at = "tue 10:00" }

[[case]]
name  = "The agent heats by steps: 20 is 2 from 18"
given = { present = 18 }
when  = { thing = "living-thermostat", use = "thermostat.target", value = 20 }
then  = { verdict = "permit", accepted = { min = 16, max = 20 } }
only_rules = '''
[[allow]]
id = "we-and-our-agents"
who = ["adult", "agent"]
may = ["thermostat.target"]
why = "Comfort"
[[limit]]
id = "heating"
on = ["thermostat.target"]
value = { min = 16, max = 23, max_change = 2 }
why = "Comfort without waste"
'''

[[case]]
name  = "At night nobody dazzles"
given = { at = "fri 23:10" }
when  = { use = "light.brightness", value = 50 }
then  = { verdict = "deny", rule = "dim-at-night", remedy = "at most 30" }
more_rules = '''
[[limit]]
id = "dim-at-night"
on = ["light.brightness"]
when = { between = ["22:00", "07:00"] }
value = { max = 30 }
why = "Nobody is to be dazzled"
'''

[[case]]
name  = "What the tank says is too old"
given = { readings = { "tank.level" = { value = 80, age = "20m" } } }
when  = { thing = "pump", use = "outlet.on", value = true }
then  = { verdict = "deny", rule = "never-dry", unknown = true }
more_rules = '''
[[limit]]
id = "never-dry"
on = ["outlet.on"]
things = ["pump"]
when = { starts = true }
needs = [{ thing = "tank", property = "level", min = 20, fresh = "5m" }]
why = "Dry, the pump is destroyed"
'''

[[case]]
name  = "Twelve times in this hour are enough"
given = { used = { agents-heat-within-reason = { times = 12, ago = "10m" } } }
when  = { use = "thermostat.target", value = 20 }
then  = { verdict = "deny", rule = "agents-heat-within-reason" }

[[case]]
name  = "An adult has lifted that limit"
given = { used = { agents-heat-within-reason = { times = 12, ago = "10m" } }, waived = { agents-heat-within-reason = "adult" } }
when  = { use = "thermostat.target", value = 20 }
then  = { verdict = "permit" }

[[case]]
name  = "The agent opens the door when an adult says yes, and the adults are told"
given = { approved = "adult" }
when  = { use = "lock.unlock" }
then  = { verdict = "permit", owes = ["notify"] }

[[case]]
name  = "Who unlocked is not for the agent to see"
when  = { see = "lock.operated" }
then  = { see = false }
"""
