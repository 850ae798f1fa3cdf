"""What the tests of flashing share: a small firmware, a port that dies, and a look into the flash.

The small firmware is one that starts in no time and answers `info` as the product does; every part
of it says of which version it is, so that a mix tells itself.
"""

import contextlib
import io
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import threading
from hashlib import sha256

import pytest
import serial

import kit.__main__
from kit.link import Link
from simulator import chip_image, filesystem
from simulator.flash import Flash, read_table
from tests.virtual_board import ROOT, VirtualBoard
from tools.require_vm import vm_binary

RUNS_HERE = pytest.mark.skipif(
    sys.platform != "linux" or not vm_binary(), reason="NOT RUN: virtual boards (Linux, the VM)"
)
BOARD = "generic_esp32"
PARTS = 9
GENEROUS_S = 300

APP = """
import json
import sys
from hashlib import sha256

import machine

MARK = {mark!r}


def main():
    marks = {{MARK}}
    for number in range({parts}):
        marks.add(__import__("firmware.part_%d" % number, None, None, ("MARK",)).MARK)
    marks.add(__import__("beside").MARK)
    slot = [path for path in sys.path if path in ("/a", "/b")][0]
    with open(slot + "/manifest.json", "rb") as file:
        digest = sha256(file.read()).digest().hex()
    while True:
        try:
            request = json.loads(sys.stdin.readline())
            do = request["do"]
        except (ValueError, KeyError, TypeError):
            continue
        answer = {{"v": 1, "id": request.get("id"), "ok": True}}
        if do == "info":
            answer.update(version="+".join(sorted(marks)), firmware=digest, slot=slot[1:])
            answer.update(board="x", mode="bench", devid=None, uptime_ms=1)
        print(json.dumps(answer))
        if do == "restart":
            machine.reset()
"""


def small(folder, mark, app=APP):
    """A source tree of this version, some of its files more than a sector long."""
    (folder / "firmware/boards").mkdir(parents=True)
    (folder / "lib").mkdir()
    for name in ("boot.py", "main.py"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copy(ROOT / f"firmware/boards/{BOARD}.py", folder / "firmware/boards")
    for name in ("firmware/__init__.py", "firmware/boards/__init__.py"):
        (folder / name).write_text("")
    imports = "".join(f"\n    import firmware.part_{n}" for n in range(PARTS))
    used = f"\n\ndef parts():\n    import beside{imports}\n"
    (folder / "firmware/app.py").write_text(app.format(mark=mark, parts=PARTS) + used)
    for number in range(PARTS):
        text = f"MARK = {mark!r}\nFILL = {str(number) * (700 * number)!r}\n"
        (folder / f"firmware/part_{number}.py").write_text(text)
    (folder / "lib/beside.py").write_text(f"MARK = {mark!r}\n")
    (folder / "package.json").write_text(json.dumps({"version": mark}))
    return folder


def board(path, *arguments, name=BOARD):
    """A virtual board on this flash."""
    return VirtualBoard("--board", name, "--quick-flash", "--flash", path, *arguments)


def command(port, source, *arguments):
    words = ("--port", port, "--source", source, "--json", *arguments)
    return [sys.executable, "-m", "kit", "flash", *map(str, words)]


def flash(port, source, *arguments, code=0):
    """Flash, in this process; what its JSON says, or its complaint where it has none."""
    said, complained = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        ended = kit.__main__.main(command(port, source, *arguments)[3:])
    assert ended == code, (said.getvalue(), complained.getvalue())
    return json.loads(said.getvalue()) if said.getvalue() else complained.getvalue()


def info(port):
    """What the firmware says that runs there, once it is up."""
    with Link(port) as link:
        link.drain(0.2)
        reply = link.ask("info", within_s=1, tries=GENEROUS_S)
    return reply


class Flow:
    """A TCP port in front of a board's, through which a flashing program goes until it is killed.

    `sent` counts the bytes that have gone to the board. when(bytes so far, what is next) says at
    which byte of it the program is killed; None: not yet.
    """

    def __init__(self, port, when):
        self.sent, self.killed = 0, False
        self._when, self._victim = when, None
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"socket://127.0.0.1:{self._door.getsockname()[1]}"
        self._port = serial.Serial(None, timeout=0)
        self._port.dtr = self._port.rts = False
        self._port.port = port
        self._thread = threading.Thread(target=self._run, daemon=True)

    def run(self, words):
        """Run this command until it ends or is killed; its exit code."""
        self._victim = subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
        )
        self._thread.start()
        code = self._victim.wait(GENEROUS_S)
        self._door.close()
        self._thread.join(GENEROUS_S)
        return code

    def _run(self):
        self._door.settimeout(0.2)
        while self._victim.poll() is None:
            try:
                client, _ = self._door.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self._port.open()
            with client:
                self._carry(client)
            self._port.close()

    def _carry(self, client):
        while self._victim.poll() is None:
            ready = select.select([client, self._port.fileno()], [], [], 0.2)[0]
            try:
                if self._port.fileno() in ready:
                    client.sendall(os.read(self._port.fileno(), 4096))
                data = client.recv(4096) if client in ready else None
            except OSError:
                return
            if data == b"":
                return
            if data and not self._pass(data):
                return

    def _pass(self, data):
        """To the board, up to where the program is killed."""
        until = self._when(self.sent, data)
        self._port.write(data if until is None else data[:until])
        self.sent += len(data) if until is None else until
        if until is None:
            return True
        self._victim.kill()
        self.killed = True
        return False


def at_byte(number):
    def when(sent, data):
        return number - sent if sent + len(data) > number else None

    return when


def at_file(path, skip=0):
    """While this file of the board is written: some bytes after it was opened for it."""
    seen = {"tail": b"", "left": None}

    def when(_sent, data):
        if seen["left"] is None:
            text = seen["tail"] + data
            found = text.find(b"take('" + path.encode() + b"')")
            seen["tail"] = text[-200:]
            if found < 0:
                return None
            seen["left"] = skip
            return None if skip else 0
        if seen["left"] < len(data):
            return seen["left"]
        seen["left"] -= len(data)
        return None

    return when


# -- the flash, looked into ------------------------------------------------------------------


class Files:
    """The file system of a board's flash, off the board."""

    def __init__(self, path, name=BOARD):
        self.path = path
        self.flash = Flash(read_table(ROOT / f"firmware/boards/{name}.csv"))
        chip_image.load(self.flash, path.read_bytes())
        self.disk = filesystem.FileSystem(filesystem.ImageDevice(self.flash, "vfs"))

    def read(self, path):
        try:
            with self.disk.open(path, "rb") as file:
                return file.read()
        except OSError:
            return None

    def write(self, path, data):
        with self.disk.open(path, "wb") as file:
            file.write(data)

    def save(self):
        self.path.write_bytes(chip_image.dump(self.flash))

    def below(self, folder):
        """{path below it: bytes}"""
        found = {}
        for entry in self.disk.ilistdir(folder or "/"):
            path = f"{folder}/{entry[0]}"
            if entry[1] & 0x4000:
                inner = self.below(path)
                found.update({f"{entry[0]}/{name}": data for name, data in inner.items()})
            else:
                found[entry[0]] = self.read(path)
        return found

    def slot(self, name):
        """(SHA-256 of the manifest, whether all that it names is there and nothing else)."""
        found = self.below(f"/{name}")
        manifest = found.pop("manifest.json")
        named = json.loads(manifest)["files"]
        whole = named == {path: sha256(data).hexdigest() for path, data in found.items()}
        return sha256(manifest).hexdigest(), whole


def assert_whole(path, port, digests, name=BOARD):
    """What the board runs is one of these versions, and all of it; returns its digest."""
    said = info(port)
    assert said["firmware"] in digests, said
    assert Files(path, name).slot(said["slot"]) == (said["firmware"], True)
    return said


def assert_no_mix(path, name=BOARD):
    """What boot.py takes for a slot is a whole version."""
    files = Files(path, name)
    for slot in ("a", "b"):
        if files.read(f"/{slot}/manifest.json") is not None:
            assert files.slot(slot)[1], slot
