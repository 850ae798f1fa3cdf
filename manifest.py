"""Freezes the whole product into a custom build of MicroPython.

make -C ports/esp32 BOARD=ESP32_GENERIC_S3 FROZEN_MANIFEST=/path/to/galet/manifest.py
"""

# ruff: noqa: F821 (makemanifest.py of MicroPython provides the names)

include("$(PORT_DIR)/boards/manifest.py")

LIB = (
    *("adpcm", "aes_cbc", "at", "civil", "geo", "gnssfix", "gsm7", "hkdf256"),
    *("hmac256", "lmots", "nmea", "tpdu", "tpdu_fields", "wipe", "x25519"),
)
for name in LIB:
    module(name + ".py", base_path="lib")
package("firmware")  # with boards/
module("boot.py")
module("main.py")
