"""The vocabulary of the firmware: events that policies receive, commands that they return.

Separate so that policies, services and tests speak of the same things without knowing
each other. Times are integer milliseconds of clock.now_ms(), UTC is integer seconds since
2000-01-01 00:00:00, positions are 1e-7 degree, distances metres, speeds cm/s, DOP x 100.
Imports collections only.
"""

from collections import namedtuple

# -- configuration, frozen: config.py builds it from validated JSON --------------------------

Contact = namedtuple("Contact", "number danger watch technical ring confirmed")

Config = namedtuple(
    "Config",
    (
        "mode",  # "bench" | "field"
        "item",  # the object's number in the association's registry
        "name",  # at most 10 letters
        "language",  # "fr" | "en"
        "profile",  # "cohabiting" | "separated" | "health"
        "gestures",  # "default" | "monsherif"
        "cancel_pattern",  # e.g. "lsls": s = short, l = long
        "contacts",  # tuple of Contact, in her order, at most 5
        "own_number",  # number of the device's own SIM, "" when unknown
        "smsc",  # "" = the SIM's own
        "sim_pin",  # "" = none
        "haptics",  # 1 on, 0 off
        "quiet_from_min",  # local minutes of the day; from == until: no quiet hours
        "quiet_until_min",
        "tz_offset_min",  # standard time, minutes east of UTC
        "tz_eu_dst",  # 1: EU summer time rule (last Sundays of March and October, 01:00 UTC)
        "not_before_utc",  # no date before this is believed
        "watch_max_ms",
        "danger_max_ms",
        "sms_budget",  # messages an alert may send
        "sms_reserve",  # of which kept for its end
        "validity_min",  # TP-VP of what we send
        "fall_detection",  # 1 on, 0 off
        "placement",  # "waist" | "chest" | "pocket": where it is worn
        "prealarm_ms",  # of a fall, before it is told; 0: told at once
        "recording",  # 1: she chose that danger, and a gesture of its own, are recorded
        "recording_fall",  # 1: a fall, too
        "preroll_ms",  # of sound before the trigger
        "audio_rate_hz",  # 8000 | 16000
        "witness",  # number that receives evidence codes and nothing else, "" for none
    ),
)

# -- readings --------------------------------------------------------------------------------

# radius_m: at 95 %. None where the receiver did not tell: utc_s, hdop_c, sats, speed_cms.
Fix = namedtuple("Fix", "lat_e7 lon_e7 radius_m utc_s at_ms hdop_c sats mode speed_cms")
Cell = namedtuple("Cell", "mcc mnc area cell")  # text, as a control room reads it; cell may be ""

# -- events ----------------------------------------------------------------------------------

Tick = namedtuple("Tick", "")  # nothing happened; a deadline may have passed
ButtonDown = namedtuple("ButtonDown", "")  # debounced
ButtonUp = namedtuple("ButtonUp", "")
Gesture = namedtuple("Gesture", "kind first_ms")  # first_ms: its first down edge
FixAcquired = namedtuple("FixAcquired", "fix")
FixLost = namedtuple("FixLost", "reason")
CellSeen = namedtuple("CellSeen", "cell")
TimeKnown = namedtuple("TimeKnown", "utc_s at_ms source uncertainty_ms")
BatteryRead = namedtuple("BatteryRead", "pct")
ModemReady = namedtuple("ModemReady", "")  # started, SIM open, registered
ModemLost = namedtuple("ModemLost", "reason")
ModemFree = namedtuple("ModemFree", "")  # it is this policy's turn at the modem
SmsAccepted = namedtuple("SmsAccepted", "token ref")  # +CMGS
SmsFailed = namedtuple("SmsFailed", "token failure code")
SmsAmbiguous = namedtuple("SmsAmbiguous", "token")  # may have left
SmsReport = namedtuple("SmsReport", "ref number status")  # TP-ST of 23.040 9.2.3.15
SmsReceived = namedtuple("SmsReceived", "number text")
CallRefused = namedtuple("CallRefused", "number")  # an incoming call, rejected unheard
GnssFault = namedtuple("GnssFault", "reason")
# What the detector decided; score: of its model; features: what it saw, a tuple of ints
FallSuspected = namedtuple("FallSuspected", "impact_ms score features")

# -- commands --------------------------------------------------------------------------------

SendSms = namedtuple("SendSms", "token number text report validity_min")
ModemDemand = namedtuple("ModemDemand", "awake")  # 1: leave sleep now, 0: may sleep
GnssDemand = namedtuple("GnssDemand", "level")  # GNSS_STANDBY | GNSS_TRACK
Vibrate = namedtuple("Vibrate", "meaning asked")  # asked: 1 answers her gesture
HapticsHush = namedtuple("HapticsHush", "hush")  # 1: nothing more is felt, until 0
JournalAppend = namedtuple("JournalAppend", "kind values")  # values: tuple of int and str
JournalClose = namedtuple("JournalClose", "")  # the alert is over: its records may be erased
# A suspected fall to be counted; cancelled: she said that it was none. Never when it was
RememberFall = namedtuple("RememberFall", "score features cancelled")

# -- words -----------------------------------------------------------------------------------

# Gesture.kind
WATCH = "watch"
DANGER = "danger"
CHECK = "check"
EVIDENCE = "evidence"
WITHDRAW = "withdraw"
TRUE_CANCEL = "true_cancel"
DECOY_CANCEL = "decoy_cancel"
DANGER_AGAIN = "danger_again"
SERVICE = "service"
FALL_CANCEL = "fall_cancel"  # two shorts in the pre-alarm of a fall
PRESSING = "pressing"  # in it: a press that may become them
NOTHING = "nothing"  # in it: that has become nothing
TICK_1S = "tick_1s"  # a hold has reached 1 s (felt only where BEHAVIOUR says so)

# What the gesture recogniser is told of the alert
AT_REST = "rest"
IN_GUARD = "guard"
IN_ALERT = "alert"
IN_PREALARM = "prealarm"  # of a fall

# SmsFailed.failure (classes of 24.011 RP causes, 23.040 TP-FCS and 27.005 CMS codes)
FAIL_NUMBER = "number"  # permanent for this number
FAIL_SIM = "sim"  # permanent for the SIM
FAIL_SHORT = "short"  # transient, try again in 1-3 s
FAIL_LONG = "long"  # transient, wait for the network
FAIL_OURS = "ours"  # the modem did not like what we sent
FAIL_MODEM = "modem"  # the modem did not take part: surely not sent

# GnssDemand.level
GNSS_STANDBY = "standby"
GNSS_TRACK = "track"

# Vibrate.meaning
TRYING = "trying"
TAKEN = "taken"
DELIVERED = "delivered"
ANSWERED = "answered"
FAILED = "failed"
TICK = "tick"
FIRM = "firm"  # a hold of 3 s has become danger
CANCELLED = "cancelled"  # true and decoy alike
WITHDRAWN = "withdrawn"
PULSE = "pulse"  # of the pre-alarm
RECORDING = "recording"  # it records, and there is room for half an hour
RECORDING_SHORT = "recording_short"  # there is room for less
NOT_YET = "not_yet"  # this function is not available
