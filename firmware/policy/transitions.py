"""The alert as one table: (state, what happens) -> (next state, what is done about it).

Separate so that it can be read and counted: a pair that is not listed changes nothing. The
actions are methods of course.Course, named without their underscore. BEHAVIOUR.md sections
1 and 2. Imports messages only.

Three rules are not in the table because they are about time: no cancel in the first 3 s, no
message in the 5 s after one, and after a reset nothing but first messages until it is known how
long the power was off.
"""

from firmware.messages import (
    CHECK,
    DANGER,
    DANGER_AGAIN,
    DECOY_CANCEL,
    EVIDENCE,
    SERVICE,
    TRUE_CANCEL,
    WATCH,
    WITHDRAW,
)

# States: words of the journal, and those that alert are also the kind of their first message.
REST = "rest"  # a closing text may still be on its way
GUARD = "guard"  # of a watch
WATCHING = "watch"
ENDANGERED = "danger"
FALLEN = "fall"
DURESS = "duress"  # after a decoy: as before, but nothing more is felt

# What happens, beside the gestures of messages.py
FALL = "fall_decided"
GUARD_OVER = "guard_over"
TIME_UP = "time_up"
RESUMED = "resumed"  # after a reset
LAPSED = "lapsed"  # the power was off too long

TABLE = {
    # At rest a danger "again" is one whose alert ended while she pressed.
    (REST, WATCH): (GUARD, "guard"),
    (REST, DANGER): (ENDANGERED, "begin"),
    (REST, DANGER_AGAIN): (ENDANGERED, "begin"),
    (REST, FALL): (FALLEN, "begin"),
    (REST, CHECK): (REST, "not_yet"),
    (REST, EVIDENCE): (REST, "not_yet"),
    (REST, SERVICE): (REST, "not_yet"),
    (GUARD, WITHDRAW): (REST, "withdraw"),
    (GUARD, GUARD_OVER): (WATCHING, "promote"),
    (GUARD, DANGER): (ENDANGERED, "promote"),
    (GUARD, DANGER_AGAIN): (ENDANGERED, "promote"),
    (GUARD, FALL): (FALLEN, "promote"),
    (GUARD, RESUMED): (WATCHING, "promote_early"),
    (WATCHING, DANGER): (ENDANGERED, "promote"),
    (WATCHING, DANGER_AGAIN): (ENDANGERED, "promote"),
    (WATCHING, FALL): (FALLEN, "promote"),
    (WATCHING, DECOY_CANCEL): (DURESS, "warn"),
    (WATCHING, TRUE_CANCEL): (REST, "cancel"),
    (WATCHING, TIME_UP): (REST, "end_watch"),
    (WATCHING, LAPSED): (REST, "lapse"),
    (FALLEN, DANGER): (ENDANGERED, "promote"),
    (FALLEN, DANGER_AGAIN): (ENDANGERED, "promote"),
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
