"""`esp32`: wake sources, raw partitions and NVS of a stock build. Runs on both interpreters.

Partition.writeblocks with an offset programs without erasing, without one it erases first
(ports/esp32/esp32_partition.c).
"""

import _board
from _pin import gpio_of

WAKEUP_ALL_LOW = False
WAKEUP_ANY_HIGH = True

_SECTOR = 4096


def _wake_pin(pin):
    gpio = gpio_of(pin)
    if not _board.facts["rtc"] >> gpio & 1:
        raise ValueError("invalid pin")
    return gpio


def wake_on_ext0(pin=None, level=False):
    _board.call("ext0", -1 if pin is None else _wake_pin(pin), 1 if level else 0)


_ext1_mask = 0


def wake_on_ext1(pins=None, level=False):
    """None keeps the pins there are; an empty tuple forgets them."""
    global _ext1_mask
    if pins is not None:
        mask = 0
        for pin in pins:
            mask |= 1 << _wake_pin(pin)
        _ext1_mask = mask
    _board.call("ext1", _ext1_mask, 1 if level else 0)


def wake_on_touch(wake):
    pass


def gpio_deep_sleep_hold(enable):
    pass


# LittleFS reads 32 bytes at a time, from one place after another: what was fetched last serves
# while nothing has been written and no time has passed.
_LINE = 256
_read_ahead = [None, None]  # (address, ticks), bytes


def _line(address):
    if _read_ahead[0] != (address, _board.ticks):
        _read_ahead[1] = _board.fetch("flash_read", address, _LINE)
        _read_ahead[0] = (address, _board.ticks)
    return _read_ahead[1]


class Partition:
    BOOT = 0
    RUNNING = 1
    TYPE_APP = 0
    TYPE_DATA = 1

    def __init__(self, id, block_size=_SECTOR):
        for entry in _board.facts["partitions"]:
            if entry[0] == id or (id in (self.BOOT, self.RUNNING) and entry[1] == 0):
                self._entry = entry
                return
        raise OSError(2)

    @staticmethod
    def find(type=0, subtype=0xFF, label=None, block_size=_SECTOR):
        found = []
        for name, kind, sub, _, _ in _board.facts["partitions"]:
            if kind == type and subtype in (0xFF, sub) and label in (None, name):
                found.append(Partition(name))
        return found

    def info(self):
        label, kind, subtype, address, size = self._entry
        return (kind, subtype, address, size, label, False)

    def _address(self, block, offset, size):
        at = block * _SECTOR + offset
        if at < 0 or at + size > self._entry[4]:
            raise OSError(-258)  # ESP_ERR_INVALID_ARG
        return self._entry[3] + at

    def readblocks(self, block_num, buf, offset=0):
        view = memoryview(buf)
        address = self._address(block_num, offset, len(view))
        start = address % _LINE
        if start + len(view) <= _LINE:
            view[:] = _line(address - start)[start : start + len(view)]
            return
        at = 0
        while at < len(view):
            size = min(_SECTOR, len(view) - at)
            view[at : at + size] = _board.fetch("flash_read", address + at, size)
            at += size

    def writeblocks(self, block_num, buf, offset=None):
        _read_ahead[0] = None
        address = self._address(block_num, offset or 0, len(buf))
        if offset is None:
            for at in range(0, len(buf), _SECTOR):
                _board.call("flash_erase", address + at)
        _board.call("flash_program", address, blob=bytes(memoryview(buf)))

    def ioctl(self, cmd, arg):
        if cmd == 4:
            return self._entry[4] // _SECTOR
        if cmd == 5:
            return _SECTOR
        if cmd == 6:
            _read_ahead[0] = None
            _board.call("flash_erase", self._address(arg, 0, _SECTOR))
            return 0
        if cmd == 3:
            _board.call("flash_sync", self._entry[3])
        return 0 if cmd in (1, 2, 3) else None

    def set_boot(self):
        pass

    @classmethod
    def mark_app_valid_cancel_rollback(cls):
        pass
