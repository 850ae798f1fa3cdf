"""boot.py and main.py, run whole on fakes, with files that are there, missing or damaged."""

import sys

from firmware.drivers.boot_record import BootRecord

ROOT = (__file__.rsplit("/", 1)[0] if "/" in __file__ else ".") + "/../.."
LOG = []
FILES = {}  # path -> text, or an exception to raise; a folder raises EISDIR
RTC = {"raw": b""}
ISDIR = OSError(21)


class Pin:
    OUT = 3

    def __init__(self, gpio, mode=None, value=None):
        LOG.append(("pin", gpio, mode, value))


class Rtc:
    def memory(self, data=None):
        if data is None:
            return RTC["raw"]
        if RTC["raw"] is None:
            raise OSError(5)
        RTC["raw"] = bytes(data)


class UsbDevice:
    def active(self, on):
        LOG.append(("usb", on))


class Machine:
    def __init__(self, usb):
        self.Pin, self.RTC = Pin, Rtc
        if usb:
            self.USBDevice = UsbDevice

    def reset(self):
        LOG.append(("reset",))


class Micropython:
    @staticmethod
    def const(value):
        return value

    @staticmethod
    def kbd_intr(char):
        LOG.append(("ctrl-c", char))


class Collector:
    @staticmethod
    def threshold(amount):
        LOG.append(("collects after", amount))


class App:
    """firmware.app"""

    def __init__(self, main):
        self.main = main


class File:
    def __init__(self, text):
        self.text = text

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return None

    def read(self, count):
        if isinstance(self.text, Exception):
            raise self.text
        return self.text[:count]


def opened(path):
    LOG.append(("open", path))
    if path not in FILES:
        raise OSError(2)
    if isinstance(FILES[path], OSError):
        raise FILES[path]
    return File(FILES[path])


class Sys:
    def __init__(self):
        self.path = ["", ".frozen", "/lib"]

    def print_exception(self, error):
        LOG.append(("error", repr(error)))


def run(script, files, machine=None, app=None):
    """Run a script as the board does; returns its sys."""
    FILES.clear()
    FILES.update(files)
    del LOG[:]
    fake = Sys()
    fakes = {"machine": machine or Machine(0), "micropython": Micropython, "sys": fake}
    fakes["gc"] = Collector
    fakes["firmware.app"] = app
    before = {name: sys.modules.get(name) for name in fakes}
    with open(ROOT + "/" + script) as source:
        code = compile(source.read(), script, "exec")
    for name in fakes:
        sys.modules[name] = fakes[name]
    try:
        exec(code, {"open": opened, "__name__": "__main__"})
    finally:
        for name in fakes:
            if before[name] is None:
                del sys.modules[name]
            else:
                sys.modules[name] = before[name]
    return fake


def boot(files, usb=0):
    return run("boot.py", files, Machine(usb))


def did(kind):
    return [entry for entry in LOG if entry[0] == kind]


BARE = ["", ".frozen", "/lib"]
A, B = "/a/manifest.json", "/b/manifest.json"
WHOLE = '{"format":1,"version":"0.1.0"'
BOTH = {A: WHOLE, B: WHOLE}


# -- supply ----------------------------------------------------------------------------------


def test_the_supply_is_held_before_anything_else():
    cases = (
        ("t_a7670e", [("pin", 12, 3, 1)]),
        ("t_a7670e\n", [("pin", 12, 3, 1)]),
        ("t_a7670x_s3", []),
        ("generic_esp32", []),
        ("unheard of", []),
        ("", []),
        (ValueError("not text"), []),
    )
    for text, pins in cases:
        boot({"/board": text})
        assert did("pin") == pins, text
        assert LOG[0] == ("open", "/board")
        if pins:
            assert LOG[1] == pins[0]


# -- console ---------------------------------------------------------------------------------


def test_the_console_closes_in_the_field_and_when_in_doubt():
    cases = (  # mode, closed
        ({"/mode": "field"}, True),
        ({"/mode": "field\n"}, True),
        ({"/mode": "bench"}, False),
        ({"/mode": "bench\n"}, False),
        ({}, False),  # not provisioned
        ({"/mode": "ben"}, True),
        ({"/mode": ""}, True),
        ({"/mode": ValueError("not text")}, True),
        ({"/mode": OSError(5)}, True),
    )
    for files, closed in cases:
        for usb in (0, 1):
            RTC["raw"] = b""
            boot(files, usb)
            assert did("ctrl-c") == ([("ctrl-c", -1)] if closed else []), files
            assert did("usb") == ([("usb", False)] if closed and usb else []), files


# -- slot ------------------------------------------------------------------------------------


def slot_of(path):
    assert path[-3:] == BARE
    if len(path) == 3:
        return None
    assert path[0] == path[1] + "/lib" and len(path) == 5
    return path[1]


def test_the_pointer_picks_the_slot():
    cases = (  # files, slot
        ({}, None),
        ({"/slot": "a"}, None),
        ({"/slot": "a", A: WHOLE, B: WHOLE}, "/a"),
        ({"/slot": "b\n", A: WHOLE, B: WHOLE}, "/b"),
        ({"/slot": "b", A: WHOLE}, "/a"),
        ({"/slot": "a", B: WHOLE}, "/b"),
        ({A: WHOLE, B: WHOLE}, "/a"),
        ({B: WHOLE}, "/b"),
        ({"/slot": "?", A: WHOLE, B: WHOLE}, "/a"),
        ({"/slot": "", B: WHOLE}, "/b"),
        ({"/slot": ValueError("not text"), A: WHOLE, B: WHOLE}, "/a"),
        ({"/slot": OSError(5), A: WHOLE, B: WHOLE}, "/a"),
        ({"/slot": OSError(21), A: WHOLE, B: WHOLE}, "/a"),
        ({"/slot": "b", A: WHOLE, "/b": ISDIR}, "/a"),  # half written
        ({"/slot": "a", "/a": ISDIR, "/b": ISDIR}, None),
        ({"/slot": "b", B: ValueError("not text"), A: WHOLE}, "/b"),  # there, whatever it says
    )
    for files, slot in cases:
        RTC["raw"] = b""
        assert slot_of(boot(files).path) == slot, files
        assert did("error") == []


def test_three_boots_in_vain_start_the_other_slot():
    for pointer, first, other in (("a", "/a", "/b"), ("b", "/b", "/a")):
        RTC["raw"] = b""
        files = {"/slot": pointer, A: WHOLE, B: WHOLE}
        slots = [slot_of(boot(files).path) for _ in range(9)]
        assert slots == [first] * 3 + [other] * 3 + [first] * 3


def test_a_healthy_minute_keeps_the_slot():
    RTC["raw"] = b""
    for _ in range(12):
        assert slot_of(boot(BOTH).path) == "/a"
        if len(RTC["raw"]) and BootRecord(Rtc().memory).counters()[0] == 2:
            BootRecord(Rtc().memory).mark_healthy()


def test_without_another_slot_the_only_one_is_kept():
    RTC["raw"] = b""
    for _ in range(8):
        assert slot_of(boot({A: WHOLE}).path) == "/a"


def test_power_loss_forgets_the_count():
    RTC["raw"] = b""
    for _ in range(3):
        boot(BOTH)
    RTC["raw"] = b"\x5a" * 32  # whatever RTC memory holds after a brown-out
    assert slot_of(boot(BOTH).path) == "/a"


# -- the record ------------------------------------------------------------------------------


def test_boot_and_firmware_agree_on_the_record():
    RTC["raw"] = b""
    record = BootRecord(Rtc().memory)
    for boots in (1, 2, 3):
        boot({})
        assert record.counters()[0] == boots
        assert record.count_boot() == boots  # counted already
        record.count_restart(3)
        record.note_fault(6)
    assert record.counters()[1] == 6 and record.counters()[2][3] == 3
    assert record.count_boot() == 4  # no boot.py before this one
    record.mark_healthy()
    boot({})
    assert record.counters()[:2] == (1, 6) and record.counters()[2][3] == 3


def test_nothing_stops_the_boot():
    RTC["raw"] = None  # no RTC memory at all
    files = {"/board": OSError(5), "/mode": OSError(5), "/slot": OSError(5)}
    assert boot(files).path == BARE
    assert did("ctrl-c") and not did("error")  # a mode that cannot be read is the field's
    files["/mode"] = "bench"
    assert boot(files).path == BARE
    assert did("error")


# -- main.py ---------------------------------------------------------------------------------


def _fails():
    raise ImportError("no module named 'firmware'")


def _stops():
    raise KeyboardInterrupt


def test_main_keeps_ctrl_c_away_unless_on_the_bench():
    """pyexec.c switches it on before each file, so that boot.py's word does not last."""
    cases = (
        ({"/mode": "bench"}, [-1, 3]),
        ({}, [-1, 3]),
        ({"/mode": "field"}, [-1]),
        ({"/mode": ""}, [-1]),
        ({"/mode": ValueError("not text")}, [-1]),
    )
    for files, said in cases:
        run("main.py", files, app=App(lambda: None))
        assert [char for _, char in did("ctrl-c")] == said, files
        assert LOG[0] == ("ctrl-c", -1), "before anything else"


def test_main_resets_in_the_field_and_shows_the_error_on_the_bench():
    cases = (  # files, main, resets, raises
        ({"/mode": "field"}, _fails, 1, None),
        ({"/mode": "spoilt"}, _fails, 1, None),
        ({"/mode": ValueError("not text")}, _fails, 1, None),
        ({"/mode": "field"}, lambda: None, 1, None),
        ({"/mode": "bench"}, _fails, 0, ImportError),
        ({}, _fails, 0, ImportError),
        ({"/mode": "bench"}, lambda: None, 0, None),
        ({}, lambda: None, 0, None),
        ({"/mode": "bench"}, _stops, 0, KeyboardInterrupt),
    )
    for files, main, resets, raises in cases:
        raised = None
        try:
            run("main.py", files, app=App(main))
        except (ImportError, KeyboardInterrupt) as error:
            raised = type(error)
        assert raised is raises, files
        assert len(did("reset")) == resets, files
