"""When a message that failed is tried again, by the class of its failure.

Separate because these delays are data that a person may want to check at a glance. Classes and
what to do with them: causes of 3GPP TS 24.011 E-2, TS 23.040 9.2.3.22 and TS 27.005 3.2.5, as
firmware/messages.py sorts them. Imports messages only.
"""

from micropython import const

from firmware.messages import (
    FAIL_LONG,
    FAIL_MODEM,
    FAIL_NUMBER,
    FAIL_OURS,
    FAIL_SHORT,
    FAIL_SIM,
)

PLAIN_AFTER = const(2)  # refusals of what we sent before the shortest form is tried
IN_DOUBT = "doubt"
NOT_HERS = "not_hers"  # FAIL_NUMBER of one whose number is right: as FAIL_LONG

# class -> delay in ms after the 1st, 2nd... failure of a message; the last one goes on for ever.
_DELAYS_MS = {
    FAIL_NUMBER: (300000, 900000),  # never given up: networks answer this for their own trouble
    FAIL_SIM: (15000, 60000),
    FAIL_SHORT: (1000, 1000, 1000, 15000, 30000, 60000),
    FAIL_LONG: (15000, 30000, 60000),
    FAIL_OURS: (1000, 1000, 15000, 60000),
    FAIL_MODEM: (5000, 15000, 60000),
    # No end to these: a duplicate is better than silence. They count against the budget.
    IN_DOUBT: (1000, 15000, 60000, 300000, 600000),
}
REFUSALS = (FAIL_NUMBER, NOT_HERS)
# What ends early when the modem is registered again.
WAITS_FOR_NETWORK = (FAIL_SIM, FAIL_LONG, FAIL_MODEM, NOT_HERS, IN_DOUBT)

_JITTER_MS = const(2000)  # so that buttons of one congested cell do not knock together


def delay_ms(failure, failures, chance16):
    """How long to wait after the failures-th failure (from 1), which was of this class.

    chance16: 16 random bits.
    """
    delays = _DELAYS_MS.get(failure, _DELAYS_MS[FAIL_LONG])
    return delays[min(failures, len(delays)) - 1] + (chance16 * (_JITTER_MS + 1) >> 16)
