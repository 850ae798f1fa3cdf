"""LilyGO T-A7670X-S3-Standard with A7670E-FASE: the reference board.

Constants only: the firmware imports them, the simulator and the kit read them as data.
Pins are those of the maker: Xinyuan-LilyGO/LilyGo-Modem-Series,
docs/en/esp32s3/a7670x-s3-standard/README.MD (pin table) and Xinyuan-LilyGO/LilyGO-T-A76XX,
examples/ATdebug/utilities.h (LILYGO_A7670X_S3_STAN). The camera connector stays empty: its
pins are on the header and carry what Galet adds.
"""

NAME = "t_a7670x_s3"
CHIP = "esp32s3"
# The maker's tables say N16R2, 2 MB of quad PSRAM (docs/model_comparison.md and
# docs/standard_series_comparison.md), so the quad image; the octal one would find no PSRAM.
# GPIO33-37 stay free all the same: a module with octal PSRAM then needs another image only.
IMAGE = "ESP32_GENERIC_S3"
FLASH_MB = 16
PSRAM = "quad"
MODEM = "a7670e"
GNSS = "l76k"

PINS = {
    "button": 14,
    "motor": 21,
    "modem_pwrkey": 46,
    "modem_dtr": 7,
    "modem_ri": 6,
    "modem_reset": None,
    "modem_supply": None,
    "full_power": 42,
    "status_led": None,
    "accel_int1": 9,
    "i2c_sda": 3,
    "i2c_scl": 2,
    "mic_sck": 41,
    "mic_ws": 40,
    "mic_sd": 39,
    "battery_adc": 8,
    "charging": 38,
    "gnss_wake": 16,
}
ABSENT = {
    "modem_reset": "not routed; the modem is restarted by a long PWRKEY pulse",
    "modem_supply": "the modem is always powered; full_power only lets it draw its peaks",
    "status_led": "none on this board",
}
UARTS = {  # id, tx, rx, baud
    "modem": (1, 4, 5, 115200),
    # Not 45 and 48: there the modem's own receiver drives the line (ModemGpsStream.ino), and 45
    # is a strapping pin.
    "gnss": (2, 47, 15, 9600),
}
ACTIVE_LOW = ()
BATTERY_DIVIDER = (2, 1)  # examples/ReadBattery/ReadBattery.ino: half the battery's voltage
BATTERY_ZERO_ON_USB = 0

LEDS = [
    ("modem status, red", "removed: the modem drives it"),
    ("modem network, red", "removed: the modem drives it"),
    ("GNSS PPS, red", "removed: the modem's receiver drives it"),
    ("charging, red", "removed: the charger drives it"),
    ("charged, green", "removed: the charger drives it, also without a battery"),
    ("L76K PPS, where fitted", "removed: the receiver drives it"),
]
EXCEPTIONS = [
    (46, "strapping", "PWRKEY on the maker's board; it matters only while GPIO0 is low"),
    (3, "strapping", "SDA of the maker's QWIIC connector; it only chooses the JTAG pins"),
]
