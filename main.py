"""Start the product. Where it cannot run, a board in the field resets: its console stays shut,
and after three boots boot.py tries the other slot. On the bench the error is shown."""

import micropython

micropython.kbd_intr(-1)  # first of all: after boot.py MicroPython has switched Ctrl-C on again

import gc  # noqa: E402

import machine  # noqa: E402

# What is thrown away is collected after every 8 KB, not once the heap is full: else it lies
# between what stays, and a heap with 37 KB free has no 600 bytes in one piece (on the VM). With
# 16 KB a board without PSRAM would need 3 KB more. Where there is PSRAM, product.py allows more.
gc.threshold(8192)

try:
    with open("/mode") as file:
        field = file.read(32).strip() != "bench"
except OSError:
    field = False  # not provisioned yet
except ValueError:
    field = True  # damaged

if not field:
    micropython.kbd_intr(3)

handed = None
try:
    from firmware.app import main

    handed = main()  # 1: the service console has asked for the REPL
except Exception:
    if not field:
        raise
if field and not handed:
    machine.reset()
