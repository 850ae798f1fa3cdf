"""Which version a recording says it is of."""

import sys

from firmware import release
from firmware.console import manifest

ASKED = []


def digest_with(path, found):
    """What release says with this on the path, and a manifest of this digest."""

    def read(name):
        ASKED.append(name)
        return found, "0.1.0"

    del ASKED[:]
    before, original = sys.path[:], manifest.read
    kept = sys.modules["firmware.console.manifest"]
    sys.path[:] = before + path
    manifest.read = read
    try:
        return release.digest()
    finally:
        sys.path[:] = before
        manifest.read = original
        sys.modules["firmware.console.manifest"] = kept
        sys.modules["firmware.console"].manifest = kept


def test_it_is_the_beginning_of_the_manifests_digest():
    whole = "".join(["%02x" % n for n in range(32)])
    for slot in ("/a", "/b"):
        assert digest_with([slot + "/lib", slot], whole) == bytes(range(8))
        assert ASKED == [slot + "/manifest.json"]


def test_it_is_zero_where_nobody_knows():
    assert digest_with([], "12" * 32) == bytes(8) and not ASKED
    assert digest_with(["/lib"], "12" * 32) == bytes(8) and not ASKED
    assert digest_with(["/b"], "") == bytes(8) and ASKED == ["/b/manifest.json"]
