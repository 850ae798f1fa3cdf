"""A device as docs/console.md describes it, behind a socket or a pseudo-terminal: for the kit.

Written from that page alone. Its recordings are the reference writer's, so that they are judged.
What is on its flash outlives a restart and a cut; tests set what people and the network do.
"""

import base64
import hmac
import json
import os
import pty
import socket
import threading
import tty
from contextlib import suppress
from hashlib import sha256

from ev1_writer import Device, Recording, tell

SECTOR = 4096
BLANK = b"\xff" * SECTOR
EV, JOURNAL = 96, 4
READY = {"battery": "ok", "modem": "ok", "registered": "ok", "gnss": "ok", "accelerometer": "ok"}
READY.update(microphone="ok", motor="ok", storage="ok", contacts="ok", recording="ok")
BENCH_ONLY = ("service", "press")


class Cut(Exception):
    """The cable is pulled, or the power."""


class FakeDevice:
    """cut_at: at which request (from 0) it is cut off, before or after it was obeyed.

    answers: what each contact answers to a TEST, in turn; gestures_felt: what it understands
    instead of what was pressed, in turn.
    """

    def __init__(self, label="device", board="t_a7670x_s3", sectors=EV):
        self.label, self.board = label, board
        self.files = {}
        self.config = None
        self.mode = "bench"
        self.service = None  # (key, devid)
        self.born = None
        self.births = 0
        self.q = 0
        self.psk_0 = None
        self.public = None
        self.previous = bytes(32)
        self.ev = bytearray(BLANK * sectors)
        self.journal = bytearray(BLANK * JOURNAL)
        self.findings, self.accepted = dict(READY), True
        self.answers = [["yes"]] * 5
        self.radio, self.shaken = 1, 1
        self.window = False  # the service gesture was made
        self.unlocked = False
        self.challenge = None
        self.wrong = 0
        self.rehearsing = False
        self.tested = []  # (contact, code)
        self.requests = []
        self.cut_at, self.cut_before, self.cuts = None, True, 0
        self.lie = None  # takes (do, reply) and may change it
        self.noise = False
        self.refused_config = None
        self.wipe_stops = False
        self.pending = {}
        self.up_ms = 50
        self.out = lambda line: None

    # -- what happens to it --------------------------------------------------------------------

    def service_gesture(self):
        self.window, self.wrong = self.mode == "field", 0

    def gesture(self, kind):
        if self.rehearsing:
            self.say(ev="gesture", kind=kind)

    def record(self, label="evening"):
        """Something happened outside: one more recording."""
        one = Recording(self.born, self, self.q, self.previous, label)
        tell(one)
        used = self.used()
        self.ev[used : used + len(one.data())] = one.data()
        self.previous, self.q = one.name(), self.q + 1
        return one

    def used(self):
        data = bytes(self.ev)
        sectors = [data[at : at + SECTOR] for at in range(0, len(data), SECTOR)]
        return SECTOR * sum(sector != BLANK for sector in sectors)

    def restart(self):
        self.window = self.unlocked = self.rehearsing = False
        self.pending, self.up_ms = {}, 50
        dropped = self.files.pop("config.json", None)
        if dropped is not None:
            self.config = json.loads(dropped)
            self.mode = self.config.get("mode", "field")
        if "desk.json" in self.files and self.config is not None:
            self._give_birth(json.loads(self.files.pop("desk.json")))
        if self.mode == "bench":
            self.say(ev="ready", version="0.1.0", board=self.board, mode="bench")

    def _give_birth(self, desk):
        self.births += 1
        again = "" if self.births == 1 else " again"
        self.born = Device(self.label + again)
        self.psk_0 = self.born.psk_0 = bytes.fromhex(desk["psk_0"])
        self.public = bytes.fromhex(desk["agreement_key"])
        self.q = 0
        answer = {
            "format": 1,
            "devid": self.born.devid.hex(),
            "identifier": self.born.identifier.hex(),
            "seal_keys": self.born.seal_keys(),
            "radio_entropy": self.radio,
            "shaken": self.shaken,
        }
        self.files["handover.json"] = json.dumps(answer)

    # -- the console ---------------------------------------------------------------------------

    def say(self, **fields):
        if self.mode == "bench" or self.unlocked:
            self.out({"v": 1, **fields})

    def line(self, raw):
        """One line from the desk."""
        if not raw.strip():
            return
        number = len(self.requests)
        try:
            request = json.loads(raw)
        except ValueError:
            self._answer({}, error="json")
            return
        self.requests.append(request)
        cut = self.cut_at is not None and number == self.cut_at
        if cut and self.cut_before:
            raise Cut
        if cut:
            self.out = lambda line: None
        self.up_ms += 40
        if len(raw) > 1024:
            self._answer(request, error="long")
        else:
            self._obey(request)
        if cut:
            raise Cut

    def _obey(self, request):
        do = request.get("do")
        if self.mode == "field" and not self.unlocked:
            if self.window and do in ("hello", "unlock"):
                getattr(self, "_" + do)(request)
            return
        if self.mode == "field" and do in BENCH_ONLY:
            self._answer(request, error="locked")
            return
        handler = getattr(self, "_" + str(do), None)
        if handler is None or not isinstance(do, str) or do.startswith("_"):
            self._answer(request, error="unknown")
            return
        handler(request)

    def _answer(self, request, error=None, **fields):
        reply = {"v": 1, **({"id": request["id"]} if "id" in request else {})}
        reply.update({"ok": error is None, **({"error": error} if error else {}), **fields})
        if self.lie is not None:
            reply = self.lie(request.get("do"), reply)
        self.out(reply)

    def _part(self, request, **fields):
        part = {"v": 1, "id": request["id"], **fields}
        if self.lie is not None:
            part = self.lie("part", part)
        self.out(part)

    def _hello(self, request):
        if self.service is None:
            self._answer(request, error="absent")
            return
        self.challenge = os.urandom(16)
        self._answer(request, challenge=self.challenge.hex(), devid=self.service[1])

    def _unlock(self, request):
        challenge, self.challenge = self.challenge, None
        if challenge is not None:
            key = bytes.fromhex(self.service[0])
            good = hmac.new(key, b"galet console 1\0" + challenge, sha256).hexdigest()
            if request.get("mac") == good:
                self.unlocked = self.mode == "field"
                self._answer(request)
                return
        self.wrong += 1
        self._answer(request, error="denied")
        self.window = self.window and self.wrong < 3

    def _lock(self, request):
        self._answer(request)
        self.window = self.unlocked = False

    def _info(self, request):
        devid = self.born.devid.hex() if self.born else None
        self._answer(
            request,
            version="0.1.0",
            firmware="ab" * 32,
            slot="a",
            board=self.board,
            mode=self.mode,
            devid=devid,
            uptime_ms=self.up_ms,
            boots=0,
            reset_cause=1,
            configured=self.config is not None,
            alert=False,
            next_q=self.q if self.born else None,
        )

    def _selftest(self, request):
        self._answer(
            request,
            findings=self.findings,
            battery_mv=3980,
            room_min=600,
            modem_id="A7670E-FASE B07",
            modem_accepted=self.accepted,
        )

    def _put(self, request):
        name, at = request["name"], request["at"]
        data = base64.b64decode(request["data"])
        if name not in ("config.json", "desk.json") or len(data) > 512:
            self._answer(request, error="value")
            return
        if at == 0:
            self.pending[name] = b""
        if at != len(self.pending.get(name, b"")):
            self._answer(request, error="value")
            return
        self.pending[name] += data
        done = len(self.pending[name]) == request["of"]
        if done:
            whole = self.pending.pop(name)
            if name == "config.json" and self.refused_config:
                self._answer(request, error="value", why=self.refused_config)
                return
            self.files[name] = whole.decode("ascii")
        self._answer(request, done=done)

    def _get(self, request):
        if request["name"] != "handover.json":
            self._answer(request, error="denied")
        elif "handover.json" not in self.files:
            self._answer(request, error="absent")
        else:
            whole = self.files["handover.json"].encode()
            piece = whole[request["at"] : request["at"] + 512]
            self._answer(request, data=base64.b64encode(piece).decode(), of=len(whole))

    def _remove(self, request):
        gone = self.files.pop("handover.json", None)
        self._answer(request, error=None if gone else "absent")

    def _service(self, request):
        self.service = (request["key"], request["devid"])
        self._answer(request)

    def _mode(self, request):
        if request["mode"] == "field" and self.service is None:
            self._answer(request, error="absent")
            return
        self.mode_next = request["mode"]
        self._answer(request)

    def _area(self, request):
        areas = {"ev": self.ev, "journal": self.journal}
        if request.get("name") == "keys":
            self._answer(request, error="denied")
            return None
        if request.get("name") not in areas:
            self._answer(request, error="value")
            return None
        return areas[request["name"]]

    def _hash(self, request):
        area = self._area(request)
        if area is not None:
            for part in range(3):
                self._part(request, part=part, of=3)
            sectors = len(area) // SECTOR
            self._answer(request, sha256=sha256(area).hexdigest(), sectors=sectors)

    def _read(self, request):
        area = self._area(request)
        if area is None:
            return
        begin, count = request["sector"], request["count"]
        if not 1 <= count <= 64 or (begin + count) * SECTOR > len(area):
            self._answer(request, error="value")
            return
        part = 0
        for sector in range(begin, begin + count):
            data = bytes(area[sector * SECTOR : (sector + 1) * SECTOR])
            if data == BLANK:
                self._part(request, part=part, blank=SECTOR)
                part += 1
                continue
            for at in range(0, SECTOR, 512):
                piece = base64.b64encode(data[at : at + 512]).decode()
                self._part(request, part=part, data=piece)
                part += 1
        whole = bytes(area[begin * SECTOR : (begin + count) * SECTOR])
        self._answer(request, sha256=sha256(whole).hexdigest())

    def _record(self, request):
        q = self.q
        self.record("at the desk")
        self._answer(request, q=q)

    def _rehearse(self, request):
        self.rehearsing = request["on"]
        self._answer(request)

    def _test(self, request):
        contact, code = request["contact"], request["code"]
        assert len(code) == 4 and code.isdigit()
        self.tested.append((contact, code))
        self._answer(request)
        times = sum(one == contact for one, _ in self.tested) - 1
        will = self.answers[contact]
        word = will[min(times, len(will) - 1)]
        if word == "refused":
            self.say(ev="test", contact=contact, state="failed")
            return
        self.say(ev="test", contact=contact, state="accepted")
        for each in (word or "").split():
            self.say(ev="contact", contact=contact, answer=each)

    def _wipe(self, request):
        devid = self.born.devid.hex() if self.born else None
        if request.get("devid") != devid:
            self._answer(request, error="value")
            return
        self.born, self.q = None, 0
        self._part(request, part=0, of=2)
        self.ev[: 4 * SECTOR] = BLANK * 4
        if self.wipe_stops:
            self.wipe_stops = False
            raise Cut
        self.ev[:] = b"\xff" * len(self.ev)
        self.journal[:] = b"\xff" * len(self.journal)
        self._part(request, part=1, of=2)
        self.files, self.service, self.config = {}, None, None
        self.mode_next = "bench"
        self._answer(request)

    mode_next = None

    def _restart(self, request):
        self._answer(request)
        if self.mode_next is not None:
            self.mode, self.mode_next = self.mode_next, None
        self.restart()


class Port:
    """A FakeDevice behind a port; url is for pyserial. A cut closes it once, then it is back."""

    def __init__(self, device, kind="socket"):
        self.device, self.kind = device, kind
        self._stop = False
        self._lock = threading.Lock()
        if kind == "socket":
            self._server = socket.create_server(("127.0.0.1", 0))
            self.url = "socket://127.0.0.1:%d" % self._server.getsockname()[1]
        else:
            self._near, self._far = pty.openpty()
            tty.setraw(self._far)
            self.url = os.ttyname(self._far)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        self._stop = True
        if self.kind == "socket":
            with suppress(OSError):
                socket.create_connection(self._server.getsockname(), 1).close()
            self._server.close()
        else:
            os.write(self._far, b"\n")
        self._thread.join(5)
        if self.kind != "socket":
            os.close(self._near)
            os.close(self._far)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _serve(self):
        if self.kind != "socket":
            self._speak(lambda: os.read(self._near, 4096), lambda data: os.write(self._near, data))
            return
        while not self._stop:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return  # closed
            with peer, suppress(OSError):
                self._speak(lambda peer=peer: peer.recv(4096), peer.sendall)

    def _speak(self, read, write):
        device, buffer = self.device, b""

        def out(line):
            data = json.dumps(line).encode() + b"\r\n"
            if device.noise:
                data = b"\xff\x00rst:0x1 (POWERON_RESET)\r\n{]\r\n[1]\r\n{}\r\n" + data
            with self._lock, suppress(OSError):
                write(data)

        device.out = out
        while not self._stop:
            data = read()
            if not data:
                return
            buffer += data
            while b"\n" in buffer:
                line, _, buffer = buffer.partition(b"\n")
                try:
                    device.line(line)
                except Cut:
                    device.cuts, device.cut_at = device.cuts + 1, None
                    device.out = lambda line: None
                    device.restart()  # its power was gone as well
                    return
