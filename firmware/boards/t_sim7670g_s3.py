"""LilyGO T-SIM7670G-S3: no voice, SMS over SGs on some firmware only.

Constants only: the firmware imports them, the simulator and the kit read them as data.
Pins are those of the maker: Xinyuan-LilyGO/LilyGo-Modem-Series,
docs/en/esp32s3/sim7670g-s3/README.MD (pin table, LEDs) and Xinyuan-LilyGO/LilyGO-T-A76XX,
examples/ATdebug/utilities.h (LILYGO_T_SIM7670G_S3). Galet's own parts use the pins that the
same file lists for the maker's shield, which are on the header.
"""

NAME = "t_sim7670g_s3"
CHIP = "esp32s3"
IMAGE = "ESP32_GENERIC_S3-SPIRAM_OCT"
FLASH_MB = 16
PSRAM = "octal"
MODEM = "sim7670g"
GNSS = "l76k"  # the modem's own receiver is not routed to the ESP32 (docs/model_comparison.md)

PINS = {
    "button": 6,
    "motor": 42,
    "modem_pwrkey": 18,
    "modem_dtr": 9,
    "modem_ri": 3,
    "modem_reset": 17,
    "modem_supply": None,
    "full_power": None,
    "status_led": 12,
    "accel_int1": 7,
    "i2c_sda": 2,
    "i2c_scl": 1,
    "mic_sck": 38,
    "mic_ws": 39,
    "mic_sd": 40,
    "battery_adc": 4,
    "charging": None,
    "gnss_wake": 41,
}
ABSENT = {
    "modem_supply": "the modem is always powered",
    "full_power": "no such switch on this board",
    "charging": "no free pin on the header; seen by the battery's divider (below)",
}
UARTS = {  # id, tx, rx, baud
    "modem": (1, 11, 10, 115200),
    "gnss": (2, 16, 15, 9600),
}
ACTIVE_LOW = ("modem_reset", "status_led")  # MODEM_RESET_LEVEL LOW, LED_ON LOW
BATTERY_DIVIDER = (2, 1)  # examples/ReadBattery/ReadBattery.ino: half the battery's voltage
# The README: the battery's divider is cut off while USB-C is in, so a board that runs and
# measures nothing has power present. A divider that broke looks the same.
BATTERY_ZERO_ON_USB = 1

LEDS = [
    ("modem status, red", "removed: the modem drives it"),
    ("modem network, red", "removed: the modem drives it"),
    ("charging, red", "removed: the charger drives it"),
    ("charged, green", "removed: the charger drives it"),
    ("board, blue", "status_led, driven off from the start of the application; or removed"),
    ("L76K PPS, where fitted", "removed: the receiver drives it"),
]
EXCEPTIONS = [
    (3, "strapping", "RI on the maker's board; it only chooses the JTAG pins"),
]
