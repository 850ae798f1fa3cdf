"""LilyGO T-A7670E (ESP32-WROVER-E, V1.2 or later): few free pins, no SD card.

Constants only: the firmware imports them, the simulator and the kit read them as data.
Pins are those of the maker: Xinyuan-LilyGO/LilyGo-Modem-Series,
docs/en/esp32/a7670-esp32/README.MD (pin table, LEDs) and Xinyuan-LilyGO/LilyGO-T-A76XX,
examples/ATdebug/utilities.h (LILYGO_T_A7670). The pins of the SD socket (13, 14, 15) carry
what Galet adds: the socket stays empty.
"""

NAME = "t_a7670e"
CHIP = "esp32"
IMAGE = "ESP32_GENERIC-SPIRAM"
FLASH_MB = 4
PSRAM = "quad"
MODEM = "a7670e"
GNSS = "l76k"  # the modem's own receiver is not routed to the ESP32 (docs/model_comparison.md)

PINS = {
    "button": 32,
    "motor": 18,
    "modem_pwrkey": 4,
    "modem_dtr": 25,
    "modem_ri": 33,
    "modem_reset": 5,
    "modem_supply": 12,
    "full_power": None,
    "status_led": None,
    "accel_int1": 34,
    "i2c_sda": 13,
    "i2c_scl": 23,
    "mic_sck": 14,
    "mic_ws": 15,
    "mic_sd": 39,
    "battery_adc": 35,
    "charging": 36,
    "gnss_wake": 19,
}
ABSENT = {
    "full_power": "no such switch on this board",
    "status_led": "none on this board",
}
UARTS = {  # id, tx, rx, baud
    "modem": (1, 26, 27, 115200),
    # The maker's sketches open the L76K with rx 22 and tx 21 (BOARD_GPS_RX_PIN, _TX_PIN); the
    # table of the README names the same two pins the other way round.
    "gnss": (2, 21, 22, 9600),
}
ACTIVE_LOW = ()  # MODEM_RESET_LEVEL is HIGH on this board
BATTERY_DIVIDER = (2, 1)  # examples/ReadBattery/ReadBattery.ino; V1.1 has no divider
BATTERY_ZERO_ON_USB = 0

LEDS = [
    ("modem status, red", "removed: the modem drives it"),
    ("modem network, red", "removed: the modem drives it"),
    ("charging, blue", "removed: the charger drives it"),
    ("charged, blue", "removed: the charger drives it"),
    ("L76K PPS, where fitted", "removed: the receiver drives it"),
]
EXCEPTIONS = [
    (12, "strapping", "the maker's supply hold; read at reset, when the board still pulls it low"),
    (5, "strapping", "the modem's RESET on the maker's board; Galet boots from flash either way"),
    (15, "strapping", "the microphone's WS is an input without pull; low only hides the boot log"),
]
