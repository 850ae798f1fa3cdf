"""Modem and GNSS in real time: over ptys and sockets, with programs that nobody here wrote.

Nothing here measures time: each test waits for what must come.
"""

import json
import os
import queue
import signal
import socket
import subprocess
import sys

import pynmea2
import pytest
import serial
from gsmmodem.modem import GsmModem
from harness import Rng, depth
from serving import GENEROUS_S, Serving

from simulator import commands, faults
from simulator.__main__ import main
from simulator.control import Control
from simulator.devices import at_general, at_sms
from simulator.no_board import BAUDS, BUTTON_LINES, NoBoard
from simulator.ports import Port
from simulator.realtime import RealWorld
from simulator.scenario import parse
from simulator.stage import ROOT

JULIE, MARC, STRANGER = "+33639980001", "+33639980002", "+33639981234"
QUICK = """name: quick
duration: 400d
world:
  network:
    sms_latency: {fixed_ms: 60}
    contacts: {"+33639980001": ok, "+33639980002": ok}
"""


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "quick.yaml"
    path.write_text(QUICK)
    return path


@pytest.fixture
def serving():
    """start(*arguments) -> Serving; each is ended."""
    started = []

    def start(*arguments):
        started.append(Serving(*arguments))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.end()


@pytest.fixture
def on_ptys(serving, scenario):
    return serving(scenario, "--pty")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One that several tests speak to, and leave as it is."""
    path = tmp_path_factory.mktemp("shared") / "quick.yaml"
    path.write_text(QUICK)
    served = Serving(path, "--pty")
    yield served
    assert served.end() == (0, "")


def opened(url, baud=115200):
    port = serial.serial_for_url(url, baud, timeout=GENEROUS_S, do_not_open=True)
    port.dtr = port.rts = False
    port.open()
    return port


def until(port, ending):
    """What is read up to and with these bytes."""
    heard = b""
    while not heard.endswith(ending):
        byte = port.read(1)
        assert byte, heard
        heard += byte
    return heard


class Listener:
    """One end of a socket:// URL, as an emulator or ser2net has it."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(GENEROUS_S)
        self.url = f"socket://127.0.0.1:{self.server.getsockname()[1]}"

    def accept(self):
        return self.server.accept()[0]


# -- the modem -------------------------------------------------------------------------------


def test_a_published_program_sends_and_receives(on_ptys):
    received = queue.Queue()
    modem = GsmModem(on_ptys.ready["modem"], 115200, smsReceivedCallbackFunc=received.put)
    modem.connect()
    try:
        assert modem.networkName == "Orange F" and modem.signalStrength > 0
        sent = modem.sendSms(JULIE, "Bonjour Julie", waitForDeliveryReport=True)
        assert sent.report.deliveryStatus == 0
        seen = on_ptys.wait_for("sms_on_phone", number=JULIE)
        assert seen["text"] == "Bonjour Julie" and seen["dev"] == "phone-1"
        start = len(on_ptys.events)
        done = on_ptys.do(do="contact", number=JULIE, action="reply", text="OUI 4821")
        assert done["ok"] is True
        on_ptys.wait_for("sms_to_modem", number=JULIE)
        sms = received.get(timeout=GENEROUS_S)
        assert (sms.number, sms.text) == (JULIE, "OUI 4821")
        # It deletes what it has read, in a thread of its own; a command of ours comes after.
        on_ptys.wait_for("uart", start, dir="tx", text=lambda text: "AT+CMGD" in text)
        modem.write("AT")
    finally:
        modem.close()
    assert on_ptys.end() == (0, "")


@pytest.mark.parametrize("indications,head", (("2,1", b"+CMTI: "), ("2,2", b"+CMT: ")))
def test_a_reply_arrives_as_the_modem_was_told(on_ptys, indications, head):
    with opened(on_ptys.ready["modem"]) as port:
        port.write(b"ATE0\r")
        until(port, b"OK\r\n")
        port.write(b"AT+CNMI=" + indications.encode() + b"\r")
        until(port, b"OK\r\n")
        on_ptys.do(do="clock", speed=20)
        assert on_ptys.do(do="contact", number=MARC, action="reply")["ok"]
        until(port, head)
        until(port, b"\r\n")


def test_over_a_socket_that_breaks_and_comes_back(serving, scenario):
    modem, gnss = Listener(), Listener()
    with modem.server, gnss.server:
        served = serving(scenario, "--modem-port", modem.url, "--gnss-port", gnss.url)
        assert (served.ready["modem"], served.ready["gnss"]) == (modem.url, gnss.url)
        for _ in range(2):
            with modem.accept() as connection:
                connection.settimeout(1)
                heard = b""
                while not heard.endswith(b"OK\r\n"):
                    connection.sendall(b"AT\r")  # pyserial forgets what came as it opened
                    try:
                        heard += connection.recv(100)
                    except TimeoutError:
                        continue
        code, said = served.end()
    assert code == 0
    gone, back = said.splitlines()[:2]
    assert gone.startswith(f"--modem-port {modem.url}: is gone")
    assert back == f"--modem-port {modem.url}: is back"


def test_programs_may_come_and_go_on_a_pty(on_ptys):
    for _ in range(3):
        with opened(on_ptys.ready["modem"]) as port:
            port.write(b"AT\r")
            until(port, b"OK\r\n")
    # Said by one that has gone before anybody looked.
    start = len(on_ptys.events)
    fd = os.open(on_ptys.ready["modem"], os.O_RDWR | os.O_NOCTTY)
    os.write(fd, b"AT+CSQ\r")
    os.close(fd)
    on_ptys.wait_for("uart", start, dir="tx", text="AT+CSQ\r")


def test_a_modem_that_is_switched_off_comes_back(serving, scenario):
    served = serving(scenario, "--pty", "--set", "device.modem=off")
    with served.control() as control, opened(served.ready["modem"]) as port:
        control.ask({"do": "clock", "speed": 50})
        until(port, b"PB DONE\r\n")
        assert control.ask({"do": "fault", "line": "modem dies for=10s"})["ok"]
        until(port, b"PB DONE\r\n")


def test_loop_is_a_port_too(serving, scenario):
    served = serving(scenario, "--modem-port", "loop://", "--gnss-port", "loop://")
    served.wait_for("uart", dev="gnss", dir="rx")
    served.wait_for("uart", dev="gnss", dir="tx")
    assert served.end() == (0, "")


# -- the receiver ----------------------------------------------------------------------------


def test_sentences_parse_and_have_checksums(on_ptys):
    kinds, fixed = set(), False
    on_ptys.do(do="clock", speed=10)
    with opened(on_ptys.ready["gnss"], 9600) as port:
        port.readline()
        while not fixed:
            line = port.readline().decode("ascii").strip()
            sentence = pynmea2.parse(line, check=True)
            kinds.add(sentence.sentence_type)
            fixed = sentence.sentence_type == "RMC" and sentence.status == "A"
    assert kinds == {"GGA", "GSA", "GSV", "RMC"}
    assert abs(sentence.latitude - 45.76) < 0.01 and abs(sentence.longitude - 4.8356) < 0.01


def test_who_comes_late_hears_the_present(on_ptys):
    """What nobody heard is lost, as on a real line."""
    with on_ptys.control() as control:
        paused_ms = control.ask({"do": "clock", "step": "10min"})["t"]
        with opened(on_ptys.ready["gnss"], 9600) as port:
            control.ask({"do": "clock", "pause": False})
            port.readline()
            line = ""
            while "RMC" not in line:
                line = port.readline().decode("ascii")
    said = pynmea2.parse(line.strip(), check=True).timestamp
    start_s = (20 * 60 + 41) * 60  # the scenario's default is 20:41
    assert (said.hour * 60 + said.minute) * 60 + said.second >= start_s + paused_ms // 1000


# -- the control socket ----------------------------------------------------------------------

REFUSED = (
    ({"do": "press"}, "line 1: do: press: there is no button here"),
    ({"do": "sound", "kind": "bang"}, "line 1: do: sound: there is no board here"),
    ({"do": "power", "battery_pct": 3}, "line 1: do: power: there is no board here"),
    ({"do": "fault", "line": "accel dies"}, "line 1: line: there is no accel here"),
    ({"do": "fault", "line": "modem flies"}, "line 1: line: modem cannot be 'flies'"),
    (
        {"do": "contact", "number": STRANGER, "action": "reply"},
        "line 1: number: is no contact of this scenario",
    ),
    (
        {"do": "contact", "number": JULIE, "action": "reply", "text": "a" * 161},
        "line 1: text: is longer than one message",
    ),
    ({"do": "contact", "number": JULIE, "action": "reply", "text": "\ud800"}, "line 1: text: "),
    ({"do": "press", "at": "10s"}, "line 1: at: unknown key"),
    ({"do": "clock"}, "line 1: command: clock needs"),
    ({"do": "clock", "speed": 0}, "line 1: speed: '0' is not a number from 0.001 to 1000"),
    ({"do": "clock", "step": 5}, "line 1: step: '5' is not a duration"),
    ({"do": "motion", "file": "/etc/shadow.csv"}, "line 1: file: "),
    ({"do": "fly"}, "line 1: do: 'fly' is not one of press,"),
    ({}, "line 1: command: do is missing"),
    ([], "line 1: command: must be a mapping"),
    (None, "line 1: command: is null"),
)


def test_what_cannot_be_done_is_said_in_one_line(shared):
    for command, error in REFUSED:
        answer = shared.do(**command) if isinstance(command, dict) else None
        if answer is None:
            with shared.control() as control:
                answer = control.ask(command)
        assert answer["ok"] is False and answer["error"].startswith(error), answer
        assert "\n" not in answer["error"]


def test_the_conversation_of_the_reference(on_ptys):
    """docs/serve.md says what is answered: so it is, but for the times."""
    text = (ROOT / "docs/serve.md").read_text()
    talk = [line for line in text.splitlines() if line.startswith('{"')]
    asked = [line for line in talk if line.startswith('{"do"')]
    answers = [json.loads(line) for line in talk if line.startswith('{"ok"')]
    assert len(asked) == len(answers) == 7
    with on_ptys.control() as control:
        for line, shown in zip(asked, answers):
            answer = control.ask(json.loads(line))
            assert {**answer, "t": 0} == {**shown, "t": 0}


def test_faults_by_control_socket(on_ptys):
    with on_ptys.control() as control, opened(on_ptys.ready["modem"]) as port:
        assert control.ask({"do": "fault", "line": "modem no_sim"})["ok"]
        on_ptys.wait_for("fault", dev="modem", kind="no_sim", on=1)
        port.write(b"ATE0+CMEE=1\r")
        until(port, b"OK\r\n")
        port.write(b"AT+CPIN?\r")
        assert until(port, b"10\r\n").endswith(b"+CME ERROR: 10\r\n")
        start = len(on_ptys.events)
        assert control.ask({"do": "fault", "line": "gnss garbage rate_pct=100 for=1h"})["ok"]
        on_ptys.wait_for("fault", start, dev="gnss", kind="garbage")


def test_every_fault_is_answered(on_ptys):
    """Those of devices that are here are taken, the rest refused, and it all goes on."""
    with on_ptys.control() as control:
        for row in faults.catalogue():
            line = f"{row['device']} {row['kind']}"
            answer = control.ask({"do": "fault", "line": line})
            assert answer["ok"] is (row["device"] in ("modem", "gnss")), line


JUNK = (
    b"\x00\xff\xfe\n",
    b"{\n",
    b"[" * 30000 + b"\n",
    b'{"do": "press"' + b" " * 70000 + b"}\n",
    b"x" * 200_000 + b"\n",
    b'{"do": "press", "do": "press"}\n',
    b'{"do": "press", "count": 1e999}\n',
    b'{"do": "press", "count": ' + b"9" * 6000 + b"}\n",
    b'{"do": {"do": {"do": 1}}}\n',
    b'"do"\n',
    b"NaN\n",
)


def test_junk_is_answered_and_breaks_nothing(shared):
    with shared.control() as control:
        for number, junk in enumerate(JUNK, 1):
            control.send(junk)
            answer = control.answer()
            assert answer["ok"] is False
            assert answer["error"].startswith(f"line {number}: ") and len(answer["error"]) < 320
        control.send(b"\n  \r\n")  # no command, no answer
        assert control.ask({"do": "sky", "class": "street"})["ok"]
    shared.wait_for("state", dev="world", sky="street")


def test_several_clients_at_once_and_one_that_only_sends(shared):
    with shared.control() as one, shared.control() as two, shared.control() as mute:
        mute.send(b'{"do": "sky", ')
        assert one.ask({"do": "network", "coverage": "none"})["ok"]
        assert two.ask({"do": "network", "coverage": "weak"})["ok"]
        mute.send(b'"class": "indoors"}')  # without an end: the end of all is one
        mute.socket.shutdown(socket.SHUT_WR)
        assert mute.answer()["ok"]
        assert mute.file.read() == b""
    shared.wait_for("state", dev="network", coverage="weak")
    shared.wait_for("state", dev="world", sky="indoors")


def test_too_many_clients_are_sent_away(shared):
    clients = [shared.control() for _ in range(17)]
    try:
        assert clients[-1].answer() == {"ok": False, "error": "16 clients at most"}
        assert clients[0].ask({"do": "sky", "class": "open"})["ok"]
    finally:
        for client in clients:
            client.__exit__()


def test_a_page_in_a_browser_can_command_nothing(shared):
    with shared.control() as control:
        body = b'{"do": "contact", "number": "+33639980001", "action": "off"}\n'
        control.send(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + body)
        try:
            assert control.file.read() == b""
        except ConnectionResetError:
            pass
    assert shared.do(do="sky", **{"class": "open"})["ok"]
    assert not [event for event in shared.events if event["dev"] == "phone-1"]


def test_the_clock_stands_still_steps_and_goes_on(on_ptys):
    with on_ptys.control() as control:
        at_ms = control.ask({"do": "clock", "pause": True})["t"]
        assert control.ask({"do": "clock", "step": "90s"})["t"] == at_ms + 90_000
        assert control.ask({"do": "sky", "class": "none"})["t"] == at_ms + 90_000
        start = len(on_ptys.events)
        control.ask({"do": "clock", "pause": False, "speed": 0.5})
        on_ptys.wait_for("uart", start, dev="gnss")


# -- steps and expectations ------------------------------------------------------------------

STORY = """name: story
duration: 2s
world:
  network:
    contacts: {"+33639980001": ok}
steps:
  - {at: 1s, do: press}
  - {at: 1500ms, do: contact, number: "+33639980001", action: off}
expect:
  - {ev: state, where: {dev: phone-1, on: %s}}
"""


@pytest.mark.parametrize("on,code", (("0", 0), ("1", 1)))
def test_until_the_end_of_a_story(serving, tmp_path, on, code):
    path = tmp_path / "story.yaml"
    path.write_text(STORY % on)
    served = serving(path, "--pty", "--until-end")
    served.wait_for("state", dev="phone-1", on=0)
    assert served.wait_for("expect")["held"] == 1 - code
    assert served.process.wait(GENEROUS_S) == code
    left = f"{path}: steps: left to you, for no board is here: press at 1000 ms\n"
    assert served.end() == (code, left)
    assert max(event["t"] for event in served.events) == 2000


# -- the end, and wrong usage ----------------------------------------------------------------


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT))
def test_signals_end_it_cleanly(on_ptys, number):
    name = on_ptys.ready["gnss"]
    with on_ptys.control() as control, opened(name):
        control.ask({"do": "clock", "pause": True})
        assert on_ptys.end(number) == (0, "")
    for event in on_ptys.events:
        assert {"seq", "t", "dev", "ev"} <= set(event)
    assert [event["seq"] for event in on_ptys.events] == list(range(len(on_ptys.events)))


def test_nobody_need_read_the_events(scenario):
    """A pipe that is full holds up nothing; one that is closed ends it."""
    command = [sys.executable, "-m", "simulator", "serve", str(scenario), "--pty"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        ready = json.loads(process.stdout.readline())
        served = Serving.__new__(Serving)
        served.ready = ready
        # Some 400 KiB of events, where a pipe has room for 64.
        assert served.do(do="clock", step="5min")["ok"]
        with opened(ready["modem"]) as port:
            port.write(b"AT\r")
            served.do(do="clock", pause=False)
            until(port, b"OK\r\n")
        process.stdout.close()
        assert process.wait(GENEROUS_S) == 3
        assert process.stderr.read() == b""


class FakePort(Port):
    """A port with control lines that writes down what is done to it."""

    has_lines = True

    def __init__(self, world, name):
        super().__init__(world, name)
        self.done = []

    def write(self, data):
        self.done.append(data)

    def speed(self, baud):
        self.done.append(baud)

    def line(self, name, on):
        self.done.append((name, on))


@pytest.fixture
def by_hand(scenario):
    """make(steps, button) -> (NoBoard, its ports), in a world that only a step moves."""
    worlds = []

    def make(steps="[]", button=None):
        text = QUICK + f"steps: {steps}\n"
        read = parse(text, "x.yaml", scenario.parent)
        worlds.append(RealWorld(read.seed, read.world.start_utc_s))
        ports = {wire: FakePort(worlds[-1], wire) for wire in BAUDS}
        return NoBoard(read, worlds[-1], ports, BUTTON_LINES.get(button)), ports

    yield make
    for world in worlds:
        world.close()


def pass_ms(scene, ms):
    scene.world.step(ms)
    while scene.world.now_ms < scene.world.due_ms():
        scene.world.catch_up()


@pytest.mark.parametrize("name,pressed", (("gnss.dtr", True), ("gnss.dtr-inverted", False)))
def test_the_button_is_a_line_of_an_adapter(by_hand, name, pressed):
    events = []
    scene, ports = by_hand("[{at: 1s, do: press, count: 3}]", name)
    scene.world.listeners.append(events.append)
    assert ports["gnss"].done == [("dtr", not pressed)] and not scene.left_out
    pass_ms(scene, 10_000)
    levels = [done[1] for done in ports["gnss"].done if done[0] == "dtr"]
    assert levels[0] is not pressed and levels[-1] is not pressed
    assert levels.count(pressed) >= 3  # and the bounces
    assert [event["kind"] for event in events if event["ev"] == "gesture"] == ["danger"]


def test_the_port_follows_the_receivers_speed(by_hand):
    scene, ports = by_hand()
    pass_ms(scene, 3000)
    ports["gnss"].done.clear()
    ports["gnss"].heard(b"$PCAS01,5*19\r\n")
    pass_ms(scene, 3000)
    assert ports["gnss"].done[0] == 115200
    sentences = b"".join(ports["gnss"].done[1:])
    assert all(pynmea2.parse(line, check=True) for line in sentences.decode().splitlines())


WORDS = ("", "0", "1", "-1", "9" * 40, "²", "1,1,1,1,1", '"SM"', '"+33639980001"', '"x', "abc")
NAMES = (*at_general.SETTINGS, *at_general.TABLE, *at_sms.TABLE, "D", "H", "Z", "&F", "S0", "E")


def modem_line(rng):
    """What a board might say, and what it might not."""
    kind = rng.below(5)
    if kind == 0:
        return rng.bytes(1 + rng.below(60))
    if kind == 1:
        return b"AT+CMGS=%d\r" % rng.below(200)
    if kind == 2:
        return b"00" + rng.bytes(rng.below(60)).hex().encode() + b"\x1a"
    words = ",".join(rng.choice(WORDS) for _ in range(rng.below(4)))
    line = f"AT{rng.choice(NAMES)}{rng.choice(('', '?', '=?', '='))}{words}\r"
    return line.encode("latin-1")


def receiver_line(rng):
    words = ",".join(rng.choice(WORDS).replace('"', "") for _ in range(rng.below(8)))
    body = f"PCAS0{rng.below(5)},{words}"
    return f"${body}*{pynmea2.NMEASentence.checksum(body):02X}\r\n".encode("latin-1")


def control_line(rng):
    """A command as it may be, or nearly so."""
    do = rng.choice((*commands.LIVE, "fly"))
    words = (
        "good",
        "none",
        JULIE,
        "reply",
        "open",
        "45.7,4.8",
        "85,180",
        "walk",
        "1s",
        60,
        0.5,
        True,
    )
    keys = [key for key in commands.LIVE.get(do, ()) if rng.below(3)]
    row = {key: rng.choice(words) for key in keys}
    if do == "fault":
        fault = rng.choice(faults.catalogue())
        row["line"] = f"{fault['device']} {fault['kind']} for={1 + rng.below(60)}s"
    if do == "pattern":
        row["ms"] = [100, rng.choice(words)]
    return json.dumps({"do": do, **row})


def test_nothing_that_is_said_to_it_breaks_it(by_hand, tmp_path):
    for run in range(depth(1000)):
        scene, ports = by_hand(button="modem.dtr" if run % 2 else None)
        rng = Rng(run + 1)
        control = Control(scene.world, scene, tmp_path)
        try:
            for number in range(30):
                ports["modem"].heard(modem_line(rng))
                ports["gnss"].heard(receiver_line(rng))
                answer = control.obey(control_line(rng), f"line {number}")
                assert answer["ok"] or answer["error"].startswith(f"line {number}: ")
                scene.world.pace(1000)
                pass_ms(scene, rng.choice((5, 200, 4000)))
            assert control.obey('{"do": "sky", "class": "open"}', "line 30")["ok"]
        finally:
            control.close()


def test_wrong_usage_is_one_line(scenario, tmp_path, capfd):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = taken.getsockname()[1]
        rows = (
            ((scenario,), "--modem-port: is missing; name a port, or say --pty"),
            (
                (scenario, "--modem-port", "/dev/nothing", "--pty"),
                "--modem-port /dev/nothing: No such file or directory",
            ),
            ((scenario, "--gnss-port", tmp_path, "--pty"), f"--gnss-port {tmp_path}: "),
            ((scenario, "--gnss-port", scenario, "--pty"), f"--gnss-port {scenario}: "),
            ((scenario, "--modem-port", "ftp://x", "--pty"), "--modem-port ftp://x: invalid URL"),
            ((scenario, "--modem-port", "socket://x", "--pty"), "--modem-port socket://x: "),
            (
                (scenario, "--modem-port", "socket://127.0.0.1:1", "--pty"),
                "--modem-port socket://127.0.0.1:1: ",
            ),
            (
                (scenario, "--pty", "--button", "modem.dtr"),
                "--button modem.dtr: that port has no control lines",
            ),
            ((scenario, "--pty", "--button", "modem.ri"), "simulator serve: argument --button"),
            (
                (scenario, "--pty", "--control-port", busy),
                f"--control-port {busy}: Address already in use",
            ),
            ((scenario, "--pty", "--set", "world.sky=blue"), "--set world.sky=blue: sky: "),
            ((tmp_path / "no.yaml", "--pty"), f"{tmp_path}/no.yaml:1: scenario: No such file"),
        )
        for arguments, said in rows:
            try:
                code = main(["serve", *map(str, arguments)])
            except SystemExit as left:
                code = left.code
            stdout, stderr = capfd.readouterr()
            assert (code, stdout) == (2, "") and stderr.startswith(said), (arguments, stderr)
            assert stderr.count("\n") == 1, stderr


def test_a_port_in_use_is_refused(shared, scenario, capfd):
    """Another program's, or the same one twice."""
    name = shared.ready["modem"]
    assert main(["serve", str(scenario), "--modem-port", name, "--gnss-port", name]) == 2
    wanted = f"--gnss-port {name}: is in use by another program\n"
    assert capfd.readouterr() == ("", wanted)
