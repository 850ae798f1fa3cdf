"""What outlives a reset in RTC memory: boots without a healthy minute, restarts, the last fault.

Separate because boot.py writes the same record before anything of the firmware is imported, and
because no alert may depend on it: RTC memory is gone after a power cut and may hold anything
after a brown-out. A record whose mark or check is wrong counts as all zero.

The memory is handed in as a callable: memory() -> bytes, memory(data). Imports nothing.
"""

# The record, byte by byte. boot.py repeats MARK, BOOTS, COUNTED, CHECK and SIZE.
MARK = b"GLT1"  # at 0
BOOTS = 4  # 2 bytes, little-endian: boots since the last healthy minute, this one included
COUNTED = 6  # 1: boot.py has counted this boot
FAULT = 7  # code of the last fault, 0 none
RESTARTS = 8  # one byte a service, stops at 255
SERVICES_MAX = 16
WATCHDOG = 15  # among them: the whole board, after a step that never returned
CHECK = 30  # 2 bytes, little-endian: sum of all bytes before it
SIZE = 32

_BOOTS_MAX = 65535


class BootRecord:
    """The record, read and written whole each time: a reset may come at any moment."""

    def __init__(self, memory):
        self._memory = memory

    def count_boot(self):
        """Count this boot unless boot.py has; returns boots since the last healthy minute."""
        record = self._load()
        boots = record[BOOTS] | record[BOOTS + 1] << 8
        if not record[COUNTED]:
            boots = min(boots + 1, _BOOTS_MAX)
        record[BOOTS] = boots & 0xFF
        record[BOOTS + 1] = boots >> 8
        record[COUNTED] = 0
        self._save(record)
        return boots

    def mark_healthy(self):
        """This boot ran for a healthy minute: none is counted against the slot any more."""
        record = self._load()
        record[BOOTS] = record[BOOTS + 1] = 0
        self._save(record)

    def count_restart(self, service):
        """Count one restart of a service, by its index."""
        if 0 <= service < SERVICES_MAX:
            record = self._load()
            record[RESTARTS + service] = min(record[RESTARTS + service] + 1, 255)
            self._save(record)

    def note_fault(self, code):
        """Remember the last fault by its code, 1..255."""
        record = self._load()
        record[FAULT] = code & 0xFF
        self._save(record)

    def counters(self):
        """(boots without a healthy minute, last fault, tuple of restarts by service)."""
        record = self._load()
        boots = record[BOOTS] | record[BOOTS + 1] << 8
        return boots, record[FAULT], tuple(record[RESTARTS : RESTARTS + SERVICES_MAX])

    def _load(self):
        raw = self._memory()
        intact = len(raw) == SIZE and raw[:4] == MARK
        if intact and sum(raw[:CHECK]) == raw[CHECK] | raw[CHECK + 1] << 8:
            return bytearray(raw)
        record = bytearray(SIZE)
        record[:4] = MARK
        return record

    def _save(self, record):
        check = sum(record[:CHECK])
        record[CHECK] = check & 0xFF
        record[CHECK + 1] = check >> 8
        self._memory(record)
