"""A `python -m simulator serve` (or another server) as a test sees it: events, control, end."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading

GENEROUS_S = 300


class Serving:
    """Started with these arguments; `ready` is its first line. End it with `end()`."""

    def __init__(self, *arguments, command="serve"):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "simulator", command, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.events, self._changed, self._over = [], threading.Condition(), False
        line = self.process.stdout.readline()
        assert line, self.process.communicate(timeout=GENEROUS_S)[1]
        self.ready = json.loads(line)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self.events.append(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def wait_for(self, ev, start=0, **fields):
        """The first event from number start on with these fields; a function judges one."""

        def fits(event, key, wanted):
            found = event.get(key)
            return wanted(found) if callable(wanted) else found == wanted

        def found():
            for event in self.events[start:]:
                if event["ev"] == ev and all(fits(event, *field) for field in fields.items()):
                    return event
            return None

        with self._changed:
            self._changed.wait_for(lambda: found() or self._over, GENEROUS_S)
            event = found()
        assert event, f"no {ev} {fields}"
        return event

    def control(self):
        return Controlling(self.ready["control"])

    def do(self, **command):
        """One command over a connection of its own; the answer."""
        with self.control() as control:
            return control.ask(command)

    def end(self, number=signal.SIGTERM):
        """The exit code and what it said on stderr."""
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        try:
            code = self.process.wait(GENEROUS_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self._reader.join(GENEROUS_S)
        said = self.process.stderr.read()
        for pipe in (self.process.stdout, self.process.stderr):
            pipe.close()
        return code, said


class Controlling:
    """One client of the control socket."""

    def __init__(self, url):
        host, _, port = url.removeprefix("socket://").partition(":")
        self.socket = socket.create_connection((host, int(port)), GENEROUS_S)
        self.file = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        return json.loads(self.file.readline())

    def ask(self, command):
        self.send(json.dumps(command).encode() + b"\n")
        return self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()
