"""Records on the VM for as long as there is room, so that somebody can stop it at any time.

As a program: `micropython evidence_heap.py ROOT FOLDER KEEP`, KEEP being what is not overwritten:
"nothing", "digests", "ciphers" (what AES leaves behind) or "keys". FOLDER holds the images `keys`
and `ev`, and `agreement`, A of the association. It waits for a line before the first trigger. No
secret is in this text: the slot is planted, and e is drawn. Imports os, sys, lib/ and firmware/.
"""

import os
import sys

SECTOR = 4096
RECORDING_S = 95  # of each


class Image:
    """A partition in a file."""

    def __init__(self, path):
        self._file = open(path, "rb+")
        self._file.seek(0, 2)
        self.sectors = self._file.tell() // SECTOR

    def readblocks(self, number, buffer, offset=0):
        self._file.seek(number * SECTOR + offset)
        self._file.readinto(buffer)

    def writeblocks(self, number, data, offset=None):
        self._file.seek(number * SECTOR + offset)
        self._file.write(data)

    def ioctl(self, operation, number):
        if operation == 6:
            self.writeblocks(number, b"\xff" * SECTOR, 0)
        return {4: self.sectors, 5: SECTOR}.get(operation, 0)


def keep(what):
    """Switch a way of overwriting off."""
    import aes_cbc
    import wipe

    def copied(digest, out, at):
        out[at : at + 32] = digest

    if what == "digests":
        wipe._move = copied
    elif what == "ciphers":
        aes_cbc.KEEPS_NO_KEY = False
    elif what == "keys":
        wipe.clear = lambda secret: None


def recorder(folder):
    from firmware.evidence.identity import Identity
    from firmware.evidence.recorder import Recorder
    from firmware.store import PartitionLog

    with open(folder + "/agreement", "rb") as file:
        agreement_key = file.read()
    identity = Identity(b"devid..8", bytes(range(16)), agreement_key, bytes(8), 0)
    logs = [PartitionLog(Image(folder + "/" + name)) for name in ("keys", "ev")]
    return Recorder(logs[0], logs[1], identity, lambda: os.urandom(32))


def standby(it, now_ms):
    while not it.open and it.wake_ms(now_ms) is not None:
        now_ms = it.wake_ms(now_ms)
        it.idle_step(now_ms)
    return now_ms


def record(it, now_ms):
    """One recording of some sound, as it is taken in from a microphone's buffer."""
    from firmware.evidence import records

    settings = records.Settings(8000, 16, 0, 1, 1, 7, 4100, b"firmware", b"settings", 100, 4)
    it.start(1, now_ms, settings)
    piece = bytearray(640)
    end_ms = now_ms + 1000 * RECORDING_S
    first = 0
    while it.open:
        if now_ms >= end_ms:
            it.close(3, now_ms)
        for k in range(len(piece)):
            piece[k] = first + 7 * k & 255
        it.audio(first, 3, 5, piece, now_ms)
        it.record(records.EVENT, now_ms, (1, 0))
        first += 1280
        now_ms += 160
        while it.open and it.wake_ms(now_ms) == now_ms:
            it.step(now_ms)
    return now_ms


def main(folder, what):
    keep(what)
    it = recorder(folder)
    now_ms = standby(it, 1000)
    print("ready")
    sys.stdin.readline()
    while it.room_ms(8000) > 1000 * RECORDING_S:
        now_ms = standby(it, record(it, now_ms))
    print("full")


if __name__ == "__main__":
    sys.path[:0] = [sys.argv[1], sys.argv[1] + "/lib"]
    main(sys.argv[2], sys.argv[3])
