"""A virtual modem on a wire, with a person who types: what the device tests share."""

from simulator import dates
from simulator.devices.modem import Modem
from simulator.edge import Line, Wire
from simulator.latency import Latency
from simulator.network import Network, Phone
from simulator.truth import Truth
from simulator.world import World

LYON = (457604300, 48356600)
JULIE, MARC = "+33639980001", "+33639980002"
OWN = "+33639980099"
PINS = ("modem_pwrkey", "modem_dtr", "modem_ri", "modem_reset", "modem_supply")


class Rig:
    """`say(text)` types on the board's side; `heard` is what came back."""

    def __init__(self, seed=1, on=True, coverage="good", fixed_ms=1500, law="lte", sim_pin=""):
        self.world = World(seed, dates.from_iso("2026-03-02T20:41:00Z"))
        self.events = []
        self.world.listeners.append(self.events.append)
        self.truth = Truth(self.world, LYON)
        self.phones = [Phone("phone-1", JULIE), Phone("phone-2", MARC)]
        latency = Latency(self.world.rng("latency"), law, fixed_ms)
        self.network = Network(
            self.world, self.truth, self.phones, latency, coverage, own_number=OWN
        )
        self.lines = {name: Line(self.world, name) for name in PINS}
        self.lines["modem_supply"].set(1)
        self.wire = Wire(self.world, "modem", 115200)
        self.heard = bytearray()
        self.wire.board_rx = self.heard.extend
        self.modem = Modem(self.world, self.wire, self.lines, self.network, on, sim_pin)

    def run(self, ms):
        self.world.run_until(self.world.now_ms + ms)

    def say(self, text, wait_ms=100):
        """Type, let time pass, return what was heard since."""
        del self.heard[:]
        self.wire.board_write(text if isinstance(text, bytes) else text.encode())
        self.run(wait_ms)
        return bytes(self.heard).decode("latin-1")

    def lines_of(self, text, wait_ms=100):
        return [line for line in self.say(text, wait_ms).split("\r\n") if line]

    def seen(self, ev):
        return [event for event in self.events if event["ev"] == ev]

    def send(self, pdus, wait_ms=3000):
        """Send the PDUs of gsmmodem.pdu; returns what was heard after the last one."""
        heard = ""
        for pdu in pdus:
            assert self.say(f"AT+CMGS={pdu.tpduLength}\r").endswith("\r\n> ")
            heard = self.say(str(pdu).encode() + b"\x1a", wait_ms)
        return heard
