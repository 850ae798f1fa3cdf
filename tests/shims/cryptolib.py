"""MicroPython's AES for CPython, on `cryptography`: CBC without padding, as lib/ uses it."""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class aes:
    def __init__(self, key, mode, iv):
        if mode != 2:
            raise ValueError("only CBC")
        self._cipher = Cipher(algorithms.AES(bytes(key)), modes.CBC(bytes(iv)))
        self._work = None

    def encrypt(self, data, out=None):
        return self._done(self._cipher.encryptor, data, out)

    def decrypt(self, data, out=None):
        return self._done(self._cipher.decryptor, data, out)

    def _done(self, begin, data, out):
        if len(data) % 16:
            raise ValueError("blksize % 16")
        self._work = self._work or begin()
        done = self._work.update(bytes(data))
        if out is None:
            return done
        out[: len(done)] = done
        return out
