"""main.py of a board that only records: what the microphone gives goes to the evidence partition.

Not the product: the shortest program that reads a microphone and programs sectors that were erased
before. The line that test_capture.py puts before it says how: RATE_HZ, PREROLL_MS, START_MS (of
the recording), END_MS, ERASES (ms at which a sector is erased in the middle of it), STALLS (ms at
which nothing is done for a second). Imports what the firmware would.
"""

import gc
import struct
import time

from esp32 import Partition

from firmware import board_sound
from firmware.services import microphone as sound

HEAD = "<BIiBHi"  # kind, first, prediction or count, index, bytes of data, at_ms


class Board:
    name = BOARD  # noqa: F821
    microphone = None


class Log:
    """Sectors of pieces, each programmed when it is full."""

    def __init__(self):
        self.part = Partition.find(Partition.TYPE_DATA, label="ev")[0]
        self.sector = bytearray(4096)
        self.at = self.number = 0

    def add(self, piece):
        if piece[0] == 0:
            _, first, prediction, index, data, at_ms = piece
        else:
            kind, first, prediction, at_ms = piece
            index, data = 0, b""
        if self.at + 16 + len(data) > 4080:
            self.program()
        fields = (piece[0] + 1, first, prediction, index, len(data), at_ms)
        struct.pack_into(HEAD, self.sector, self.at, *fields)
        self.at += 16
        self.sector[self.at : self.at + len(data)] = data
        self.at += len(data)

    def program(self):
        self.part.writeblocks(self.number, self.sector, 0)
        self.number += 1
        self.at = 0
        self.sector[:] = bytes(4096)


def run(number, stalls, erases):
    board = Board()
    driver = board_sound.microphone(board)
    service = sound.Microphone(driver, time.ticks_us, time.ticks_diff, number, PREROLL_MS)  # noqa: F821
    log = Log()
    begin = time.ticks_ms()
    now_ms = most = 0
    started = False
    service.arm(0)
    while now_ms < END_MS:  # noqa: F821
        now_ms = time.ticks_diff(time.ticks_ms(), begin)
        if not started and now_ms >= START_MS:  # noqa: F821
            service.start(now_ms)
            started = True
            print("started", now_ms)
        if stalls and now_ms >= stalls[0]:
            time.sleep_ms(1000)
            stalls.pop(0)
        if erases and now_ms >= erases[0]:
            log.part.ioctl(6, 0x100)  # far behind
            erases.pop(0)
        service.step(now_ms)
        piece = service.take()
        while piece is not None:
            log.add(piece)
            piece = service.take()
        if now_ms // 60000 > most:
            most = now_ms // 60000
            gc.collect()
        wake = service.wake_ms(now_ms)
        time.sleep_ms(20 if wake is None else max(1, min(wake - now_ms, 40)))
    service.stop()
    piece = service.take()
    while piece is not None:
        log.add(piece)
        piece = service.take()
    log.program()
    print("ended", log.number, service.lost, service.clipped, service.finding, service.mean)


run(RATE_HZ, STALLS, ERASES)  # noqa: F821
