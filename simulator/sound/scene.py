"""What is heard when: a sound that goes on and on, and short ones and recordings over it.

Separate from the microphone, which hears it through its faults. Any stretch of the last minute
can be asked for, in any order: the same moment sounds the same.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

from simulator.sound.recording import Recording
from simulator.sound.synthesis import KINDS, Samples, block, block_frames

REMEMBERED_MS = 60_000


class _Piece(NamedTuple):
    from_ms: int
    until_ms: int | None  # None: until another that has no end
    source: str | Recording


class Scene:
    """Quiet at first."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._pieces = [_Piece(0, None, "quiet")]

    def play(self, source: str | Recording, at_ms: int) -> None:
        """A word of KINDS, or a recording, from at_ms on."""
        lasts_ms = source.ms if isinstance(source, Recording) else KINDS[source]
        until_ms = None if lasts_ms is None else at_ms + lasts_ms
        self._forget(at_ms - REMEMBERED_MS)
        self._pieces.append(_Piece(at_ms, until_ms, source))

    def samples(self, first: int, count: int, rate_hz: int) -> Samples:
        """Frames by their number since the beginning, at this rate."""
        heard = array("i")
        while len(heard) < count:
            at = first + len(heard)
            piece, until = self._at(at, rate_hz)
            most = count - len(heard)
            if until is not None:
                most = min(most, until - at)
            heard += self._of(piece, at, most, rate_hz)
        return heard

    def _at(self, frame: int, rate_hz: int) -> tuple[_Piece, int | None]:
        """What is heard at a frame, and the frame at which that may change."""
        heard, until = self._pieces[0], None
        for piece in self._pieces:
            begins = piece.from_ms * rate_hz // 1000
            ends = None if piece.until_ms is None else piece.until_ms * rate_hz // 1000
            if begins > frame:
                until = begins if until is None else min(until, begins)
            elif ends is None or ends > frame:
                heard = piece
        if heard.until_ms is not None:
            ends = heard.until_ms * rate_hz // 1000
            until = ends if until is None else min(until, ends)
        return heard, until

    def _of(self, piece: _Piece, frame: int, most: int, rate_hz: int) -> Samples:
        at = frame - piece.from_ms * rate_hz // 1000
        if isinstance(piece.source, Recording):
            part = piece.source.at_rate(rate_hz)[at : at + most]
            return part or array("i", bytes(4 * most))
        number, start = divmod(at, block_frames(rate_hz))
        return block(piece.source, rate_hz, self._seed, number)[start : start + most]

    def _forget(self, before_ms: int) -> None:
        """Let go what can no longer be heard."""
        kept: list[_Piece] = []
        for piece in self._pieces:
            endless = piece.until_ms is None
            if endless and piece.from_ms <= before_ms:
                kept = [one for one in kept if one.until_ms is not None]
            if endless or (piece.until_ms or 0) > before_ms:
                kept.append(piece)
        self._pieces = kept
