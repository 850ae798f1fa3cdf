"""Conversations that bring a modem up: reach it, set it up, open its SIM; wake it, let it sleep.

Separate from modem.py, which decides when. Each is a generator for modem_talk.Talk and gets the
Modem as `m`. Follows 3GPP TS 27.007 and 27.005, and what fails in the field (sources beside the
rules). Imports micropython, at and modem_talk.
"""

import at
from micropython import const

from firmware.services.modem_talk import NO_ANSWER, Ask, Pause, Rest, Say, name_of, values

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
_SET_TRIES = const(3)
_SET_PAUSE_MS = const(500)
_SIM_TRIES = const(40)  # 20 s: "SIM failure" may come just before "READY" (LilyGo#79)
_CENTRE_TRIES = const(4)  # readable only some seconds after the SIM (python-gsmmodem#10)
_CENTRE_PAUSE_MS = const(1000)
_RESTART_MS = const(2000)  # the OK to +CFUN=1,1 comes from before the restart
_BACK_OFF_MS = const(2000)
_BACK_OFF_AWAKE_MS = const(15000)
_BACK_OFF_MAX_MS = const(600000)

# Why a modem is of no use
SILENT = "silent"
NO_SIM = "sim"
LOCKED = "pin"
UNFIT = "unfit"  # it refuses a command without which no message can be sent

# What is set: the command, and whether it must succeed.
_BEFORE_SIM = (("ATE0", 1), ("AT+CMEE=1", 0))
_AFTER_SIM = (
    ("AT+CMGF=0", 1),
    ("ATS0=0", 1),  # a modem that answers by itself would let anyone listen in
    ("AT+CLIP=1", 0),
    ("AT+CMMS=2", 0),
    ("AT+CTZU=1", 0),
    ("AT+CTZR=1", 0),
    ("AT+CFGRI=1", 0),
    ("AT+CSCLK=1", 0),
    ("AT+COPS=3,2", 0),
    ("AT+CREG=2", 0),
    ("AT+CGREG=2", 0),
    ("AT+CEREG=2", 0),
)
_INDICATIONS = ("2,1,0,1,0", "2,1,0,2,0", "2,1")  # of +CNMI, where it refuses the profile's


# -- reaching it -----------------------------------------------------------------------------


def bring_up(m, rung):
    """Reach the modem, by ever stronger means, and set it up; does not end before."""
    back_off_ms = _BACK_OFF_MS
    while True:
        m.note("modem_rung", rung)
        m.restarting()
        problem = SILENT
        if (yield from RUNGS[rung](m)):
            m.reached()
            problem = yield from _set_up(m)
            if problem is None:
                return
        if rung != PROBE or problem != SILENT:  # one that is off is not lost
            m.unusable(problem)
        was, rung = rung, _next_rung(m, rung, problem)
        if rung <= was:
            most_ms = _BACK_OFF_AWAKE_MS if m.awake else _BACK_OFF_MAX_MS
            back_off_ms = min(back_off_ms, most_ms)
            yield Rest(back_off_ms + m.random16() % (back_off_ms // 4))
            back_off_ms *= 2


def _next_rung(m, rung, problem):
    if problem == LOCKED:
        return PROBE  # no restart opens a lock
    if problem == SILENT and rung == PROBE:
        return SWITCH_ON if not m.talk.heard else COMMAND
    rung += 1
    if rung == len(RUNGS):
        rung = COMMAND
    if rung < COMMAND or (rung == COMMAND and problem == SILENT and not m.talk.heard):
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
PROBE = const(0)
SWITCH_ON = const(1)
COMMAND = const(2)


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
    if m.talk.doubt and not m.announced:
        yield Pause(max(_DRAIN_MIN_MS, min(m.now_ms - since_ms, _DRAIN_MAX_MS)))
    m.talk.doubt = False


# -- setting it up ---------------------------------------------------------------------------


def _set_up(m):
    """Everything up to the search for a network; returns why it failed, None if it did not."""
    problem = yield from _set_all(m, _BEFORE_SIM)
    if problem is None:
        reply = yield Ask("AT+CGMR", "", m.profile.answer_ms)
        m.identity = reply.lines[0].split(":")[-1].strip()[:40] if reply.lines else ""
        problem = yield from _open_sim(m)
    if problem is None:
        yield from _find_centre(m)
        problem = yield from _set_all(m, _AFTER_SIM)
    if problem is None:
        problem = yield from _set_storage(m)
    return problem


def _set_all(m, commands):
    for command, needed in commands:
        if name_of(command) not in m.profile.lacks:
            problem = yield from _set(m, command, needed)
            if problem is not None:
                return problem
    return None


def _set(m, command, needed):
    for _ in range(_SET_TRIES):
        reply = yield Ask(command, name_of(command), m.profile.answer_ms)
        if reply.result == NO_ANSWER and not (yield from settle(m)):
            return SILENT
        if reply.result == at.OK or not needed:
            return None
        yield Pause(_SET_PAUSE_MS)
    return UNFIT


def _set_storage(m):
    """Where messages go, and whether each must be acknowledged."""
    m.memory = m.form = ""
    reply = yield Ask('AT+CPMS="SM","SM","SM"', "+CPMS", m.profile.answer_ms)
    if reply.result == at.OK:
        m.memory = "SM"
    m.must_acknowledge = False
    if "+CSMS" not in m.profile.lacks:
        # With service 1 every report costs a +CNMA of ours, in the middle of an alert.
        reply = yield Ask("AT+CSMS=0", "+CSMS", m.profile.answer_ms)
        if reply.result != at.OK and "+CNMA" not in m.profile.lacks:
            reply = yield Ask("AT+CSMS?", "+CSMS", m.profile.answer_ms)
            m.must_acknowledge = values(reply)[:1] == ["1"]
    if not (yield from indicate(m, m.profile.cnmi)):
        return UNFIT if not m.talk.doubt else SILENT
    return None


def indicate(m, form):
    """Set how arrivals are told, in that form or the best that it knows; returns whether."""
    if m.form == form:
        return True
    for wanted in (form,) + _INDICATIONS:
        reply = yield Ask("AT+CNMI=" + wanted, None, m.profile.answer_ms)
        if reply.result in (at.OK, NO_ANSWER):
            m.form = form if reply.result == at.OK else ""
            return reply.result == at.OK
    return False


# -- the SIM ---------------------------------------------------------------------------------


def _open_sim(m):
    """Wait until the SIM is open, with its PIN where there is one; returns why it is not."""
    for _ in range(_SIM_TRIES):
        reply = yield Ask("AT+CPIN?", "+CPIN", m.profile.answer_ms)
        if reply.result == NO_ANSWER and not (yield from settle(m)):
            return SILENT
        said = values(reply)[:1]
        if said == ["READY"]:
            return None
        if said == ["SIM PIN"] and not (yield from _enter_pin(m)):
            return LOCKED
        if said == ["SIM PUK"]:
            return LOCKED
        yield Pause(_SET_PAUSE_MS)
    return NO_SIM


def _enter_pin(m):
    """Try the configured PIN: once, and never as the SIM's last attempt."""
    pin = m.config.sim_pin
    if m.pin_tried or not (pin.isdigit() and 4 <= len(pin) <= 8):
        return False
    left = yield from _pin_tries_left(m)
    if left < 2:
        m.note("pin_left", left)
        return False
    m.pin_tried = True
    reply = yield Ask('AT+CPIN="' + pin + '"', None, m.profile.answer_ms)
    return reply.result == at.OK


def _pin_tries_left(m):
    """How often a wrong PIN may still be tried; 0 where the modem does not tell."""
    reply = yield Ask('AT+CPINR="SIM PIN"', "+CPINR", m.profile.answer_ms)
    told = values(reply)
    if len(told) >= 2:
        return max(0, at.number(told[1]))
    reply = yield Ask("AT+SPIC", "+SPIC", m.profile.answer_ms)
    told = values(reply)
    return max(0, at.number(told[0])) if told else 0


def _find_centre(m):
    """Leave the service centre to the SIM where it has one, else use the configured one."""
    m.centre = ""
    for _ in range(_CENTRE_TRIES):
        reply = yield Ask("AT+CSCA?", "+CSCA", m.profile.answer_ms)
        if values(reply)[:1] not in ([], [""]):
            return
        yield Pause(_CENTRE_PAUSE_MS)
    m.centre = m.config.smsc


# -- sleep -----------------------------------------------------------------------------------


def fall_asleep(m):
    """Let it store what arrives, then DTR high: asleep until DTR is low again."""
    if m.profile.cnmi_asleep != m.profile.cnmi:
        yield from indicate(m, m.profile.cnmi_asleep)
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
