"""Conversations that set a modem up once it answers: its ways, its SIM, where messages go.

Separate from modem_start.py, which reaches it, because what is said here is standard: 3GPP TS
27.007 (+CMEE, +CPIN, +CREG, +CCLK reporting) and 27.005 (+CMGF, +CPMS, +CSMS, +CNMI, +CSCA).
Imports micropython, at and modem_talk.
"""

import at
from micropython import const

from firmware.services.modem_talk import NO_ANSWER, Ask, Pause, name_of, values

_SET_TRIES = const(3)
_SET_PAUSE_MS = const(500)
_SIM_TRIES = const(40)  # 20 s: "SIM failure" may come just before "READY" (LilyGo#79)
_CENTRE_TRIES = const(4)  # readable only some seconds after the SIM (python-gsmmodem#10)
_CENTRE_PAUSE_MS = const(1000)

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


def set_up(m):
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
        if reply.result == NO_ANSWER and not (yield from m.settle()):
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
        if reply.result == NO_ANSWER and not (yield from m.settle()):
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
