"""The evidence of a board put together: keys, recorder, microphone, and what owns them.

Separate from core.py because a board without PSRAM has no room for it, and most boards record
nothing. Composition only, as core.py is.
"""

from array import array
from hashlib import sha256

from micropython import const

from firmware import board_sound, release
from firmware.drivers.microphone import GAIN_X16
from firmware.evidence import birth, identity
from firmware.evidence.keys import Keys
from firmware.evidence.recorder import Recorder
from firmware.evidence.records import Settings
from firmware.evidence.seed import Seed
from firmware.services.evidence import Evidence
from firmware.services.microphone import Microphone
from firmware.services.motion_trace import MotionTrace

_RECEIVERS = {"l76k": 1, "ublox": 2, "mtk": 3, "modem": 4}
_ACCEL_HZ = const(100)
_SHAKEN = const(300)  # samples
_SHAKEN_MG = const(1500)  # from the least to the most on an axis: a walk is less
_ACCEL_MG = const(1)  # of a step of what is recorded
_release = []  # once it has been read


def make_seed(board, files, at_rest):
    """What chance is drawn from: once a start. at_rest: whether files may be written now."""
    return Seed(files, board.entropy(32), at_rest)


def make(board, files, config, clock, trace, seed, recorders, ring):
    """The service of such a board, made now or anew.

    recorders: a list that takes the recorder once it is made. ring(): of what is felt of motion.
    """
    keys_log = files.log("keys") if board.partition("keys") is not None else None

    def recorder():
        known = identity.load(files)
        if known is None:
            return None
        recorders.append(Recorder(keys_log, files.log("ev"), known, seed.random32))
        return recorders[0]

    born = None
    if files.read(birth.DESK, 0) is not None:
        felt = Shaken(ring)
        born = birth.give(files, Keys(keys_log), board.entropy, felt.samples, board.true_random)
    numbers = [contact.number for contact in config.contacts]
    microphone = _microphone(board, config, clock)
    power = (board.battery_mv, board.charging)
    motion = MotionTrace(ring)

    if not _release:
        _release.append(release.digest())

    def settings():
        return _settings(board, config)

    return Evidence(born, recorder, microphone, motion, settings, numbers, power, trace)


class Shaken:
    """What is felt while the device is shaken in the hand: chance that nobody else has."""

    def __init__(self, ring):
        self._ring = ring

    def samples(self):
        """The last three seconds, 900 values, where they are of a hand that shakes; else b""."""
        ring = self._ring()
        felt = array("h", bytes(6 * _SHAKEN))
        if ring is None or not ring.read(ring.count - _SHAKEN, _SHAKEN, felt):
            return b""
        for axis in range(3):
            values = [felt[k] for k in range(axis, len(felt), 3)]
            if max(values) - min(values) >= _SHAKEN_MG:
                return bytes(felt)
        return b""


def _microphone(board, config, clock):
    driver = board_sound.microphone(board)
    if driver is None:
        return None
    ticks = clock.ticks
    rate_hz, preroll_ms = config.audio_rate_hz, config.preroll_ms
    return Microphone(driver, ticks.ticks_us, ticks.ticks_diff, rate_hz, preroll_ms)


def _settings_text(config):
    """What a recording may tell of her settings: nothing that names anybody."""
    it = config
    what = (it.profile, it.gestures, it.haptics, it.fall_detection, it.placement, it.prealarm_ms)
    return repr(what + (it.recording, it.recording_fall, it.preroll_ms)).encode()


def _settings(board, config):
    """What every recording says of this board as it is then; zeros for what nobody knows."""
    return Settings(
        rate_hz=config.audio_rate_hz,
        gain_x16=GAIN_X16,
        preroll_ms=config.preroll_ms,
        receiver=_RECEIVERS.get(board.gnss_profile, 0),
        reset_cause=board.reset_cause(),
        boot=board.counters()[0],
        battery_mv=board.battery_mv(),
        firmware_hash=_release[0],
        settings_hash=sha256(_settings_text(config)).digest()[:8],
        accel_rate_hz=_ACCEL_HZ,
        accel_mg_per_lsb=_ACCEL_MG,
    )
