"""Conversations about messages: send one, fetch what has arrived.

Separate from modem.py, which decides when. Follows 3GPP TS 27.005: 3.5.1 +CMGS with its prompt,
3.4 +CMGR, +CMGL and +CMGD, 3.4.4 +CNMA. Nothing that arrives is more than handed on: what it
may do is the policy's business. Imports micropython, at, tpdu, messages and modem_talk.
"""

import at
import tpdu
from micropython import const

from firmware.messages import (
    FAIL_LONG,
    FAIL_MODEM,
    FAIL_NUMBER,
    FAIL_OURS,
    FAIL_SHORT,
    FAIL_SIM,
    SmsReceived,
    SmsReport,
)
from firmware.services.modem_setup import indicate
from firmware.services.modem_talk import NO_ANSWER, PROMPT, Ask, Give

_PROMPT_MS = const(5000)
# A lost result is worse than a late one (gammu#61); a report on the message ends the wait.
_RESULT_MS = const(60000)
_SEND_TRIES = const(2)  # of the prompt: it may be missing just after a wake-up
_CENTRE_UNKNOWN = const(330)

# Error codes that are not just transient: 24.011 annex E-2 (below 128), 23.040 9.2.3.22 (below
# 256) and 27.005 3.2.5 of +CMS ERROR; 27.007 9.2 of +CME ERROR. By E-2 only cause 1 is about the
# destination: the subscriber of 28 and 30 is the sender, whose IMSI is not known or allocated;
# 29, 50 and 69 are a service that the network lacks or the sender has not subscribed to.
_CMS = (
    (FAIL_NUMBER, (1, 195, 196)),
    (FAIL_SIM, (8, 10, 28, 29, 30, 50, 69, 193, 301, 302, 303, 310, 311, 312, 313, 316, 317, 318)),
    (FAIL_LONG, (38, 331)),
    (FAIL_OURS, (81, 95, 96, 97, 98, 99, 111, 127, 304, 305, 342)),
)
_CME = (
    (FAIL_SIM, (10, 11, 12, 15, 16, 17, 18)),
    (FAIL_LONG, (30,)),
)


def failure_of(result, code):
    """The class of a result other than OK; what is unknown is worth another try soon."""
    table = _CMS if result == at.CMS else _CME if result == at.CME else ()
    for failure, codes in table:
        if code in codes:
            return failure
    return FAIL_SHORT


# -- sending ---------------------------------------------------------------------------------


def send(m, command):
    """Send one message and say what became of it: accepted, failed, or not known."""
    validity_min = command.validity_min or m.config.validity_min
    unit = tpdu.submit(command.number, command.text, command.report, validity_min)
    if unit is None:
        m.sms_failed(FAIL_NUMBER, 0, 0)
        return
    reply = yield from _submit(m, unit)
    if reply.result == at.CMS and reply.code == _CENTRE_UNKNOWN and not m.centre:
        m.centre = m.config.smsc
        if m.centre:
            reply = yield from _submit(m, unit)
    if not m.submitted and reply.result in (PROMPT, NO_ANSWER):
        m.sms_failed(FAIL_MODEM, 0, 1)
    elif reply.lines:
        m.sms_accepted(at.number(at.arguments(reply.lines[0].partition(":")[2])[0]))
    elif reply.result in (at.OK, NO_ANSWER):
        m.sms_ambiguous(2 if reply.result == NO_ANSWER else 1)
    else:
        m.sms_failed(failure_of(reply.result, reply.code), reply.code, reply.result == at.ERROR)


def _submit(m, unit):
    """Hand over a unit; m.submitted tells whether the modem has it all."""
    line = tpdu.to_line(unit, m.centre)
    m.submitted = False
    for _ in range(_SEND_TRIES):
        reply = yield Ask("AT+CMGS=%d" % len(unit), PROMPT, _PROMPT_MS)
        if reply.result == PROMPT:
            m.submitted = True
            return (yield Give(line, "+CMGS", max(m.profile.send_ms, _RESULT_MS)))
        if reply.result != NO_ANSWER or not (yield from m.settle()):
            break
    return reply


# -- what has arrived ------------------------------------------------------------------------


def fetch(m, memory, index):
    """Read one stored message, hand it on and delete it."""
    yield from _use(m, memory)
    reply = yield Ask("AT+CMGR=%d" % index, "+CMGR", m.profile.answer_ms)
    for line in reply.lines:
        if at.is_hex(line):
            hand_on(m, line)
    if reply.result == at.OK:
        yield Ask("AT+CMGD=%d" % index, None, m.profile.answer_ms)


def sweep(m):
    """Fetch whatever the modem holds: told of or not, it may have come while nobody listened."""
    yield from indicate(m, m.profile.cnmi)
    yield from _use(m, "SM")
    reply = yield Ask("AT+CMGL=4", "+CMGL", m.profile.answer_ms)
    indexes = []
    for line in reply.lines:
        if at.is_hex(line):
            hand_on(m, line)
        else:
            indexes.append(at.number(at.arguments(line.partition(":")[2])[0]))
    for index in indexes:
        if index >= 0 and not m.talk.doubt:
            yield Ask("AT+CMGD=%d" % index, None, m.profile.answer_ms)
    m.swept(len(reply.lines) >= at.LINES_MAX)


def _use(m, memory):
    if memory and memory != m.memory:
        reply = yield Ask('AT+CPMS="' + memory + '"', "+CPMS", m.profile.answer_ms)
        if reply.result == at.OK:
            m.memory = memory


def hand_on(m, line):
    """Make an event of a PDU; of a long message only its first part, where an answer begins."""
    unit = tpdu.from_line(line)
    if isinstance(unit, tpdu.StatusReport):
        m.sms_reported(unit)
        m.events.append(SmsReport(unit.ref, unit.number, unit.status))
    elif isinstance(unit, tpdu.Deliver):
        if unit.part is None or unit.part.index == 1:
            m.events.append(SmsReceived(unit.number, unit.text))
    elif isinstance(unit, tpdu.BadPdu):
        m.note("bad_pdu")


def acknowledge(m):
    """Acknowledge a report that came at once, as service 1 of +CSMS wants it."""
    yield Ask("AT+CNMA", None, m.profile.answer_ms)
