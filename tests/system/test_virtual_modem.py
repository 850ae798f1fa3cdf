"""The virtual modem against the standards, typed at by hand and by what referees send."""

from datetime import timedelta

import pytest
from gsmmodem import pdu
from rig import JULIE, MARC, OWN, Rig

from simulator.devices import sms_pdu


def submit(text, number=JULIE, report=True, hours=4):
    return pdu.encodeSmsSubmitPdu(
        number, text, validity=timedelta(hours=hours), requestStatusReport=report
    )


def quiet(rig):
    rig.say("ATE0\r")
    return rig


# (typed, lines that must come), echo off
ANSWERS = (
    ("AT\r", ["OK"]),
    ("\x1b\rAT\r", ["OK"]),
    ("at+cmee=1;+creg=2\r", ["OK"]),
    ("AT+NOSUCH\r", ["ERROR"]),
    ("AT+NOSUCH=?\r", ["ERROR"]),
    ("AT+CPIN?\r", ["+CPIN: READY", "OK"]),
    ("AT+CREG?\r", ["+CREG: 0,1", "OK"]),
    ("AT+CEREG=?\r", ["+CEREG: (0-2)", "OK"]),
    ("AT+CSQ\r", ["+CSQ: 21,99", "OK"]),
    ("AT+CESQ\r", ["+CESQ: 99,99,255,255,20,46", "OK"]),
    ("AT+COPS?\r", ['+COPS: 0,0,"Orange F",7', "OK"]),
    ("AT+COPS=3,2;+COPS?\r", ['+COPS: 0,2,"20801",7', "OK"]),
    ("AT+CSCA?\r", ['+CSCA: "+33639980000",145', "OK"]),
    ("AT+CMGF=?\r", ["+CMGF: (0)", "OK"]),
    ("AT+CMGF=1\r", ["ERROR"]),
    ("AT+CNMI=2,1,0,1,0;+CNMI?\r", ["+CNMI: 2,1,0,1,0", "OK"]),
    ("AT+CNMI=2,9\r", ["ERROR"]),
    ("AT+CMGR=7\r", ["+CMS ERROR: 321"]),
    ("AT+CNMA\r", ["+CMS ERROR: 340"]),
    ("AT+CPMS?\r", ['+CPMS: "SM",0,50,"SM",0,50,"SM",0,50', "OK"]),
    ("AT+CCLK?\r", ['+CCLK: "26/03/02,21:41:00+04"', "OK"]),
    ("ATS0?\r", ["000", "OK"]),
    ("ATV0\r", ["0\r"]),
    ("ATQ1\r", []),
    ("AT+CLCC\r", ["OK"]),
)


@pytest.mark.parametrize("typed,lines", ANSWERS, ids=[row[0].strip() for row in ANSWERS])
def test_answer(typed, lines):
    assert quiet(Rig()).lines_of(typed) == lines


def test_digits_of_other_scripts_are_none():
    assert quiet(Rig()).lines_of(b"AT+CMGR=\xb9\r") == ["+CMS ERROR: 321"]


# What each program sends for one message (facts, section 7); * = ERROR is accepted.
REFEREES = {
    "gammu": "AT|ATE1|+MODE=2*|+CMEE=1|+CSCS?|+CSCS=?|+CGMM|+CGMI|+CPROT=?*|+SYNCML=?*|"
    "$TSSPCSW=?*|+CHUP=?*|+CGMR|+CFUN=1|+CSCA?|+CMGF=0|+CGSN|+CIMI",
    "smsd": '+CPIN?|+CPMS=?|+CPMS="ME"|+CNMI=?|+CNMI=2,1,0,2,0|+CUSD=1*|+CMMS=2|'
    '+CPMS="SM","SM"|+CBC|+CSQ|+CREG=2|+CGREG=2|+CGATT?|+CREG?|+CGREG?|+COPS=3,2|+COPS?',
    "smstools": "AT|ATE0|AT+CMEE=1;+CREG=2|+CPIN?|+CSQ|+CREG?|+CMGF=0|+CGSN|+CIMI",
    "gnokii": "ATZ|ATE1|+CMEE=1|+GMM|+CGMI|+CSCS?|+CMGF=0",
    "ModemManager": 'ATE0 V1 +CMEE=1|ATX4 &C1|+GCAP|+WS46=?|+CSCS=?|+CSCS="UCS2"|'
    "*CNTI=2*|+CGDCONT=?|+CFUN?|+CSIM=1*|+CRSM=1*|+CPLS=0*|+CPOL=?*|+CNUM|+CLCK=?*|+CEMODE?*|"
    "+CTZU=1*|+CESQ=?*|ATH|+CLCC=?*|+IFC=?|+CIND=?|+CMER=?*|+CGEREP=?*|+CEREG=2|+CEREG?|"
    '+CMGF=?|+CPMS="SM","ME","ME"|+CMGL=4|+CNMI=2,1,2,1,0|+CLIP=1|+CRC=1|+CCWA=1*|+COPS=3,0|'
    "+CIND?",
    "gsmmodem": "ATZ|ATE0|+CFUN?|+CMEE=1|+CPIN?|+CLAC|+CGMI|+DDET=1*|+ZPAS?*|+COPS=3,0|+CMGF=0|"
    '+CSCA?|+CSMP=49,167,0,0|+CPMS=?|+CPMS="ME","ME","ME"|+CNMI=2,1,0,2|+CLIP=1|+CRC=1|+CVHU=0|'
    "+CGSN|+COPS?|+CSQ",
}


@pytest.mark.parametrize("program", sorted(REFEREES))
def test_command_order_of_referee(program):
    rig = Rig()
    for typed in REFEREES[program].split("|"):
        forgiven, command = typed.endswith("*"), typed.rstrip("*")
        command = command if command.startswith("AT") else "AT" + command
        last = rig.lines_of(command + "\r")[-1]
        assert last == "OK" or (forgiven and last == "ERROR"), (command, last)


def test_echo_on_and_off():
    rig = Rig()
    assert rig.say("AT\r") == "AT\r\r\nOK\r\n"
    rig.say("ATE0\r")
    assert rig.say("AT\r") == "\r\nOK\r\n"


def test_a_line_in_any_pieces():
    rig = quiet(Rig())
    heard = "".join(rig.say(char, 10) for char in "AT+CGMM\r")
    assert heard == "\r\nA7670E-FASE\r\n\r\nOK\r\n"


def test_send_deliver_report():
    rig = quiet(Rig())
    rig.say("AT+CNMI=2,1,0,1,0;+CFGRI=1\r")
    heard = rig.send(submit("Où es-tu ? @"), wait_ms=1600)
    reference = int(heard.split("+CMGS: ")[1].split("\r")[0])
    rig.run(5000)
    assert rig.phones[0].texts == ["Où es-tu ? @"]
    head, body = [line for line in rig.heard.decode().split("\r\n") if line][-2:]
    read = pdu.decodeSmsPdu(body)
    assert head == f"+CDS: {len(body) // 2 - 1}"
    assert (read["reference"], read["number"], read["status"]) == (reference, JULIE, 0)


@pytest.mark.parametrize("fixed_ms", (150, 1500, 5000))
@pytest.mark.parametrize("baud", (115200, 9600))
def test_latency_runs_from_ctrl_z_to_the_last_byte_of_ok(fixed_ms, baud):
    rig = quiet(Rig(fixed_ms=fixed_ms))
    rig.wire.board_baud = rig.wire.device_baud = baud
    for text in ("one", "two", "three"):
        rig.send(submit(text), fixed_ms + 50)
    pairs = zip(rig.seen("at_submit"), rig.seen("at_accept"))
    assert [b["t"] - a["t"] for a, b in pairs] == [fixed_ms] * 3


def test_nothing_gets_into_the_moment_of_the_result():
    rig = quiet(Rig(fixed_ms=2000))
    for before_ms in range(12):
        pdus = submit("x")
        rig.say(f"AT+CMGS={pdus[0].tpduLength}\r")
        rig.say(str(pdus[0]).encode() + b"\x1a", 0)
        while len(rig.seen("at_submit")) <= before_ms:
            rig.run(1)
        rig.run(2000 - before_ms)
        rig.modem.urc("+NEWS: " + "x" * 60)  # 6 ms on the wire
        rig.run(100)
        assert rig.heard.count(b"+NEWS") == 1
    pairs = list(zip(rig.seen("at_submit"), rig.seen("at_accept")))
    assert [b["t"] - a["t"] for a, b in pairs] == [2000] * 12


def test_escape_closes_the_prompt():
    rig = quiet(Rig())
    rig.say("AT+CMGS=20\r")
    assert rig.say(b"0011\x1b") == "\r\nOK\r\n"
    assert rig.lines_of("AT\r") == ["OK"]
    assert not rig.seen("at_submit")


# (what is done to a good PDU, why it must be refused)
DAMAGE = (
    ("length", lambda text, n: (text, n + 1)),
    ("odd digit", lambda text, n: (text[:-1], n)),
    ("short", lambda text, n: (text[:-2], n - 1)),
    ("long", lambda text, n: (text + "00", n + 1)),
    ("first octet", lambda text, n: (text[:2] + "30" + text[4:], n)),
    ("digit of number", lambda text, n: (text[:10] + "AA" + text[12:], n)),
    ("type of number", lambda text, n: (text[:8] + "D0" + text[10:], n)),
    ("plan of number", lambda text, n: (text[:8] + "11" + text[10:], n)),
    ("not hex", lambda text, n: (text[:-1] + "G", n)),
)


@pytest.mark.parametrize("name,spoil", DAMAGE, ids=[row[0] for row in DAMAGE])
def test_bad_pdu_is_refused(name, spoil):
    rig = quiet(Rig())
    good = submit("hello")[0]
    text, octets = spoil(str(good), good.tpduLength)
    rig.say(f"AT+CMGS={octets}\r")
    assert rig.lines_of(text.encode() + b"\x1a") == ["+CMS ERROR: 304"]
    assert sms_pdu.decode_submit(str(good), good.tpduLength).text == "hello"


def test_refused_and_unknown_numbers():
    rig = quiet(Rig())
    rig.say("AT+CNMI=2,1,0,1,0\r")
    rig.phones[1].refused = 38
    assert "+CMS ERROR: 38" in rig.send(submit("x", MARC))
    rig.send(submit("x", "+33639987777"), 8000)
    assert rig.seen("report")[-1]["status"] == 0x43
    assert not rig.phones[1].texts


def test_no_network_then_coverage():
    rig = quiet(Rig())
    rig.say("AT+CREG=1\r")
    rig.network.cover("none")
    rig.run(5000)
    assert "+CREG: 2" in rig.heard.decode()
    assert "+CMS ERROR: 331" in rig.send(submit("x"), 1000)
    rig.network.cover("good")
    rig.run(7000)
    assert "+CREG: 1" in rig.heard.decode()
    assert "+CMGS: " in rig.send(submit("x"))


def test_boot_by_power_key_and_off_by_a_long_press():
    rig = Rig(on=False)
    assert rig.say("AT\r", 500) == ""
    rig.lines["modem_pwrkey"].set(1)
    rig.run(100)
    rig.lines["modem_pwrkey"].set(0)
    assert rig.say("AT\r", 4000) == ""
    rig.run(10_000)
    boot = [line for line in rig.heard.decode().split("\r\n") if line]
    assert boot == ["*ATREADY: 1", "+CPIN: READY", "SMS DONE", "PB DONE"]
    assert rig.lines_of("ATE0;+CREG?\r")[1:] == ["+CREG: 0,1", "OK"]
    rig.lines["modem_pwrkey"].set(1)
    rig.run(3000)
    rig.lines["modem_pwrkey"].set(0)
    rig.run(3000)
    assert rig.modem.power.state == "off" and rig.say("AT\r") == ""


def test_a_short_press_does_not_switch_a_running_module_off():
    rig = Rig()
    rig.lines["modem_pwrkey"].set(1)
    rig.run(100)
    rig.lines["modem_pwrkey"].set(0)
    rig.run(5000)
    assert rig.modem.power.state == "on"


def test_reset_pin_and_supply():
    rig = Rig()
    rig.lines["modem_reset"].set(1)
    rig.run(2600)
    rig.lines["modem_reset"].set(0)
    assert rig.modem.power.state == "booting"
    rig.run(15_000)
    assert "PB DONE" in rig.heard.decode()
    rig.lines["modem_supply"].set(0)
    rig.run(100)
    assert rig.modem.power.state == "off"


def test_sleep_is_deaf_and_wakes_by_dtr():
    rig = quiet(Rig())
    rig.say("AT+CSCLK=1\r")
    rig.lines["modem_dtr"].set(1)
    rig.run(2000)
    assert rig.say("AT\r") == ""
    rig.lines["modem_dtr"].set(0)
    assert rig.say("AT\r", 40) == ""
    rig.run(50)
    rig.say("AT\r")  # the first answer may be lost
    assert rig.lines_of("AT\r") == ["OK"]


def test_first_answer_after_a_wake_is_lost_now_and_then():
    lost = 0
    for seed in range(20):
        rig = quiet(Rig(seed))
        rig.say("AT+CSCLK=1\r")
        rig.lines["modem_dtr"].set(1)
        rig.run(2000)
        rig.lines["modem_dtr"].set(0)
        rig.run(60)
        lost += rig.say("AT\r") == ""
    assert 0 < lost < 20


def test_incoming_message_is_kept_and_ri_pulses():
    rig = quiet(Rig())
    edges = []
    rig.lines["modem_ri"].watch(lambda level: edges.append((rig.world.now_ms, level)))
    rig.say("AT+CFGRI=1;+CNMI=2,1,0,1,0\r")
    rig.network.reply(JULIE, "OK ç'est vu")
    rig.run(5000)
    assert '+CMTI: "SM",1' in rig.heard.decode()
    assert [level for _, level in edges] == [0, 1] and edges[1][0] - edges[0][0] == 120
    head, body = rig.lines_of("AT+CMGR=1\r")[:2]
    assert head == f"+CMGR: 0,,{len(body) // 2 - 1}"
    read = pdu.decodeSmsPdu(body)
    assert (read["number"], read["text"]) == (JULIE, "OK ç'est vu")
    assert rig.lines_of("AT+CMGD=1\r") == ["OK"]
    assert rig.lines_of("AT+CMGL=4\r") == ["OK"]


def test_phase_2_plus_wants_an_acknowledgement():
    rig = quiet(Rig(fixed_ms=100))
    rig.say("AT+CSMS=1;+CNMI=2,1,0,1,0\r")
    for text in "ab":
        rig.send(submit(text), 200)
    rig.run(6000)
    assert rig.heard.count(b"+CDS:") == 1
    assert "+CDS:" in rig.say("AT+CNMA\r") + rig.say("AT\r")
    rig.run(16_000)  # the second one is not acknowledged
    assert "+CNMI: 2,0,0,0,0" in rig.say("AT+CNMI?\r")


def test_incoming_call_is_refused_on_the_wire():
    rig = quiet(Rig())
    rig.say("AT+CLIP=1\r")
    rig.network.call(JULIE)
    rig.run(200)
    assert f'RING\r\n\r\n+CLIP: "{JULIE}",145' in rig.heard.decode()
    assert rig.lines["modem_ri"].level == 0
    rig.say("AT+CHUP\r")
    assert rig.lines["modem_ri"].level == 1 and rig.lines_of("AT+CLCC\r") == ["OK"]


def test_dial_rings_a_phone_until_a_machine_answers():
    rig = quiet(Rig())
    assert rig.lines_of(f"ATD{JULIE};\r") == ["OK"]
    assert rig.seen("ring")[0]["dev"] == "phone-1"
    assert rig.lines_of("AT+CLCC\r")[0] == f'+CLCC: 1,0,2,0,0,"{JULIE}",145'
    rig.run(21_000)
    assert "VOICE CALL: BEGIN" in rig.heard.decode()
    assert "VOICE CALL: END: 00000" in rig.say("ATH\r")


def test_message_to_its_own_number_comes_back():
    rig = quiet(Rig())
    rig.say("AT+CNMI=2,1,0,1,0\r")
    rig.send(submit("loop", OWN), 8000)
    assert '+CMTI: "SM",1' in rig.heard.decode()


def test_sim_pin():
    rig = Rig(on=False, sim_pin="1234")
    rig.lines["modem_pwrkey"].set(1)
    rig.run(15_000)
    quiet(rig)
    rig.say("AT+CMEE=1\r")
    assert rig.lines_of("AT+CPIN?\r") == ["+CPIN: SIM PIN", "OK"]
    assert rig.lines_of("AT+CSCA?\r") == ["+CMS ERROR: 311"]
    assert rig.lines_of('AT+CPIN="0000"\r') == ["+CME ERROR: 16"]
    assert rig.lines_of("AT+SPIC\r") == ["+SPIC: 2,10,0,10", "OK"]
    assert "OK" in rig.lines_of('AT+CPIN="1234"\r')
    rig.run(7000)
    assert rig.lines_of("AT+CREG?\r") == ["+CREG: 0,1", "OK"]
