"""How many samples should have come by now, and so how many were lost.

Separate because it is arithmetic, and the only judge of what the port loses: nothing tells of a
DMA buffer that nobody fetched in time, or of those that ended while flash was being erased. What
is lost is always whole buffers of 256 frames, and what is there to be read ends with one. So once
everything has been read, what came lags behind the clock by 0 to 256 frames; by 256 more for each
buffer that was lost. Where the lag begins is learned: the least one of the last seconds, which
also follows a clock of the port that is slow or fast by up to 300 ppm. Imports micropython.
"""

from micropython import const

BUFFER = const(256)
_SLACK_MS = const(4)  # of the ticks, of a reading in two steps, of what was learned
_WINDOW = const(16)  # readings, some 1.5 s; of the last two windows the least lag counts


class SampleClock:
    """Frames of the bus. lag: how far what came is behind; base: the least lag."""

    def __init__(self):
        self.begin(8000)

    def begin(self, rate_hz):
        """The port has been opened; rate_hz: whole kHz."""
        self._khz = rate_hz // 1000
        self._slack = _SLACK_MS * self._khz
        self._parts = 0  # thousandths of a frame
        self.lag = 0
        self.base = 0
        self._least = self._least_before = BUFFER
        self._readings = 0

    def passes(self, us):
        """So much time has passed, at most a minute."""
        self._parts += us * self._khz
        self.lag += self._parts // 1000
        self._parts %= 1000

    def came(self, frames):
        self.lag -= frames

    def missing(self):
        """Everything has been read: the frames that were lost since this was asked, whole buffers.

        Never more than were; one of which it is not sure is told at a later time.
        """
        lag = self.lag
        if lag < self.base:
            self.base = lag
        buffers = (lag - self.base - self._slack) // BUFFER
        if buffers > 0:
            self.lag = lag = lag - buffers * BUFFER
        self._learn(lag)
        return max(buffers, 0) * BUFFER

    def skip(self):
        """Begin anew from here, as after a restart of the port: the frames that did not come."""
        skipped = max(self.lag, 0)
        self.lag -= skipped
        self.base = 0
        self._least = self._least_before = BUFFER
        self._readings = 0
        return skipped

    def _learn(self, lag):
        self._least = min(self._least, lag)
        self._readings += 1
        if self._readings == _WINDOW:
            self.base = min(self._least, self._least_before)
            self._least_before, self._least = self._least, lag
            self._readings = 0
