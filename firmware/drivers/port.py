"""A serial port that never blocks: what services read and write.

Separate so that a service needs no machine.UART: anything with these methods will do. The UART
is handed in, made with timeout 0 and a transmit buffer that holds the longest write. Imports
nothing.
"""


class Port:
    """A UART of the chip."""

    def __init__(self, uart):
        self._uart = uart

    def waiting(self):
        """How many bytes have arrived and not been read."""
        return self._uart.any()

    def read(self):
        """Return what has arrived, or None."""
        count = self._uart.any()
        return self._uart.read(count) if count else None

    def write(self, data):
        """Hand bytes to the transmit buffer; returns how many it took."""
        return self._uart.write(data)

    def flushed(self):
        """Whether the last byte written has left the wire."""
        return bool(self._uart.txdone())
