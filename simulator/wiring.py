"""How each board is really wired: the makers' pins, and what docs/wiring.md has soldered to them.

Separate from firmware/boards/, which says what the firmware drives: copied from the same sources
once more and by hand, so that a wrong pin, a swapped pair or a wrong polarity there makes the
simulated board fail as the real one would. Sources: Xinyuan-LilyGO/LilyGo-Modem-Series,
docs/en/*/*/README.MD (pin tables); Xinyuan-LilyGO/LilyGO-T-A76XX, examples/ATdebug/utilities.h
(one block of macros per board) and examples/ReadBattery/ReadBattery.ino (dividers); for what
Galet adds, and for the board without a maker, docs/wiring.md. Must not import firmware.
"""

from __future__ import annotations

from typing import NamedTuple


class Wiring(NamedTuple):
    """GPIO by role, by wire (tx, rx of the ESP32), of I2S, and what is electrical about them."""

    chip: str
    pins: dict[str, int]
    wires: dict[str, tuple[int, int]]
    microphone: tuple[int, int, int]  # SCK, WS, SD
    active_low: tuple[str, ...]  # outputs that a low pin turns on
    divider: tuple[int, int]  # the cell's voltage is that of the pin times the first by the second
    psram: bool = True


BOARDS = {
    # LILYGO_A7670X_S3_STAN
    "t_a7670x_s3": Wiring(
        "esp32s3",
        {
            "modem_pwrkey": 46,  # BOARD_PWRKEY_PIN
            "modem_dtr": 7,  # MODEM_DTR_PIN
            "modem_ri": 6,  # MODEM_RING_PIN
            "full_power": 42,  # BOARD_POWER_SAVE_MODE_PIN
            "battery": 8,  # BOARD_BAT_ADC_PIN
            "button": 14,
            "motor": 21,
            "accel_int1": 9,
            "i2c_sda": 3,  # of the maker's QWIIC connector
            "i2c_scl": 2,
            "charging": 38,
            "gnss_wake": 16,
        },
        {"modem": (4, 5), "gnss": (47, 15)},  # MODEM_TX_PIN, MODEM_RX_PIN; docs/wiring.md
        (41, 40, 39),
        (),
        (2, 1),
    ),
    # LILYGO_T_A7670
    "t_a7670e": Wiring(
        "esp32",
        {
            "modem_pwrkey": 4,  # BOARD_PWRKEY_PIN
            "modem_dtr": 25,  # MODEM_DTR_PIN
            "modem_ri": 33,  # MODEM_RING_PIN
            "modem_reset": 5,  # MODEM_RESET_PIN, MODEM_RESET_LEVEL HIGH
            "modem_supply": 12,  # BOARD_POWERON_PIN
            "battery": 35,  # BOARD_BAT_ADC_PIN
            "button": 32,
            "motor": 18,
            "accel_int1": 34,
            "i2c_sda": 13,
            "i2c_scl": 23,
            "charging": 36,
            "gnss_wake": 19,  # MODEM_GPS_WAKEUP of the L76K shield
        },
        {"modem": (26, 27), "gnss": (21, 22)},  # BOARD_GPS_TX_PIN, BOARD_GPS_RX_PIN
        (14, 15, 39),
        (),
        (2, 1),
    ),
    # LILYGO_T_SIM7670G_S3
    "t_sim7670g_s3": Wiring(
        "esp32s3",
        {
            "modem_pwrkey": 18,  # BOARD_PWRKEY_PIN
            "modem_dtr": 9,  # MODEM_DTR_PIN
            "modem_ri": 3,  # MODEM_RING_PIN
            "modem_reset": 17,  # MODEM_RESET_PIN, MODEM_RESET_LEVEL LOW
            "status_led": 12,  # BOARD_LED_PIN, LED_ON LOW
            "battery": 4,  # BOARD_BAT_ADC_PIN
            "button": 6,
            "motor": 42,
            "accel_int1": 7,
            "i2c_sda": 2,
            "i2c_scl": 1,
            "gnss_wake": 41,
        },
        {"modem": (11, 10), "gnss": (16, 15)},
        (38, 39, 40),
        ("modem_reset", "status_led"),
        (2, 1),
    ),
    # No maker: docs/wiring.md
    "generic_esp32": Wiring(
        "esp32",
        {
            "modem_pwrkey": 4,
            "modem_dtr": 25,
            "modem_ri": 33,
            "modem_reset": 26,
            "battery": 36,
            "button": 32,
            "motor": 13,
            "accel_int1": 34,
            "i2c_sda": 21,
            "i2c_scl": 22,
            "charging": 39,
            "gnss_wake": 18,
        },
        {"modem": (17, 16), "gnss": (19, 23)},
        (14, 27, 35),
        (),
        (2, 1),
        psram=False,
    ),
}
