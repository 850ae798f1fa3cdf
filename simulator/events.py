"""The events that the simulator can emit, and what each of them tells (CONTRACTS.md section 3).

Separate so that an expectation which nothing could ever meet is refused when it is read: one
with a slip of the pen and a count of 0 would hold for ever. A test compares this table with the
code that emits. Knows no device.
"""

from __future__ import annotations

from simulator.motion.request import MOTIONS
from simulator.network import COVERAGES
from simulator.pinmap import ROLES
from simulator.sound.request import SOUNDS
from simulator.truth import SKIES

ALWAYS = ("dev", "seq", "t")

# ev -> its fields, beside ALWAYS
FIELDS: dict[str, tuple[str, ...]] = {
    "answer": ("number", "how", "text"),
    "at_accept": ("to", "ref"),
    "at_lost": ("to",),
    "at_refuse": ("cms",),
    "at_submit": ("to", "text", "why"),
    "boot": ("cause",),
    "call": ("number", "state", "muted"),
    "console": ("text",),
    "edge": ("level",),
    "expect": ("text", "held"),
    "fault": ("kind", "on", "rate_pct", "ms", "count", "code", "level", "per_100000", "times"),
    "file_sync": (),
    "fix": ("lat_e7", "lon_e7", "utc"),
    "gesture": ("kind", "press_ms"),
    "haptic": ("level",),
    "radio": ("on", "use"),
    "report": ("number", "ref", "status"),
    "reset": ("cause",),
    "ring": ("number",),
    "sleep": (),
    "sms_on_phone": ("number", "text", "ref"),
    "sms_to_modem": ("number",),
    "state": (
        *("sky", "motion", "lat_e7", "lon_e7", "speed_cms", "heading_deg", "coverage", "stat"),
        *("nobody", "number", "on", "pct", "power", "sound"),
    ),
    "uart": ("dir", "len", "crc32", "text"),
    "wake": ("cause",),
}

GESTURES = (
    *("watch", "danger", "danger_again", "check", "evidence", "withdraw"),
    *("true_cancel", "decoy_cancel", "fall_cancel"),
)
DEVICES = (
    *("battery", "board", "flash", "gnss", "judge", "microphone", "modem", "network"),
    *("storage", "wifi", "world", *(f"phone-{number}" for number in range(1, 6))),
    *(role for role in ROLES if role != "battery"),
)
# (ev, field) -> every word it can be
WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("answer", "how"): ("call", "reply"),
    ("boot", "cause"): ("power", "brownout", "software", "watchdog"),
    ("gesture", "kind"): GESTURES,
    ("reset", "cause"): ("power", "brownout", "software", "watchdog", "soft"),
    ("state", "coverage"): COVERAGES,
    ("state", "motion"): MOTIONS,
    ("state", "sky"): SKIES,
    ("state", "sound"): SOUNDS,
    ("uart", "dir"): ("tx", "rx"),
}
NUMBERS = ("number", "to", "nobody")  # telephone numbers, which events tell without blanks


def words(ev: str, field: str) -> tuple[str, ...]:
    """Every word that a field can be; empty where it is not a closed list."""
    return DEVICES if field == "dev" else WORDS.get((ev, field), ())


def fields(ev: str) -> tuple[str, ...]:
    """Every field of an event; KeyError where there is no such event."""
    return (*FIELDS[ev], *ALWAYS)
