"""services/modem*: the conversations against a scripted modem, with everything that goes wrong."""

import tpdu
from harness import Rng, depth
from modem_peer import CPSI, JULIE, Bench, Peer, Uart, config

from firmware.messages import (
    FAIL_LONG,
    FAIL_MODEM,
    FAIL_NUMBER,
    FAIL_OURS,
    FAIL_SHORT,
    FAIL_SIM,
    CallRefused,
    Cell,
    CellSeen,
    ModemDemand,
    ModemLost,
    ModemReady,
    SendSms,
    SmsAccepted,
    SmsAmbiguous,
    SmsFailed,
    SmsReceived,
    SmsReport,
    TimeKnown,
)
from firmware.services import modem_net
from firmware.services.modem_talk import NO_ANSWER, Ask, Pause, Talk

TEXT = "DANGER Julie 21:42. Appelez le 17."
REPORT = "07913336990800F006D50B913336990800F1621122414290406211224152804000"
DELIVER = "07913336990800F0040B913336990800F100006211224142904003CF6A12"  # OUI
UTC_S = 825799260  # 2026-03-02 20:41:00


def sms(token=1, number=JULIE, text=TEXT):
    return SendSms(token, number, text, 1, 240)


def awake(peer=None, **options):
    """A bench whose modem is ready and wanted."""
    bench = Bench(peer, **options)
    bench.demand(1)
    return bench.ready().clear()


def events(bench, kind=None):
    return [event for _, event in bench.events if kind is None or isinstance(event, kind)]


def outcome(bench, for_ms=100000):
    """What became of the message to send."""
    kinds = (SmsAccepted, SmsFailed, SmsAmbiguous)
    known = len(events(bench, kinds))
    bench.run(for_ms, lambda: len(events(bench, kinds)) > known)
    return events(bench, kinds)[known:]


def send(bench, **options):
    bench.to_send.append(sms(**options))
    return outcome(bench)


# -- start-up --------------------------------------------------------------------------------

CELL = Cell("208", "01", "1A2B", "0123456")


def test_a_modem_that_runs_is_not_pressed():
    bench = Bench().ready()
    assert bench.told("KEY") == []
    assert bench.told("")[:3] == ["", "AT", "ATE0"]  # the escape first, then its line end
    assert events(bench)[0] == CellSeen(CELL)
    assert events(bench)[1].__class__ is TimeKnown and events(bench)[1].utc_s == UTC_S
    assert events(bench)[2] == ModemReady()
    assert bench.modem.identity == "A7670M7_B07"


WANTED = (
    "ATE0",
    "AT+CMEE=1",
    "AT+CMGF=0",
    "ATS0=0",
    "AT+CLIP=1",
    "AT+CMMS=2",
    "AT+CFGRI=1",
    "AT+CSCLK=1",
    "AT+CREG=2",
    "AT+CEREG=2",
    "AT+CSMS=0",
    "AT+CNMI=2,1,0,1,0",
)


def test_what_is_set_up():
    bench = Bench().ready()
    for command in WANTED:
        assert bench.told("").count(command) == 1, command
    bench = Bench(profile="sim7000g").ready()
    for command in ("AT+CMMS=2", "AT+CSMS=0"):
        assert command not in bench.told("")


def test_a_modem_that_is_off_is_pressed_once():
    peer = Peer()
    peer.on = False
    bench = Bench(peer).ready()
    times = [at_ms for at_ms, line in peer.log if line.startswith("KEY")]
    assert len(times) == 2 and 100 <= times[1] - times[0] <= 110
    assert events(bench, ModemLost) == []
    assert bench.now_ms() < 12000


def test_optional_commands_may_fail_or_stay_unanswered():
    for answer in (("ERROR",), ("+CME ERROR: 3",), b""):
        for command in ("AT+CMMS=2", "AT+CTZR=1", "AT+CFGRI=1", "+CPSI", "+CCLK", "+CGMR"):
            peer = Peer()
            peer.answers[command] = answer
            assert Bench(peer).run(60000, lambda: False) is False
            bench = Bench(peer).ready()
            assert ModemReady() in events(bench), command


# (states of +CREG, +CGREG, +CEREG; whether a message may be tried)
STATES = (
    ("1", "0", "0", True),
    ("0", "1", "0", True),
    ("0", "0", "1", True),
    ("5", "0", "0", True),
    ("3", "5", "0", True),
    ("0", "0", "6", True),
    ("7", "0", "0", True),
    ("0", "0", "0", False),
    ("2", "2", "2", False),
    ("3", "3", "3", False),
    ("4", "4", "4", False),
    ("11", "11", "11", False),
)


def test_any_registration_will_do():
    for creg, cgreg, cereg, usable in STATES:
        peer = Peer()
        peer.stats = {"+CREG": creg, "+CGREG": cgreg, "+CEREG": cereg}
        bench = Bench(peer)
        bench.run(10000)
        assert (ModemReady() in events(bench)) is usable, (creg, cgreg, cereg)
        assert bench.modem.free() is usable


def test_registered_and_not_told():
    peer = Peer()
    peer.stats = dict.fromkeys(peer.stats, "2")
    bench = Bench(peer)
    bench.run(5000)
    peer.stats["+CGREG"] = "1"
    assert bench.run(2500, bench.modem.free)


def test_registered_late():
    peer = Peer()
    peer.stats = dict.fromkeys(peer.stats, "2")
    bench = Bench(peer)
    bench.run(9000)
    assert not bench.modem.free()
    peer.stats["+CEREG"] = "1"
    peer.urc('+CEREG: 1,"1A2B","0123456",7')
    bench.run(500)
    assert bench.modem.free() and ModemReady() in events(bench)


# (state of the SIM, configured PIN, tries left, whether the PIN is tried)
PINS = (
    ("SIM PIN", "1234", 3, True),
    ("SIM PIN", "1234", 2, True),
    ("SIM PIN", "1234", 1, False),  # never the last one
    ("SIM PIN", "1234", 0, False),
    ("SIM PIN", "", 3, False),
    ("SIM PIN", "12", 3, False),
    ("SIM PUK", "1234", 3, False),
)


def test_pin():
    for state, pin, tries, tried in PINS:
        peer = Peer()
        peer.sim, peer.tries = state, tries
        bench = Bench(peer, config(sim_pin=pin))
        bench.run(10000)
        assert (len(bench.told('AT+CPIN="')) == 1) is tried, (state, pin, tries)
        assert (ModemReady() in events(bench)) is tried
        assert tried or events(bench, ModemLost) == [ModemLost("pin")]


def test_a_wrong_pin_is_tried_once():
    peer = Peer()
    peer.sim, peer.pin = "SIM PIN", "9999"
    bench = Bench(peer, config(sim_pin="1234"))
    bench.run(3600000)
    assert len(bench.told('AT+CPIN="')) == 1 and peer.tries == 2
    assert bench.told("AT+CFUN") == bench.told("KEY") == []  # no restart opens a lock


def test_a_modem_that_does_not_tell_the_tries_left():
    peer = Peer()
    peer.sim = "SIM PIN"
    peer.answers["+CPINR"] = ("ERROR",)
    peer.answers["+SPIC"] = ("+SPIC: 3,10,0,10", "OK")
    assert ModemReady() in events(Bench(peer, config(sim_pin="1234")).ready())
    peer = Peer()
    peer.sim = "SIM PIN"
    peer.answers["+CPINR"] = peer.answers["+SPIC"] = ("ERROR",)
    bench = Bench(peer, config(sim_pin="1234"))
    bench.run(60000)
    assert bench.told('AT+CPIN="') == []


def test_sim_that_needs_time():
    peer = Peer()
    peer.answers["+CPIN"] = ("+CME ERROR: 13",)
    bench = Bench(peer)
    bench.run(5000)
    del peer.answers["+CPIN"]
    bench.run(2000)
    assert ModemReady() in events(bench) and events(bench, ModemLost) == []


def test_no_sim():
    peer = Peer()
    peer.answers["+CPIN"] = ("+CME ERROR: 10",)
    bench = Bench(peer)
    bench.run(25000)
    assert events(bench, ModemLost) == [ModemLost("sim")]
    bench.run(120000)
    assert "AT+CFUN=1,1" in bench.told("")
    del peer.answers["+CPIN"]
    assert bench.run(700000, bench.modem.free)


def test_service_centre_of_the_sim_wins():
    for told, configured, used in (
        ('+CSCA: "+33639980000",145', "+33639980007", "00"),
        ('+CSCA: "",129', "+33639980007", "07913336990800F7"),
        ('+CSCA: "",129', "", "00"),
    ):
        peer = Peer()
        peer.answers["+CSCA"] = (told, "OK")
        bench = awake(peer, conf=config(smsc=configured))
        assert send(bench) == [SmsAccepted(1, 12)]
        assert peer.units[0].startswith(used + "31")
        assert bench.told("AT+CSCA=") == []


# -- place and time --------------------------------------------------------------------------


def test_cell_of_the_standard_commands():
    bench = Bench(profile="generic").ready()
    assert events(bench, CellSeen)[0] == CellSeen(CELL)


# (what +CPSI? says, the cell)
PLACES = (
    (
        "LTE,Online,460-01,0x230A,175499523,318,EUTRAN-BAND3,1650",
        Cell("460", "01", "230A", "A75E903"),
    ),
    (
        "GSM,Online,460-00,0x182d,12401,27 EGSM 900,-64,2110,42-42",
        Cell("460", "00", "182D", "3071"),
    ),
    ("NO SERVICE,Online", None),
    ("NO SERVICE, Low Power Mode", None),
    ("LTE,Online,x-y,0x230A,1,318", None),
    ("LTE,Online,460-01,230A,1,318", None),
)


def test_cell_of_cpsi():
    for said, cell in PLACES:
        peer = Peer()
        peer.answers["+CPSI"] = ("+CPSI: " + said, "OK")
        peer.answers["+COPS"] = ("+COPS: 0", "OK")
        bench = Bench(peer).ready()
        assert events(bench, CellSeen)[:1] == ([] if cell is None else [CellSeen(cell)]), said


def test_cell_that_changes():
    bench = awake()
    bench.peer.urc('+CEREG: 1,"1A2C","00ABCDEF",7')
    bench.run(100)
    assert events(bench) == [CellSeen(Cell("208", "01", "1A2C", "0ABCDEF"))]
    bench.peer.urc('+CREG: 1,"1A2C","00ABCDEF",7')
    bench.run(100)
    assert len(events(bench)) == 1


CLOCKS = (
    ("26/03/02,21:41:00+04", UTC_S),
    ("26/03/02,20:41:00+00", UTC_S),
    ("26/03/02,20:41:00", UTC_S),
    ("26/03/02,12:41:00-32", UTC_S),
    ("70/01/01,00:00:00+00", None),
    ("80/01/06,00:00:00+00", None),
    ("26/02/30,00:00:00+00", None),
    ("26/03/02,24:00:00+00", None),
    ("26/03/02,21:41:00*04", None),
    ("26/03/02", None),
    ("", None),
)


def test_clock():
    for text, utc_s in CLOCKS:
        assert modem_net.utc_of(text) == utc_s, text


def test_a_clock_from_before_is_not_believed():
    peer = Peer()
    bench = Bench(peer, config(not_before_utc=UTC_S + 1)).ready()
    assert events(bench, TimeKnown) == []
    peer.answers["+CCLK"] = ('+CCLK: "26/03/02,21:41:01+04"', "OK")
    peer.urc("+CTZV: +04")
    bench.run(100)
    assert [event.utc_s for event in events(bench, TimeKnown)] == [UTC_S + 1]


# -- sending ---------------------------------------------------------------------------------


def test_what_is_sent():
    bench = awake()
    assert send(bench) == [SmsAccepted(1, 12)]
    unit = tpdu.from_line(bench.peer.units[0])
    assert (unit.number, unit.text, unit.report, unit.validity_min) == (JULIE, TEXT, 1, 240)
    octets = len(bench.peer.units[0]) // 2 - 1
    assert bench.told("AT+CMGS") == ["AT+CMGS=%d" % octets]
    bench.modem.config = config(validity_min=60)
    bench.modem.execute(SendSms(2, JULIE, "x", 0, 0), bench.now_ms())
    outcome(bench)
    unit = tpdu.from_line(bench.peer.units[1])
    assert (unit.report, unit.validity_min) == (0, 60)


# (name, bytes after the PDU, outcome without its token)
RESULTS = (
    ("accepted", b"\r\n+CMGS: 44\r\n\r\nOK\r\n", (SmsAccepted, 44)),
    ("accepted, with more", b'\r\n+CMGS: 44,"00"\r\n\r\nOK\r\n', (SmsAccepted, 44)),
    ("urc inside", b"\r\n+CMGS: 4\r\n\r\n+CREG: 1\r\n\r\nRDX\r\n\r\nOK\r\n", (SmsAccepted, 4)),
    ("reference lost in noise", b"\r\n+C\xffGS: 4\r\n\r\nOK\r\n", (SmsAmbiguous,)),
    ("ok lost", b"\r\n+CMGS: 5\r\n\r\n\xff\xff\r\n", (SmsAccepted, 5)),
    ("nothing", b"\r\n", (SmsAmbiguous,)),
    ("error", b"\r\nERROR\r\n", (SmsFailed, FAIL_SHORT, -1)),
    ("cut off", b"\r\n+CMS ERROR:\r\n", (SmsFailed, FAIL_SHORT, -1)),
    ("in words", b"\r\n+CMS ERROR: Unknown error\r\n", (SmsFailed, FAIL_SHORT, -1)),
)


def test_results():
    for name, data, expected in RESULTS:
        bench = awake()
        bench.peer.results.append(data)
        found = send(bench)
        assert found == [expected[0](1, *expected[1:])], (name, found)
        assert send(bench, token=2) == [SmsAccepted(2, 13)], name


# 24.011 annex E-2 by its words, 23.040 9.2.3.22, 27.005 3.2.5; 27.007 9.2.
CLASSES = (
    (FAIL_NUMBER, "CMS", (1, 195, 196)),
    (FAIL_SIM, "CMS", (28, 29, 30, 50)),  # about the sender and the service, not the destination
    (FAIL_SIM, "CMS", (8, 10, 69, 301, 302, 303, 310, 311, 312, 313, 316)),
    (FAIL_SHORT, "CMS", (17, 21, 22, 27, 41, 42, 47, 192, 194, 314, 320, 321, 322, 332, 340, 500)),
    (FAIL_LONG, "CMS", (38, 331)),
    (FAIL_OURS, "CMS", (96, 97, 98, 99, 111, 127, 304, 305, 342)),
    (FAIL_SHORT, "CMS", (330, 0, 999)),
    (FAIL_SIM, "CME", (10, 11, 12)),
    (FAIL_LONG, "CME", (30,)),
    (FAIL_SHORT, "CME", (13, 14, 20, 31, 100, 515)),
)


def test_error_classes():
    bench = awake()
    for failure, kind, codes in CLASSES:
        for code in codes:
            bench.peer.results.append(b"\r\n+%s ERROR: %d\r\n" % (kind.encode(), code))
            assert send(bench) == [SmsFailed(1, failure, code)], (kind, code)
    assert events(bench, ModemLost) == []  # a code is the network's word: no reason to restart


def test_refused_before_the_prompt():
    bench = awake()
    bench.peer.answers["+CMGS"] = ("+CMS ERROR: 331",)
    assert send(bench) == [SmsFailed(1, FAIL_LONG, 331)]
    assert bench.peer.units == []


def test_unknown_centre_is_repaired():
    bench = awake(conf=config(smsc="+33639980007"))
    bench.peer.results.append(b"\r\n+CMS ERROR: 330\r\n")
    assert send(bench) == [SmsAccepted(1, 13)]
    assert [unit[:2] for unit in bench.peer.units] == ["00", "07"]


def test_repaired_in_vain():
    bench = awake(conf=config(smsc="+33639980007"))
    bench.peer.results.append(b"\r\n+CMS ERROR: 330\r\n")
    bench.to_send.append(sms())
    bench.run(500)
    bench.peer.prompt = b""
    assert outcome(bench) == [SmsFailed(1, FAIL_MODEM, 0)]
    assert len(bench.peer.units) == 1


def test_a_number_that_is_none():
    bench = awake()
    for _ in range(5):
        assert send(bench, number="Julie") == [SmsFailed(1, FAIL_NUMBER, 0)]
    assert bench.peer.units == [] and events(bench, ModemLost) == []


def test_prompts():
    for prompt in (b"\r\n> ", b"\r\n>\r\n", b">", b"\r\n>", b"\xff\r\n> "):
        bench = awake()
        bench.peer.prompt = prompt
        assert send(bench) == [SmsAccepted(1, 12)], prompt
    bench = awake()
    bench.peer.prompt_ms = 4900
    assert send(bench) == [SmsAccepted(1, 12)]


def test_a_prompt_that_does_not_come():
    bench = awake()
    bench.peer.prompt = b""
    bench.to_send.append(sms())
    bench.run(5050)
    bench.peer.prompt = b"\r\n> "
    assert outcome(bench) == [SmsAccepted(1, 12)]
    assert len(bench.told("AT+CMGS")) == 2 and len(bench.peer.units) == 1
    bench = awake()
    bench.peer.prompt = b""
    assert send(bench) == [SmsFailed(1, FAIL_MODEM, 0)]
    assert bench.peer.units == []


def test_a_lost_result_costs_a_minute():
    bench = awake()
    bench.peer.results.append(b"\r\n")
    began_ms = bench.now_ms()
    send(bench)
    assert 60000 <= bench.now_ms() - began_ms <= 60200
    bench.to_send.append(sms(2))
    assert outcome(bench, 3000) == [SmsAccepted(2, 13)]


def report(ref, number=JULIE):
    """A status report as it comes at once."""
    line = REPORT[:18] + "%02X" % ref + REPORT[20:]
    if number != JULIE:
        line = line.replace("3336990800F1", "3336990800F2")
    return "+CDS: 25\r\n" + line


OTHER = "+33639980002"
# last reference, (report, ms after the message), whether it is of the message that is sent
REPORTS = (
    (None, report(12), True),  # the first message: no reference is known
    (11, report(12), True),
    (11, report(43), True),  # some were refused between
    (250, report(1), True),
    (11, report(11), False),  # of a message before
    (11, report(10), False),
    (11, report(44), False),
    (11, report(12, OTHER), False),
)


def test_a_report_on_the_message_ends_the_wait_for_its_result():
    for last, line, taken in REPORTS:
        bench = awake()
        if last is not None:
            bench.peer.results.append(b"\r\n+CMGS: %d\r\n\r\nOK\r\n" % last)
            send(bench, token=7)
            bench.clear()
        bench.peer.results.append(b"\r\n")
        bench.peer.urc(line, 4000)
        began_ms = bench.now_ms()
        bench.to_send += [sms(1), sms(2, OTHER)]
        units = len(bench.peer.units)
        assert bench.run(66000, lambda p=bench.peer, n=units + 2: len(p.units) == n)
        spent_ms = bench.now_ms() - began_ms
        told = tpdu.from_line(line.partition("\n")[2])
        outcomes = [SmsAccepted(1, told.ref)] if taken else []
        outcomes.append(SmsReport(told.ref, told.number, 0))
        if not taken:
            outcomes.append(SmsAmbiguous(1))
        assert events(bench)[:2] == outcomes, (last, line, events(bench))
        assert (spent_ms < 10000) is taken, (last, line, spent_ms)
        assert outcome(bench, 5000)[0].token == 2


def test_a_result_that_comes_after_the_report_is_nobody_elses():
    bench = awake()
    bench.peer.results.append(b"\r\n")
    bench.peer.urc(report(12), 4000)
    bench.peer.say(b"\r\n+CMGS: 12\r\n\r\nOK\r\n", 4100)
    assert send(bench) == [SmsAccepted(1, 12)]
    assert send(bench, token=2) == [SmsAccepted(2, 13)]


def test_a_report_in_one_piece_with_the_result():
    for line in ("", "\r\n+CMGS: 12\r\n"):
        bench = awake()
        both = line + "\r\n" + report(12) + "\r\n"
        both += "\r\nOK\r\n" if line else "\r\n+CMGS: 12\r\n\r\nOK\r\n"
        bench.peer.results.append(both.encode())
        bench.to_send += [sms(1), sms(2)]
        bench.run(8000)
        found = events(bench)
        assert found[:3:2] == [SmsAccepted(1, 12), SmsAccepted(2, 13)], found


def test_a_restart_in_one_piece_with_a_result():
    bench = awake()
    bench.peer.results.append(b"\r\nRDY\r\n\r\nOK\r\n\r\n> ")
    assert send(bench) == [SmsAmbiguous(1)]
    assert bench.run(60000, bench.modem.free)


def test_a_late_result_is_nobody_elses():
    bench = awake()
    bench.peer.results.append(b"\r\n")
    bench.peer.say(b"\r\n+CMGS: 99\r\n\r\nOK\r\n", 60030)
    send(bench)
    assert send(bench, token=2) == [SmsAccepted(2, 13)]


def test_a_lost_ok_costs_seconds():
    bench = awake()
    bench.peer.results.append(b"\r\n+CMGS: 5\r\n")
    bench.to_send.append(sms())
    assert outcome(bench, 7000) == [SmsAccepted(1, 5)]


def test_five_in_a_row_cost_little_beyond_the_network():
    bench = awake()
    began_ms = bench.now_ms()
    bench.to_send += [sms(token) for token in range(5)]
    assert bench.run(60000, lambda: len(events(bench, SmsAccepted)) == 5)
    spent_ms = bench.now_ms() - began_ms
    assert spent_ms - 5 * 1000 <= 5 * 40, spent_ms
    pdus = [at_ms for at_ms, line in bench.peer.log if line == "PDU"]
    commands = [at_ms for at_ms, line in bench.peer.log if line.startswith("AT+CMGS")]
    assert len(commands) == 5
    for pdu_ms, command_ms in zip(pdus, commands[1:]):
        assert command_ms - (pdu_ms + 1000) >= 20  # a breath after OK


def test_strikes():
    bench = awake()
    bench.peer.results += [b"\r\nERROR\r\n"] * 3
    for _ in range(3):
        assert send(bench) == [SmsFailed(1, FAIL_SHORT, -1)]
    bench.run(60000, bench.modem.free)
    assert bench.told("AT+CFUN=1,1") != [] and events(bench, ModemLost) == [ModemLost("silent")]
    assert send(bench, token=9) == [SmsAccepted(9, 15)]


def test_two_lost_results_are_enough():
    bench = awake()
    bench.peer.results += [b"\r\n"] * 2
    for _ in range(2):
        assert send(bench) == [SmsAmbiguous(1)]
    bench.run(60000, bench.modem.free)
    assert bench.told("AT+CFUN=1,1") != []


def test_a_late_answer_does_not_end_a_pause():
    peer = Peer()
    resumed = []

    def script():
        reply = yield Ask("AT+SLOW", None, 100)
        resumed.append((peer.now_ms, reply.result))
        value = yield Pause(1000)
        resumed.append((peer.now_ms, value))

    peer.answers["+SLOW"] = ("OK",)
    peer.latency_ms = 500
    talk = Talk(Uart(peer, False), 20, lambda token, now_ms: None)
    peer.now_ms = 1000
    talk.run(script(), 1000)
    while talk.busy():
        peer.now_ms += 10
        talk.step(peer.now_ms)
    assert peer.lines_told == 1 and resumed == [(1100, NO_ANSWER), (2100, None)]


def test_not_free():
    bench = Bench()
    assert not bench.modem.free()
    bench.modem.execute(sms(), 0)
    bench.run(10)
    assert events(bench) == [SmsFailed(1, FAIL_MODEM, 0)]
    bench = awake()
    bench.modem.execute(sms(1), bench.now_ms())
    bench.modem.execute(sms(2), bench.now_ms())
    bench.run(3000)
    assert events(bench)[:2] == [SmsFailed(2, FAIL_MODEM, 0), SmsAccepted(1, 12)]


# -- a modem that is lost while a message is on its way --------------------------------------


def test_restart_before_and_after_the_message_is_handed_over():
    for told, expected in ((1, SmsFailed(1, FAIL_MODEM, 0)), (2, SmsAmbiguous(1))):
        bench = awake()
        bench.peer.lines_told, bench.peer.die_at = 0, told
        assert send(bench) == [expected], told
        assert ModemLost in [event.__class__ for event in events(bench)]
        assert bench.run(60000, bench.modem.free)
        assert send(bench, token=2) == [SmsAccepted(2, 12)]


def test_dead_at_every_line():
    for told in range(1, 40, 1 if depth(100) > 1 else 3):
        peer = Peer()
        peer.die_at = told
        bench = Bench(peer)
        bench.demand(1)
        for _ in range(3):
            assert bench.run(200000, bench.modem.free), told
            if send(bench)[0].__class__ is SmsAccepted:
                break
        assert len(events(bench, SmsAccepted)) == 1, told


def test_registrations_of_before_a_restart_do_not_count():
    peer = Peer()
    peer.stats = {"+CREG": "1", "+CGREG": "0", "+CEREG": "0"}
    bench = awake(peer)
    peer.stats["+CREG"] = "2"
    peer.restart()
    bench.run(30000)
    assert ModemReady() not in events(bench) and not bench.modem.free()


def test_power_down_is_told():
    bench = awake()
    bench.peer.urc("NORMAL POWER DOWN")
    bench.run(20)
    assert events(bench) == [ModemLost("power")]
    bench.peer.stop()
    bench.run(60000, bench.modem.free)
    assert bench.told("KEY") == ["KEY1", "KEY0"]


def test_all_is_set_up_again_after_a_restart():
    bench = awake()
    bench.peer.restart()
    bench.run(5000)
    bench.ready()
    for command in WANTED:
        assert command in bench.told(""), command


def test_what_a_start_says_late_is_no_restart():
    peer = Peer()
    peer.on = False
    bench = Bench(peer)
    bench.ready()
    for line in ("Call Ready", "SMS Ready", "+CFUN: 1"):
        peer.urc(line)
    bench.run(1000)
    assert events(bench, ModemLost) == []
    peer.urc("SMS Ready")  # twice in one start: another start (TinyGSM#608)
    bench.run(10)
    assert events(bench, ModemLost) == [ModemLost("restart")]
    bench.ready().clear()
    peer.urc("Call Ready")  # once in the new start, too
    bench.run(70000)
    assert events(bench, ModemLost) == []
    peer.urc("PB DONE")
    bench.run(10)
    assert events(bench, ModemLost) == [ModemLost("restart")]


def test_sim_removed():
    bench = awake()
    bench.peer.urc("+CPIN: SIM REMOVED")
    bench.run(10)
    assert events(bench) == [ModemLost("sim")]


# -- the ladder ------------------------------------------------------------------------------


def test_ladder():
    bench = awake()
    bench.peer.mute = True
    assert send(bench) == [SmsFailed(1, FAIL_MODEM, 0)]
    bench.run(70000)
    order = [line for line in bench.told("") if line[:3] in ("KEY", "RES")]
    assert order[:4] == ["RESET1", "RESET0", "KEY1", "KEY0"]
    assert events(bench, ModemLost) == [ModemLost("silent")]
    bench.peer.mute = False
    assert bench.run(120000, bench.modem.free)
    assert send(bench, token=2)[0].__class__ is SmsAccepted


def test_a_modem_that_is_heard_is_not_switched_off():
    peer = Peer()
    peer.answers["AT"] = b"\xff\xfe\r\n"
    bench = Bench(peer)
    bench.run(20000)
    assert bench.told("AT+CFUN") != [] and bench.told("KEY") == []


def test_absent_for_hours():
    peer = Peer()
    peer.mute = True
    bench = Bench(peer)
    bench.run(2 * 3600000)
    assert events(bench) == [ModemLost("silent")]
    assert bench.steps < 6000
    assert bench.run(3600000, lambda: bench.modem.may_sleep(bench.now_ms()))
    peer.mute = False
    peer.on = True
    bench.demand(1)
    assert bench.run(120000, bench.modem.free)  # a demand ends the back-off


def test_no_network_is_searched_for_ever_more_rarely():
    bench = awake()
    bench.peer.stats = dict.fromkeys(bench.peer.stats, "2")
    for name in ("+CREG", "+CGREG", "+CEREG"):
        bench.peer.urc(name + ": 2")
    bench.run(100)
    assert events(bench) == [ModemLost("network")] and not bench.modem.free()
    bench.run(80 * 60000)
    assert len(bench.told("AT+CFUN=1,1")) == 4  # after 5, 15, 35 and 75 min
    bench.peer.stats["+CREG"] = "5"
    assert bench.run(20000, bench.modem.free)
    assert events(bench)[-1] == ModemReady()
    bench.peer.stats["+CREG"] = "2"
    bench.peer.urc("+CREG: 2")
    bench.clear()
    bench.run(6 * 60000)
    assert len(bench.told("AT+CFUN=1,1")) == 1  # soon again: this search is another


def test_asleep_without_network_it_is_looked_at_more_often():
    peer = Peer()
    peer.stats = dict.fromkeys(peer.stats, "2")
    bench = Bench(peer)
    bench.run(60000)
    assert bench.modem.may_sleep(bench.now_ms())
    peer.stats["+CEREG"] = "1"
    bench.run(125000)
    assert ModemReady() in events(bench)


# -- what arrives ----------------------------------------------------------------------------


def test_report_that_comes_at_once():
    bench = awake()
    bench.peer.urc("+CDS: 25\r\n" + REPORT)
    bench.run(100)
    assert events(bench) == [SmsReport(0xD5, JULIE, 0)]
    assert bench.told("AT+CNMA") == []


def test_report_is_acknowledged_where_it_must_be():
    peer = Peer()
    peer.answers["AT+CSMS=0"] = ("ERROR",)
    peer.answers["AT+CSMS?"] = ("+CSMS: 1,1,1,1", "OK")
    bench = awake(peer)
    for _ in range(3):
        peer.urc("+CDS: 25\r\n" + REPORT)
    bench.run(500)
    assert len(events(bench)) == 3 and len(bench.told("AT+CNMA")) == 3


def test_report_that_is_stored():
    bench = awake()
    bench.peer.store[4] = REPORT
    bench.peer.urc('+CDSI: "SR",4')
    bench.run(300)
    assert events(bench) == [SmsReport(0xD5, JULIE, 0)] and bench.peer.store == {}
    assert bench.told("AT+CPMS") == ['AT+CPMS="SR"']


def test_a_message_that_arrives():
    bench = awake()
    bench.peer.store[7] = DELIVER
    bench.peer.urc('+CMTI: "SM",7')
    bench.run(300)
    assert events(bench) == [SmsReceived(JULIE, "OUI")] and bench.peer.store == {}
    assert bench.told("AT+CMG") == ["AT+CMGR=7", "AT+CMGD=7"]
    bench.peer.urc("+CMT: ,24\r\n" + DELIVER)
    bench.run(300)
    assert events(bench) == 2 * [SmsReceived(JULIE, "OUI")]


def test_of_a_long_message_the_beginning():
    bench = awake()
    for index in (1, 2):
        octets = tpdu.from_hex(DELIVER)[8:]
        head = bytes((0x44,)) + octets[1:18]
        part = bytes((8, 5, 0, 3, 9, 2, index)) + b"\xcf"  # fill bit, then "O" or so
        bench.peer.store[index] = "00" + (head + part).hex()
        assert tpdu.from_line(bench.peer.store[index]).part.index == index
        bench.peer.urc('+CMTI: "SM",%d' % index)
    bench.run(500)
    assert len(events(bench, SmsReceived)) == 1 and bench.peer.store == {}


def test_damage_that_arrives_is_deleted():
    bench = awake()
    bench.peer.store[7] = DELIVER[:40]
    bench.peer.urc('+CMTI: "SM",7')
    bench.peer.urc("+CMTI: nonsense")
    bench.peer.urc("+CDS: 25\r\n" + REPORT[:30])
    bench.run(500)
    assert events(bench, (SmsReceived, SmsReport)) == [] and bench.peer.store == {}


def test_more_than_can_be_remembered():
    bench = awake()
    for index in range(1, 41):
        bench.peer.store[index] = DELIVER
        bench.peer.urc('+CMTI: "SM",%d' % index)
    bench.peer.now_ms += 10
    bench.step()
    assert len(bench.modem.chores._arrivals) <= 8
    bench.run(10000)
    assert len(events(bench, SmsReceived)) == 40 and bench.peer.store == {}


def test_arrivals_wait_for_messages_to_send_but_not_for_ever():
    bench = awake()
    bench.to_send += [sms(token) for token in range(30)]
    bench.run(1500)
    bench.peer.store[1] = DELIVER
    bench.peer.urc('+CMTI: "SM",1')
    bench.run(6000)
    assert events(bench, SmsReceived) == []
    bench.run(8000)
    assert events(bench, SmsReceived) == [SmsReceived(JULIE, "OUI")]
    assert bench.to_send != []


def test_sweep_finds_what_nobody_told():
    bench = awake()
    bench.peer.store[2] = DELIVER
    moved = CPSI.replace("0x1A2B", "0x1A2C")
    bench.peer.answers["+CPSI"] = (moved, "OK")
    bench.run(301000)
    assert CellSeen(Cell("208", "01", "1A2C", "0123456")) in events(bench)
    assert events(bench, SmsReceived) == [SmsReceived(JULIE, "OUI")] and bench.peer.store == {}


# -- calls -----------------------------------------------------------------------------------


def test_calls_are_refused():
    bench = awake()
    bench.peer.urc("RING")
    bench.peer.urc('+CLIP: "+33639980001",145,"",,"",0')
    bench.peer.urc("RING", 100)  # the same call
    bench.peer.urc('+CLIP: "+33639980001",145,"",,"",0', 100)
    bench.run(2500)
    assert events(bench) == [CallRefused(JULIE)]
    assert bench.told("AT+CHUP") == ["AT+CHUP"] and bench.told("ATA") == []


def test_a_caller_who_withholds_his_number():
    bench = awake()
    bench.peer.urc("RING")
    bench.peer.urc("RING", 800)
    bench.run(900)
    assert events(bench) == []
    bench.run(200)
    assert events(bench) == [CallRefused("")]


def test_refused_the_other_way():
    bench = awake()
    bench.peer.answers["+CHUP"] = ("ERROR",)
    bench.peer.urc("RING")
    bench.run(1200)
    assert bench.told("ATH") == ["ATH"] and events(bench) == [CallRefused("")]


def test_a_call_while_sending_waits():
    bench = awake()
    bench.to_send += [sms(1), sms(2)]
    bench.run(300)
    bench.peer.urc("RING")
    bench.peer.urc('+CLIP: "+33639980001",145')
    bench.run(4000)
    assert events(bench) == [SmsAccepted(1, 12), CallRefused(JULIE), SmsAccepted(2, 13)]


# -- sleep -----------------------------------------------------------------------------------


def asleep(peer=None):
    bench = Bench(peer).ready()
    bench.run(40000)
    assert bench.modem.may_sleep(bench.now_ms())
    return bench.clear()


def test_falls_asleep_without_demand():
    bench = awake()
    bench.run(100000)
    assert not bench.modem.may_sleep(bench.now_ms())
    bench.demand(0)
    bench.run(29000)
    assert bench.told("DTR") == []
    bench.run(2000)
    assert bench.told("")[-2:] == ["AT+CNMI=2,1,0,2,0", "DTR1"]  # reports are kept from now on
    assert bench.modem.may_sleep(bench.now_ms())


def test_a_demand_while_it_falls_asleep():
    bench = Bench().ready()
    bench.run(40000, lambda: bench.told("AT+CNMI=2,1,0,2,0") != [])
    assert not bench.modem.may_sleep(bench.now_ms())
    bench.demand(1)
    bench.run(1000)
    assert bench.told("DTR") == [] and bench.modem.free()


def test_slow_answers_after_sleep_are_nobody_elses():
    peer = Peer()
    bench = asleep(peer)
    peer.latency_ms = 290
    peer.store[3] = DELIVER
    bench.demand(1)
    bench.run(4000)
    assert events(bench, SmsReceived) == [SmsReceived(JULIE, "OUI")]


def test_a_stray_press_is_forgotten():
    bench = asleep()
    bench.modem.execute(ModemDemand(1), bench.now_ms())  # and nobody renews it
    bench.run(150000)
    assert not bench.modem.may_sleep(bench.now_ms())
    bench.run(70000)
    assert bench.modem.may_sleep(bench.now_ms())


def test_a_visit_is_short():
    bench = asleep()
    bench.run(16 * 60000, lambda: not bench.modem.may_sleep(bench.now_ms()))
    began_ms = bench.now_ms()
    bench.run(60000, lambda: bench.modem.may_sleep(bench.now_ms()))
    assert bench.now_ms() - began_ms < 6000
    assert len(bench.told("AT+CMGL")) == 1


def test_wakes_on_demand():
    for dozy in (False, True):
        peer = Peer()
        peer.dozy = dozy
        bench = asleep(peer)
        began_ms = bench.now_ms()
        bench.demand(1)
        bench.run(2000, bench.modem.free)
        low_ms, at_ms = [at_ms for at_ms, line in peer.log if line in ("DTR0", "AT")][:2]
        assert low_ms == began_ms and at_ms - low_ms >= 50
        assert bench.now_ms() - began_ms < (450 if dozy else 100)
        bench.run(1000)
        assert "AT+CNMI=2,1,0,1,0" in bench.told("") and "AT+CMGL=4" in bench.told("")
        assert send(bench) == [SmsAccepted(1, 12)]


def test_wakes_to_send():
    bench = asleep()
    assert bench.modem.free()
    bench.modem.execute(sms(), bench.now_ms())
    assert outcome(bench, 1500) == [SmsAccepted(1, 12)]


def test_wakes_when_ri_says_so():
    bench = asleep()
    bench.peer.store[3] = DELIVER
    bench.peer.ring = 0
    bench.run(10)
    bench.peer.ring = 1
    bench.run(1000)
    assert events(bench, SmsReceived) == [SmsReceived(JULIE, "OUI")]
    bench.run(40000)
    assert bench.modem.may_sleep(bench.now_ms())


def test_a_modem_that_does_not_wake():
    bench = asleep()
    bench.peer.mute = True
    bench.modem.execute(sms(), bench.now_ms())
    assert outcome(bench) == [SmsFailed(1, FAIL_MODEM, 0)]
    assert events(bench, ModemLost) == [ModemLost("silent")]
    bench.peer.mute = False
    assert bench.run(120000, bench.modem.free)


def test_hours_asleep_are_quiet():
    bench = asleep()
    bench.run(6 * 3600000)
    assert events(bench, (ModemLost, SmsFailed)) == []
    assert bench.steps < 24 * 60  # a visit every quarter of an hour, some 50 steps each
    assert len(bench.told("AT+CMGL")) in (22, 23, 24)


# -- whatever it does, the outcome is the same -----------------------------------------------


def a_day_in_short(**options):
    """Start, send, receive, be called: what it all came to."""
    peer = Peer()
    for name in options:
        if name != "slow":
            setattr(peer, name, options[name])
    bench = Bench(peer, slow=options.get("slow", False))
    bench.demand(1)
    assert bench.run(120000, bench.modem.free)
    bench.run(3000)
    send(bench)
    peer.store[5] = DELIVER
    peer.urc('+CMTI: "SM",5')
    peer.urc("+CDS: 25\r\n" + REPORT)
    bench.run(5000)
    peer.urc("RING")
    peer.urc('+CLIP: "+33639980001",145')
    bench.run(3000)
    send(bench, token=2)
    kinds = (SmsAccepted, SmsFailed, SmsAmbiguous, SmsReceived, SmsReport, CallRefused, ModemLost)
    return sorted([str(event) for event in events(bench, kinds)])


VARIANTS = (
    ("echo on", {"echo": True}),
    ("one byte at a time", {"slow": True}),
    ("slow answers", {"latency_ms": 1200}),
    ("slower than the first questions", {"latency_ms": 290}),
    ("urcs inside", {"inside": b"\r\n+CREG: 1\r\n\r\n*XYZ: 1\r\n"}),
    ("noise between", {"inside": b"\xff\x00\xfe\r\n"}),
    ("prompt without space", {"prompt": b"\r\n>\r\n"}),
)


def test_variants():
    expected = a_day_in_short()
    assert len(expected) == 5
    for name, options in VARIANTS:
        assert a_day_in_short(**options) == expected, name


def test_secrets_stay_out_of_the_trace():
    bench = awake(Peer())
    send(bench)
    bench.peer.store[5] = DELIVER[:40]
    bench.peer.urc('+CMTI: "SM",5')
    bench.run(1000)
    bench.peer.mute = True
    send(bench)
    notes = [note for note in bench.trace.notes() if note is not None]
    assert notes != []
    for _, word, value in notes:
        assert word in ("modem_rung", "modem_down", "bad_pdu", "pin_left"), word
        assert isinstance(value, int) and value < 100


def test_fuzz():
    """Rubbish from the modem at any time: no exception, and it works again afterwards."""
    said = (
        b"\r\nOK\r\n",
        b"\r\n> ",
        b"\r\n+CMGS: 1\r\n",
        b"\r\n+CREG: 0\r\n",
        b"\r\nERROR\r\n",
        b"\r\n+CDS: 9\r\n",
        b"\r\nRING\r\n",
        b"\r\n+CPSI: ,,,\r\n",
        b"\r\n+CMTI: ,\r\n",
        b'\r\n+CCLK: "\r\n',
    )
    for seed in range(depth(300)):
        rng = Rng(seed)
        bench = Bench()
        bench.demand(1)
        for token in range(20):
            if rng.chance(30):
                bench.peer.say(rng.bytes(1 + rng.below(60)), rng.below(200))
            if rng.chance(60):
                bench.peer.say(rng.choice(said), rng.below(50))
            if bench.modem.free():
                bench.modem.execute(sms(token), bench.now_ms())
            bench.run(rng.below(3000))
        bench.run(130000)
        assert bench.run(300000, bench.modem.free), seed
        assert send(bench, token=99)[-1].__class__ is SmsAccepted, seed
