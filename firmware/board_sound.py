"""The microphone of a board, built when it is asked for: most of the time nobody listens.

Separate from board_parts.py because a board without PSRAM has no room even for this, and because
the port is opened and closed many times after the start. Builds machine.* objects, as no other
file beside those two does. Imports machine, select and the driver.
"""

import select

import machine
from micropython import const

from firmware.drivers.microphone import Microphone

_FRAME_BYTES = const(8)  # by which the port reckons: two words of 32 bits


def microphone(board):
    """The driver, which is board.microphone from then on; None where recordings have no room.

    The port is open only while it listens.
    """
    if board.microphone is None:
        facts = __import__("firmware.boards." + board.name, None, None, ("PINS",))
        gpio = [facts.PINS[role] for role in ("mic_sck", "mic_ws", "mic_sd")]
        if facts.PSRAM and None not in gpio:
            board.microphone = Microphone(_opener([machine.Pin(number) for number in gpio]))
    return board.microphone


def _opener(pins):
    sck, ws, sd = pins

    def open_bus(rate_hz, frames):
        port = machine.I2S(
            0,
            sck=sck,
            ws=ws,
            sd=sd,
            mode=machine.I2S.RX,
            bits=32,
            format=machine.I2S.MONO,
            rate=rate_hz,
            ibuf=frames * _FRAME_BYTES,
        )
        asked = select.poll()
        asked.register(port, select.POLLIN)
        asked.poll(0)  # once it has been asked, readinto never waits (extmod/machine_i2s.c)
        return port

    return open_bus
