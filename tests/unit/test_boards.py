"""The boards against the rules of their chips, and their partition tables.

Read as data (ast.literal_eval), as the simulator and the kit read them. Rules: Espressif's
ESP-IDF programming guide, GPIO & RTC GPIO, for ESP32 and ESP32-S3; partition tables: the
same, Partition Tables.
"""

import ast
import csv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "firmware/boards"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
ROLES = {
    *("button", "motor", "modem_pwrkey", "modem_dtr", "modem_ri", "modem_reset"),
    *("modem_supply", "full_power", "status_led", "accel_int1", "i2c_sda", "i2c_scl"),
    *("mic_sck", "mic_ws", "mic_sd", "battery_adc", "charging", "gnss_wake"),
}
NEEDED = {"button", "motor", "modem_pwrkey", "modem_dtr", "modem_ri"}
INPUTS = {"button", "modem_ri", "accel_int1", "mic_sd", "battery_adc", "charging"}
WAKERS = {"button", "modem_ri", "accel_int1"}  # ext1, ext0, ext1

CHIPS = {
    "esp32": {
        "pins": {*range(20), 21, 22, 23, 25, 26, 27, *range(32, 40)},
        "input_only": set(range(34, 40)),
        "strapping": {0, 2, 5, 12, 15},
        "flash": set(range(6, 12)),
        "psram": {"quad": {16, 17}},
        "rtc": {0, 2, 4, *range(12, 16), 25, 26, 27, *range(32, 40)},
        "adc1": set(range(32, 40)),
        "console": {1, 3},
        "usb": set(),
        # ROM and bootloader make these move at reset (datasheet, IO_MUX: pull-ups; JTAG, SDIO)
        "restless": {0, 1, 3, 5, 14, 15},
    },
    "esp32s3": {
        "pins": {*range(22), *range(26, 49)},
        "input_only": set(),
        "strapping": {0, 3, 45, 46},
        "flash": set(range(26, 33)),
        "psram": {"quad": set(), "octal": set(range(33, 38))},
        "rtc": set(range(22)),
        "adc1": set(range(1, 11)),
        "console": {43, 44},
        "usb": {19, 20},
        "restless": {0, 18, 19, 20},  # datasheet, table of power-up glitches: high ones
    },
}

# -- pins ------------------------------------------------------------------------------------


def load(name):
    """The constants of a board; fails where one is not a literal."""
    facts = {}
    for node in ast.parse((FOLDER / (name + ".py")).read_text()).body:
        if isinstance(node, ast.Expr):
            continue  # the docstring
        assert isinstance(node, ast.Assign) and len(node.targets) == 1, (name, node.lineno)
        facts[node.targets[0].id] = ast.literal_eval(node.value)
    return facts


def used(facts):
    """(pin, role, is it an input) of everything that is wired."""
    for role, pin in facts["PINS"].items():
        if pin is not None:
            yield pin, role, role in INPUTS
    for role, (_, tx, rx, _) in facts["UARTS"].items():
        yield tx, role + "_tx", False
        yield rx, role + "_rx", True


def violations(facts):
    """Every (pin, rule) that the chip forbids or warns of."""
    chip = CHIPS[facts["CHIP"]]
    for pin, role, is_input in used(facts):
        if pin not in chip["pins"]:
            yield pin, "exists"
        if not is_input and pin in chip["input_only"]:
            yield pin, "input_only"
        if role == "button" and pin in chip["input_only"]:
            yield pin, "pull"  # no pull-down: a loose wire would press it
        if pin in chip["psram"].get(facts["PSRAM"], set()):
            yield pin, "psram"
        for rule in ("strapping", "flash", "console", "usb"):
            if pin in chip[rule]:
                yield pin, rule
        if role in WAKERS and pin not in chip["rtc"]:
            yield pin, "rtc"
        if role == "battery_adc" and pin not in chip["adc1"]:
            yield pin, "adc1"  # ADC2 does not work beside the radio
        if role == "motor" and pin in chip["restless"]:
            yield pin, "restless"  # a reset must not be felt
    pins = [pin for pin, _, _ in used(facts)]
    for pin in sorted(set(pins)):
        if pins.count(pin) > 1:
            yield pin, "double"


def test_every_board_has_both_files_and_its_name():
    assert NAMES == ["generic_esp32", "t_a7670e", "t_a7670x_s3", "t_sim7670g_s3"]
    for name in NAMES:
        assert load(name)["NAME"] == name
        assert (FOLDER / (name + ".csv")).exists()


def test_pins_obey_the_chip_or_are_excused_with_a_reason():
    for name in NAMES:
        facts = load(name)
        found = set(violations(facts))
        excused = {(pin, rule) for pin, rule, _ in facts["EXCEPTIONS"]}
        assert len(excused) == len(facts["EXCEPTIONS"]), name
        assert found - excused == set(), (name, "not excused", found - excused)
        assert excused - found == set(), (name, "excuse without a need", excused - found)
        for pin, rule, reason in facts["EXCEPTIONS"]:
            assert rule == "strapping", (name, pin, rule)  # nothing else can be excused
            assert len(reason) > 20, (name, pin)


def test_every_rule_can_be_broken():
    """Each rule finds what breaks it, so that a board that passes has been looked at."""
    cases = (
        ("esp32", None, {"motor": 34}, "input_only"),
        ("esp32", None, {"button": 35}, "pull"),
        ("esp32", None, {"motor": 6}, "flash"),
        ("esp32", "quad", {"mic_sck": 16}, "psram"),
        ("esp32", None, {"mic_sck": 12}, "strapping"),
        ("esp32", None, {"mic_sck": 1}, "console"),
        ("esp32", None, {"mic_sck": 20}, "exists"),
        ("esp32", None, {"button": 18}, "rtc"),
        ("esp32", None, {"modem_ri": 19}, "rtc"),
        ("esp32", None, {"accel_int1": 23}, "rtc"),
        ("esp32", None, {"battery_adc": 25}, "adc1"),
        ("esp32", None, {"motor": 14}, "restless"),
        ("esp32", None, {"motor": 13, "mic_sck": 13}, "double"),
        ("esp32", None, {"gnss_wake": 17}, "double"),  # with a UART
        ("esp32s3", "octal", {"mic_sck": 35}, "psram"),
        ("esp32s3", "quad", {"mic_sck": 30}, "flash"),
        ("esp32s3", "quad", {"mic_sck": 45}, "strapping"),
        ("esp32s3", "quad", {"mic_sck": 19}, "usb"),
        ("esp32s3", "quad", {"mic_sck": 43}, "console"),
        ("esp32s3", "quad", {"button": 38}, "rtc"),
        ("esp32s3", "quad", {"battery_adc": 14}, "adc1"),
    )
    for chip, psram, pins, rule in cases:
        uarts = {"modem": (1, 17, 16 if psram is None else 4, 9600)}
        if psram == "quad" and chip == "esp32":
            uarts = {}
        facts = {"CHIP": chip, "PSRAM": psram, "PINS": pins, "UARTS": uarts}
        assert rule in {broken for _, broken in violations(facts)}, (chip, pins, rule)
    sound = {"button": 32, "motor": 13, "mic_sd": 35, "battery_adc": 36}
    facts = {"CHIP": "esp32", "PSRAM": None, "PINS": sound, "UARTS": {"modem": (1, 17, 16, 9600)}}
    assert list(violations(facts)) == []


def test_what_a_board_lacks_is_said():
    for name in NAMES:
        facts = load(name)
        pins = facts["PINS"]
        assert set(pins) == ROLES, (name, set(pins) ^ ROLES)
        lacking = {role for role, pin in pins.items() if pin is None}
        assert lacking == set(facts["ABSENT"]), (name, lacking ^ set(facts["ABSENT"]))
        assert not lacking & NEEDED, (name, lacking & NEEDED)
        assert pins["charging"] is not None or facts["BATTERY_ZERO_ON_USB"], name


def test_uarts_images_and_memory():
    images = {
        ("esp32", None): "ESP32_GENERIC",
        ("esp32", "quad"): "ESP32_GENERIC-SPIRAM",
        ("esp32s3", "quad"): "ESP32_GENERIC_S3",
        ("esp32s3", "octal"): "ESP32_GENERIC_S3-SPIRAM_OCT",
    }
    for name in NAMES:
        facts = load(name)
        assert facts["IMAGE"] == images[facts["CHIP"], facts["PSRAM"]], name
        uarts = facts["UARTS"]
        assert set(uarts) == {"modem", "gnss"}, name
        ids = [uart[0] for uart in uarts.values()]
        assert sorted(ids) == [1, 2], (name, "UART0 is the console")
        assert uarts["modem"][3] == 115200 and uarts["gnss"][3] == 9600, name
        assert facts["FLASH_MB"] in (4, 16), name
        assert set(facts["ACTIVE_LOW"]) <= {r for r, pin in facts["PINS"].items() if pin}, name


def test_every_light_is_silenced():
    for name in NAMES:
        facts = load(name)
        assert facts["LEDS"], name
        for light, how in facts["LEDS"]:
            assert light and (how.startswith("removed") or "driven off" in how), (name, light)
        driven = any("driven off" in how for _, how in facts["LEDS"])
        assert driven == (facts["PINS"]["status_led"] is not None), name


def test_boot_holds_the_supplies_that_need_it():
    boot = ast.parse((ROOT / "boot.py").read_text())
    held = next(
        ast.literal_eval(node.value)
        for node in boot.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "HOLD"
    )
    boards = {name: load(name)["PINS"]["modem_supply"] for name in NAMES}
    assert held == {name: pin for name, pin in boards.items() if pin is not None}


# -- partition tables ------------------------------------------------------------------------

TYPES = {
    "nvs": ("data", "nvs"),
    "phy_init": ("data", "phy"),
    "factory": ("app", "factory"),
    "keys": ("data", "undefined"),
    "journal": ("data", "undefined"),
    "ev": ("data", "undefined"),
    "vfs": ("data", "fat"),
}
FIRST = 0x9000  # bootloader and table lie below
SECTOR = 4096
APP_MIN = 0x210000  # the stock image's own partition since MicroPython 1.26
VFS_MIN = 0x160000  # two slots of firmware, documents: tests/system/test_flash.py


def table(name):
    """[(label, type, subtype, offset, size)]."""
    with open(FOLDER / (name + ".csv")) as file:
        lines = [line for line in file if not line.startswith("#")]
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines)]
    return [(r[0], r[1], r[2], int(r[3], 16), int(r[4], 16)) for r in rows]


def faults(rows, flash_bytes):
    """Every (label, rule) that a table breaks."""
    end = FIRST
    for label, kind, subtype, offset, size in rows:
        if TYPES.get(label) != (kind, subtype):
            yield label, "type"
        if offset < end:
            yield label, "overlap"
        if offset > end:
            yield label, "hole"
        if offset % (0x10000 if kind == "app" else SECTOR):
            yield label, "offset"
        if size <= 0 or size % SECTOR:
            yield label, "size"
        if len(label) > 16:
            yield label, "label"
        end = offset + size
    labels = [row[0] for row in rows]
    for label in set(labels):
        if labels.count(label) > 1:
            yield label, "twice"
    if labels != [label for label in TYPES if label in labels]:
        yield "", "order"
    if not labels or labels[-1] != "vfs":
        yield "vfs", "last"
    if end != flash_bytes:
        yield "", "flash"


def test_tables_fit_their_flash():
    for name in NAMES:
        facts = load(name)
        rows = table(name)
        assert list(faults(rows, facts["FLASH_MB"] << 20)) == [], name
        sizes = {label: size for label, _, _, _, size in rows}
        assert sizes["nvs"] == 0x6000 and sizes["phy_init"] == 0x1000, name
        assert sizes["factory"] >= APP_MIN, name
        assert sizes["vfs"] >= VFS_MIN, name
        if name == "generic_esp32":
            assert not {"journal", "keys", "ev"} & set(sizes)
            continue
        assert sizes["keys"] == 4 * SECTOR, name
        assert 2 * SECTOR <= sizes["journal"] <= 64 * SECTOR, name
        least = 11 << 20 if facts["FLASH_MB"] == 16 else 0x6C000
        assert sizes["ev"] >= least, (name, sizes["ev"])


def test_every_fault_of_a_table_is_found():
    good = table("t_a7670e")
    size = 4 << 20
    assert list(faults(good, size)) == []

    def changed(index, **fields):
        row = dict(zip(("label", "kind", "subtype", "offset", "size"), good[index]))
        row.update(fields)
        return [*good[:index], tuple(row.values()), *good[index + 1 :]]

    cases = (
        (changed(3, offset=0x21F000), "overlap"),
        (changed(3, offset=0x221000), "hole"),
        (changed(2, offset=0x11000), "offset"),
        (changed(3, offset=0x220800), "offset"),
        (changed(3, size=0x4100), "size"),
        (changed(3, size=0), "size"),
        (changed(3, label="journal"), "twice"),
        (changed(6, subtype="spiffs"), "type"),
        (changed(6, size=0x150000), "flash"),
        (changed(6, size=0x170000), "flash"),
        (good[:6], "last"),
        ([*good[:4], good[5], good[4], good[6]], "order"),
    )
    for rows, rule in cases:
        assert rule in {fault for _, fault in faults(rows, size)}, rule


# -- what is shipped -------------------------------------------------------------------------


def test_manifest_and_package_name_every_module():
    import json

    lib = {path.name for path in (ROOT / "lib").glob("*.py")}
    named = []
    names = {
        "include": lambda path: None,
        "module": lambda path, base_path=".": named.append((base_path, path)),
        "package": lambda path: named.append(("", path)),
    }
    exec(compile((ROOT / "manifest.py").read_text(), "manifest.py", "exec"), names)
    assert {path for base, path in named if base == "lib"} == lib
    assert {("", "firmware"), (".", "boot.py"), (".", "main.py")} <= set(named)
    package = json.loads((ROOT / "package.json").read_text())
    assert dict(package["urls"]) == {name: "lib/" + name for name in lib}


def test_the_wiring_page_says_what_the_boards_say():
    sections = (ROOT / "docs/wiring.md").read_text().split("\n## ")
    for name in NAMES:
        facts = load(name)
        (section,) = [part for part in sections if "`%s`" % name in part.split("\n")[0]]
        rows = [line.split("|") for line in section.split("\n") if line.startswith("| ")]
        said = {row[1].strip(): row[2].strip() for row in rows[1:]}
        wired = {role: "-" if pin is None else str(pin) for role, pin in facts["PINS"].items()}
        for role, (_, tx, rx, _) in facts["UARTS"].items():
            wired[role + " tx / rx"] = "%d / %d" % (tx, rx)
        assert said == wired, (name, set(said.items()) ^ set(wired.items()))
