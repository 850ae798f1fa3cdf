"""The records inside a segment: strict reading, the table of classes, and typed contents.

Separate because reports are made of these. Whatever is given out was cut from the very bytes
whose tag was checked; nothing is read that the format does not fix (docs/ev1.md, "Records").
"""

from __future__ import annotations

import struct
from typing import Any, Callable, NamedTuple

from kit.container import AUDIO, LOG, PLACE

CONFIG, SOUND, ACCEL, FIX, TIME, EVENT, CELL, POWER, FOUND, LOST = range(1, 11)
CLOSE = 0x7F
WRITE_FAILED = 12  # kind of event
UNIX_2000 = 946684800

TRIGGERS = {1: "danger", 2: "evidence only", 3: "fall"}
SOURCES = {1: "GNSS", 2: "network", 3: "desk"}
RECEIVERS = {0: "unknown", 1: "L76K", 2: "u-blox", 3: "MTK", 4: "in the modem"}
LOSSES = {1: "flash or interrupt masked", 2: "buffer full", 3: "microphone restarted"}
REASONS = {
    1: "thirty minutes without a gesture",
    2: "two hours",
    3: "cancelled",
    4: "storage full",
    5: "low battery",
    6: "microphone gone",
}
EVENTS = {
    1: "button down",
    2: "button up",
    3: "gesture",
    4: "message accepted",
    5: "message delivered",
    6: "answered",
    7: "alert begun",
    8: "alert ended",
    9: "fall suspected",
    10: "microphone fault",
    11: "storage nearly full",
    12: "flash write failed",
    13: "forgotten records",
}
GESTURES = {
    1: "watch",
    2: "danger",
    3: "check",
    4: "evidence",
    5: "withdraw",
    6: "true cancel",
    7: "decoy cancel",
    8: "danger again",
}


class Malformed(ValueError):
    """A segment whose tag holds and whose contents break the format."""


class AudioConfig(NamedTuple):
    ticks_ms: int
    codec: int
    rate_hz: int
    gain_x16: int
    preroll_ms: int


class PlaceConfig(NamedTuple):
    ticks_ms: int
    receiver: int


class LogConfig(NamedTuple):
    ticks_ms: int
    trigger: int
    reset_cause: int
    boot: int
    battery_mv: int
    firmware_hash: bytes
    settings_hash: bytes
    accel_rate_hz: int
    accel_mg_per_lsb: int


class Sound(NamedTuple):
    """A block of IMA ADPCM, two samples to a byte, low nibble first."""

    first_sample: int
    predictor: int
    step_index: int
    data: bytes


class Accel(NamedTuple):
    """samples: (x, y, z) in units of LogConfig.accel_mg_per_lsb."""

    first_sample: int
    samples: tuple[tuple[int, int, int], ...]


class Fix(NamedTuple):
    """A position; None where the receiver did not say."""

    lat_e7: int
    lon_e7: int
    radius_m: int | None
    hdop_c: int | None
    sats: int | None
    mode: int | None
    speed_cms: int | None
    utc_s: int | None


class Time(NamedTuple):
    """utc_s: seconds since 2000-01-01, true within uncertainty_ms."""

    utc_s: int
    source: int
    uncertainty_ms: int


class Event(NamedTuple):
    kind: int
    value: int


class Power(NamedTuple):
    battery_mv: int
    charging: int


class Found(NamedTuple):
    """What the next start found of an earlier recording; heads: (count, head) by class."""

    q: int
    digest: bytes
    last_seal: int | None
    sealed: bool
    heads: tuple[tuple[int, bytes], ...]


class Lost(NamedTuple):
    first_sample: int
    samples: int
    reason: int


class Close(NamedTuple):
    """totals: samples, lost, clipped of audio; fixes, cells, 0 of place; events, samples, 0."""

    segments: int
    reason: int
    ticks_ms: int
    totals: tuple[int, int, int]


class Record(NamedTuple):
    """One record: at_ms since the trigger, negative before it; value is one of the types above.

    CELL is a str. segment is m; sealed: fixed by a seal, not by the shared key alone.
    """

    type: int
    at_ms: int
    value: Any
    class_: int
    segment: int
    sealed: bool


def read(plaintext: bytes, class_: int, segment: int, sealed: bool) -> list[Record]:
    """The records of one segment; raises Malformed at the first thing that is not as it must be.

    Whether CONFIG comes first and CLOSE last in the whole class is for the caller to see.
    """
    records: list[Record] = []
    at = 0
    while at < len(plaintext) and plaintext[at]:
        if at + 7 > len(plaintext):
            raise Malformed(f"a record at {at} is cut off")
        kind, size, when = struct.unpack_from("<BHi", plaintext, at)
        value = plaintext[at + 7 : at + 7 + size]
        if len(value) != size:
            raise Malformed(f"a record at {at} goes beyond the segment")
        if kind not in _READERS:
            raise Malformed(f"unknown type {kind:#04x}")
        classes, reader = _READERS[kind]
        if class_ not in classes:
            raise Malformed(f"type {kind:#04x} has no place in this class")
        if records and records[-1].type == CLOSE:
            raise Malformed("a record after CLOSE")
        if (kind == CONFIG) != (segment == 0 and at == 0):
            raise Malformed("CONFIG is the first record of segment 0, and only that")
        try:
            content = reader(value, class_)
        except (struct.error, ValueError) as error:
            raise Malformed(f"type {kind:#04x}: {error}") from None
        records.append(Record(kind, when, content, class_, segment, sealed))
        at += 7 + size
    if any(plaintext[at:]):
        raise Malformed("the rest is not zero")
    if segment == 0 and not records:
        raise Malformed("CONFIG is missing")
    return records


def _config(value: bytes, class_: int) -> AudioConfig | PlaceConfig | LogConfig:
    if class_ == AUDIO:
        config = AudioConfig(*struct.unpack("<IBHHI", value))
        if config.codec != 1 or config.rate_hz == 0:
            raise ValueError("unknown codec")
        return config
    if class_ == PLACE:
        return PlaceConfig(*struct.unpack("<IB", value))
    return LogConfig(*struct.unpack("<IBBIH8s8sHH", value))


def _sound(value: bytes, _: int) -> Sound:
    first, predictor, index, zero = struct.unpack_from("<IhBB", value)
    if index > 88 or zero:
        raise ValueError("no state of the codec")
    return Sound(first, predictor, index, value[8:])


def _accel(value: bytes, _: int) -> Accel:
    first, count = struct.unpack_from("<IH", value)
    flat = struct.unpack("<%dh" % (3 * count), value[6:])
    return Accel(first, tuple(zip(flat[::3], flat[1::3], flat[2::3])))


def _fix(value: bytes, _: int) -> Fix:
    lat, lon, *rest = struct.unpack("<iiHHBBHI", value)
    if not -900_000_000 <= lat <= 900_000_000 or not -1_800_000_000 <= lon <= 1_800_000_000:
        raise ValueError("not on Earth")
    unknown = (0xFFFF, 0xFFFF, 0xFF, 0xFF, 0xFFFF, 0xFFFFFFFF)
    return Fix(lat, lon, *(None if got == void else got for got, void in zip(rest, unknown)))


def _time(value: bytes, _: int) -> Time:
    time = Time(*struct.unpack("<IBI", value))
    if time.source not in SOURCES:
        raise ValueError("unknown source of time")
    return time


def _event(value: bytes, _: int) -> Event:
    return Event(*struct.unpack("<BI", value))


def _cell(value: bytes, _: int) -> str:
    text = value.decode("ascii")
    if not text.isprintable():
        raise ValueError("not printable")
    return text


def _power(value: bytes, _: int) -> Power:
    return Power(*struct.unpack("<HB", value))


def _found(value: bytes, _: int) -> Found:
    q, digest, last, sealed, *heads = struct.unpack("<I32sIB" + "I32s" * 3, value)
    pairs = tuple(zip(heads[::2], heads[1::2]))
    return Found(q, digest, None if last == 0xFFFFFFFF else last, sealed == 1, pairs)


def _lost(value: bytes, _: int) -> Lost:
    return Lost(*struct.unpack("<IIB", value))


def _close(value: bytes, _: int) -> Close:
    segments, reason, ticks, *totals = struct.unpack("<IBIIII", value)
    return Close(segments, reason, ticks, (totals[0], totals[1], totals[2]))


_ALL = (AUDIO, PLACE, LOG)
_READERS: dict[int, tuple[tuple[int, ...], Callable[[bytes, int], Any]]] = {
    CONFIG: (_ALL, _config),
    SOUND: ((AUDIO,), _sound),
    ACCEL: ((LOG,), _accel),
    FIX: ((PLACE,), _fix),
    TIME: (_ALL, _time),
    EVENT: ((LOG,), _event),
    CELL: ((PLACE,), _cell),
    POWER: ((LOG,), _power),
    FOUND: ((LOG,), _found),
    LOST: ((AUDIO,), _lost),
    CLOSE: (_ALL, _close),
}
