"""What `hearth policy --help` and `hearth policy help-rules` teach: how rules are written."""

from __future__ import annotations

from typing import Final

IN_SHORT: Final = """\
Where your rules are:
  one file, policies/household.toml in the gateway's state directory. Until you make it, the rules that ship with
  Hearth hold. The first `hearth policy edit` makes it, as a copy of those: you change what you like.

How to change them:
  hearth policy edit            opens them in your editor, checks them, tells who may do more than now, and asks
  hearth policy undo            puts back what was there before
  hearth policy help-rules      every word of a rule, with examples: read this before you write one
  hearth policy words light     what there is to allow or limit: the capabilities of lights (or of any kind)

How to look and to try:
  hearth policy explain --role agent        what our agents may do in this house, and what they must ask for
  hearth policy check FILE                  what is wrong with a file, and who could do more with it
  hearth policy test --rules FILE           the everyday examples that ship with Hearth, run against it
  hearth policy help-cases                  how examples of your own are written

A rule file in short. What no rule allows is refused; of all rules that fit, the strictest decides:
  format = 1
  [[allow]]                     # who may use (may) and look at (see) what
  id = "guests-light"
  who = ["guest"]
  may = ["light.*"]
  see = ["light.*", "temperature.*"]
  why = "Guests find their way"
  [[limit]]                     # what everybody (or `who`) must keep to
  id = "heating-band"
  on = ["thermostat.target"]
  value = { min = 16, max = 23 }
  why = "Comfort without waste"
  [[limit]]                     # and that at night alone (`when`)
  id = "dim-at-night"
  on = ["light.brightness", "light.white"]
  when = { between = ["22:00", "07:00"] }
  value = { max = 30 }
  why = "Nobody is to be dazzled"
  [[ask]]                       # what a person must say yes to
  id = "doors"
  who = ["agent"]
  on = ["lock.unlock"]
  approver = ["adult"]
  valid = "5m"
  why = "A door is for people to open"
  [[then]]                      # what a permitted use still owes
  id = "tell-us"
  on = ["garage.open"]
  notify = ["adult"]
  why = "We want to know"
"""

LANGUAGE: Final = """\
HOW RULES ARE WRITTEN

A rule file is TOML text. Its first line is `format = 1`; then come the rules, each a table with an `id` of its own
(lower-case letters, digits, "-") and a `why`: the reason in plain words, which everybody is told who meets the rule.
The order of rules does not matter. Lines that begin with # are for you.

THE FOUR TABLES

  [[allow]]  lets somebody use (may) or look at (see) something. What no allow covers is refused.
  [[limit]]  is what a use must keep to, whoever allowed it. Without conditions but `never = true` it forbids.
  [[ask]]    is what an adult (say) must say yes to first. With conditions it asks only for what does not keep to them.
  [[then]]   is what a permitted use still owes: switched off after a time, somebody told.

Of all rules that fit, the strictest decides: one limit that is not kept refuses, whatever else allows. A rule in one place
never undoes a rule in another. To loosen something, change the rule that is in the way: a refusal names it. Nobody
stands above the rules, the owner neither. An agent acts for a person, and may never do what that person may not:
a limit or an ask for `child` also binds the child's agent.

WHO            who = ["agent", "child"]      (in limit, ask and then: left out, it is everybody)
  owner        who looks after the house      adult         the others of age; `adult` includes the owner
  child        the children                   guest         somebody who visits
  agent        software that acts for         guest-agent   software that acts for a guest
               somebody of the house          service       a dashboard or a recorder
  A single person or agent is written by its id, as `hearth token list` shows it: who = ["coo"].

WHAT           may, see (in allow) and on (in the others) name capabilities, <kind>.<name>:
  "light.brightness"   this one               "light.*"     all of lights
  "*.target"           this name of any kind  "*"           everything
  `hearth policy words` lists the kinds, `hearth policy words blind` the capabilities of one, with their values and hazards.
  Wildcards reach neither what can kill (hazard 3) nor, in `see`, what is sensitive: those must be named in full, or for `see`:
  see = ["*", "sensitive"]. Sensitive are
    lock.state, lock.operated, alarm.state, camera.state, camera.on, camera.image, camera.motion,
    presence.present, presence.home, presence.location, presence.latitude, presence.longitude, presence.accuracy,
    presence.scanned
  and nothing else: occupancy.* (somebody is in the room), motion.* and doors are seen with "*". Who is not to see those gets a
  list of kinds in `see` instead of "*".
  A toggle or a step counts as the write that it becomes: limit "light.on" and "light.brightness", not "light.toggle".

WHERE          things = ["tank", "pump"]      ids, as `hearth things` shows them
               rooms = ["Kitchen"]            as `hearth things` shows them
               labels = ["heater"]            what you put on Things yourselves
  Left out, it is everywhere. Several of these in one rule must all fit; of several names in one list one must.

HOW DANGEROUS  hazard_min = 2                 (not in allow) only from this hazard up: 0 comfort (lights) ·
                                              1 nuisance or cost (blinds) · 2 damage (heat, water, motors, doors) · 3 life
               privilege = "manage"           in allow: up to this one: operate (if left out), manage, administer;
                                              in the others: only from this one up

UNASKED        unasked = ["an-adult-decides"]  (allow in household.toml only) these asks of the file do not ask about what the
               allow covers: somebody said "always". It covers no hazard 3, and an ask with once = true asks all the same. With
               value = { min = 18, max = 22 } (or members = {...}) beside it only within these bounds; beyond them it is
               asked as before. Whoever acts for somebody goes unasked only where everybody whom the ask is about does.

WHEN           when = { ... } in limit, ask and then: the rule is about these uses and moments alone. Left out, it always is.
  when = { between = ["22:00", "07:00"] }     at these hours, over midnight too; with days = ["fri", "sat"] in the same
                                              braces those that begin on these days (mon tue wed thu fri sat sun)
  when = { modes = ["away", "holiday"] }      while the house is in one of these modes: home away night holiday
  when = { starts = true }                    only uses that make something run, flow or stand open: what switches off,
                                              closes or locks is free of the rule
  Several of them in one `when` must all be so. What is not known (the time, before the clock is set) counts as such a moment.
  So "at night at most 30 %" is when = { between = ["22:00", "07:00"] } and value = { max = 30 } in one limit (a lamp has more
  than one way to be bright: see the examples), and "the pump runs only while there is water" is when = { starts = true } and
  needs = [...]: without that `when` a dry tank would also keep everybody from switching the pump off.

CONDITIONS     for limit and ask, any of them in one rule; all must hold (whenever `when` says that the rule holds)
  value = { min = 16, max = 23 }              the input, in the property's own unit; one end may be left out
  value = { one_of = ["heat", "off"] }        only these; of an on/off: { one_of = [false] } lets it be switched off only
  value = { max_change = 3 }                  at most so far from what it is now
  members = { brightness = { max = 60 } }     the same for members of an input that has several
  not_between = ["22:00", "07:00"]            not at all in these hours; with days = ["sat", "sun"] beside it only those
                                              that begin on these days
  at_most = "6/h"                             so often within any 60 minutes: a window that slides, so "3/d" is three in the
                                              last 24 hours, not on a calendar day; also "1/10m". Counted for each Thing, and
                                              all together: the uses that the rule is about, whoever makes them. With
                                              who = ["agent"] those of all agents count, and those of adults do not.
  rest = "10m"                                off for so long before it starts again, whoever switched it off
  modes = ["home", "night"]                   only while the house is in one of these modes: home away night holiday
  needs = [{ thing = "tank", property = "level", min = 20, fresh = "5m" }]
                                              only while this property of that Thing is so: min, max or equals;
                                              fresh: heard of within that time; trusted = true: by the device's own word.
                                              Property names are those of `hearth show THING`. Without `thing` it is the
                                              Thing itself. What is not known counts as not so.
                                              With when = { starts = true } switching off needs nothing.
  never = true                                (limit only) not at all
  waivable_by = ["adult"]                     (limit only) these may lift it for a while: `hearth policy waive`
  approver = ["adult"], valid = "5m"          (ask only, both needed) who may say yes, and how long that counts
  approvals = 2                               (ask only) so many different people must say yes, 5 at the most
  once = true                                 (ask only) each use is asked about: a yes for a while, or for a whole plan, is
                                              none to it. The shipped rule `who-comes-in` says so of locks and garage doors.
  Times: 30s, 5m, 2h, 1d. A command toward the safe state (stopping a blind, a garage door, a vacuum cleaner or a
  mower) is never held up by quiet hours, rates, rest or asking; closing a valve may be, see WHEN.

DUTIES         for then
  max_on = "2h"                               switched off after that, whoever switched it on
  restore = "30m"                             put back as it was after that
  confirm = true                              done only when the device itself says so
  notify = ["adult"]                          they are told
  They are owed by commands that Hearth carries out. max_on of a rule without `who` also holds for what was switched on by hand,
  or by another system: it counts from when it is first seen to run.

EXAMPLES
"""

EXAMPLES: Final = """\
# "Our agents do not move the blinds while we sleep; one of us may allow it for a night"
[[limit]]
id = "blinds-at-night"
who = ["agent"]
on = ["blind.*"]
not_between = ["22:00", "06:30"]
waivable_by = ["adult"]
why = "Nobody is to be woken by a motor"

# "At night our agents make no light brighter than 30 %": its two brightnesses, and switching it on, for a lamp comes back as
# bright as it was. The second limit wants the lamp dimmed first, and refuses where its brightness is not known.
[[limit]]
id = "dim-at-night"
who = ["agent"]
on = ["light.brightness", "light.white"]
when = { between = ["22:00", "07:00"] }
value = { max = 30 }
why = "Nobody is to be dazzled"
[[limit]]
id = "on-but-dim-at-night"
who = ["agent"]
on = ["light.on", "light.effect"]
when = { starts = true, between = ["22:00", "07:00"] }
needs = [{ property = "brightness", max = 30 }]
why = "A lamp comes back as bright as it was"

# "The pump starts only while there is water in the tank; switched off it may be at any time"
[[limit]]
id = "pump-never-dry"
on = ["outlet.on"]
things = ["pump"]
when = { starts = true }
needs = [{ thing = "tank", property = "level", min = 20, fresh = "5m" }]
why = "Dry, the pump is destroyed"

# "While we are away, our agents ask before they open a blind or a garage door, and not before they close one"
[[ask]]
id = "opened-while-away"
who = ["agent"]
on = ["blind.*", "garage.*"]
when = { starts = true, modes = ["away", "holiday"] }
approver = ["adult"]
valid = "10m"
why = "An open house that is empty invites"

# "On school nights the television is not for the children, nor for their agents"; to switch it off, pause and stop is free
[[limit]]
id = "school-nights"
who = ["child"]
on = ["media.*"]
things = ["living-tv"]
when = { starts = true, between = ["20:00", "06:00"], days = ["sun", "mon", "tue", "wed", "thu"] }
never = true
why = "Tomorrow is school"

# "Guests may set the heating in their own room, between 18 and 22 degrees": an allow, and a limit
[[allow]]
id = "guests-heat-their-room"
who = ["guest"]
may = ["thermostat.target"]
see = ["thermostat.*", "temperature.*"]
rooms = ["Guest room"]
why = "Guests are to be warm"
[[limit]]
id = "guests-heat-within-reason"
who = ["guest"]
on = ["thermostat.target"]
value = { min = 18, max = 22 }
why = "Warm, not hot"

# "The agent may dim the lights, and asks before it makes one brighter than 80 %"
[[ask]]
id = "not-too-bright"
who = ["agent"]
on = ["light.brightness"]
value = { max = 80 }
approver = ["adult"]
valid = "10m"
why = "Suddenly bright is unpleasant"

# "While we are away, both of us must say yes before somebody else opens the front door: each time, and never in advance"
[[ask]]
id = "both-of-us"
who = ["child", "guest", "agent", "guest-agent", "service"]
on = ["lock.unlock", "lock.open"]
things = ["front-door"]
when = { modes = ["away", "holiday"] }
approver = ["adult"]
approvals = 2
valid = "10m"
once = true
why = "Nobody is in who could see who comes"

# "The agent may always heat to between 18 and 22 degrees, whatever is asked about heating otherwise"
[[ask]]
id = "agents-ask-to-heat"
who = ["agent"]
on = ["thermostat.target"]
approver = ["adult"]
valid = "10m"
why = "Heating costs money"
[[allow]]
id = "always-heat-a-little"
who = ["coo"]
may = ["thermostat.target"]
unasked = ["agents-ask-to-heat"]
value = { min = 18, max = 22 }
why = "Anna said: always, between 18 and 22"

# "The heating stays as it is while a window is open"
[[limit]]
id = "not-with-the-window-open"
on = ["thermostat.target"]
rooms = ["Kitchen"]
needs = [{ thing = "kitchen-window", property = "open", equals = false }]
why = "We do not heat the street"

# "The garden's valve opens only while there is water in the tank, and closes after half an hour"
[[limit]]
id = "never-dry"
on = ["valve.open", "valve.position"]
things = ["garden-valve"]
when = { starts = true }
needs = [{ thing = "tank", property = "level", min = 20, fresh = "5m" }]
why = "The pump behind it is destroyed when it runs dry"
[[then]]
id = "garden-off"
on = ["valve.open", "valve.position"]
things = ["garden-valve"]
max_on = "30m"
why = "A forgotten valve empties the well"

# "Only grown-ups touch the oven's outlet": a limit for all the others, for no rule says "only"
[[limit]]
id = "oven"
who = ["child", "guest", "agent", "guest-agent", "service"]
on = ["*"]
things = ["oven-outlet"]
never = true
why = "The oven is not a toy"

# "My neighbour's phone may open the front door": its token's role is guest, its id neighbour; an adult is still asked,
# because the shipped rule `an-adult-decides` wants that of guests. Who shall not be asked is taken out of that rule's `who`.
[[allow]]
id = "neighbour"
who = ["neighbour"]
may = ["lock.unlock"]
see = ["lock.state"]
things = ["front-door"]
why = "She waters the flowers"
"""

UNSAYABLE: Final = """\
WHAT TO MIND
  `value` and `not_between` in one limit want both, at any time of day. To bound something at night alone, give `value` and
  when = { between = [...] }; to forbid it at night, `not_between` alone.
  A limit on the `on` of something binds switching it off, too, unless it says when = { starts = true }.
  An allow has no `when`: it allows always, and a limit with `when` takes away again.
  A limit never allows. If nothing happens although no limit is in the way, an allow is missing: the refusal says which.
  Rules with a time of day: until the gateway knows the time, every moment counts as one that they are about, and they refuse.
  `hearth doctor` says so. Then turn on NTP, or set [house] clock = "trusted" in hearth.toml; the zone is [house] zone.
  What has just arrived has the label "new", and is for the adults alone until one of them takes it off: no rule undoes that.
  To let one person do what a rule forbids a role, change that rule's `who`, its places or its conditions.

TO TRY, AND TO GO BACK
  hearth policy check my-rules.toml                    what is wrong with it, and who could do more than now
  hearth policy test --rules my-rules.toml             everyday examples; some fail where you decided otherwise
  hearth policy help-cases                             how to write examples of your own
  hearth write lamp brightness 90 --dry-run            what the rules in force say of one command; nothing moves
  hearth policy edit, hearth policy undo               into force, and back
  Further sets beside household.toml (policies/landlord.toml, policies/agent-mandate.toml) can only narrow what it allows. With
  `shadow = true` below `format = 1` such a set refuses nothing, and `hearth policy shadow` tells what it would have refused.
"""
