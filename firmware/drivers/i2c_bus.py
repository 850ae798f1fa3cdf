"""The I2C bus: what drivers read and write, and how a stuck bus is freed.

Separate because a chip that was interrupted in the middle of a byte, by a reset or a brown-out
of either side, holds SDA low and waits for clocks: nobody can talk until it has got them. UM10204
(NXP, I2C-bus specification) 3.1.16. Pins and bus are handed in; imports nothing.
"""

_CLOCKS = 9  # a whole byte and its acknowledge


class I2cBus:
    """A bus with one master. Errors are OSError and pass through."""

    def __init__(self, open_bus, scl, sda, open_drain):
        """open_bus() makes the machine object of these two pins; open_drain: Pin.OPEN_DRAIN."""
        self._open = open_bus
        self._scl = scl
        self._sda = sda
        self._open_drain = open_drain
        self._bus = open_bus()
        self.readfrom_mem_into = self._bus.readfrom_mem_into
        self.writeto_mem = self._bus.writeto_mem

    def clear(self):
        """Clock out whatever a chip still wants to say, end it by a STOP, open the bus anew.

        Takes some 0.2 ms: a call takes longer than the 1.3 us that a clock must be low.
        """
        scl, sda = self._scl, self._sda
        scl.init(self._open_drain, value=1)
        sda.init(self._open_drain, value=1)
        for _ in range(_CLOCKS):
            scl.value(0)
            scl.value(1)
        scl.value(0)
        sda.value(0)
        scl.value(1)
        sda.value(1)  # SDA rises while SCL is high: STOP
        self._bus = self._open()
        self.readfrom_mem_into = self._bus.readfrom_mem_into
        self.writeto_mem = self._bus.writeto_mem
