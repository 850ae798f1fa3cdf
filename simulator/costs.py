"""What computing costs on a board beyond the step, in its time; the same on every host.

Separate because these are figures, and because the firmware must not know of them: modules of
lib/ are loaded through twins of the fakes (guest/_costs.py), which charge each slice of a
generator or each call; a frame of sound is charged where the fake I2S hands it out. The figures
are estimates for an ESP32 at 240 MHz, 45 times what the VM of a PC takes, and a test holds their
sums against this table. Knows no firmware: names of functions are all it has of it.
"""

from __future__ import annotations

from typing import Any

AGREEMENT_MS = 600  # X25519
SIGNATURE_MS, SEAL_KEY_MS = 60, 120  # LM-OTS
SEGMENT_MS = 8  # 4096 bytes: key derivation, encryption, MAC, hash
# Overwriting secrets, 45 times what it takes on the VM (make bench, seals and seal_keys)
SIGNATURE_WIPING_MS, SEAL_KEY_WIPING_MS = 5, 8

_AGREEMENT_SLICES = 18
_SIGNATURE_SLICES, _SEAL_KEY_SLICES = 5, 9  # of a signature 4 or 5, as the message has it
SECTOR_BYTES = 4016  # of the part of a segment that is encrypted

# module -> function -> us of each slice, or of a call that is none
SLICES_US = {
    "x25519": dict.fromkeys(("public_key", "agree"), AGREEMENT_MS * 1000 // _AGREEMENT_SLICES),
    "lmots": {
        "public_key": (SEAL_KEY_MS + SEAL_KEY_WIPING_MS) * 1000 // _SEAL_KEY_SLICES,
        "sign": (SIGNATURE_MS + SIGNATURE_WIPING_MS) * 1000 // _SIGNATURE_SLICES,
    },
}
# module -> function -> (us, of so many bytes of the argument with that number)
CALLS_US = {"aes_cbc": {"encrypt": (SEGMENT_MS * 1000, SECTOR_BYTES, 2)}}

# Of sound, each frame: the port's copying, DC removal and gain, the encoder; by viper.
FRAME_NS = 3000


class Costs:
    """The table in force, or nothing at all."""

    def __init__(self, charged: bool) -> None:
        self.charged = charged

    def frames_us(self, frames: int) -> int:
        return frames * FRAME_NS // 1000 if self.charged else 0

    def for_guest(self) -> dict[str, Any]:
        """What the fakes charge."""
        return {"slices": SLICES_US, "calls": CALLS_US} if self.charged else {}
