"""The microcontroller's I2S receiver: DMA buffers that fill by themselves, and what loses them.

Part of the board beside parts.py. Follows ports/esp32/machine_i2s.c of MicroPython 1.24 and
components/esp_driver_i2s/i2s_common.c of ESP-IDF 5.2: buffers of 256 frames of 8 bytes, ibuf says
how many; the interrupt at the end of each queues it for whoever reads, and when the queue, which
holds one less than there are buffers, is full, the oldest is dropped. While flash is erased or
programmed that interrupt is masked, and as the hardware remembers one end only, of the buffers
that end meanwhile the last is queued. Nobody is told of either. In light sleep nothing is clocked.

Not modelled: a buffer that is half read when the DMA comes round to it again.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from simulator.edge import SampleBus
from simulator.parts import Part

if TYPE_CHECKING:
    from simulator.board import BoardModel

FRAMES = 256  # of a DMA buffer
FRAME_BYTES = 8
BUFFERS_MIN = 2
WAIT_BIT = 8  # in the mask of a wait, port 0 and then port 1; below are the UARTs
IRQ = 60  # number of the soft interrupt of port 0
NOBODY = -1


class _Reading:
    """What a background task of the port copies: bytes wanted, bytes there."""

    def __init__(self, size: int, bits: int, stereo: int) -> None:
        self.size, self.bits, self.stereo = size, bits, stereo
        self.data = b""


class _Channel:
    """One port that receives. Frames are counted since it was opened, lost ones too."""

    def __init__(self, rate_hz: int, ppm: int, ibuf: int, now_us: int) -> None:
        self.rate_hz, self._ppm = rate_hz, ppm
        self.buffers = max(ibuf // (FRAMES * FRAME_BYTES), BUFFERS_MIN)
        self.queue: deque[int] = deque()  # buffers that are full, by their number
        self.rendered: dict[int, bytes] = {}
        self.rest = b""  # of the buffer that is being read
        self.ended = 0  # buffers
        self.fresh = 1  # the port's flag for select: true at first
        self.reading: _Reading | None = None
        self._since_us = now_us
        self._ran_us = 0
        self._runs = True
        self.first = now_us * rate_hz // 1_000_000  # number of its frame 0 in the world
        self._stopped_us = 0

    def ran_us(self, now_us: int) -> int:
        return self._ran_us + (now_us - self._since_us if self._runs else 0)

    def frames(self, now_us: int) -> int:
        return self.ran_us(now_us) * self.rate_hz * (1_000_000 + self._ppm) // 10**12

    def next_us(self, now_us: int) -> int:
        """How long until the next buffer ends."""
        wanted = (self.ended + 1) * FRAMES * 10**12
        at_us = -(-wanted // (self.rate_hz * (1_000_000 + self._ppm)))
        return max(0, at_us - self.ran_us(now_us))

    def halt(self, now_us: int) -> None:
        self._ran_us, self._runs, self._stopped_us = self.ran_us(now_us), False, now_us

    def go_on(self, now_us: int) -> None:
        self._since_us, self._runs = now_us, True
        self.first += (now_us - self._stopped_us) * self.rate_hz // 1_000_000


class I2s(Part):
    """The ports by number; one whose pins lead elsewhere hears nothing.

    lost_masked and lost_full: frames that nobody will ever read, by what lost them.
    """

    def __init__(self, board: BoardModel, bus: SampleBus) -> None:
        super().__init__(board)
        self._bus = bus
        bus.settle = self._settle
        self._open: dict[int, _Channel] = {}
        self._heard = NOBODY  # the port on the wired pins
        self._masked = False
        self.lost_masked = self.lost_full = 0

    # -- what happens to the chip -----------------------------------------------------------

    def chip_reset(self) -> None:
        for number in list(self._open):
            self.op_i2s_close(number)
        self._masked = False

    soft_reset = chip_reset

    def power_lost(self) -> None:
        self.chip_reset()
        self._bus.power_lost()

    def fall_asleep(self) -> None:
        self._settle()
        for channel in self._open.values():
            channel.halt(self.board.now_us)
        if self._open:
            self._bus.clocked(0)

    def wake_up(self) -> None:
        for channel in self._open.values():
            channel.go_on(self.board.now_us)
        if self._heard != NOBODY:
            self._bus.clocked(self._open[self._heard].rate_hz)

    def mask(self) -> None:
        """Flash is being written: interrupts whose code is in flash wait."""
        for channel in self._open.values():
            self._advance(channel)
        self._masked = True

    def unmask(self) -> None:
        self._masked = False
        for channel in self._open.values():
            ended = self._ended(channel)
            if ended:
                self.lost_masked += (ended - 1) * FRAMES
                channel.ended += ended - 1
            self._advance(channel)

    # -- buffers ----------------------------------------------------------------------------

    def _ended(self, channel: _Channel) -> int:
        """How many buffers have ended that no interrupt has told of yet."""
        return channel.frames(self.board.now_us) // FRAMES - channel.ended

    def _advance(self, channel: _Channel) -> None:
        """Carry out the interrupts that were due until now."""
        if self._masked:
            return
        for _ in range(self._ended(channel)):
            if len(channel.queue) == channel.buffers - 1:
                channel.rendered.pop(channel.queue.popleft(), None)
                self.lost_full += FRAMES
            channel.queue.append(channel.ended)
            channel.ended += 1
            channel.fresh = 1
        if channel.reading is not None:
            self._copy(channel)

    def _settle(self) -> None:
        """Something changes on the bus: what has ended keeps what was heard."""
        for channel in self._open.values():
            self._advance(channel)
            for buffer in channel.queue:
                if buffer not in channel.rendered:
                    channel.rendered[buffer] = self._render(channel, buffer)

    def _render(self, channel: _Channel, buffer: int) -> bytes:
        if self._heard == NOBODY or channel is not self._open[self._heard]:
            return bytes(4 * FRAMES)
        return self._bus.words(channel.first + buffer * FRAMES, FRAMES, channel.rate_hz)

    def _take(self, channel: _Channel, size: int, bits: int, stereo: int) -> bytes:
        """Up to size bytes in the caller's format."""
        step = bits // 8 * (2 if stereo else 1)
        frames = size // step
        while len(channel.rest) < 4 * frames and channel.queue:
            buffer = channel.queue.popleft()
            heard = channel.rendered.pop(buffer, None)
            channel.rest += self._render(channel, buffer) if heard is None else heard
        words, channel.rest = channel.rest[: 4 * frames], channel.rest[4 * frames :]
        if len(words) < 4 * frames:
            channel.fresh = 0
        return _formatted(words, bits, stereo)

    def _copy(self, channel: _Channel) -> None:
        """What the port's task does in the background."""
        reading = channel.reading
        assert reading is not None
        left = reading.size - len(reading.data)
        if left:
            reading.data += self._take(channel, left, reading.bits, reading.stereo)

    # -- requests ---------------------------------------------------------------------------

    def op_i2s_open(
        self, number: int, sck: int, ws: int, sd: int, rate_hz: int, ibuf: int
    ) -> None:
        self.op_i2s_close(number)
        ppm, now_us = self.board.options.i2s_ppm, self.board.now_us
        self._open[number] = _Channel(rate_hz, ppm, ibuf, now_us)
        if (sck, ws, sd) == self.board.map.microphone:
            self._heard = number
            self._bus.clocked(rate_hz)

    def op_i2s_close(self, number: int) -> None:
        if self._open.pop(number, None) is not None and number == self._heard:
            self._heard = NOBODY
            self._bus.clocked(0)

    def op_i2s_read(self, number: int, size: int, bits: int, stereo: int) -> bytes:
        """What is there, at most size bytes."""
        channel = self._open[number]
        self._advance(channel)
        data = self._take(channel, size, bits, stereo)
        frames = len(data) * 8 // (bits * (2 if stereo else 1))
        self.board.spend_us(self.board.costs.frames_us(frames))
        return data

    def op_i2s_ready(self, number: int) -> int:
        """The flag that select sees."""
        channel = self._open[number]
        self._advance(channel)
        return channel.fresh

    def op_i2s_request(self, number: int, size: int, bits: int, stereo: int) -> None:
        """Have size bytes copied in the background, then a soft interrupt."""
        channel = self._open[number]
        channel.reading = _Reading(size, bits, stereo)
        self._look(number, channel)

    def op_i2s_copied(self, number: int) -> bytes:
        """What was copied; the interrupt has come."""
        channel = self._open.get(number)
        if channel is None or channel.reading is None:
            return b""
        data, channel.reading = channel.reading.data, None
        return data

    def _look(self, number: int, channel: _Channel) -> None:
        if channel is not self._open.get(number) or channel.reading is None:
            return
        self._advance(channel)
        if len(channel.reading.data) == channel.reading.size:
            self.board.pins.schedule(IRQ + number)
        else:
            self.world.after(self._next_ms(channel), self._look, number, channel)

    def _next_ms(self, channel: _Channel) -> int:
        """After how many ms the next buffer has ended; at least one."""
        return max(1, -(-channel.next_us(self.board.now_us) // 1000))

    def stirred(self, mask: int) -> bool:
        """Whether one of the ports of a wait has something."""
        for number, channel in self._open.items():
            if mask >> WAIT_BIT + number & 1:
                self._advance(channel)
                if channel.queue or channel.rest:
                    return True
        return False

    def watch(self, mask: int) -> None:
        """Let the world come by when the next buffer of one of these ports ends."""
        for number, channel in self._open.items():
            if mask >> WAIT_BIT + number & 1:
                self.world.after(self._next_ms(channel), _nothing)


def _nothing() -> None:
    pass


def _formatted(words: bytes, bits: int, stereo: int) -> bytes:
    """Left slots of 32 bits as the port hands them out; the right one is silent."""
    if bits == 32 and not stereo:
        return words
    out = bytearray()
    for at in range(0, len(words), 4):
        kept = words[at : at + 4] if bits == 32 else words[at + 2 : at + 4]
        out += kept + bytes(len(kept)) if stereo else kept
    return bytes(out)
