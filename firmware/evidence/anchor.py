"""The code that a message carries: it fixes a recording in other people's phones.

Separate because messages and container must agree on it: docs/ev1.md. Number of the recording,
`o` (its opening sector) or `h` (its last seal), 16 characters of a digest. Imports binascii.
"""

from binascii import b2a_base64

OPENED = "o"
SEALED = "h"
_BYTES = 12  # 96 bits


def code(q, kind, digest):
    """As 17oAbCdEfGhIjKlMnOp; digest: of 32 bytes, of which the first 96 bits count."""
    text = b2a_base64(bytes(digest[:_BYTES])).decode().strip()
    return str(q) + kind + text.replace("+", "-").replace("/", "_")
