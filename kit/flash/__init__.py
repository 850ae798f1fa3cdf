"""Firmware onto a board: `make flash` and `make esptool`. docs/flashing.md."""
