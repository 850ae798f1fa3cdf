"""The vocabulary of recordings: what policy and recorder tell each other.

Separate from messages.py because most boards record nothing, and one without PSRAM has no room
even for these. Imports collections only.
"""

from collections import namedtuple

# -- events: q is the recording's number, code what a message says of it ----------------------

RecordingBegun = namedtuple("RecordingBegun", "trigger minutes")  # minutes: that there is room for
RecordingOpened = namedtuple("RecordingOpened", "q code")
Sealed = namedtuple("Sealed", "q code")
RecordingClosed = namedtuple("RecordingClosed", "q code reason")  # END_..., 0: the flash failed
EvidenceFault = namedtuple("EvidenceFault", "reason")

# -- commands --------------------------------------------------------------------------------

StartRecording = namedtuple("StartRecording", "trigger")  # BY_...
StopRecording = namedtuple("StopRecording", "reason")  # END_...

# -- words -----------------------------------------------------------------------------------

# What a recording was begun by, as its container says it (docs/ev1.md)
BY_DANGER = 1
BY_GESTURE = 2
BY_FALL = 3

# Why a recording ends, as its container says it (docs/ev1.md)
END_QUIET = 1  # 30 min without a gesture
END_LONGEST = 2  # 2 h
END_CANCELLED = 3  # asked for, or with the alert
END_FULL = 4
END_BATTERY = 5
