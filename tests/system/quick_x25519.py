"""X25519 of `cryptography` in place of lib's, whose viper takes a third of a second on CPython."""

from functools import lru_cache

import ev1_reader as reader
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from firmware.evidence import agreement


@lru_cache(None)
def agree(secret, public):
    theirs = X25519PublicKey.from_public_bytes(public)
    return X25519PrivateKey.from_private_bytes(secret).exchange(theirs)


@lru_cache(None)
def public_of(secret):
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def _agree(secret, public, out):
    out[:] = agree(bytes(secret), bytes(public))
    yield
    return True


def _public_key(secret, out):
    out[:] = public_of(bytes(secret))
    yield


def install(patch):
    """patch: a pytest.MonkeyPatch. For the firmware's agreements and for the tests' reader."""
    patch.setattr(agreement.x25519, "agree", _agree)
    patch.setattr(agreement.x25519, "public_key", _public_key)
    patch.setattr(reader, "agree", agree)
    patch.setattr(reader, "public_of", public_of)
