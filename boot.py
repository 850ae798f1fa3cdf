"""Board safety, before anything of the firmware: supply, console, slot.

Stock MicroPython runs this file after _boot.py has mounted the file system. Nothing here may
stop the boot: a file that is missing or damaged means the cautious choice, never an exception.

    /board  name of the board, as in firmware/boards/
    /mode   "bench" or "field"
    /slot   "a" or "b": the firmware in /a or /b (each with lib, firmware, and a manifest.json
            that is written last: without it a slot is none); without either, the path stays

What it cannot do on stock MicroPython: a console on UART0 cannot be detached (os.dupterm does
not reach it), only Ctrl-C can be switched off, so that nothing interrupts main.py. The download
mode of the chip's ROM stays open to whoever opens the case; see SECURITY.md.
"""

import sys

import machine
import micropython

HOLD = {"t_a7670e": 12}  # supply pins that must be high at once, else the board resets on battery
TRIES = 3  # boots without a healthy minute that a slot is given

# The record of firmware/drivers/boot_record.py
MARK = b"GLT1"
BOOTS = 4
COUNTED = 6
CHECK = 30
SIZE = 32


def word(path):
    """The one word a small file holds, "" when it is damaged; None when there is no file."""
    try:
        with open(path) as file:
            return file.read(32).strip()
    except OSError as error:
        return None if error.args and error.args[0] == 2 else ""  # 2: ENOENT
    except ValueError:  # not text
        return ""


def on_the_bench():
    return word("/mode") in ("bench", None)


def hold_supply():
    board = word("/board")
    if board in HOLD:
        machine.Pin(HOLD[board], machine.Pin.OUT, value=1)


def close_console():
    """In the field, as far as stock MicroPython goes: no Ctrl-C, no native USB.

    A mode that cannot be read closes it too; none at all means a board not provisioned yet.
    """
    if on_the_bench():
        return
    micropython.kbd_intr(-1)
    if hasattr(machine, "USBDevice"):
        # Images from 1.27 on start USB after boot.py, but not past a runtime device that is off.
        machine.USBDevice().active(False)


def count_boot():
    """Count this boot in RTC memory; returns the boots before it since the last healthy minute."""
    memory = machine.RTC().memory
    record = bytearray(memory())
    intact = len(record) == SIZE and record[:4] == MARK
    if not intact or sum(record[:CHECK]) != record[CHECK] | record[CHECK + 1] << 8:
        record = bytearray(SIZE)
        record[:4] = MARK
    before = record[BOOTS] | record[BOOTS + 1] << 8
    boots = min(before + 1, 65535)
    record[BOOTS] = boots & 0xFF
    record[BOOTS + 1] = boots >> 8
    record[COUNTED] = 1
    check = sum(record[:CHECK])
    record[CHECK] = check & 0xFF
    record[CHECK + 1] = check >> 8
    memory(record)
    return before


def pick_slot():
    """Start from the slot of the pointer; after every three boots in vain from the other."""
    slots = ["/b", "/a"] if word("/slot") == "b" else ["/a", "/b"]
    if count_boot() // TRIES % 2:
        slots.reverse()
    for slot in slots:
        if word(slot + "/manifest.json") is not None:
            sys.path.insert(0, slot)
            sys.path.insert(0, slot + "/lib")
            return


for step in (hold_supply, close_console, pick_slot):
    try:
        step()
    except Exception as error:  # whatever it is, the boot goes on
        if on_the_bench():
            sys.print_exception(error)

# Else they would stay in memory, where main.py begins.
for name in "word on_the_bench hold_supply close_console count_boot pick_slot step".split():
    del globals()[name]
