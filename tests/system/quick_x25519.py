"""X25519 of `cryptography` in place of lib's, whose viper takes a third of a second on CPython."""

import ev1_reader as reader

from firmware.evidence import agreement


def _agree(secret, public, out):
    out[:] = reader.agree(bytes(secret), public)
    yield
    return True


def _public_key(secret, out):
    private = reader.X25519PrivateKey.from_private_bytes(bytes(secret))
    out[:] = private.public_key().public_bytes_raw()
    yield


def install(patch):
    """For the firmware's agreements; patch: a pytest.MonkeyPatch."""
    patch.setattr(agreement.x25519, "agree", _agree)
    patch.setattr(agreement.x25519, "public_key", _public_key)
