"""Conversations that reach a modem, by ever stronger means; that wake it and let it sleep.

Separate from modem.py, which decides when. Each is a generator for modem_talk.Talk and gets the
Modem as `m`. The power key is a toggle and nothing tells whether the modem is on, so each means
is followed by asking. Times and orders are those of the makers and of what fails in the field
(sources beside the rules). Imports micropython, at, modem_setup and modem_talk.
"""

import at
from micropython import const

from firmware.services import modem_setup as setup
from firmware.services.modem_talk import Ask, Pause, Rest, Say

# Ends a prompt that a reset of ours left open, and a line that we never finished.
_ESCAPE = b"\x1b\r"
_ESCAPE_MS = const(100)

_SYNC_MS = const(300)
_SYNC_TRIES = const(10)  # 3 s: a modem that waits for the network's answer may be deaf that long
_SETTLE_MS = const(1000)
_SETTLE_TRIES = const(3)  # three silent commands: it is lost
_DRAIN_MIN_MS = const(100)
_DRAIN_MAX_MS = const(3000)
_DTR_LOW_MS = const(60)  # 50 at least before the first command after sleep
_WAKE_MS = const(100)  # doubles: the first answer after sleep may be dropped
_WAKE_TRIES = const(6)
_RESTART_MS = const(2000)  # the OK to +CFUN=1,1 comes from before the restart
_BACK_OFF_MS = const(2000)
_BACK_OFF_AWAKE_MS = const(15000)
_BACK_OFF_MAX_MS = const(600000)
_STARTING_MS = const(60000)  # how long a start goes on saying that it starts

# Where on the ladder (RUNGS, below) a start begins
PROBE = const(0)
_SWITCH_ON = const(1)
COMMAND = const(2)


class Boot:
    """Tells a modem that starts anew from one that still tells of the start we know of.

    announced: a start of our making has said that the modem listens now, so that no answer to
    what was said before can come any more.
    """

    def __init__(self):
        self._reached_ms = None  # None while a start is expected
        self._said = []  # in this start: each message comes once
        self.announced = False

    def expect(self):
        """It is about to be made to start."""
        self._reached_ms = None
        self._said = []
        self.announced = False

    def expected(self):
        return self._reached_ms is None

    def reached(self, now_ms):
        self._reached_ms = now_ms
        self.announced = False

    def is_new(self, token, now_ms):
        """Whether an at.ModemRestarted tells of a start that nobody made."""
        if self.expected():
            self.announced = self.announced or bool(token.sure)
            return False
        late = now_ms - self._reached_ms >= _STARTING_MS
        if token.sure or late or token.said in self._said:
            return True
        self._said.append(token.said)
        return False


# -- reaching it -----------------------------------------------------------------------------


def bring_up(m, rung):
    """Reach the modem, by ever stronger means, and set it up; does not end before."""
    back_off_ms = _BACK_OFF_MS
    while True:
        m.note("modem_rung", rung)
        m.boot.expect()
        m.talk.heard = False
        problem = setup.SILENT
        if (yield from RUNGS[rung](m)):
            m.boot.reached(m.now_ms)
            problem = yield from setup.set_up(m)
            if problem is None:
                return
        if rung != PROBE or problem != setup.SILENT:  # one that is off is not lost
            m.unusable(problem)
        was, rung = rung, _next_rung(m, rung, problem)
        if rung <= was:
            most_ms = _BACK_OFF_AWAKE_MS if m.awake else _BACK_OFF_MAX_MS
            back_off_ms = min(back_off_ms, most_ms)
            yield Rest(back_off_ms + m.random16() % (back_off_ms // 4))
            back_off_ms *= 2


def _next_rung(m, rung, problem):
    if problem == setup.LOCKED:
        return PROBE  # no restart opens a lock
    if problem == setup.SILENT and rung == PROBE:
        return _SWITCH_ON if not m.talk.heard else COMMAND
    rung += 1
    if rung == len(RUNGS):
        rung = COMMAND
    if rung < COMMAND or (rung == COMMAND and problem == setup.SILENT and not m.talk.heard):
        rung = COMMAND + 1
    return rung


def _probe(m):
    """Most likely it is on already: its power key is a toggle, so ask before pressing."""
    m.pins.supply(1)
    m.pins.dtr(0)
    yield Pause(_DTR_LOW_MS)
    return (yield from _sync(m, _SYNC_TRIES, _SYNC_MS))


def _switch_on(m):
    yield from _press(m, m.profile.on_ms)
    return (yield from _booted(m))


def _by_command(m):
    yield Say(_ESCAPE)
    yield Pause(_ESCAPE_MS)
    yield Say(b"AT+CFUN=1,1\r")
    yield Pause(_RESTART_MS)
    return (yield from _booted(m))


def _by_reset(m):
    m.pins.reset(1)
    yield Pause(m.profile.reset_ms)
    m.pins.reset(0)
    return (yield from _booted(m))


def _by_power(m):
    """Cut the supply where the board can, then a long press: whatever it was, it changes.

    A modem that hung is off now and the next turn switches it on.
    """
    m.pins.supply(0)
    yield Pause(m.profile.down_ms)
    m.pins.supply(1)
    yield from _press(m, m.profile.off_ms)
    return (yield from _booted(m))


def _press(m, press_ms):
    m.pins.power_key(1)
    yield Pause(press_ms)
    m.pins.power_key(0)


def _booted(m):
    return (yield from _sync(m, m.profile.boot_ms // _SYNC_MS, _SYNC_MS))


# The ladder. The last two belong together; after them it goes on from COMMAND.
RUNGS = (_probe, _switch_on, _by_command, _by_reset, _by_power, _by_power)


def settle(m):
    """Get in step again after an answer was missed; returns whether it is."""
    return (yield from _sync(m, _SETTLE_TRIES, _SETTLE_MS))


def _sync(m, tries, within_ms):
    """Ask AT until it answers OK; then wait for what may still come of earlier commands."""
    for tried in range(tries):
        if tried % 4 == 0:
            yield Say(_ESCAPE)
            yield Pause(_ESCAPE_MS)
            if tried == 0:
                since_ms = m.now_ms
        reply = yield Ask("AT", None, within_ms)
        if reply.result == at.OK:
            yield from _drain(m, since_ms)
            return True
    return False


def _drain(m, since_ms):
    """Let pass what still comes of the commands since then: each takes as long as the first did.

    Nothing can come when none was missed, nor of what was said before the modem listened.
    """
    if m.talk.doubt and not m.boot.announced:
        yield Pause(max(_DRAIN_MIN_MS, min(m.now_ms - since_ms, _DRAIN_MAX_MS)))
    m.talk.doubt = False


# -- sleep -----------------------------------------------------------------------------------


def fall_asleep(m):
    """Let it store what arrives, then DTR high: asleep until DTR is low again."""
    if m.profile.cnmi_asleep != m.profile.cnmi:
        yield from setup.indicate(m, m.profile.cnmi_asleep)
    if not (m.talk.doubt or m.awake):
        m.pins.dtr(1)
        m.fell_asleep()


def wake(m):
    """DTR low, then AT until it answers."""
    m.pins.dtr(0)
    yield Pause(_DTR_LOW_MS)
    since_ms = m.now_ms
    for tried in range(_WAKE_TRIES):
        reply = yield Ask("AT", None, _WAKE_MS << tried)
        if reply.result == at.OK:
            yield from _drain(m, since_ms)
            break
    m.woke_up()
