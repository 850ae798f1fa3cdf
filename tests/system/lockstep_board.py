"""The board host in lock-step: the VM of a virtual board, in a world of virtual time.

For the conformance programs alone, which tell times: a virtual board is in real time otherwise.
While the VM computes no time passes; what it asks for takes its time at once.
"""

from simulator.live.console import Console
from simulator.live.host import BoardHost
from simulator.realtime import RealWorld
from simulator.world import World


class NoPort:
    """In place of a port: nobody is there."""

    full = False

    def write(self, data):
        pass

    def hold(self, on):
        pass


class LockstepWorld(RealWorld):
    """Virtual time, with files to serve while the VM computes."""

    def run_until(self, until_ms, stop=None):
        World.run_until(self, until_ms, stop)

    def serve_until(self, stop):
        while not stop():
            for run in self._ready(None):
                run()


class LockstepHost(BoardHost):
    """`console` is filled as on the other hosts."""

    in_real_time = False

    def __init__(self, board, root):
        super().__init__(board, root, Console(board.world, NoPort()))

    def run(self, until_ms):
        super().run(until_ms)
        self.world.close()

    def _attend(self):
        self.world.serve_until(self._called)

    def _heard(self, text):
        self.console.append(text)

    def _rests(self, only_boot):
        return True  # at the prompt only the world goes on
