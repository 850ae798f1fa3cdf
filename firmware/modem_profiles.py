"""What differs from one modem to the next, as data: power key, times, what it lacks.

Separate so that the conversations of services/ know no model by name. Times are the makers'
(A76XX AT manual V1.09, SIM7000 AT V1.06 and hardware V1.07, SIM7500/7600 AT V3.00, SIM767XX AT
V1.06, SIM800 hardware), rounded up where users saw more. Imports collections only.
"""

from collections import namedtuple

Profile = namedtuple(
    "Profile",
    (
        "name",
        "on_ms",  # pulse of the power key that switches on
        "off_ms",  # pulse that switches off; on a modem that is off it switches on too
        "boot_ms",  # from that pulse until the UART surely answers
        "down_ms",  # least time between off and on
        "reset_ms",  # pulse of the reset pin
        "gap_ms",  # from a final result to the next command
        "answer_ms",  # the slowest answer of a command that needs the SIM or the network
        "send_ms",  # the slowest result of +CMGS, by the maker; never waited for less than 60 s
        "lacks",  # commands that it answers with ERROR: not sent
        "cnmi",  # +CNMI while we listen: reports come at once
        "cnmi_asleep",  # +CNMI while nobody listens: reports are stored, where it can
        "cpsi",  # 1: +CPSI? tells the serving cell
        "sms",  # 1: it can send messages
        "voice",  # 1: it can ring
        "rat",  # radio technologies, best first
    ),
)

_A76XX = {
    "on_ms": 100,
    "off_ms": 3000,
    "boot_ms": 12000,
    "down_ms": 2500,
    "reset_ms": 2600,
    "gap_ms": 20,
    "answer_ms": 9000,
    "send_ms": 40000,
    "lacks": (),
    "cnmi": "2,1,0,1,0",
    "cnmi_asleep": "2,1,0,2,0",
    "cpsi": 1,
    "sms": 1,
    "voice": 1,
    "rat": ("lte", "gsm"),
}

# name -> what differs from _A76XX
_DIFFERENCES = {
    "a7670e": {},
    # No voice in any firmware; on a few no SMS either, which shows at +CMGF.
    "sim7670g": {"voice": 0, "rat": ("lte",), "send_ms": 60000},
    # The 70xx need a longer breath between commands; no +CNMA in the manual.
    "sim7000g": {
        "on_ms": 1200,
        "off_ms": 1500,
        "down_ms": 9000,
        "reset_ms": 300,
        "gap_ms": 100,
        "send_ms": 60000,
        "answer_ms": 10000,
        "lacks": ("+CMMS", "+CNMA", "+CSMS"),
        "cnmi_asleep": "2,1,0,1,0",
        "voice": 0,
        "rat": ("ltem", "nbiot", "gsm"),
    },
    "sim7600": {
        "on_ms": 500,
        "boot_ms": 25000,
        "send_ms": 60000,
        "rat": ("lte", "wcdma", "gsm"),
    },
    "sim800": {
        "on_ms": 1200,
        "off_ms": 2000,
        "boot_ms": 6000,
        "reset_ms": 150,
        "gap_ms": 50,
        "send_ms": 60000,
        "lacks": ("+CEREG", "+CPSI"),
        "cnmi_asleep": "2,1,0,1,0",
        "cpsi": 0,
        "rat": ("gsm",),
    },
    # Any modem of TS 27.005 and 27.007: nothing beyond the standards is sent in earnest.
    "generic": {
        "on_ms": 1200,
        "boot_ms": 15000,
        "gap_ms": 100,
        "send_ms": 60000,
        "answer_ms": 15000,
        "lacks": ("+CFGRI", "+CPSI"),
        "cnmi_asleep": "2,1,0,1,0",
        "cpsi": 0,
        "rat": ("any",),
    },
}

NAMES = ("a7670e", "sim7670g", "sim7000g", "sim7600", "sim800", "generic")


def get(name):
    """The profile called `name`; the generic one where no other is known."""
    if name not in _DIFFERENCES:
        name = "generic"
    values = dict(_A76XX)
    values.update(_DIFFERENCES[name])
    values["name"] = name
    return Profile(**values)
