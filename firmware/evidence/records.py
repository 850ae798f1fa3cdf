"""What a recording consists of: its records, their bytes, and which class each belongs to.

Separate because docs/ev1.md has these tables byte for byte, and nothing else here knows them. A
record is type (1 byte), length of its value (2), ms since the trigger (4, signed: less than zero
before it), value; little endian. Three classes of records have keys of their own, so that one
can be disclosed without the others. Imports collections and micropython.
"""

from collections import namedtuple

from micropython import const

# What CONFIG tells of the board and its settings; hashes: 8 bytes each
Settings = namedtuple(
    "Settings",
    (
        "rate_hz",  # of the sound
        "gain_x16",
        "preroll_ms",
        "receiver",  # 0 unknown, 1 L76K, 2 u-blox, 3 MTK, 4 in the modem
        "reset_cause",
        "boot",
        "battery_mv",
        "firmware_hash",
        "settings_hash",
        "accel_rate_hz",
        "accel_mg_per_lsb",
    ),
)

# Classes
SOUND = const(1)
PLACE = const(2)
LOG = const(3)
CLASSES = (SOUND, PLACE, LOG)

# Types of records
CONFIG = const(0x01)
AUDIO = const(0x02)
ACCEL = const(0x03)
FIX = const(0x04)
TIME = const(0x05)
EVENT = const(0x06)
CELL = const(0x07)
POWER = const(0x08)
FOUND = const(0x09)
LOST = const(0x0A)
CLOSE = const(0x7F)

HEAD = const(7)
HEAD_LAYOUT = "<BHi"

# Kinds of EVENT that the recorder itself writes
NEARLY_FULL = const(11)  # minutes left
WRITE_FAILED = const(12)  # what stands there: its mark
FORGOTTEN = const(13)  # records that found no room in memory

# Reasons of LOST
OVERRUN = const(2)  # no room in memory

CODEC = const(1)  # IMA ADPCM, the earlier sample in the low bits

_ALL = const(0)  # TIME tells no position: every class is dated by itself
_CLASS_OF = {
    AUDIO: SOUND,
    LOST: SOUND,
    FIX: PLACE,
    CELL: PLACE,
    ACCEL: LOG,
    EVENT: LOG,
    POWER: LOG,
    FOUND: LOG,
    TIME: _ALL,
}
_LAYOUTS = {
    AUDIO: "<IhBB",
    ACCEL: "<IH",
    FIX: "<iiHHBBHI",
    TIME: "<IBI",
    EVENT: "<BI",
    CELL: "",
    POWER: "<HB",
    FOUND: "<I32sIBI32sI32sI32s",
    LOST: "<IIB",
    CLOSE: "<IBIIII",
}
_CONFIG_LAYOUTS = ("", "<IBHHI", "<IB", "<IBBIH8s8sHH")

_UNKNOWN8, _UNKNOWN16, _UNKNOWN32 = const(0xFF), const(0xFFFF), const(0xFFFFFFFF)
_SOURCES = ("", "gnss", "modem", "desk")


def classes(kind):
    """The classes that a record of this type goes to."""
    which = _CLASS_OF[kind]
    return CLASSES if which == _ALL else (which,)


def layout(kind, which=0):
    """How the value of this type begins, for struct; of a CONFIG for this class."""
    return _CONFIG_LAYOUTS[which] if kind == CONFIG else _LAYOUTS[kind]


def config(which, now_ms, trigger, settings):
    """The values of a CONFIG: what is needed to understand this class, and nothing else.

    trigger: 1 danger, 2 evidence only, 3 fall.
    """
    ticks_ms = now_ms & _UNKNOWN32
    it = settings
    if which == SOUND:
        return ticks_ms, CODEC, it.rate_hz, it.gain_x16, it.preroll_ms
    if which == PLACE:
        return ticks_ms, it.receiver
    start = ticks_ms, trigger, it.reset_cause & 0xFF, it.boot & _UNKNOWN32
    hashes = it.firmware_hash, it.settings_hash
    accel = it.accel_rate_hz, it.accel_mg_per_lsb
    return start + (_fit(it.battery_mv, _UNKNOWN16),) + hashes + accel


def fix(it):
    """The values of a FIX from messages.Fix."""
    return (
        it.lat_e7,
        it.lon_e7,
        _fit(it.radius_m, _UNKNOWN16),
        _fit(it.hdop_c, _UNKNOWN16),
        _fit(it.sats, _UNKNOWN8),
        _fit(it.mode, _UNKNOWN8),
        _fit(it.speed_cms, _UNKNOWN16),
        _fit(it.utc_s, _UNKNOWN32),
    )


def time(known):
    """The values of a TIME from messages.TimeKnown."""
    source = _SOURCES.index(known.source) if known.source in _SOURCES else 0
    doubt_ms = _fit(known.uncertainty_ms, _UNKNOWN32)
    return _fit(known.utc_s, _UNKNOWN32), source, doubt_ms


def cell(it):
    """The bytes of a CELL from messages.Cell."""
    return "-".join((it.mcc, it.mnc, it.area, it.cell)).encode()


def _fit(value, unknown):
    """An unsigned number as wide as `unknown`, which stands for None; cut off below that."""
    return unknown if value is None else min(max(value, 0), unknown - 1)
