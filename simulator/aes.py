"""`cryptolib.aes` of MicroPython on CPython: AES in the modes that a stock ESP32 build has.

Separate because it needs the package `cryptography`. Follows extmod/modcryptolib.c of MicroPython
1.24: ECB and CBC, no padding; an object either encrypts or decrypts, and goes on where it was.
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ECB, CBC = 1, 2
BLOCK = 16


class Aes:
    def __init__(self, key: Any, mode: int, *start: Any) -> None:
        if mode not in (ECB, CBC):
            raise ValueError("mode")
        if len(key) not in (16, 32):
            raise ValueError("key")
        if start and start[0] is not None and len(start[0]) != BLOCK:
            raise ValueError("IV")
        if mode == CBC and (not start or start[0] is None):
            raise ValueError("IV")
        chained = modes.CBC(bytes(start[0])) if mode == CBC else modes.ECB()
        self._cipher = Cipher(algorithms.AES(bytes(key)), chained)
        self._work: Any = None
        self._encrypts: bool | None = None

    def encrypt(self, data: Any, out: Any = None) -> Any:
        return self._done(True, data, out)

    def decrypt(self, data: Any, out: Any = None) -> Any:
        return self._done(False, data, out)

    def _done(self, encrypts: bool, data: Any, out: Any) -> Any:
        if len(data) % BLOCK:
            raise ValueError("blksize % 16")
        if out is not None and len(out) < len(data):
            raise ValueError("output too small")
        if self._encrypts is None:
            self._encrypts = encrypts
            self._work = self._cipher.encryptor() if encrypts else self._cipher.decryptor()
        elif self._encrypts is not encrypts:
            raise ValueError("can't encrypt & decrypt")
        made = self._work.update(bytes(data))
        if out is None:
            return made
        out[: len(made)] = made
        return out
