"""Any ESP32 module of 4 MB without PSRAM, with every part wired by hand: the smallest board.

Constants only: the firmware imports them, the simulator and the kit read them as data.
It runs the stock image with the stock partition layout, so the journal is a file and there is
no evidence. Pins are free choices within the chip's rules.
"""

NAME = "generic_esp32"
CHIP = "esp32"
IMAGE = "ESP32_GENERIC"
FLASH_MB = 4
PSRAM = None
MODEM = "a7670e"
GNSS = "l76k"

PINS = {
    "button": 32,
    "motor": 13,
    "modem_pwrkey": 4,
    "modem_dtr": 25,
    "modem_ri": 33,
    "modem_reset": 26,
    "modem_supply": None,
    "full_power": None,
    "status_led": None,
    "accel_int1": 34,
    "i2c_sda": 21,
    "i2c_scl": 22,
    "mic_sck": 14,
    "mic_ws": 27,
    "mic_sd": 35,
    "battery_adc": 36,
    "charging": 39,
    "gnss_wake": 18,
}
ABSENT = {
    "modem_supply": "the modem hangs on the battery",
    "full_power": "no such switch on this board",
    "status_led": "depends on the board: removed",
}
UARTS = {  # id, tx, rx, baud
    "modem": (1, 17, 16, 115200),
    "gnss": (2, 19, 23, 9600),
}
ACTIVE_LOW = ()  # RESET and PWRKEY through a transistor each, as the modem's manual shows
BATTERY_DIVIDER = (2, 1)  # 100 k / 100 k
BATTERY_ZERO_ON_USB = 0

LEDS = [
    ("power, on most modules", "removed: wired to the supply"),
    ("blue, on some modules (GPIO2)", "removed"),
    ("modem status and network, where fitted", "removed: the modem drives them"),
    ("L76K PPS, where fitted", "removed: the receiver drives it"),
]
EXCEPTIONS = ()
