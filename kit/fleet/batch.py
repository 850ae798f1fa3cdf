"""Making devices ready, several at a time: each serial exactly once, wherever it is stopped.

Separate because it is the one place where the registry and the world can disagree. A serial is
claimed, then the device gets its keys, then it is recorded. Whoever is stopped in between asks
the device: its keys were born on it, so it says for itself what it has become.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from kit.command import Unusable
from kit.fleet.access import Desk
from kit.fleet.claims import Claims, Known
from kit.fleet.provisioner import Absent, Begun, Made, Provisioner, Refused

_OTHER = "made ready for a serial that has other keys, or none: wipe it, then provision it again"


class Failure(NamedTuple):
    """serial: None where the device was not to get one yet."""

    port: str
    serial: str | None
    error: str


class Watch:
    """Told what happens, from the ports' threads, one call at a time. This one says nothing.

    shake: at any time. idle: called between two looks at a port on which there is nothing to do.
    """

    def shake(self, port: str) -> None:
        """The device should be shaken now, until it is done: its keys are born."""

    def done(self, port: str, made: Made, fresh: bool) -> None:
        """In the registry (fresh: since now): the device may be taken off."""

    def failed(self, failure: Failure) -> None:
        """The device may be taken off."""

    def waiting(self, port: str, why: str) -> None:
        """No device there; said once, until there was one."""

    def idle(self) -> None:
        time.sleep(0.5)


class Outcome(NamedTuple):
    """provisioned: serials recorded by this run. left: rows of the registry still to be done."""

    provisioned: list[str]
    failed: list[Failure]
    left: int


def default_provisioner(desk_files: Path, name: str, watch: Watch) -> Provisioner:
    """The one that works on serial ports, with the desk's files in that folder.

    name: of the association, for a new registry.json.
    """
    try:
        from kit.link import Link
        from kit.provisioning import SerialProvisioner
        from kit.talk import Talk
    except ModuleNotFoundError as error:
        raise Unusable(f"provisioning over a serial port: {error.name} is missing") from None

    class Shaking(Talk):
        def shake(self, link: Link) -> None:
            watch.shake(link.url)

    made: Provisioner = SerialProvisioner(desk_files, name, Shaking())
    return made


def run(
    desk: Desk, provisioner: Provisioner, ports: list[str], watch: Watch, wait_s: float
) -> Outcome:
    """Until every row is recorded, or no port goes on.

    wait_s: how long a port waits for the next device; 0: one device for each port.
    """
    with desk.database.batch():
        batch = _Batch(Claims(desk), provisioner, watch, wait_s)
        batch.go(ports)
        return Outcome(sorted(batch.provisioned), batch.failed, Claims(desk).left())


class _Batch:
    """What the ports' threads share. Devices are worked on at once, all else under one lock."""

    def __init__(
        self, claims: Claims, provisioner: Provisioner, watch: Watch, wait_s: float
    ) -> None:
        self.provisioned: list[str] = []
        self.failed: list[Failure] = []
        self.lock = threading.Lock()
        self.claims = claims
        self.provisioner = provisioner
        self.watch = watch
        self.wait_s = wait_s
        self.stop = threading.Event()

    def go(self, ports: list[str]) -> None:
        with ThreadPoolExecutor(len(ports)) as pool:
            workers = [_Port(self, port) for port in ports]
            # Before a row that a dead run had goes to another device, its own one may speak.
            list(pool.map(_Port.introduce, workers))
            works = [pool.submit(self._work, worker) for worker in workers]
            try:
                for work in works:
                    work.result()
            finally:
                self.stop.set()

    def _work(self, worker: _Port) -> None:
        try:
            worker.work()
        except BaseException:
            self.stop.set()  # the others finish the device that they have
            raise

    def record(self, port: str, made: Made) -> Known:
        with self.lock:
            known = self.claims.record(made)
            if known is Known.FRESH:
                self.provisioned.append(made.serial)
                self.watch.done(port, made, True)
        return known

    def fail(self, failure: Failure) -> None:
        with self.lock:
            self.failed.append(failure)
            self.watch.failed(failure)


class _Port:
    """One port, and the devices that come to it one after the other."""

    def __init__(self, batch: _Batch, port: str) -> None:
        self._batch = batch
        self._port = port
        self._done: str | None = None  # devid of the device that may be taken off
        self._failed = False  # the device on it is not to be tried again
        self._told = False  # that nothing is there
        self._since = time.monotonic()

    def introduce(self) -> None:
        try:
            made = self._batch.provisioner.look(self._port)
            if isinstance(made, Begun):
                with self._batch.lock:
                    self._batch.claims.expect(self._port, made.serial)
            elif made is not None and self._batch.record(self._port, made) is Known.FRESH:
                self._done = made.devid
        except (Absent, Refused):
            pass  # said when its turn comes

    def work(self) -> None:
        if self._done and not self._batch.wait_s:
            return
        while not self._batch.stop.is_set():
            worked = self._once()
            if worked is None:
                return
            if worked:
                self._since = time.monotonic()
                if not self._batch.wait_s:
                    return
            elif time.monotonic() - self._since >= self._batch.wait_s:
                return
            else:
                self._batch.watch.idle()

    def _once(self) -> bool | None:
        """Whether something was done with the device that is there; None: no row is left."""
        if not self._batch.claims.left():
            return None
        try:
            made = self._batch.provisioner.look(self._port)
        except Absent as absent:
            return self._nothing(str(absent))
        except Refused as refused:
            return self._refuse(None, str(refused))
        self._told = False
        if isinstance(made, Made):
            return self._known(made)
        return self._unready(made)

    def _nothing(self, why: str) -> bool:
        self._done, self._failed = None, False
        if not self._told:
            self._told = True
            with self._batch.lock:
                self._batch.watch.waiting(self._port, why)
        return False

    def _known(self, made: Made) -> bool:
        """A device with keys: of an earlier run, or still the one that was done."""
        if made.devid == self._done:
            return False
        try:
            known = self._batch.record(self._port, made)
        except Refused as refused:
            return self._refuse(made.serial, str(refused))
        if known is Known.OTHER:
            self._done = made.devid
            self._batch.fail(Failure(self._port, made.serial, _OTHER))
            return True
        if known is Known.BEFORE:
            with self._batch.lock:
                self._batch.watch.done(self._port, made, False)
        self._done, self._failed = made.devid, False
        return True

    def _unready(self, begun: Begun | None) -> bool | None:
        """A device without keys gets the next row, one that has begun its own."""
        if self._failed:
            return False
        with self._batch.lock:
            row = self._batch.claims.claim(self._port, begun.serial if begun else None)
        if row is None:
            return self._refuse(begun.serial, _OTHER) if begun else None
        try:
            made = self._batch.provisioner.provision(self._port, row)
            return self._known(made)
        except Absent:
            with self._batch.lock:
                self._batch.claims.drop(row, self._port)
            return self._refuse(row.serial, "the device no longer answers")
        except Refused as refused:
            with self._batch.lock:
                self._batch.claims.release(row)
            return self._refuse(row.serial, str(refused))

    def _refuse(self, serial: str | None, error: str) -> bool:
        if self._failed:
            return False
        self._failed = True
        self._batch.fail(Failure(self._port, serial, error))
        return True
