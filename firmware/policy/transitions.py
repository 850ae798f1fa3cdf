"""The alert as one table: (state, what happens) -> (next state, what is done about it).

Separate so that it can be read and counted: a pair that is not listed changes nothing. The
actions are methods of course.Course, named without their underscore. BEHAVIOUR.md sections
1 and 2. Imports messages only.

Three rules are not in the table because they are about time: no cancel in the first 3 s, no
message in the 5 s after one, and after a reset nothing but first messages until it is known how
long the power was off.

What the words leave open of the pre-alarm of a fall:
- A watch asked for in it (presses that began before it) ends it, and the fall is told at once:
  had the watch come a moment earlier, there would have been no pre-alarm. Either way a press is
  danger for as long as in the guard that the fall cut short: it takes no third press away.
- It ends only once presses in progress are decided, at most 4 s late: two of them still cancel.
- Cut short by a reset, the fall is told at once: she cannot cancel what she may not have felt.
- Her true pattern means nothing in it: its third press is danger. Nor does a second fall.
- In an alert that tells of a fall already, one more is told too, with its own time: she tried to
  get up. Falls of less than a minute are one (course.py).
"""

from firmware.messages import (
    CHECK,
    DANGER,
    DANGER_AGAIN,
    DECOY_CANCEL,
    EVIDENCE,
    FALL_CANCEL,
    SERVICE,
    TRUE_CANCEL,
    WATCH,
    WITHDRAW,
)

# States: words of the journal, and those that alert are also the kind of their first message.
REST = "rest"  # a closing text may still be on its way
GUARD = "guard"  # of a watch
PREALARM = "prealarm"  # of a fall: nobody is told yet
WATCHING = "watch"
ENDANGERED = "danger"
FALLEN = "fall"
DURESS = "duress"  # after a decoy: as before, but nothing more is felt

# What happens, beside the gestures of messages.py
FALL = "fall_decided"  # to be told at once
FALL_SUSPECTED = "fall_suspected"  # at rest, where she has a pre-alarm
GUARD_OVER = "guard_over"
PREALARM_OVER = "prealarm_over"
TIME_UP = "time_up"
RESUMED = "resumed"  # after a reset
LAPSED = "lapsed"  # the power was off too long

TABLE = {
    # At rest a danger "again" is one whose alert ended while she pressed.
    (REST, WATCH): (GUARD, "guard"),
    (REST, DANGER): (ENDANGERED, "begin"),
    (REST, DANGER_AGAIN): (ENDANGERED, "begin"),
    (REST, FALL): (FALLEN, "begin"),
    (REST, FALL_SUSPECTED): (PREALARM, "prealarm"),
    (REST, CHECK): (REST, "not_yet"),
    (REST, EVIDENCE): (REST, "evidence"),
    (REST, SERVICE): (REST, "not_yet"),
    (GUARD, WITHDRAW): (REST, "withdraw"),
    (GUARD, GUARD_OVER): (WATCHING, "promote_kept"),
    (GUARD, DANGER): (ENDANGERED, "promote"),
    (GUARD, DANGER_AGAIN): (ENDANGERED, "promote"),
    (GUARD, FALL): (FALLEN, "promote"),
    (GUARD, RESUMED): (WATCHING, "promote_early"),
    (PREALARM, FALL_CANCEL): (REST, "dismiss"),
    (PREALARM, PREALARM_OVER): (FALLEN, "promote_kept"),
    (PREALARM, RESUMED): (FALLEN, "promote_kept"),
    (PREALARM, WATCH): (FALLEN, "promote_early"),
    (PREALARM, DANGER): (ENDANGERED, "promote"),
    (PREALARM, DANGER_AGAIN): (ENDANGERED, "promote"),
    (WATCHING, DANGER): (ENDANGERED, "promote"),
    (WATCHING, DANGER_AGAIN): (ENDANGERED, "promote"),
    (WATCHING, FALL): (FALLEN, "promote"),
    (WATCHING, DECOY_CANCEL): (DURESS, "warn"),
    (WATCHING, TRUE_CANCEL): (REST, "cancel"),
    (WATCHING, TIME_UP): (REST, "end_watch"),
    (WATCHING, LAPSED): (REST, "lapse"),
    (FALLEN, DANGER): (ENDANGERED, "promote"),
    (FALLEN, DANGER_AGAIN): (ENDANGERED, "promote"),
    (FALLEN, FALL): (FALLEN, "fall_again"),
    (FALLEN, DECOY_CANCEL): (DURESS, "warn"),
    (FALLEN, TRUE_CANCEL): (REST, "cancel"),
    (FALLEN, TIME_UP): (REST, "end"),
    (FALLEN, LAPSED): (REST, "lapse"),
    (ENDANGERED, DANGER): (ENDANGERED, "again"),
    (ENDANGERED, DANGER_AGAIN): (ENDANGERED, "again"),
    (ENDANGERED, FALL): (ENDANGERED, "fall_again"),
    (ENDANGERED, DECOY_CANCEL): (DURESS, "warn"),
    (ENDANGERED, TRUE_CANCEL): (REST, "cancel"),
    (ENDANGERED, TIME_UP): (REST, "end"),
    (ENDANGERED, LAPSED): (REST, "lapse"),
    (DURESS, DANGER): (DURESS, "again"),
    (DURESS, DANGER_AGAIN): (DURESS, "again"),
    (DURESS, FALL): (DURESS, "fall_again"),
    (DURESS, TRUE_CANCEL): (REST, "cancel"),
    (DURESS, TIME_UP): (REST, "end"),
    (DURESS, LAPSED): (REST, "lapse"),
}
