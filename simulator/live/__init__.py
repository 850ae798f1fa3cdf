"""The virtual board: the real MicroPython VM behind a pseudo-terminal, in real time."""
