"""What the virtual modem answers, but for messages: V.250 basics and 3GPP TS 27.007.

Forms of answers follow the standards; where an A7670E is known to differ, its manual
(A76XX AT V1.09). Each handler is `handler(modem, command) -> Reply`. Must not import
firmware or lib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from simulator.devices.at_line import (
    ERROR,
    READ,
    RUN,
    SET,
    TEST,
    Command,
    Reply,
    Setting,
    cme,
    ok,
    split_args,
    string,
)
from simulator.network import HOME

if TYPE_CHECKING:
    from simulator.devices.modem import Modem

Handler = Callable[["Modem", Command], Reply]

MAKER, MODEL, REVISION = "SIMCOM INCORPORATED", "A7670E-FASE", "A7670M7_B07V01"
IMEI, IMSI, ICCID = "861261000000013", "208010000000017", "8933010000000000017"
CME_NO_SIM, CME_PIN, CME_SIM_BUSY, CME_BAD_PIN, CME_PUK = 10, 11, 14, 16, 12
CFUN_MS, SCAN_MS = 800, 25_000

BIT = (0, 1)
# Kept numbers: what is allowed, and what holds after power-on.
SETTINGS = {
    "+CMEE": Setting(((0, 1, 2),), (2,)),
    "+CRC": Setting((BIT,), (0,)),
    "+CVHU": Setting((BIT,), (0,)),
    "+CTZU": Setting((BIT,), (0,)),
    "+CTZR": Setting((BIT,), (0,)),
    "+CSCLK": Setting(((0, 1, 2),), (0,)),
    "+CFGRI": Setting((BIT,), (0,)),
    "+CMUT": Setting((BIT,), (0,)),
    "+CMGF": Setting(((0,),), (0,)),
    "+CMMS": Setting(((0, 1, 2),), (0,)),
    "+CNMI": Setting(((0, 1, 2), (0, 1, 2), (0, 2), (0, 1, 2), BIT), (2, 1, 0, 0, 0)),
    "+CGSMS": Setting(((0, 1, 2, 3),), (1,)),
    "+CNMP": Setting(((2, 13, 38),), (2,)),
    "+IFC": Setting(((0, 2), (0, 2)), (0, 0)),
    "+WS46": Setting(((12, 28, 30),), (30,)),
    "+CGEREP": Setting(((0, 1, 2), BIT), (0, 0)),
}
REGISTRATIONS = ("+CREG", "+CGREG", "+CEREG")


def answer(*lines: str) -> Handler:
    """A handler that says the same whatever is asked."""
    return lambda modem, command: ok(*lines)


def plain(name: str) -> Handler:
    """A basic command whose digit is kept: E, V, Q, X, &C, &D."""

    def keep(modem: Modem, command: Command) -> Reply:
        modem.basic[name] = int(command.args or "0")
        return ok()

    return keep


def reset_profile(modem: Modem, command: Command) -> Reply:
    modem.restore_defaults()
    return ok()


def auto_answer(modem: Modem, command: Command) -> Reply:
    if command.op == READ:
        return ok(f"{modem.basic['S0']:03d}")
    if not command.args or int(command.args) > 255:
        return ERROR
    modem.basic["S0"] = int(command.args)
    return ok()


def identify(modem: Modem, command: Command) -> Reply:
    lines = (f"Manufacturer: {MAKER}", f"Model: {MODEL}", f"Revision: {REVISION}")
    return ok(*lines, f"IMEI: {IMEI}", "+GCAP: +CGSM,+FCLASS,+DS")


def listing(modem: Modem, command: Command) -> Reply:
    return ok(*sorted(name for name in modem.commands if name[0] == "+"))


def subscriber(modem: Modem, command: Command) -> Reply:
    return modem.sim_trouble() or ok(IMSI)


def pin(modem: Modem, command: Command) -> Reply:
    """+CPIN, 27.007 section 8.3."""
    if command.op == TEST:
        return ok()
    if not modem.sim.present:
        return cme(CME_NO_SIM)
    if not modem.sim.readable:
        return cme(CME_SIM_BUSY)
    if command.op == READ:
        return ok("+CPIN: " + modem.sim.state())
    if command.op != SET:
        return ERROR
    return ok() if modem.enter_pin(split_args(command.args)[0].strip('"')) else _pin_error(modem)


def _pin_error(modem: Modem) -> Reply:
    return cme(CME_BAD_PIN if modem.sim.tries_left else CME_PUK)


def pin_tries(modem: Modem, command: Command) -> Reply:
    """+SPIC of the A76XX manual: tries left of PIN1, PUK1, PIN2, PUK2."""
    return ok(f"+SPIC: {modem.sim.tries_left},10,0,10")


def signal(modem: Modem, command: Command) -> Reply:
    if command.op == TEST:
        return ok("+CSQ: (0-31,99),(0-7,99)")
    return ok(f"+CSQ: {modem.network.signal()},99")


def extended_signal(modem: Modem, command: Command) -> Reply:
    """+CESQ, 27.007 section 8.69: on LTE only rsrq and rsrp are known."""
    if command.op == TEST:
        return ok("+CESQ: (0-63,99),(0-7,99),(0-96,255),(0-49,255),(0-34,255),(0-97,255)")
    rssi = modem.network.signal()
    tail = "255,255" if rssi == 99 else f"20,{rssi + 25}"
    return ok(f"+CESQ: 99,99,255,255,{tail}")


def registration(modem: Modem, command: Command) -> Reply:
    """+CREG, +CGREG and +CEREG, 27.007 sections 7.2, 10.1.20 and 10.1.22."""
    name = command.name
    if command.op == TEST:
        return ok(f"{name}: (0-2)")
    if command.op == READ:
        return ok(f"{name}: {modem.reporting[name]},{registration_tail(modem, name)}")
    if command.op != SET or command.args not in ("0", "1", "2"):
        return ERROR
    modem.reporting[name] = int(command.args)
    return ok()


def registration_tail(modem: Modem, name: str) -> str:
    """<stat>, with the place in the network where n is 2 and there is one."""
    stat = modem.network.stat
    if modem.reporting[name] < 2 or stat != HOME:
        return str(stat)
    cell = modem.network.cell()
    return f'{stat},"{cell.area:04X}","{cell.cell:08X}",7'


def operator(modem: Modem, command: Command) -> Reply:
    """+COPS, 27.007 section 7.3; only automatic selection is modelled."""
    if command.op == TEST:
        seen = '(2,"Orange F","Orange","20801",7),,' if modem.network.signal() != 99 else ","
        return ok(f"+COPS: {seen}(0-4),(0-2)", delay_ms=SCAN_MS)
    if command.op == READ:
        if not modem.network.registered:
            return ok("+COPS: 0")
        form = modem.operator_format
        return ok(f'+COPS: 0,{form},"{("Orange F", "Orange", "20801")[form]}",7')
    if command.op != SET:
        return ERROR
    args = split_args(command.args)
    if args[0] == "3" and len(args) == 2 and args[1] in ("0", "1", "2"):
        modem.operator_format = int(args[1])
        return ok()
    return ok() if args[0] == "0" else ERROR


def serving_cell(modem: Modem, command: Command) -> Reply:
    """+CPSI of the A76XX manual."""
    if command.op == TEST:
        return ok("+CPSI: (0-255)")
    if command.op == SET:
        return ok()
    if modem.function != 1:
        return ok("+CPSI: NO SERVICE,Low Power Mode")
    if not modem.network.registered:
        return ok("+CPSI: NO SERVICE,Online")
    mcc, mnc, area, cell = modem.network.cell()
    place = f"{mcc}-{mnc},0x{area:04X},{cell},318"
    return ok(f"+CPSI: LTE,Online,{place},EUTRAN-BAND3,1650,5,0,21,67,255,19")


def attached(modem: Modem, command: Command) -> Reply:
    if command.op == TEST:
        return ok("+CGATT: (0,1)")
    return ok(f"+CGATT: {int(modem.network.registered)}") if command.op == READ else ok()


def function(modem: Modem, command: Command) -> Reply:
    """+CFUN, 27.007 section 8.2."""
    if command.op == TEST:
        return ok("+CFUN: (0,1,4,5,6),(0,1)")
    if command.op == READ:
        return ok(f"+CFUN: {modem.function}")
    args = split_args(command.args)
    if command.op != SET or args[0] not in ("0", "1", "4"):
        return ERROR
    if args[1:] == ["1"]:
        modem.restart_soon()
        return ok()
    if int(args[0]) == modem.function:
        return ok()
    modem.switch_radio(int(args[0]))
    return ok(delay_ms=CFUN_MS)


def power_off(modem: Modem, command: Command) -> Reply:
    modem.power_off_soon()
    return ok()


def module_reset(modem: Modem, command: Command) -> Reply:
    modem.restart_soon()
    return ok()


def battery(modem: Modem, command: Command) -> Reply:
    """+CBC of the A76XX manual gives volts, not the percentage of 27.007."""
    millivolt = modem.supply_mv()
    return ok(f"+CBC: {millivolt // 1000}.{millivolt % 1000:03d}V")


def clock(modem: Modem, command: Command) -> Reply:
    """+CCLK, 27.007 section 8.15: local time, quarters of an hour from UTC."""
    if command.op == TEST:
        return ok()
    if command.op == READ:
        return ok(f'+CCLK: "{modem.clock_text()}"')
    return ok() if command.op == SET and string(command.args) else ERROR


def character_set(modem: Modem, command: Command) -> Reply:
    if command.op == TEST:
        return ok('+CSCS: ("IRA","GSM","UCS2")')
    if command.op == READ:
        return ok(f'+CSCS: "{modem.character_set}"')
    wanted = string(command.args)
    if command.op != SET or wanted not in ("IRA", "GSM", "UCS2"):
        return ERROR
    modem.character_set = wanted
    return ok()


def caller(modem: Modem, command: Command) -> Reply:
    """+CLIP, 27.007 section 7.6."""
    if command.op == TEST:
        return ok("+CLIP: (0,1)")
    if command.op == READ:
        return ok(f"+CLIP: {modem.show_caller},1")
    if command.op != SET or command.args not in ("0", "1"):
        return ERROR
    modem.show_caller = int(command.args)
    return ok()


def contexts(modem: Modem, command: Command) -> Reply:
    if command.op == TEST:
        return ok('+CGDCONT: (1-15),"IP",,,(0-2),(0-4)')
    return ok('+CGDCONT: 1,"IP","orange","0.0.0.0",0,0') if command.op == READ else ok()


def indicators(modem: Modem, command: Command) -> Reply:
    """+CIND, 27.007 section 8.9."""
    if command.op == TEST:
        ranges = '("battchg",(0-5)),("signal",(0-5)),("service",(0,1)),("call",(0,1))'
        return ok(f'+CIND: {ranges},("roam",(0,1)),("smsfull",(0,1))')
    rssi = modem.network.signal()
    bars = 0 if rssi == 99 else 1 + rssi // 7
    service, call = int(modem.network.registered), int(modem.call.state != "none")
    return ok(f"+CIND: 4,{bars},{service},{call},0,{int(modem.messages.store.full())}")


def baud(modem: Modem, command: Command) -> Reply:
    if command.op == TEST:
        return ok("+IPR: (0,9600,19200,38400,57600,115200,230400,460800,921600)")
    return ok(f"+IPR: {modem.wire.device_baud}") if command.op == READ else ok()


def dial(modem: Modem, command: Command) -> Reply:
    """D, 27.007 section 6.2: only voice, so it must end in a semicolon."""
    number = command.args.rstrip(";").strip()
    if not command.args.endswith(";") or not number.lstrip("+").isdecimal():
        return Reply((), "NO CARRIER")
    if not modem.network.registered or modem.call.state != "none":
        return Reply((), "NO CARRIER")
    modem.call.dial(number)
    return ok()


def hang_up(modem: Modem, command: Command) -> Reply:
    if command.op == TEST:
        return ok()
    modem.call.hang_up()
    return ok()


def pick_up(modem: Modem, command: Command) -> Reply:
    return ok() if modem.call.answer() else Reply((), "NO CARRIER")


def calls(modem: Modem, command: Command) -> Reply:
    return ok(*modem.call.listing()) if command.op == RUN else ok()


TABLE: dict[str, Handler] = {
    "E": plain("E"),
    "V": plain("V"),
    "Q": plain("Q"),
    "X": plain("X"),
    "&C": plain("&C"),
    "&D": plain("&D"),
    "&F": reset_profile,
    "&W": answer(),
    "Z": reset_profile,
    "S0": auto_answer,
    "I": identify,
    "D": dial,
    "H": hang_up,
    "A": pick_up,
    "+CGMI": answer(MAKER),
    "+GMI": answer(MAKER),
    "+CGMM": answer(MODEL),
    "+GMM": answer(MODEL),
    "+CGMR": answer("+CGMR: " + REVISION),
    "+GMR": answer("+GMR: " + REVISION),
    "+CGSN": answer(IMEI),
    "+GSN": answer(IMEI),
    "+SIMCOMATI": identify,
    "+CIMI": subscriber,
    "+CICCID": answer("+ICCID: " + ICCID),
    "+GCAP": answer("+GCAP: +CGSM,+FCLASS,+DS"),
    "+CLAC": listing,
    "+CPIN": pin,
    "+SPIC": pin_tries,
    "+CSQ": signal,
    "+CESQ": extended_signal,
    "+CREG": registration,
    "+CGREG": registration,
    "+CEREG": registration,
    "+COPS": operator,
    "+CPSI": serving_cell,
    "+CGATT": attached,
    "+CGDCONT": contexts,
    "+CIND": indicators,
    "+CFUN": function,
    "+CPOF": power_off,
    "+CRESET": module_reset,
    "+CBC": battery,
    "+CCLK": clock,
    "+CSCS": character_set,
    "+CLIP": caller,
    "+CNUM": answer(),
    "+IPR": baud,
    "+CHUP": hang_up,
    "+CLCC": calls,
}
