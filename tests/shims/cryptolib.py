"""MicroPython's AES for CPython: the one that a simulated board has."""

from simulator.aes import Aes as aes

__all__ = ("aes",)
